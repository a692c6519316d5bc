#!/usr/bin/env python3
"""A second opinion on docs/contract.md and on the Swift code that follows it.

    verify_contract.py                verify AttendanceTests/Vectors/contract.json
    verify_contract.py --check FILE   verify a file of the same form, such as samples that Swift signed
    verify_contract.py --write        make contract.json again: the same bytes every time

Exit code: 0 all as it should be, 1 a difference (each one is named), 2 it could not run.
Needs the `cryptography` package (Debian: python3-cryptography).
"""

import argparse
import json
import sys
from pathlib import Path

import contract_rules as rules
import contract_samples

VECTORS = Path(__file__).resolve().parent / "AttendanceTests" / "Vectors" / "contract.json"


def text_of(item, name="text"):
    """A text of the vectors: plain, or in hex where it is not UTF-8."""
    return bytes.fromhex(item[name + "_hex"]) if name + "_hex" in item else item[name].encode()


def refusal(read, *arguments):
    """What `read` makes of its arguments: the word of the refusal or `None`, and the value."""
    try:
        return None, read(*arguments)
    except rules.Refused as refused:
        return refused.why, None


def differences(item, found):
    """Names of the fields of `found` that are not what `item` says, with both values."""
    wrong = [name for name, value in found.items() if item.get(name) != value]
    return [f"{name} is {item.get(name)!r}, should be {found[name]!r}" for name in wrong]


def check_punch_key(item):
    user_id = str(item["user_number"]).encode() if "user_number" in item else bytes.fromhex(item["user_field"])
    packed = bytes.fromhex(item["packed"])
    device_time = rules.device_time_text(item["time"], packed)
    key = rules.punch_key(item["serial"].encode(), user_id, device_time, item["occurrence"])
    return differences(item, {"packed": rules.packed_time(*item["time"]).hex(), "device_time": device_time, "key": key})


def check_chain(item):
    value = rules.chain_start(item["epoch"])
    found = differences(item, {"start": value.hex()})
    for seq, entry in enumerate(item["entries"], 1):
        body = text_of(entry, "body")
        value = rules.chain_next(value, seq, body)
        expected = {"seq": seq, "hash": value.hex()}
        why, fields = refusal(rules.read_body, body)
        if why:
            found.append(f"entry {seq}: {why} is missing or wrong")
        else:
            expected["kind"] = fields["kind"]
            expected["key"] = rules.body_key(fields) if fields["kind"] == "punch" else None
        found += [f"entry {seq}: {difference}" for difference in differences(entry, expected)]
    return found


def check_body(item):
    why, fields = refusal(rules.read_body, text_of(item))
    return differences(item, {"refusal": why and "refused"})


def check_batch(item):
    why, batch = refusal(rules.read_batch, text_of(item), bytes.fromhex(item["node_key"]))
    found = differences(item, {"refusal": why})
    if batch:
        header, bodies = batch
        found += differences(item, {name: header[name] for name in ("batch", "first", "last", "end_hash")})
        for seq, body in enumerate(bodies, header["first"]):
            why, _ = refusal(rules.read_body, body)
            if why:
                found.append(f"entry {seq}: {why} is missing or wrong")
    return found


def check_receipt(item):
    why, receipt = refusal(rules.read_receipt, text_of(item), bytes.fromhex(item["centre_key"]), item["to"])
    names = ("answer", "high_water", "end_hash", "accepted", "duplicate")
    return differences(item, {"refusal": why} | ({name: receipt[name] for name in names} if receipt else {}))


def check_audit_chain(item):
    value = rules.audit_start()
    found = differences(item, {"start": value.hex()})
    for seq, note in enumerate(item["notes"], 1):
        value = rules.audit_next(value, seq, note["fields"])
        found += [f"note {seq}: {difference}" for difference in differences(note, {"seq": seq, "hash": value.hex()})]
    return found


def check_code(item):
    why, code = refusal(rules.read_code, item["text"])
    names = ("url", "code", "secret", "centre", "pin")
    return differences(item, {"refusal": why} | ({name: code.get(name) for name in names} if code else {}))


def check_enrolment_key(item):
    key = rules.enrolment_key(bytes.fromhex(item["secret"]), item["code"])
    return differences(item, {"key": key.hex()})


def check_request(item):
    arguments = text_of(item, "request"), bytes.fromhex(item["key"]), bytes.fromhex(item["centre"])
    why, public_key = refusal(rules.read_request, *arguments)
    return differences(item, {"refusal": why} | ({"public_key": public_key.hex()} if public_key else {}))


def check_answer(item):
    code, request = rules.read_code(item["code_text"]), json.loads(item["request"])
    why, answer = refusal(rules.read_answer, text_of(item), code, request)
    return differences(item, {"refusal": why} | ({"node": answer["node"], "unit": answer["unit"]} if answer else {}))


CHECKS = {
    "punch_keys": check_punch_key,
    "chains": check_chain,
    "bodies": check_body,
    "batches": check_batch,
    "receipts": check_receipt,
    "audit_chains": check_audit_chain,
    "enrolment_codes": check_code,
    "enrolment_keys": check_enrolment_key,
    "enrolment_requests": check_request,
    "enrolment_answers": check_answer,
}


def verify(document):
    """Every difference in a document of vectors, as text, and how many items were looked at."""
    found, count = [], 0
    for section, check in CHECKS.items():
        items = document.get(section)
        if not items:
            found.append(f"{section}: has no items, so nothing of it was verified")
        for item in items or []:
            count += 1
            try:
                found += [f"{section}, {item['name']}: {difference}" for difference in check(item)]
            except (KeyError, TypeError, ValueError, AttributeError, rules.Refused) as error:
                name = item.get("name") if isinstance(item, dict) else item
                found.append(f"{section}, {name}: not an item of this form: {error!r}")
    return found, count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument("--check", metavar="FILE", type=Path)
    modes.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    if arguments.write:
        VECTORS.write_text(contract_samples.document(), encoding="utf-8")
    path = arguments.check or VECTORS
    try:
        text = path.read_text(encoding="utf-8")
        document = json.loads(text)
    except (OSError, ValueError) as error:
        print(f"verify_contract: cannot read {path}: {error}", file=sys.stderr)
        return 2
    found, count = verify(document)
    if not arguments.check and text != contract_samples.document():
        found.append(f"{path.name} is not what --write makes: change contract_samples.py, then write it")
    for difference in found:
        print(f"verify_contract: {difference}", file=sys.stderr)
    print(f"{path.name}: {count} items, {len(found)} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
