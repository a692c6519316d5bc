"""The vectors of docs/contract.md, section 6: codes, keys, requests and answers of an enrolment."""

import hashlib

import contract_rules as rules
from contract_samples import CENTRE_KEY, NODE, NODE_KEY, OTHER_KEY, SEALING_KEY, UNIT, public, seed, signed, text_field

CODE_ID, SECRET = "0123456789abcdef", seed("secret")[:16]
CENTRE = hashlib.sha256(public(CENTRE_KEY)).digest()
URL = "https://absensi.contoh.example:8443"


def payload(**changes):
    fields = {"v": 1, "url": URL, "code": CODE_ID, "secret": SECRET.hex(), "centre": CENTRE.hex(), "pin": "5a" * 32}
    fields |= changes
    return rules.one_line({name: value for name, value in fields.items() if value is not None}).encode()


def codes():
    text = rules.code_text(payload())
    rows = [
        ("with a pin", text, None),
        ("without a pin", rules.code_text(payload(pin=None, url="http://127.0.0.1:8080")), None),
        ("one letter mistyped", text[:60] + ("A" if text[60] != "A" else "B") + text[61:], "mistyped"),
        ("two letters changed over", text[:40] + text[41] + text[40] + text[42:], "mistyped"),
        ("last four letters missing", text[:-4], "mistyped"),
        ("nothing", "", "not_a_code"),
        ("only the beginning", "hadir1-", "not_a_code"),
        ("of a later version", "hadir2" + text[6:], "not_a_code"),
        ("a letter no code has", text[:50] + "!" + text[51:], "not_a_code"),
        ("a space inside", text[:50] + " " + text[50:], "not_a_code"),
        ("plus in place of minus", "hadir1-" + "+" + text[8:], "not_a_code"),
        ("padded", text + "=", "not_a_code"),
        ("version 2 in the payload", rules.code_text(payload(v=2)), "not_a_code"),
        ("secret too short", rules.code_text(payload(secret="00" * 15)), "not_a_code"),
        ("code id in upper case", rules.code_text(payload(code=CODE_ID.upper())), "not_a_code"),
        ("pin too long", rules.code_text(payload(pin="5a" * 33)), "not_a_code"),
        ("no centre", rules.code_text(payload(centre=None)), "not_a_code"),
        ("payload that is no JSON", rules.code_text(b"hadir"), "not_a_code"),
    ]
    for name, line, why in rows:
        known = {}
        if why is None:
            code = rules.read_code(line)
            known = {key: code.get(key) for key in ("url", "code", "secret", "centre", "pin")}
        yield {"name": name, "refusal": why, **known, "text": line}


def keys():
    for name, secret, code in [("of the sample code", SECRET, CODE_ID), ("secret of zeros", bytes(16), "f" * 16)]:
        yield {"name": name, "secret": secret.hex(), "code": code, "key": rules.enrolment_key(secret, code).hex()}


def request(**changes):
    key = rules.enrolment_key(SECRET, CODE_ID)
    mac = rules.enrolment_mac(key, CODE_ID, public(NODE_KEY), CENTRE)
    fields = {"v": 1, "code": CODE_ID, "public_key": rules.to_base64(public(NODE_KEY)), "mac": rules.to_base64(mac)}
    return rules.one_line(fields | changes)


def requests():
    key = rules.enrolment_key(SECRET, CODE_ID)
    other_key = rules.enrolment_key(bytes(16), CODE_ID)
    other_mac = rules.to_base64(rules.enrolment_mac(other_key, CODE_ID, public(NODE_KEY), CENTRE))
    rows = [
        ("as it should be", request(), key, CENTRE, None),
        ("mac made with another secret", request(mac=other_mac), key, CENTRE, "refused"),
        ("mac of zeros", request(mac=rules.to_base64(bytes(32))), key, CENTRE, "refused"),
        ("mac cut short", request(mac=rules.to_base64(bytes(31))), key, CENTRE, "refused"),
        ("public key of somebody else", request(public_key=rules.to_base64(public(OTHER_KEY))), key, CENTRE, "refused"),
        ("public key too short", request(public_key=rules.to_base64(public(NODE_KEY)[:31])), key, CENTRE, "refused"),
        ("public key that is no base64", request(public_key="*"), key, CENTRE, "refused"),
        ("another code", request(code="f" * 16), key, CENTRE, "refused"),
        ("version 2", request(v=2), key, CENTRE, "refused"),
        ("made for another centre", request(), key, hashlib.sha256(public(OTHER_KEY)).digest(), "refused"),
        ("made with a forgotten code's key", request(), other_key, CENTRE, "refused"),
    ]
    for name, line, key, centre, why in rows:
        known = {} if why else {"public_key": public(NODE_KEY).hex()}
        yield {"name": name, "refusal": why, "key": key.hex(), "centre": centre.hex(), **known, "request": line}


def answers():
    fields = {
        "v": 1, "code": CODE_ID, "public_key": rules.to_base64(public(NODE_KEY)), "node": NODE, "unit": UNIT,
        "centre_signing_key": rules.to_base64(public(CENTRE_KEY)),
        "centre_sealing_key": rules.to_base64(public(SEALING_KEY)),
    }
    tag = "hadir-enrolled-1"
    other = {"centre_signing_key": rules.to_base64(public(OTHER_KEY))}
    text = signed(fields, tag)
    rows = [
        ("as it should be", text, None),
        ("unit with letters beyond ASCII", signed(fields | {"unit": "Puskesmas “Café” 1"}, tag), None),
        ("of another centre, with its own key", signed(fields | other, tag, key=OTHER_KEY), "not_the_centre"),
        ("of another centre, with our centre's key", signed(fields, tag, key=OTHER_KEY), "not_the_centre"),
        ("signed as a receipt", signed(fields, "hadir-receipt-1"), "not_the_centre"),
        ("unit changed afterwards", text.replace(b"Kesehatan", b"Pendidikan"), "not_the_centre"),
        ("to another code", signed(fields | {"code": "f" * 16}, tag), "not_an_answer"),
        ("to another node's key", signed(fields | {"public_key": rules.to_base64(public(OTHER_KEY))}, tag),
         "not_an_answer"),
        ("sealing key cut short", signed(fields | {"centre_sealing_key": rules.to_base64(bytes(31))}, tag),
         "not_an_answer"),
        ("version 2", signed(fields | {"v": 2}, tag), "not_an_answer"),
        ("no signature", text.split(b"\n")[0] + b"\n", "not_an_answer"),
        ("a login page", b"<html>\n<body>Masuk</body>\n", "not_an_answer"),
        ("nothing", b"", "not_an_answer"),
    ]
    for name, line, why in rows:
        known = {} if why else {"node": NODE, "unit": "Puskesmas “Café” 1" if "letters" in name else UNIT}
        yield {"name": name, "refusal": why, "code_text": rules.code_text(payload()), "request": request(), **known,
               **text_field(line)}
