"""docs/contract.md in Python, written from that document and not from the Swift code.

Every `read_…` returns what a text says, or raises `Refused` with the word that the vectors use for it.
"""

import base64
import binascii
import datetime
import hashlib
import hmac
import json
import os
import re
import sys

SYSTEM_PYTHON = "/usr/bin/python3"
try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF
except ImportError:
    # Another Python may come first in PATH; Debian's package belongs to Debian's own.
    if os.path.exists(SYSTEM_PYTHON) and os.path.realpath(sys.executable) != os.path.realpath(SYSTEM_PYTHON):
        os.execv(SYSTEM_PYTHON, [SYSTEM_PYTHON, *sys.argv])
    print("verify_contract: no Python package `cryptography`; run `make setup`", file=sys.stderr)
    sys.exit(2)

MOST_ENTRIES, MOST_BYTES, LONGEST_BODY = 5000, 1_048_576, 65_536
UTC_TEXT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
LOCAL_TEXT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


class Refused(Exception):
    """What the contract says must not be accepted; `why` is the word that stands in the vectors."""

    def __init__(self, why):
        super().__init__(why)
        self.why = why


def need(condition, why):
    if not condition:
        raise Refused(why)


# --- Text, hex, base64, JSON ---------------------------------------------------------------------------------------


def is_hex(text, count):
    """Lower-case hex of `count` bytes."""
    return isinstance(text, str) and re.fullmatch(r"[0-9a-f]{%d}" % (2 * count), text) is not None


def to_base64(data):
    return base64.b64encode(data).decode()


def from_base64(text, count, why):
    """The `count` bytes of canonical base64: no stray letter, no stray bit."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise Refused(why) from None
    need(len(data) == count and to_base64(data) == text, why)
    return data


def one_line(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def read_object(line, why):
    """One line of UTF-8 JSON that is an object, without control characters."""

    def once(pairs):
        need(len(dict(pairs)) == len(pairs), why)
        return dict(pairs)

    need(all(byte >= 0x20 for byte in line), why)
    try:
        value = json.loads(line.decode("utf-8"), object_pairs_hook=once)
    except (ValueError, RecursionError):
        raise Refused(why) from None
    need(isinstance(value, dict), why)
    return value


def is_count(value):
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


# --- Section 1: signed text ----------------------------------------------------------------------------------------


def sign(tag, line, key):
    return to_base64(key.sign(tag.encode() + b"\n" + line))


def is_signed(tag, line, signature, public_key):
    try:
        data = from_base64(signature.decode("ascii", "replace"), 64, "not_signed")
        Ed25519PublicKey.from_public_bytes(public_key).verify(data, tag.encode() + b"\n" + line)
    except (Refused, InvalidSignature, ValueError):
        return False
    return True


def signed_lines(text, why):
    """The line and the signature line of a signed text of exactly two lines."""
    lines = text.split(b"\n")
    need(len(text) <= MOST_BYTES and len(lines) == 3 and lines[2] == b"", why)
    return lines[0], lines[1]


# --- Section 2: key of a punch -------------------------------------------------------------------------------------


def trim(data):
    return data.strip(b" ")


def user_id_bytes(field):
    return trim(field.split(b"\0", 1)[0])


def packed_time(year, month, day, hour, minute, second):
    """The four bytes a device stores for a time; months of 31 days, so 30 February fits."""
    days = ((year - 2000) * 12 + month - 1) * 31 + day - 1
    return (days * 86_400 + hour * 3600 + minute * 60 + second).to_bytes(4, "little")


def device_time_text(time, packed):
    try:
        moment = datetime.datetime(*time)
    except ValueError:
        return packed.hex()
    return moment.strftime("%Y-%m-%dT%H:%M:%S") if 2000 <= moment.year <= 2099 else packed.hex()


def punch_key(serial, user_id, device_time, occurrence):
    """Hex of the key; `serial` and `user_id` are bytes, as read."""
    digest = hashlib.sha256(b"hadir-punch-1")
    for field in (trim(serial), user_id_bytes(user_id), device_time.encode(), str(occurrence).encode()):
        digest.update(len(field).to_bytes(4, "big") + field)
    return digest.hexdigest()


# --- Section 3: entry and chain ------------------------------------------------------------------------------------


def chain_start(epoch):
    return hashlib.sha256(b"hadir-epoch-1" + epoch.encode()).digest()


def chain_next(previous, seq, body):
    return hashlib.sha256(previous + seq.to_bytes(8, "big") + len(body).to_bytes(4, "big") + body).digest()


def is_utc(value):
    if not isinstance(value, str) or not UTC_TEXT.fullmatch(value):
        return False
    try:
        datetime.datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ")
    except ValueError:
        return False
    return True


def is_device_time(value):
    if isinstance(value, str) and LOCAL_TEXT.fullmatch(value):
        time = [int(part) for part in re.split("[-T:]", value)]
        return device_time_text(time, b"") == value
    return isinstance(value, str) and re.fullmatch(r"([0-9a-f]{2}){1,16}", value) is not None


def is_text(value):
    return isinstance(value, str)


def is_number(value):
    return isinstance(value, int) and not isinstance(value, bool)


def one_of(*words):
    return lambda value: value in words


def list_of(test):
    return lambda value: isinstance(value, list) and all(test(item) for item in value)


def is_hole(value):
    return (
        isinstance(value, dict) and is_utc(value.get("from")) and is_utc(value.get("to"))
        and is_text(value.get("why"))
    )


def short_hex(value):
    return isinstance(value, str) and re.fullmatch(r"([0-9a-f]{2}){0,64}", value) is not None


def user_id_hex(value):
    return isinstance(value, str) and re.fullmatch(r"([0-9a-f]{2}){0,128}", value) is not None


def is_occurrence(value):
    return is_count(value) and value < 100_000


SOURCE = one_of("poll", "soap", "push", "live", "stick")
# Fields by kind: those that must be there, and those that may be.
FIELDS = {
    "epoch": (
        {"reason": one_of("first_start", "corrupt_file", "restored_copy", "fork")},
        {
            "previous": lambda value: is_hex(value, 16),
            "previous_seq": is_count,
            "previous_hash": lambda value: is_hex(value, 32),
        },
    ),
    "punch": (
        {
            "serial": is_text, "user_id": is_text, "device_time": is_device_time, "occurrence": is_occurrence,
            "verify": is_number, "state": is_number, "source": SOURCE,
        },
        {"user_id_hex": user_id_hex, "work_code": is_text, "raw": short_hex, "flags": list_of(is_text),
         "file": lambda value: is_hex(value, 32), "by": is_text},
    ),
    "device": (
        {"serial": is_text, "name": is_text, "timezone": is_text, "model": is_text, "platform": is_text,
         "firmware": is_text},
        {"capacity": is_count},
    ),
    "clock": (
        {"serial": is_text, "device_time": is_device_time, "monotonic": is_count, "boot_id": is_text},
        {"offset": is_number},
    ),
    "coverage": (
        {"serial": is_text, "from": is_utc, "to": is_utc, "source": SOURCE, "holes": list_of(is_hole)},
        {},
    ),
    "user": (
        {"serial": is_text, "user_id": is_text, "name": is_text, "privilege": is_number},
        {"user_id_hex": user_id_hex, "removed": lambda value: isinstance(value, bool)},
    ),
    "operation": (
        {"serial": is_text, "source": one_of("log", "push", "command", "daemon"), "what": is_text, "by": is_text},
        {"code": is_count, "device_time": is_device_time, "object": is_text, "before": is_text, "after": is_text,
         "parameters": list_of(is_number), "occurrence": is_count},
    ),
    "order": (
        {"id": is_text, "order": is_text, "result": one_of("done", "refused", "failed", "expired"), "text": is_text},
        {},
    ),
    "alarm": ({"code": is_text, "text": is_text}, {"serial": is_text}),
}


def read_body(body):
    """The fields of an entry's body, checked by kind; a kind of a later version has only `kind` and `at`."""
    need(0 < len(body) <= LONGEST_BODY, "length")
    fields = read_object(body, "not_json")
    need(is_text(fields.get("kind")), "kind")
    need(is_utc(fields.get("at")), "at")
    required, optional = FIELDS.get(fields["kind"], ({}, {}))
    for name, test in required.items():
        need(name in fields and test(fields[name]), name)
    for name, test in optional.items():
        need(name not in fields or test(fields[name]), name)
    return fields


def body_key(fields):
    """The key of the punch that the fields of a body tell."""
    user_id = bytes.fromhex(fields["user_id_hex"]) if "user_id_hex" in fields else fields["user_id"].encode()
    return punch_key(fields["serial"].encode(), user_id, fields["device_time"], fields["occurrence"])


# --- Section 4: batch ----------------------------------------------------------------------------------------------

HEADER = {
    "v": lambda value: is_number(value) and value == 1,
    "batch": lambda value: is_text(value) and len(value.encode()) <= 64,
    "node": is_text,
    "epoch": lambda value: is_hex(value, 16),
    "first": lambda value: is_count(value) and value >= 1,
    "last": is_count,
    "prev_hash": lambda value: is_hex(value, 32),
    "end_hash": lambda value: is_hex(value, 32),
    "count": is_count,
    "status": lambda value: value is None or is_status(value),
}


def is_seq(value):
    return is_count(value) and value >= 1


def is_count_or_none(value):
    return value is None or is_count(value)


def is_status(value):
    """Whether a batch with it is taken: what cannot be read is for show only and is left out."""
    if not isinstance(value, dict):
        return True
    oldest, centre_key = value.get("oldest"), value.get("centre_key")
    if not ((oldest is None or is_number(oldest)) and (centre_key is None or is_text(centre_key))):
        return False
    amounts = [value.get("backlog"), value.get("backlog_age"), value.get("disk_free")]
    if not (
        is_text(value.get("version")) and isinstance(value.get("clock_trusted"), bool) and is_number(amounts[0])
        and all(amount is None or is_number(amount) for amount in amounts)
    ):
        return True
    return (
        all(is_count_or_none(amount) for amount in amounts) and (oldest is None or is_seq(oldest))
        and (centre_key is None or is_hex(centre_key, 32))
    )


def read_batch(text, public_key):
    """The header and the bodies of a batch that is well formed, signed, and whose chain holds."""
    need(len(text) <= MOST_BYTES and text.endswith(b"\n"), "malformed")
    lines = text[:-1].split(b"\n")
    need(2 <= len(lines) <= MOST_ENTRIES + 2, "malformed")
    header, bodies = read_object(lines[0], "malformed"), lines[1:-1]
    need(all(test(header.get(name)) for name, test in HEADER.items()), "malformed")
    need(header["count"] == len(bodies) and header["last"] == header["first"] - 1 + len(bodies), "malformed")
    need(all(0 < len(body) <= LONGEST_BODY for body in bodies), "malformed")
    need(is_signed("hadir-batch-1", lines[0], lines[-1], public_key), "not_signed")
    value = bytes.fromhex(header["prev_hash"])
    need(header["first"] > 1 or value == chain_start(header["epoch"]), "broken_chain")
    for seq, body in enumerate(bodies, header["first"]):
        value = chain_next(value, seq, body)
    need(value.hex() == header["end_hash"], "broken_chain")
    return header, bodies


# --- Section 5: receipt --------------------------------------------------------------------------------------------


def is_order(value):
    return (
        isinstance(value, dict) and isinstance(value.get("args"), dict)
        and all(is_text(argument) for argument in value["args"].values())
        and all(is_text(value.get(name)) for name in ("id", "kind")) and is_utc(value.get("expires"))
    )


def is_audit_head(value):
    return isinstance(value, dict) and is_count(value.get("seq")) and is_hex(value.get("hash"), 32)


RECEIPT = {
    "v": HEADER["v"], "batch": is_text, "node": is_text, "epoch": HEADER["epoch"],
    "answer": one_of("ok", "gap", "fork", "revoked", "bad"),
    "reason": lambda value: value is None or is_text(value),
    "high_water": is_count, "end_hash": HEADER["end_hash"], "accepted": is_count, "duplicate": is_count,
    "quarantined": list_of(
        lambda value: isinstance(value, dict) and is_seq(value.get("seq")) and is_text(value.get("reason"))),
    "server_time": is_utc, "orders": list_of(is_order),
    "next_key": lambda value: value is None or len(from_base64(value, 32, "not_a_receipt")) == 32,
    "audit": lambda value: value is None or is_audit_head(value),
}


def read_receipt(text, centre_key, to):
    """The receipt, where the centre signed it and it answers the batch `to`."""
    line, signature = signed_lines(text, "not_a_receipt")
    need(is_signed("hadir-receipt-1", line, signature, centre_key), "not_signed")
    receipt = read_object(line, "not_a_receipt")
    need(all(test(receipt.get(name)) for name, test in RECEIPT.items()), "not_a_receipt")
    need(all(receipt[name] == to[name] for name in ("batch", "node", "epoch")), "other_batch")
    return receipt


# --- Section 7: audit log ------------------------------------------------------------------------------------------


def audit_start():
    return hashlib.sha256(b"hadir-audit-1").digest()


def audit_next(value, seq, fields):
    """The hash of note `seq`: `fields` are at, by_name, by_role, address, what, object, detail as texts."""
    packed = b"".join(len(field.encode()).to_bytes(4, "big") + field.encode() for field in fields)
    return hashlib.sha256(value + seq.to_bytes(8, "big") + len(packed).to_bytes(4, "big") + packed).digest()


# --- Section 6: enrolment ------------------------------------------------------------------------------------------


def code_text(payload):
    data = payload + hashlib.sha256(payload).digest()[:4]
    return "hadir1-" + base64.urlsafe_b64encode(data).decode().rstrip("=")


def read_code(text):
    need(re.fullmatch(r"hadir1-[A-Za-z0-9_-]+", text), "not_a_code")
    letters = text[len("hadir1-"):]
    try:
        data = base64.urlsafe_b64decode(letters + "=" * (-len(letters) % 4))
    except ValueError:
        raise Refused("not_a_code") from None
    need(len(data) > 4 and base64.urlsafe_b64encode(data).decode().rstrip("=") == letters, "not_a_code")
    need(hashlib.sha256(data[:-4]).digest()[:4] == data[-4:], "mistyped")
    code = read_object(data[:-4], "not_a_code")
    lengths = {"code": 8, "secret": 16, "centre": 32}
    need(HEADER["v"](code.get("v")) and is_text(code.get("url")), "not_a_code")
    need(all(is_hex(code.get(name), count) for name, count in lengths.items()), "not_a_code")
    need("pin" not in code or is_hex(code["pin"], 32), "not_a_code")
    return code


def enrolment_key(secret, code_id):
    kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"hadir-enrol-key-1" + code_id.encode())
    return kdf.derive(secret)


def enrolment_mac(key, code_id, public_key, centre):
    message = f"hadir-enrol-1\n{code_id}\n{public_key.hex()}\n{centre.hex()}\n"
    return hmac.new(key, message.encode(), hashlib.sha256).digest()


def read_request(text, key, centre):
    """The node's public key, where the request shows that its sender has the code's secret."""
    request = read_object(text, "refused")
    need(HEADER["v"](request.get("v")) and is_hex(request.get("code"), 8), "refused")
    public_key = from_base64(request.get("public_key"), 32, "refused")
    mac = from_base64(request.get("mac"), 32, "refused")
    need(hmac.compare_digest(mac, enrolment_mac(key, request["code"], public_key, centre)), "refused")
    return public_key


def read_answer(text, code, request):
    """The centre's answer, where the centre of the code signed it for this request."""
    line, signature = signed_lines(text, "not_an_answer")
    answer = read_object(line, "not_an_answer")
    names = ("code", "public_key", "node", "unit", "centre_signing_key", "centre_sealing_key")
    need(HEADER["v"](answer.get("v")) and all(is_text(answer.get(name)) for name in names), "not_an_answer")
    key = from_base64(answer["centre_signing_key"], 32, "not_an_answer")
    from_base64(answer["centre_sealing_key"], 32, "not_an_answer")
    need(hashlib.sha256(key).hexdigest() == code["centre"], "not_the_centre")
    need(is_signed("hadir-enrolled-1", line, signature, key), "not_the_centre")
    need(answer["code"] == request["code"] and answer["public_key"] == request["public_key"], "not_an_answer")
    return answer
