"""Makes the vectors of docs/contract.md: fixed keys, invented people, the same bytes every time.

Each function returns the items of one section; a tampered item carries the refusal it must meet.
"""

import hashlib
import json

import contract_rules as rules
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

SERIAL, EPOCH, NODE, UNIT = "CJ9L170560001", "00112233445566778899aabbccddeeff", "node-07", "Dinas Kesehatan"


def seed(name):
    return hashlib.sha256(b"hadir test key: " + name.encode()).digest()


def public(key):
    return key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


NODE_KEY, CENTRE_KEY, OTHER_KEY = (
    Ed25519PrivateKey.from_private_bytes(seed(name)) for name in ("node", "centre", "other")
)
CENTRE_FINGERPRINT = hashlib.sha256(public(CENTRE_KEY)).hexdigest()
SEALING_KEY = X25519PrivateKey.from_private_bytes(seed("sealing"))


def punch_keys():
    morning = [2026, 11, 21, 7, 30, 5]
    rows = [
        ("ASCII user id", SERIAL, b"1234", morning, 0),
        ("padded with NUL and what an older record left behind it", SERIAL, b"1234\0\0999", morning, 0),
        ("spaces around the user id", SERIAL, b"  1234 \0", morning, 0),
        ("leading zeros are another person", SERIAL, b"001234", morning, 0),
        ("user id that is not UTF-8", SERIAL, b"\xc4\xffA1", morning, 0),
        ("empty user id", SERIAL, b"\0" * 9, morning, 0),
        ("user id stored as a number", SERIAL, 1234, morning, 0),
        ("largest number", SERIAL, 4_294_967_295, morning, 0),
        ("serial with spaces around it", "  CJ9L170560001 ", b"1234", morning, 0),
        ("serial with a space inside", "CJ9L 170560001", b"1234", morning, 0),
        ("the same person twice in a second: the second record", SERIAL, b"1234", morning, 1),
        ("the twelfth record of a second", SERIAL, b"1234", morning, 11),
        ("30 February", SERIAL, b"1234", [2026, 2, 30, 7, 30, 0], 0),
        ("29 February of a leap year", SERIAL, b"1234", [2028, 2, 29, 7, 30, 0], 0),
        ("first second of 2000", SERIAL, b"1234", [2000, 1, 1, 0, 0, 0], 0),
        ("last second of 2099", SERIAL, b"1234", [2099, 12, 31, 23, 59, 59], 0),
        ("first second of 2100: outside the years a device is believed", SERIAL, b"1234", [2100, 1, 1, 0, 0, 0], 0),
    ]
    for name, serial, user, time, occurrence in rows:
        packed = rules.packed_time(*time)
        device_time = rules.device_time_text(time, packed)
        user_id = str(user).encode() if isinstance(user, int) else user
        yield {
            "name": name, "serial": serial,
            **({"user_number": user} if isinstance(user, int) else {"user_field": user.hex()}),
            "time": time, "packed": packed.hex(), "device_time": device_time, "occurrence": occurrence,
            "key": rules.punch_key(serial.encode(), user_id, device_time, occurrence),
        }


def body(kind, second, **fields):
    return rules.one_line({"kind": kind, "at": f"2026-11-21T00:30:{second:02}.123Z", **fields}).encode()


def punch(second, user_id, occurrence=0, **fields):
    return body(
        "punch", second, serial=SERIAL, user_id=user_id, device_time="2026-11-21T07:30:05", occurrence=occurrence,
        verify=1, state=0, source="poll", **fields)


BODIES = [
    body("epoch", 0, reason="restored_copy", previous="f" * 32, previous_seq=812, previous_hash="ab" * 32),
    body("device", 1, serial=SERIAL, name="Ruang tamu – lobi “utama”", timezone="Asia/Jakarta", model="X100-C",
         platform="ZEM560", firmware="Ver 6.60", capacity=100_000),
    punch(5, "1234", raw="d2040000" * 10, flags=[]),
    punch(5, "1234", occurrence=1, work_code="7"),
    punch(6, "\u00c4\ufffd1", user_id_hex="c384ff31"),
    punch(6, "0", flags=["no_user"]),
    body("punch", 7, serial=SERIAL, user_id="88", device_time="805a8d31", occurrence=0, verify=15, state=255,
         source="live", flags=["no_date", "unresolved_index"]),
    body("clock", 8, serial=SERIAL, device_time="2026-11-21T07:31:10", offset=62, monotonic=86_400,
         boot_id="6f1c2b9e-0000-4000-8000-000000000001"),
    body("coverage", 9, serial=SERIAL, **{"from": "2026-11-20T00:00:00.000Z"}, to="2026-11-21T00:30:00.000Z",
         source="poll", holes=[{"from": "2026-11-20T01:00:00.000Z", "to": "2026-11-20T01:45:30.500Z",
                                "why": "powered_off"}]),
    body("alarm", 10, code="clock_off", serial=SERIAL, text="jam mesin \"maju\" 62 detik → periksa\n\tbaterai 時計 🕗"),
    body("alarm", 11, code="disk_low", text=""),
    body("operation", 12, serial=SERIAL, source="log", what="clock_set", code=21, device_time="2026-11-21T07:30:12",
         by="1", parameters=[0, 0, 0, 0], occurrence=0),
    body("anything_of_2031", 12, serial=SERIAL, anything={"kept": [1, 2.5, None, True]}),
    body("kind_of_2031", 13, unknown="kept, never refused"),
    body("user", 14, serial=SERIAL, user_id="007", name="Ni Made “Ayu” 王", privilege=14),
    body("user", 15, serial=SERIAL, user_id="\u00c4\ufffd1", user_id_hex="c384ff31", name="", privilege=0, removed=True),
    body("order", 16, id="8d1f0e2ac4b65937", order="resend", result="refused", text="orders does not name it"),
    punch(17, "1235", flags=["flag_of_2031", "no_user"]),
    body("operation", 18, serial=SERIAL, source="command", what="user_changed", by="siti (root)", object="1234",
         before="privilege 0", after="privilege 14", occurrence=0),
    body("punch", 19, serial=SERIAL, user_id="1236", device_time="2026-11-21T07:30:06", occurrence=0, verify=1, state=0,
         source="stick", raw="20", file="5e" * 32, by="budi"),
]
LAST = len(BODIES)


def bodies():
    """Bodies on their own: what the centre must take, and what it must quarantine."""
    good, user = punch(5, "1234"), body("user", 1, serial=SERIAL, user_id="7", name="", privilege=0)
    clock = body("clock", 1, serial=SERIAL, device_time="2026-11-21T07:31:10", monotonic=5, boot_id="b")
    order = body("order", 1, id="1", order="users", result="done", text="")
    rows = [
        ("punch", good, None),
        ("a flag of a later version", punch(5, "1234", flags=["flag_of_2031"]), None),
        ("a field of a later version", punch(5, "1234", later={"a": [1]}), None),
        ("a field of a later version with a name that another kind has", punch(5, "1234", id=12, holes="none"), None),
        ("a kind of a later version with names that other kinds have",
         body("kind_of_2031", 1, id=12, state="open", serial=5, flags={}), None),
        ("user id of 100 bytes that are not text", punch(5, "\ufffd" * 42, user_id_hex="ff" * 100), None),
        ("user id of 129 bytes that are not text", punch(5, "\ufffd" * 42, user_id_hex="ff" * 129), "refused"),
        ("punch whose state is text", good.replace(b'"state":0', b'"state":"open"'), "refused"),
        ("user", user, None), ("order", order, None), ("clock", clock, None),
        ("user who is removed", user.replace(b"}", b',"removed":true}'), None),
        ("a name twice", good.replace(b'"state":0', b'"state":0,"state":1'), "refused"),
        ("a name twice, once in another spelling", good.replace(b'"state":0', b'"state":0,"st\\u0061te":1'), "refused"),
        ("a name twice inside a field nobody reads", user.replace(b"}", b',"x":{"a":1,"a":1}}'), "refused"),
        ("negative occurrence", good.replace(b'"occurrence":0', b'"occurrence":-1'), "refused"),
        ("occurrence out of range", good.replace(b'"occurrence":0', b'"occurrence":100000'), "refused"),
        ("punch of a file", BODIES[-1], None),
        ("punch of a file whose hash is short", BODIES[-1].replace(b"5e5e", b"5e", 1), "refused"),
        ("operation", BODIES[-2], None),
        ("operation from nowhere", BODIES[-2].replace(b'"command"', b'"rumour"'), "refused"),
        ("operation without what", BODIES[-2].replace(b'"what":"user_changed",', b""), "refused"),
        ("operation whose numbers are words", BODIES[-2].replace(b"}", b',"parameters":["1"]}'), "refused"),
        ("negative monotonic", clock.replace(b":5,", b":-5,"), "refused"),
        ("negative capacity", BODIES[1].replace(b":100000}", b":-1}"), "refused"),
        ("negative previous_seq", BODIES[0].replace(b":812,", b":-812,"), "refused"),
        ("user without privilege", user.replace(b',"privilege":0', b""), "refused"),
        ("user whose name is a number", user.replace(b'"name":""', b'"name":5'), "refused"),
        ("user whose removed is a word", user.replace(b"}", b',"removed":"yes"}'), "refused"),
        ("user without serial", user.replace(b'"serial":"CJ9L170560001",', b""), "refused"),
        ("order without id", order.replace(b'"id":"1",', b""), "refused"),
        ("order with another result", order.replace(b'"done"', b'"maybe"'), "refused"),
        ("a list", b"[" + good + b"]", "refused"),
    ]
    for name, line, why in rows:
        yield {"name": name, "refusal": why, **text_field(line)}


def chained(epoch, bodies):
    """(body, hash) of each, from the start of the epoch."""
    value, rows = rules.chain_start(epoch), []
    for seq, line in enumerate(bodies, 1):
        value = rules.chain_next(value, seq, line)
        rows.append((line, value))
    return rows


def chains():
    for name, epoch, bodies in [("every kind", EPOCH, BODIES), ("nothing yet", "0" * 32, [])]:
        entries = []
        for seq, (line, value) in enumerate(chained(epoch, bodies), 1):
            fields = rules.read_body(line)
            key = rules.body_key(fields) if fields["kind"] == "punch" else None
            entries.append(
                {"seq": seq, "kind": fields["kind"], "body": line.decode(), "hash": value.hex(), "key": key})
        yield {"name": name, "epoch": epoch, "start": rules.chain_start(epoch).hex(), "entries": entries}


STATUS = {
    "version": "0.1.0", "backlog": 13, "backlog_age": 305, "disk_free": 21_474_836_480, "clock_trusted": True,
    "devices": [
        {"serial": SERIAL, "name": "lobi", "last_read": "2026-11-21T00:29:58.000Z", "count": 4180, "capacity": 100_000,
         "clock_offset": 62},
        {"serial": "AF4C201260077", "name": "gudang", "problem": "tidak menjawab"},
    ],
}


def header(first, last, /, **changes):
    """The header of a batch of entries `first` to `last` of the sample chain."""
    hashes = [rules.chain_start(EPOCH)] + [value for _, value in chained(EPOCH, BODIES)]
    fields = {
        "v": 1, "batch": hashlib.sha256(b"batch %d %d" % (first, last)).hexdigest()[:32], "node": NODE, "epoch": EPOCH,
        "first": first, "last": last, "prev_hash": hashes[first - 1].hex(), "end_hash": hashes[last].hex(),
        "count": last - first + 1, "status": STATUS,
    } | changes
    return {name: value for name, value in fields.items() if value is not None}


def batch_text(fields, bodies, key=NODE_KEY, tag="hadir-batch-1"):
    return batch_line(rules.one_line(fields).encode(), bodies, key, tag)


def batch_line(line, bodies, key=NODE_KEY, tag="hadir-batch-1"):
    """The text of a batch with this very header line, signed."""
    return b"\n".join([line, *bodies, rules.sign(tag, line, key).encode(), b""])


def batches():
    whole, some = batch_text(header(1, LAST), BODIES), batch_text(header(3, 4), BODIES[2:4])
    line, signature = some.split(b"\n")[0], some.split(b"\n")[-2]
    swapped = batch_text(header(3, 4), [BODIES[3], BODIES[2]])
    rows = [
        ("one entry", batch_text(header(1, 1), BODIES[:1]), None),
        ("every entry", whole, None),
        ("from the oldest the node has on, with the centre's key it trusts",
         batch_text(header(3, 4, status=STATUS | {"oldest": 3, "centre_key": CENTRE_FINGERPRINT}), BODIES[2:4]), None),
        ("entries from the middle", some, None),
        ("heartbeat", batch_text(header(LAST + 1, LAST), []), None),
        ("a status that tells the audit log back", batch_text(header(3, 4, status=STATUS | {"audit": AUDIT_HEAD}), BODIES[2:4]),
         None),
        ("a status whose audit cannot be read", batch_text(header(3, 4, status=STATUS | {"audit": {"seq": "x"}}), BODIES[2:4]),
         None),
        ("heartbeat of an empty journal, without status", batch_text(header(1, 0, status=None), []), None),
        ("a status that is no object", batch_text(header(3, 4, status=7), BODIES[2:4]), None),
        ("a status whose backlog is text", batch_text(header(3, 4, status=STATUS | {"backlog": "9"}), BODIES[2:4]), None),
        ("a device without a name in its status",
         batch_text(header(3, 4, status=STATUS | {"devices": [{"serial": SERIAL}, 5]}), BODIES[2:4]), None),
        ("fields of a later version", batch_text(header(3, 4, later={"a": 1}), BODIES[2:4]), None),
        ("no line end at its end", some[:-1], "malformed"),
        ("nothing", b"", "malformed"),
        ("only line ends", b"\n\n\n", "malformed"),
        ("an entry taken out, count as before", batch_text(header(3, 4), BODIES[2:3]), "malformed"),
        ("an entry taken out, count made to fit", batch_text(header(3, 3) | {"end_hash": header(3, 4)["end_hash"]},
                                                             BODIES[2:3]), "broken_chain"),
        ("an entry changed", some.replace(b'"state":0', b'"state":1', 1), "broken_chain"),
        ("two entries changed over", swapped, "broken_chain"),
        ("a space more in an entry", some.replace(b'"state":0', b'"state": 0', 1), "broken_chain"),
        ("first entry of an epoch after a hash that is not h(0)",
         batch_text(header(1, 0, prev_hash="00" * 32, end_hash="00" * 32), []), "broken_chain"),
        ("heartbeat whose hashes differ", batch_text(header(LAST + 1, LAST, end_hash="00" * 32), []), "broken_chain"),
        ("header changed", some.replace(b'"node":"node-07"', b'"node":"node-08"', 1), "not_signed"),
        ("backlog made to look empty", some.replace(b'"backlog":13', b'"backlog":0', 1), "not_signed"),
        ("signed by another key", batch_text(header(3, 4), BODIES[2:4], key=OTHER_KEY), "not_signed"),
        ("signed as a receipt", batch_text(header(3, 4), BODIES[2:4], tag="hadir-receipt-1"), "not_signed"),
        ("signature of another batch", some.replace(signature, whole.split(b"\n")[-2]), "not_signed"),
        ("signature cut off", some.replace(signature, signature[:-4]), "not_signed"),
        ("signature with a stray bit", some.replace(signature, stray_bit(signature)), "not_signed"),
        ("no signature", some.replace(signature + b"\n", b"\n"), "not_signed"),
        ("version 2", batch_text(header(3, 4, v=2), BODIES[2:4]), "malformed"),
        ("a negative backlog", batch_text(header(3, 4, status=STATUS | {"backlog": -1}), BODIES[2:4]), "malformed"),
        ("a negative age", batch_text(header(3, 4, status=STATUS | {"backlog_age": -1}), BODIES[2:4]), "malformed"),
        ("negative room", batch_text(header(3, 4, status=STATUS | {"disk_free": -1}), BODIES[2:4]), "malformed"),
        ("oldest 0", batch_text(header(3, 4, status=STATUS | {"oldest": 0}), BODIES[2:4]), "malformed"),
        ("oldest that is text", batch_text(header(3, 4, status=STATUS | {"oldest": "3"}), BODIES[2:4]), "malformed"),
        ("centre_key cut short",
         batch_text(header(3, 4, status=STATUS | {"centre_key": CENTRE_FINGERPRINT[2:]}), BODIES[2:4]), "malformed"),
        ("centre_key in upper case",
         batch_text(header(3, 4, status=STATUS | {"centre_key": CENTRE_FINGERPRINT.upper()}), BODIES[2:4]), "malformed"),
        ("count twice", batch_line(line.replace(b'"count":2', b'"count":2,"count":2'), BODIES[2:4]), "malformed"),
        ("negative count", batch_text(header(3, 4, count=-2), BODIES[2:4]), "malformed"),
        ("epoch in upper case", batch_text(header(3, 4, epoch=EPOCH.upper()), BODIES[2:4]), "malformed"),
        ("hash in upper case", batch_text(header(3, 4, prev_hash=header(3, 4)["prev_hash"].upper()), BODIES[2:4]),
         "malformed"),
        ("begins at entry 0", batch_text(header(3, 4, first=0, last=1), BODIES[2:4]), "malformed"),
        ("last beyond any number", batch_text(header(3, 4, first=2**63 - 1, last=2**63 - 1), BODIES[2:4]), "malformed"),
        ("name of 65 bytes", batch_text(header(3, 4, batch="n" * 65), BODIES[2:4]), "malformed"),
        ("an empty entry", batch_text(header(3, 4), [BODIES[2], b""]), "malformed"),
        ("header that is not UTF-8", line.replace(b"lobi", b"lob\xff") + some[len(line):], "malformed"),
        ("header in UTF-16", line.decode().encode("utf-16-be") + some[len(line):], "malformed"),
        ("a tab in the header", line.replace(b'"v":1', b'"v":\t1') + some[len(line):], "malformed"),
    ]
    for name, text, why in rows:
        fields = json.loads(text.split(b"\n")[0]) if why is None else {}
        known = {key: fields[key] for key in ("batch", "first", "last", "end_hash") if fields}
        yield {"name": name, "node_key": public(NODE_KEY).hex(), "refusal": why, **known, **text_field(text)}


def stray_bit(signature):
    """The same 64 bytes in another spelling: a bit set that base64 of 64 bytes does not use."""
    letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return signature[:-3] + letters[letters.index(signature[-3]) + 1:][:1] + signature[-2:]


def text_field(text):
    try:
        return {"text": text.decode()}
    except UnicodeDecodeError:
        return {"text_hex": text.hex()}


def signed(fields, tag, key=CENTRE_KEY):
    return signed_line(rules.one_line(fields).encode(), tag, key)


def signed_line(line, tag, key=CENTRE_KEY):
    return line + b"\n" + rules.sign(tag, line, key).encode() + b"\n"


AUDIT_NOTES = [
    ["1772409600000", "siti", "personnel", "10.0.0.7", "view_person", "employee:12", ""],
    ["1772409660500", "root", "operator", "", "account_added", "account:budi", '{"role":"clerk","unit":3}'],
    ["1772409720000", "Ni Ketut Ayu \u00c9", "auditor", "fd00::7", "export", "month:2026-03", '{"file":"rekap \u2014 Maret"}'],
    ["0", "", "", "", "", "", ""],
    ["-62135596800000", "a", "b", "c", "word_of_2031", "d", "e"],
]


def audit_notes():
    value, notes = rules.audit_start(), []
    for seq, fields in enumerate(AUDIT_NOTES, 1):
        value = rules.audit_next(value, seq, fields)
        notes.append({"seq": seq, "fields": fields, "hash": value.hex()})
    return notes


def audit_chains():
    return [{"name": "five notes", "start": rules.audit_start().hex(), "notes": audit_notes()}]


AUDIT_HEAD = {name: audit_notes()[-1][name] for name in ("seq", "hash")}


def receipts():
    to = {name: header(1, LAST)[name] for name in ("batch", "node", "epoch")}
    ok = {
        "v": 1, **to, "answer": "ok", "high_water": LAST, "end_hash": header(1, LAST)["end_hash"], "accepted": 12,
        "duplicate": 0, "quarantined": [{"seq": 13, "reason": "kind_of_2031: kept"}],
        "server_time": "2026-11-21T00:31:00.000Z",
        "orders": [{"id": "17", "kind": "resend", "args": {"from": "4"}, "expires": "2026-11-22T00:00:00.000Z"}],
    }
    none = {"accepted": 0, "quarantined": [], "orders": []}
    tag = "hadir-receipt-1"
    text = signed(ok, tag)
    rows = [
        ("ok", text, None),
        ("ok, everything known already", signed(ok | none | {"duplicate": LAST}, tag), None),
        ("gap", signed(ok | none | {"answer": "gap", "high_water": 0, "end_hash": rules.chain_start(EPOCH).hex()}, tag),
         None),
        ("fork", signed(ok | none | {"answer": "fork"}, tag), None),
        ("revoked", signed(ok | none | {"answer": "revoked"}, tag), None),
        ("bad", signed(ok | none | {"answer": "bad", "reason": "count does not agree"}, tag), None),
        ("the next signing key announced", signed(ok | {"next_key": rules.to_base64(public(OTHER_KEY))}, tag), None),
        ("every kind of order", signed(ok | {"orders": ok["orders"] + [
            {"id": "18", "kind": kind, "args": {"serial": SERIAL}, "expires": "2026-11-22T00:00:00.000Z"}
            for kind in ("time_set", "users", "kind_of_2031")]}, tag), None),
        ("the end of the audit log told", signed(ok | {"audit": AUDIT_HEAD}, tag), None),
        ("an audit log without a note", signed(ok | {"audit": {"seq": 0, "hash": rules.audit_start().hex()}}, tag), None),
        ("an audit log of seq -1", signed(ok | {"audit": AUDIT_HEAD | {"seq": -1}}, tag), "not_a_receipt"),
        ("an audit hash cut short", signed(ok | {"audit": AUDIT_HEAD | {"hash": "ab" * 31}}, tag), "not_a_receipt"),
        ("an audit log that is no object", signed(ok | {"audit": 7}, tag), "not_a_receipt"),
        ("next key of 31 bytes", signed(ok | {"next_key": rules.to_base64(public(OTHER_KEY)[1:])}, tag), "not_a_receipt"),
        ("next key that is no base64", signed(ok | {"next_key": "key"}, tag), "not_a_receipt"),
        ("negative accepted", signed(ok | {"accepted": -1}, tag), "not_a_receipt"),
        ("negative duplicate", signed(ok | {"duplicate": -1}, tag), "not_a_receipt"),
        ("seq 0 in quarantine", signed(ok | {"quarantined": [{"seq": 0, "reason": ""}]}, tag), "not_a_receipt"),
        ("seq -1 in quarantine", signed(ok | {"quarantined": [{"seq": -1, "reason": ""}]}, tag), "not_a_receipt"),
        ("order whose argument is a number", signed(ok | {"orders": [ok["orders"][0] | {"args": {"from": 4}}]}, tag),
         "not_a_receipt"),
        ("order that expires some day", signed(ok | {"orders": [ok["orders"][0] | {"expires": "soon"}]}, tag),
         "not_a_receipt"),
        ("order without a kind", signed(ok | {"orders": [{"id": "1", "args": {}, "expires": "soon"}]}, tag),
         "not_a_receipt"),
        ("answer twice", signed_line(rules.one_line(ok).encode().replace(b'"v":1', b'"answer":"ok","v":1'), tag),
         "not_a_receipt"),
        ("signed by another key", signed(ok, tag, key=OTHER_KEY), "not_signed"),
        ("signed by the node itself", signed(ok, tag, key=NODE_KEY), "not_signed"),
        ("signed as a batch", signed(ok, "hadir-batch-1"), "not_signed"),
        ("high water raised afterwards", text.replace(b'"high_water":%d' % LAST, b'"high_water":99'), "not_signed"),
        ("to another batch", signed(ok | {"batch": header(3, 4)["batch"]}, tag), "other_batch"),
        ("to another node", signed(ok | {"node": "node-08"}, tag), "other_batch"),
        ("to another epoch", signed(ok | {"epoch": "0" * 32}, tag), "other_batch"),
        ("an answer nobody knows", signed(ok | {"answer": "fine"}, tag), "not_a_receipt"),
        ("negative high water", signed(ok | {"high_water": -1}, tag), "not_a_receipt"),
        ("hash cut short", signed(ok | {"end_hash": "ab" * 31}, tag), "not_a_receipt"),
        ("version 2", signed(ok | {"v": 2}, tag), "not_a_receipt"),
        ("three lines", text + b"\n", "not_a_receipt"),
        ("no line end at its end", text[:-1], "not_a_receipt"),
        ("a login page", b"<html><body>Masuk ke jaringan tamu</body></html>\n", "not_a_receipt"),
        ("nothing", b"", "not_a_receipt"),
    ]
    for name, line, why in rows:
        fields = json.loads(line.split(b"\n")[0]) if why is None else {}
        known = {key: fields[key] for key in ("answer", "high_water", "end_hash", "accepted", "duplicate") if fields}
        yield {"name": name, "centre_key": public(CENTRE_KEY).hex(), "to": to, "refusal": why, **known,
               **text_field(line)}


def document():
    """The whole file, as text."""
    import contract_enrolment_samples as enrolment

    sections = {
        "about": "Made by Tests/verify_contract.py --write; verified by it and by AttendanceTests.",
        "punch_keys": punch_keys(), "chains": chains(), "bodies": bodies(), "batches": batches(), "receipts": receipts(),
        "audit_chains": audit_chains(),
        "enrolment_codes": enrolment.codes(), "enrolment_keys": enrolment.keys(),
        "enrolment_requests": enrolment.requests(), "enrolment_answers": enrolment.answers(),
    }
    values = {name: items if isinstance(items, str) else list(items) for name, items in sections.items()}
    return json.dumps(values, ensure_ascii=False, indent=1) + "\n"
