"""Batches the centre must not take: tampered, foreign, revoked. Made with the independent Python contract."""

import base64
import json
import os
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import contract_rules as rules
from box import Box, Centre, Device, Office
from commands import expect
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def post(url, text):
    try:
        with urlopen(Request(url + "/v1/batches", data=text, headers={"content-type": "text/plain; charset=utf-8"}),
                     timeout=10) as answer:
            return answer.status, answer.read()
    except HTTPError as error:
        return error.code, error.read()


def node_key(office):
    with open(os.path.join(office.state, "node.key")) as file:
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(file.read().strip()))


def make_batch(node, epoch, last, body, key):
    """The text of a batch with one entry behind `last`, as docs/contract.md has it."""
    seq = last["seq"] + 1
    header = rules.one_line({
        "v": 1, "batch": os.urandom(16).hex(), "node": node, "epoch": epoch, "first": seq, "last": seq,
        "prev_hash": last["hash"], "end_hash": rules.chain_next(bytes.fromhex(last["hash"]), seq, body).hex(),
        "count": 1}).encode()
    return b"\n".join([header, body, rules.sign("hadir-batch-1", header, key).encode(), b""])


def test_tampered_foreign_and_revoked_batches_store_nothing():
    """H7 F11 batches altered, cut, signed by another key or sent by a revoked node store nothing."""
    with Box() as box:
        centre = Centre(box)
        device = Device(box, "lobby", "BATCH0000001", options=["--records", "30"])
        office = Office(box, "office", "Dinas Kesehatan", [device.stanza(live=False)])
        node = office.enroll(centre.add_node("Dinas Kesehatan"))["node"]
        once = box.attempt("hadird", "--config", office.configuration, "--state", office.state, "--once")
        expect(once.returncode == 0, once.stderr)
        expect(len(centre.punches()) == 30, "the honest batch is not there")

        entries = [json.loads(line) for line in box.run(
            "hadir", "journal", "tail", "--state", office.state, "-n", "1000", "--json").splitlines()]
        epoch, last = office.journal()["epoch"], entries[-1]
        body = json.dumps({"kind": "punch", "at": "2026-11-21T00:00:00.000Z", "serial": "BATCH0000001", "user_id": "77",
                           "device_time": "2026-11-21T07:00:00", "occurrence": 0, "verify": 1, "state": 0,
                           "source": "poll"}, separators=(",", ":")).encode()

        def batch(key, node=node, body=body):
            return make_batch(node, epoch, last, body, key)

        own = node_key(office)
        honest = batch(own)
        refusals = {
            "an altered entry": honest.replace(b'"user_id":"77"', b'"user_id":"78"'),
            "an altered header": honest.replace(b'"count":1', b'"count":1 '),
            "another node's signature": batch(Ed25519PrivateKey.generate()),
            "an unknown node": batch(own, node="0123456789abcdef"),
            "half a batch": honest[: len(honest) // 2],
            "no batch at all": b"hello\n",
        }
        for what, text in refusals.items():
            status, answer = post(centre.url, text)
            expect(status >= 400, f"{what}: status {status} {answer[:200]}")
            expect(len(centre.punches()) == 30, f"{what} was stored")
        centre.revoke(node)
        status, answer = post(centre.url, honest)
        expect(status == 403 and b'"revoked"' in answer, f"revoked: {status} {answer[:200]}")
        expect(len(centre.punches()) == 30, "a revoked node's batch was stored")
        return f"{len(refusals) + 1} refusals"
