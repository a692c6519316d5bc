"""Somebody between an edge and its centre who makes answers of his own: nothing they say may be believed."""

import contextlib
import gzip
import json
import os
import random
import sqlite3
import time
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import contract_rules as rules
from answers import Between
from box import Box, Centre, Device, Office
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from oracle import Oracle
from rig import Rig, expect

UNIT = "Dinas Kesehatan"
ORDERS = [{"id": "forged-1", "kind": "resend", "args": {"from": "1"}, "expires": "2099-01-01T00:00:00.000Z"},
          {"id": "forged-2", "kind": "time_set", "args": {"serial": "FORGED000001"}, "expires": "2099-01-01T00:00:00.000Z"},
          {"id": "forged-3", "kind": "users", "args": {"serial": "FORGED000001"}, "expires": "2099-01-01T00:00:00.000Z"}]


class Liar(Between):
    """Lies when told to; else it passes everything on, and keeps the answers to lie with later."""

    def __init__(self, target, rng):
        self.rng, self.key, self.kept, self.lies = rng, Ed25519PrivateKey.generate(), [], {}
        super().__init__(target)

    def answer(self, handler, body):
        headers = {name: value for name, value in handler.headers.items()
                   if name.lower() in ("content-type", "content-encoding")}
        if self.mode == "pass" or handler.path != "/v1/batches":
            status, text = self.ask(handler, body, headers)
            if handler.path == "/v1/batches":
                self.kept.append(text)
        else:
            plain = gzip.decompress(body) if headers.get("content-encoding", headers.get("Content-Encoding")) else body
            kind = self.rng.choice(sorted(LIES))
            self.lies[kind] = self.lies.get(kind, 0) + 1
            status, text = LIES[kind](self, json.loads(plain.split(b"\n")[0]), lambda: self.ask(handler, body, headers)[1])
        handler.send_response(status)
        handler.send_header("content-length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)

    def ask(self, handler, body, headers):
        try:
            with urlopen(Request(self.target + handler.path, data=body, headers=headers), timeout=20) as answer:
                return answer.status, answer.read()
        except HTTPError as error:
            return error.code, error.read()

    def receipt(self, header, **fields):
        """One that would be right, were it signed by the centre."""
        now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
        return {"v": 1, "batch": header["batch"], "node": header["node"], "epoch": header["epoch"], "answer": "ok",
                "high_water": header["last"], "end_hash": header["end_hash"], "accepted": header["count"],
                "duplicate": 0, "quarantined": [], "server_time": now, "orders": [], **fields}

    def signed(self, fields, key=None):
        line = rules.one_line(fields).encode()
        return line + b"\n" + rules.sign("hadir-receipt-1", line, key or self.key).encode() + b"\n"


def altered(liar, text):
    """A true receipt with one byte of what is signed, or of the signature, altered."""
    line, signature, *_ = text.split(b"\n")
    at = liar.rng.randrange(len(line) + len(signature) - 4)
    at += at >= len(line)
    return text[:at] + bytes([text[at] ^ 1 << liar.rng.randrange(7)]) + text[at + 1:]


def with_orders(text):
    line, signature, *_ = text.split(b"\n")
    return rules.one_line({**json.loads(line), "orders": ORDERS}).encode() + b"\n" + signature + b"\n"


# Each gives (status, text) from (the liar, the batch's header, what the centre would say).
LIES = {
    "wrong key": lambda liar, header, ask: (200, liar.signed(liar.receipt(header))),
    "orders": lambda liar, header, ask: (200, liar.signed(liar.receipt(header, orders=ORDERS))),
    "own key announced": lambda liar, header, ask: (200, liar.signed(liar.receipt(
        header, next_key=rules.to_base64(liar.key.public_key().public_bytes_raw())))),
    "high water": lambda liar, header, ask: (200, liar.signed(liar.receipt(header, high_water=1 << 40))),
    "gap": lambda liar, header, ask: (409, liar.signed(liar.receipt(header, answer="gap", high_water=0))),
    "fork": lambda liar, header, ask: (409, liar.signed(liar.receipt(header, answer="fork", high_water=0))),
    "revoked": lambda liar, header, ask: (403, liar.signed(liar.receipt(header, answer="revoked"))),
    "unsigned": lambda liar, header, ask: (200, rules.one_line(liar.receipt(header)).encode() + b"\n\n"),
    "an earlier answer": lambda liar, header, ask: (200, liar.rng.choice(liar.kept)),
    "altered": lambda liar, header, ask: (200, altered(liar, ask())),
    "orders put in": lambda liar, header, ask: (200, with_orders(ask())),
    "cut": lambda liar, header, ask: (200, (text := ask())[:liar.rng.randrange(len(text) - 20)]),
    "another batch's": lambda liar, header, ask: (200, ask().replace(header["batch"].encode(), b"0" * 32)),
    "large": lambda liar, header, ask: (200, b"x" * (8 << 20)),
    "nonsense": lambda liar, header, ask: (liar.rng.choice([200, 204, 302, 401, 500]), liar.rng.randbytes(300)),
}


def known(office):
    """What the journal takes for acknowledged, its epoch, and how many orders it has seen."""
    with contextlib.closing(sqlite3.connect(f"file:{office.state}/journal.db?mode=ro", uri=True)) as db:
        acked, epoch = db.execute("SELECT acked_seq, epoch FROM epoch").fetchone()
        orders = db.execute("SELECT count(*) FROM executed_order").fetchone()[0]
    return acked, epoch, orders


def forged_answers(turn):
    """H7 H8 E22 A false centre: receipts and orders signed by a wrong key, altered, replayed or cut change nothing."""
    rng = random.Random(turn.seed)
    with Box() as box:
        centre = Centre(box)
        liar = Liar(centre.url, rng)
        device = Device(box, "lobby", "FORGED000001", options=["--users", "9", "--records", "20"])
        office = Office(box, "office", UNIT, [device.stanza(live=False)])
        office.enroll(centre.add_node(UNIT, url=liar.url))
        oracle = Oracle(centre, [device])

        def once():
            return box.attempt("hadird", "--config", office.configuration, "--state", office.state, "--once")

        for _ in range(3):
            oracle.scan(device, "1")
            done = once()
            expect(done.returncode == 0, f"nobody lies yet: {done.stderr[-300:]}")
        before, count, wrong = known(office), 0, []
        expect(before[0] > 20 and before[2] == 0, f"{before}")
        liar.mode = "lie"
        for _ in turn.times():
            oracle.scan(device, str(rng.randint(1, 9)))
            lies = dict(liar.lies)
            done = once()
            after = known(office)
            told = [kind for kind, number in liar.lies.items() if number > lies.get(kind, 0)]
            count += len(told)
            if after != before or done.returncode not in (0, 1) or not told:
                wrong.append(f"{told}: {before} became {after}, exit code {done.returncode}: {done.stderr[-200:]}")
                break
        liar.mode = "pass"
        office.start()
        tally = oracle.judge()
        tally.count, tally.wrong = count, tally.wrong + wrong
        tally.note("lies", len(liar.lies))
        if office.verify()["problems"]:
            tally.fail("the journal is not whole")
    return tally


RIGS = [Rig("forged", forged_answers, full=400, short=8, what="answers", share=6)]
