#!/usr/bin/env python3
"""Bundles of docs/contract.md, section 8, written from that page and RFC 9180 alone; nothing is shared with the Swift code.

    verify_bundle.py open KEY < bundle     the batch in it to standard output; KEY is hex of the X25519 private key
    verify_bundle.py seal KEY < batch      a bundle sealed to KEY's public key
    verify_bundle.py vector                the vector that Tests/AttendanceTests/Vectors/bundle.json holds
"""

import base64
import hashlib
import hmac
import json
import sys

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

MARK = b"hadir-bundle-1 "
INFO = b"hadir-bundle-1"
KEM = b"KEM" + (0x0020).to_bytes(2, "big")
SUITE = b"HPKE" + (0x0020).to_bytes(2, "big") + (0x0001).to_bytes(2, "big") + (0x0003).to_bytes(2, "big")


def extract(salt, secret):
    return hmac.new(salt or bytes(32), secret, hashlib.sha256).digest()


def expand(key, info, length):
    out, block = b"", b""
    while len(out) < length:
        block = hmac.new(key, block + info + bytes([len(out) // 32 + 1]), hashlib.sha256).digest()
        out += block
    return out[:length]


def labeled_extract(suite, salt, label, secret):
    return extract(salt, b"HPKE-v1" + suite + label + secret)


def labeled_expand(suite, key, label, info, length):
    return expand(key, length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info, length)


def key_and_nonce(shared, encapsulated, recipient):
    """RFC 9180, 4.1 and 5.1: DHKEM, then the key schedule of the base mode."""
    prk = labeled_extract(KEM, b"", b"eae_prk", shared)
    secret = labeled_expand(KEM, prk, b"shared_secret", encapsulated + recipient, 32)
    context = (b"\0" + labeled_extract(SUITE, b"", b"psk_id_hash", b"")
               + labeled_extract(SUITE, b"", b"info_hash", INFO))
    schedule = labeled_extract(SUITE, secret, b"secret", b"")
    return (labeled_expand(SUITE, schedule, b"key", context, 32),
            labeled_expand(SUITE, schedule, b"base_nonce", context, 12))


def raw(key):
    return key.public_key().public_bytes_raw()


def header_of(bundle):
    end = bundle.index(b"\n", 0, 1024) + 1
    line = bundle[:end]
    assert line.startswith(MARK), "does not begin with its mark"
    return line, json.loads(line[len(MARK):-1])


def open_bundle(bundle, key):
    line, header = header_of(bundle)
    assert header["v"] == 1 and header["to"] == hashlib.sha256(raw(key)).hexdigest(), "sealed to another key"
    sealed = bundle[len(line):]
    assert len(sealed) == header["sealed"], "not whole"
    encapsulated = sealed[:32]
    shared = key.exchange(X25519PublicKey.from_public_bytes(encapsulated))
    aead, nonce = key_and_nonce(shared, encapsulated, raw(key))
    batch = ChaCha20Poly1305(aead).decrypt(nonce, sealed[32:], line)
    inside = json.loads(batch.split(b"\n", 1)[0])
    for name in ("node", "epoch", "first", "last"):
        assert inside[name] == header[name], f"{name} is another inside"
    return batch


def seal_bundle(batch, recipient, ephemeral):
    inside = json.loads(batch.split(b"\n", 1)[0])
    header = {"v": 1, **{name: inside[name] for name in ("node", "epoch", "first", "last")},
              "to": hashlib.sha256(recipient).hexdigest(), "sealed": 32 + len(batch) + 16}
    line = MARK + json.dumps(header, separators=(",", ":")).encode() + b"\n"
    encapsulated = raw(ephemeral)
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(recipient))
    aead, nonce = key_and_nonce(shared, encapsulated, recipient)
    return line + encapsulated + ChaCha20Poly1305(aead).encrypt(nonce, batch, line)


def sample_batch(node_key):
    """One entry, as section 4 has it."""
    epoch = "fedcba98765432100123456789abcdef"
    body = b'{"kind":"epoch","at":"2026-11-21T00:30:05.123Z","reason":"first_start"}'
    before = hashlib.sha256(b"hadir-epoch-1" + epoch.encode()).digest()
    after = hashlib.sha256(before + (1).to_bytes(8, "big") + len(body).to_bytes(4, "big") + body).digest()
    header = json.dumps({"v": 1, "batch": "carried", "node": "0011223344556677", "epoch": epoch, "first": 1, "last": 1,
                         "prev_hash": before.hex(), "end_hash": after.hex(), "count": 1},
                        separators=(",", ":")).encode()
    signature = base64.b64encode(node_key.sign(b"hadir-batch-1\n" + header))
    return header + b"\n" + body + b"\n" + signature + b"\n"


def vector():
    node, centre, once = bytes(range(32)), bytes(range(32, 64)), bytes(range(64, 96))
    node_key = Ed25519PrivateKey.from_private_bytes(node)
    centre_key = X25519PrivateKey.from_private_bytes(centre)
    batch = sample_batch(node_key)
    bundle = seal_bundle(batch, raw(centre_key), X25519PrivateKey.from_private_bytes(once))
    assert open_bundle(bundle, centre_key) == batch
    return {"about": "Made by Tests/verify_bundle.py vector.", "node_key": node.hex(), "sealing_key": centre.hex(),
            "ephemeral_key": once.hex(), "batch": batch.decode(), "bundle": base64.b64encode(bundle).decode()}


def main():
    what = sys.argv[1]
    if what == "vector":
        print(json.dumps(vector(), indent=1))
        return 0
    key = X25519PrivateKey.from_private_bytes(bytes.fromhex(sys.argv[2]))
    given = sys.stdin.buffer.read()
    try:
        made = open_bundle(given, key) if what == "open" else seal_bundle(given, raw(key), X25519PrivateKey.generate())
    except (AssertionError, ValueError, InvalidTag) as error:
        print(f"refused: {error!r}", file=sys.stderr)
        return 1
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
