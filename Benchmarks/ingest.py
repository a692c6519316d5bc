"""Ingest: signed batches posted to hadir-central beside bare SQLite inserts of the rows it made of them."""

import base64
import gzip
import http.client
import json
import os
import threading
import time

import contract_rules as rules
from box import Centre, Office
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from lab import processor_seconds, raw_insert

NODES = 4
ROUNDS = 3
HEADERS = {"content-type": "text/plain; charset=utf-8", "content-encoding": "gzip"}


def run(box, table, arguments):
    # One stalled sync of the disk is a tenth of the whole: the best of several, for hadir and for its peer.
    seconds, spent, count, runs, centre = min(
        (take(box, f"ingest{number}", arguments.records) for number in range(ROUNDS)), key=lambda measured: measured[0])
    rate = count / seconds
    table.add("ingest", f"{count:,} punches, {NODES} nodes, {runs} batches, FULL", f"{rate:,.0f} punches/s",
              f"processor: {spent:.1f} s", "", "≥ 10,000/s", rate >= 10_000)
    bares = [bare(box, os.path.join(centre.state, "central.db"), count // runs) for _ in range(ROUNDS)]
    if None in bares:
        table.add("the same", "", "", "no C compiler or sqlite3.h here", "", "≥ 0.5 x")
        return
    raw = min(bares)
    table.add("the same", "the same rows, tables, indexes, batch size", f"{rate:,.0f} punches/s",
              f"bare SQLite inserts in C: {count / raw:,.0f}/s", f"{raw / seconds:.2f} x", "≥ 0.5 x", raw / seconds >= 0.5)


def take(box, name, records):
    """A new centre takes everything: (seconds, its processor's, punches, batches, the stopped centre)."""
    centre = Centre(box, name)
    offices = []
    for number in range(NODES):
        office = Office(box, f"{name}-node{number}", f"Unit {number}", [])
        office.node = office.enroll(centre.add_node(f"Unit {number}"))["node"]
        offices.append(office)
    work = [batches(office, number, records // NODES) for number, office in enumerate(offices)]
    count = sum(entries for texts in work for _, entries in texts)
    runs = sum(len(texts) for texts in work)
    failures = []
    threads = [threading.Thread(target=post_all, args=(centre.port, [text for text, _ in texts], failures)) for texts in work]
    before = processor_seconds(centre.program)
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begun
    spent = processor_seconds(centre.program) - before
    if failures:
        raise SystemExit(f"bench: the centre refused a batch: {failures[0]}")
    centre.program.stop()
    return seconds, spent, count, runs, centre


def bare(box, source, batch):
    whole = [(name, f"SELECT * FROM {name}") for name in ("units", "nodes", "epochs", "devices")]
    observed = "FROM observations o JOIN entries e USING (epoch_id, seq) ORDER BY o.punch_id"
    return raw_insert(source, os.path.join(box.folder, "bare.db"), batch, whole, [
        ("entries", f"SELECT e.* {observed}"), ("punches", "SELECT * FROM punches ORDER BY id"),
        ("observations", "SELECT * FROM observations ORDER BY punch_id")])


def batches(office, number, count):
    """Signed batches as a node sends them, packed: list of (bytes, entries)."""
    with open(os.path.join(office.state, "node.key")) as file:
        key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(file.read().strip()))
    epoch = os.urandom(16).hex()
    previous, seq, made = rules.chain_start(epoch), 0, []
    bodies, size = [], 0
    end = previous
    for place in range(count):
        body = punch(number, place)
        if bodies and (len(bodies) == 5000 or size + len(body) + 1 > 1_040_000):
            made.append((signed(office.node, epoch, seq, previous, end, bodies, key), len(bodies)))
            seq, previous, bodies, size = seq + len(bodies), end, [], 0
        end = rules.chain_next(end, seq + len(bodies) + 1, body)
        bodies.append(body)
        size += len(body) + 1
    made.append((signed(office.node, epoch, seq, previous, end, bodies, key), len(bodies)))
    return made


def punch(number, place):
    """A line as hadird journals it, the forty raw bytes of a colour-screen device's record included."""
    minute, second = divmod(place, 60)
    hour, minute = divmod(minute, 60)
    day, hour = divmod(hour, 24)
    user = str(place % 200 + 1)
    raw = (b"\x01\x00" + user.encode().ljust(24, b"\0") + os.urandom(6) + bytes(8)).hex()
    return json.dumps({
        "kind": "punch", "at": "2026-11-21T00:30:05.123Z", "serial": f"INGEST{number:07}", "user_id": user,
        "device_time": f"2026-10-{day + 1:02}T{hour:02}:{minute:02}:{second:02}", "occurrence": 0, "verify": 1, "state": 0,
        "source": "poll", "raw": raw}, separators=(",", ":")).encode()


def signed(node, epoch, after, previous, end, bodies, key):
    header = rules.one_line({
        "v": 1, "batch": os.urandom(16).hex(), "node": node, "epoch": epoch, "first": after + 1,
        "last": after + len(bodies), "prev_hash": previous.hex(), "end_hash": end.hex(), "count": len(bodies)}).encode()
    text = b"\n".join([header] + bodies + [rules.sign("hadir-batch-1", header, key).encode(), b""])
    return gzip.compress(text, 6)


def post_all(port, texts, failures):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    for text in texts:
        connection.request("POST", "/v1/batches", body=text, headers=HEADERS)
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != 200 or b'"answer":"ok"' not in said:
            failures.append(f"{answer.status} {said[:200]}")
            return
    connection.close()
