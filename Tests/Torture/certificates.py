"""Every way in which a certificate can be wrong, shown to an edge that trusts an authority and to one that pins."""

import datetime
import ipaddress
import json
import os
import ssl
import time

from box import PROGRAMS, Box, Centre, Office, until
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fleet import UNIT, devices
from oracle import Oracle
from proxy import Proxy
from rig import Rig, Tally

# In a mount namespace of its own the machine trusts one authority more.
TRUSTING = 'mount --bind "$0" /etc/ssl/certs/ca-certificates.crt && exec "$@"'
DAY = datetime.timedelta(days=1)
# What is shown, and what the edge that trusts an authority and the one that pins must say; None: batches go on.
FAULTS = {
    "expired": ("certificate_expired", None),
    "early": ("certificate_not_yet_valid", None),
    "other_name": ("certificate_other_name", None),
    "stranger": ("certificate_untrusted", None),
    "no_chain": ("certificate_untrusted", None),
    "new_key": (None, "wrong_key"),
    "reader": ("certificate_untrusted", "wrong_key"),
    "plain": ("tls", "tls"),
}


class Authority:
    """Somebody who signs; below another one, or alone."""

    def __init__(self, name, above=None):
        self.name, self.key = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), new_key()
        self.certificate = sign(self.name, self.key, above or self, authority=True)

    def pem(self):
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def new_key():
    return ec.generate_private_key(ec.SECP256R1())


def sign(name, key, by, begins=-2 * DAY, ends=30 * DAY, address="127.0.0.1", authority=False):
    now = datetime.datetime.utcnow()
    builder = x509.CertificateBuilder(
        issuer_name=by.name, subject_name=name, public_key=key.public_key(),
        serial_number=x509.random_serial_number(), not_valid_before=now + begins, not_valid_after=now + ends)
    builder = builder.add_extension(x509.BasicConstraints(authority, None), critical=True)
    if not authority:
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(by.key, hashes.SHA256())


class Shown:
    """The certificates that a line shows, each as a context for its server."""

    def __init__(self, box):
        self.folder, self.key = box.folder, new_key()
        self.root = Authority("Otoritas Misal")
        self.middle = Authority("Otoritas Antara", self.root)
        self.stranger = Authority("Penyadap")
        # Beside those it trusts already.
        self.bundle = os.path.join(box.folder, "bundle.pem")
        with open("/etc/ssl/certs/ca-certificates.crt", "rb") as file, open(self.bundle, "wb") as out:
            out.write(file.read() + self.root.pem())

    def files(self, name, key, by, chain=(), **more):
        path = os.path.join(self.folder, name)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hadir.example.go.id")])
        with open(path + ".crt", "wb") as file:
            file.write(sign(subject, key, by, **more).public_bytes(serialization.Encoding.PEM))
            file.writelines(one.pem() for one in chain)
        with open(path + ".key", "wb") as file:
            file.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                         serialization.NoEncryption()))
        return path + ".crt", path + ".key"

    def context(self, name):
        """A new certificate each time, as one that was renewed is."""
        make = {
            "expired": lambda: self.files(name, self.key, self.root, begins=-30 * DAY, ends=-DAY),
            "early": lambda: self.files(name, self.key, self.root, begins=DAY),
            "other_name": lambda: self.files(name, self.key, self.root, address="192.0.2.7"),
            "stranger": lambda: self.files(name, self.key, self.stranger),
            "no_chain": lambda: self.files(name, self.key, self.middle),
            "new_key": lambda: self.files(name, new_key(), self.middle, [self.middle]),
            "reader": lambda: self.files(name, new_key(), self.stranger),
            "good": lambda: self.files(name, self.key, self.middle, [self.middle]),
        }[name]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*make())
        return context


class Edge:
    """An office behind a line with certificates; `trusts` is the file of authorities, None where it pins the key."""

    def __init__(self, box, scene, device, trusts):
        self.device, self.trusts, self.problems = device, trusts, 0
        self.office = Office(box, "pins" if trusts is None else "trusts", UNIT, [device.stanza()], heartbeat="1s")
        pin = [] if trusts else ["--tls-cert", scene.pinned]
        code = scene.centre.run("node", "add", "--unit", UNIT, "--url", f"https://127.0.0.1:{scene.proxy.port}", *pin)
        line = self.trusting("hadir", "node", "enroll", code.strip(), "--state", self.office.state, "--json")
        self.node = json.loads(box.run(*line))["node"]
        self.office.program = box.start(self.office.name, self.trusting(
            "hadird", "--config", self.office.configuration, "--state", self.office.state), ready=r"hadird: ready")

    def trusting(self, program, *arguments):
        line = [os.path.join(PROGRAMS, program), *arguments]
        return ["/usr/bin/unshare", "-m", "sh", "-c", TRUSTING, self.trusts, *line] if self.trusts else line

    def said(self, code):
        """Whether its log has told of this problem since it was last looked at."""
        with open(self.office.program.log_path, encoding="utf-8", errors="replace") as file:
            file.seek(self.problems)
            return f"centre_{code}" in file.read()

    def look(self):
        self.problems = os.path.getsize(self.office.program.log_path)

    def alarms(self):
        text = self.office.box.run("hadir", "journal", "tail", "--state", self.office.state, "-n", "5000", "--json")
        return [line for line in text.splitlines() if '"kind":"alarm"' in line]


class Scene:
    def __init__(self, box, turn):
        self.box, self.turn, self.shown, self.centre = box, turn, Shown(box), Centre(box)
        good = self.shown.context("good")
        self.pinned = os.path.join(box.folder, "good.crt")
        self.proxy = Proxy(self.centre.port, lambda node, header: None, turn.seed, good)
        self.proxy.__enter__()
        _, self.devices = devices(box, "device", 2, "CERT00001", "--users", "20", "--records", "20")
        self.edges = [Edge(box, self, self.devices[0], self.shown.bundle), Edge(box, self, self.devices[1], None)]
        self.oracle = Oracle(self.centre, self.devices)
        self.oracle.settle()
        self.recovered, self.alarms = 0, {edge: {} for edge in self.edges}

    def told(self, edge):
        return self.proxy.nodes[edge.node].told

    def show(self, name, whole):
        """This certificate, until both edges have met it: who must refuse says why and sends nothing."""
        self.proxy.close()
        before = {edge: self.told(edge) for edge in self.edges}
        for edge in self.edges:
            edge.look()
        self.proxy.open(None if name == "plain" else self.shown.context(name))
        for edge in self.edges:
            self.oracle.scan(edge.device, "3")
        for edge, code in zip(self.edges, FAULTS.get(name, (None, None))):
            if code is None:
                until(f"{name}: {edge.office.name} goes on", lambda: self.told(edge) > before[edge], wait=60)
                continue
            until(f"{name}: {edge.office.name} says {code}", lambda: edge.said(code), wait=60)
            self.alarms[edge][code] = self.alarms[edge].get(code, 0) + 1
            whole.count += 1
            if self.told(edge) != before[edge]:
                whole.fail(f"{edge.office.name} believed an answer behind {name}")

    def mend(self):
        begun = time.monotonic()
        before = {edge: self.told(edge) for edge in self.edges}
        self.proxy.close()
        self.proxy.open(self.shown.context("good"))
        for edge in self.edges:
            self.oracle.scan(edge.device, "4")
            until(f"{edge.office.name} goes on", lambda: self.told(edge) > before[edge], wait=60)
        self.recovered = max(self.recovered, time.monotonic() - begun)


def certificates(turn):
    """E9 E10 E11 Each wrong certificate is refused, named and alarmed by those it concerns; mended, all goes on."""
    whole, names = Tally(), []
    with Box() as box:
        scene = Scene(box, turn)
        try:
            while whole.count < turn.count and (turn.end is None or time.monotonic() < turn.end):
                if not names:
                    names = turn.random.sample(list(FAULTS), len(FAULTS))
                scene.show(names.pop(), whole)
                scene.mend()
            for edge in scene.edges:
                found = edge.alarms()
                for code, count in scene.alarms[edge].items():
                    if not any(f'"centre_{code}"' in line for line in found):
                        whole.fail(f"{edge.office.name}: {count} times {code} and no alarm")
            tally = scene.oracle.judge()
            whole.add(tally)
            whole.wrong += tally.wrong + scene.proxy.wrong
            whole.note("recovered_s", round(scene.recovered, 1))
            whole.note("kinds", len(FAULTS))
        finally:
            scene.proxy.__exit__()
    return whole


RIGS = [Rig("tls", certificates, full=100, short=8, what="certificates refused", share=5)]
