"""A terminal on a USB cable: the finished programs with the real libusb, under umockdev. The device is simulated."""

import json
import os
import subprocess
import time

from box import ROOT, Box, Device, Failure, Office, until
from commands import expect

HERE = os.path.dirname(os.path.abspath(__file__))
VECTORS = os.path.join(ROOT, "Tests", "DeviceFormatsTests", "Vectors", "zk-usb")
TERMINAL = os.path.join(VECTORS, "terminal-1b55-0a01.umockdev")
SCANNER = os.path.join(VECTORS, "scanner-1b55-0124.umockdev")
ADDRESS = "usb://1b55:0a01"


class Cable:
    """The harness of cable.py, and a simulated terminal behind it."""

    def __init__(self, box, serial, description=TERMINAL, records=60, users=6):
        self.device = Device(box, "door", serial, "usb", "udp", options=[
            "--users", str(users), "--records", str(records)])
        self.process = subprocess.Popen(
            ["umockdev-wrapper", "/usr/bin/python3", os.path.join(HERE, "cable.py"), description,
             self.device.ports["udp"]],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(os.path.join(box.folder, "cable.log"), "wb"),
            text=True, start_new_session=True)
        box.programs.append(self)
        self.environment = json.loads(self.process.stdout.readline())
        box.environment = self.environment

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if not answer or answer.startswith("error"):
            raise Failure(f"cable: {command}: {answer or 'it is gone'}")
        return answer

    def state(self):
        return json.loads(self.ask("state"))

    def sound(self):
        """No rule of the protocol was broken."""
        broken = self.state()["broken"]
        expect(not broken, f"the terminal was mistreated: {broken}")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stanza(self, address=ADDRESS, poll="1s", extra=""):
        return (f"[device.door]\naddress = \"{address}\"\nserial = \"{self.device.serial}\"\n"
                f"poll = \"{poll}\"\n{extra}\n")


def journaled(box, office):
    """(user id, device time) of every punch in the journal."""
    lines = box.run("hadir", "journal", "tail", "--state", office.state, "-n", "100000", "--json").splitlines()
    punches = [line for line in map(json.loads, lines) if line["body"]["kind"] == "punch"]
    return sorted((p["body"]["user_id"], p["body"]["device_time"]) for p in punches)


def has_all(box, office, cable, wait=30):
    made = sorted(cable.device.records())

    def arrived():
        return journaled(box, office) == made

    try:
        until("every scan in the journal", arrived, wait=wait, every=0.4)
    except Failure as failure:
        raise Failure(f"{failure}: {len(journaled(box, office))} of {len(made)}\n{office.program.tail()}\n"
                      f"{cable.state()}")
    return len(made)


def logged(office, text):
    with open(office.program.log_path, encoding="utf-8", errors="replace") as file:
        return text in file.read()


def test_probe_pull_and_enroll():
    with Box() as box:
        cable = Cable(box, "LX50000000001", records=70)
        cable.ask("plug")
        probe = json.loads(box.run("hadir", "device", "probe", ADDRESS, "--state", box.folder, "--json"))
        expect((probe["serial"], probe["records"], probe["users"]) == ("LX50000000001", 70, 6), f"{probe}")
        expect(probe["platform"] == "AK3750WIFI_TFT" and probe["record_capacity"] == 50000, f"{probe}")
        begun = time.monotonic()
        pulled = [json.loads(line) for line in box.run(
            "hadir", "device", "pull", ADDRESS + "?bus=1&port=1", "--state", box.folder, "--format", "ndjson"
        ).splitlines()]
        took = time.monotonic() - begun
        expect([(p["user_id"], p["device_time"]) for p in pulled] == cable.device.records(), f"{pulled[:3]}")
        config = os.path.join(box.folder, "devices.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write("[edge]\nunit = \"X\"\ntimezone = \"WIB\"\n")
        box.run("hadir", "device", "enroll", ADDRESS, "--name", "door", "--config", config)
        with open(config, encoding="utf-8") as file:
            text = file.read()
        expect(f'address = "{ADDRESS}"' in text and "LX50000000001" in text, text)
        listed = box.run("hadir", "device", "list", "--config", config)
        expect("usb://1b55:0a01" in listed, listed)
        cable.sound()
        return f"70 records in {took:.1f} s"


def test_errors_say_what_to_do():
    with Box() as box:
        cable = Cable(box, "LX50000000002")

        def probe(address=ADDRESS, **more):
            done = box.attempt("hadir", "device", "probe", address, "--state", box.folder, "--timeout", "3", **more)
            expect(done.returncode != 0, "it worked")
            return done.stderr

        expect("Plug its cable in" in probe(), "an absent device")
        cable.ask("plug")
        expect("write which" not in probe("usb://1b55:0a01?port=4"), "another port")
        for address, word in (("usb://1b55:0124", "finger scanner"), ("usb://1b55:b400", "serial port"),
                              ("usb://0403:6001", "FTDI")):
            expect(word in probe(address), f"{address}: {word}")
        cable.ask("busy 1000")
        expect("another program" in probe(), "a claimed device")
        cable.ask("busy 3")
        box.run("hadir", "device", "probe", ADDRESS, "--state", box.folder)
        cable.ask("fault stall")
        expect("off and on" in probe(), "a stalled device")
        cable.ask("power")
        cable.ask("fault babble")
        expect("more than was asked" in probe(), "a babbling device")
        cable.ask("power")
        cable.ask("fault huge")
        expect("70000" in probe(), "a reply that is too long")
        cable.ask("power")
        cable.ask("fault silence")
        begun = time.monotonic()
        expect("stopped answering" in probe(), "a silent device")
        silent = time.monotonic() - begun
        expect(silent < 8, f"a silent device took {silent:.1f} s")
        cable.ask("power")
        note = ""
        if os.geteuid() == 0:
            cable.ask("mode 600")
            told = probe(user="nobody", group="nogroup", extra_groups=[])
            expect("60-hadir-usb.rules" in told, f"a device one may not open: {told}")
            note = ", permission refused"
        cable.sound()
        return f"silence told after {silent:.1f} s{note}"


def test_scanner_is_never_opened():
    with Box() as box:
        cable = Cable(box, "LX50000000003", description=SCANNER)
        cable.ask("plug")
        done = box.attempt("hadir", "device", "probe", ADDRESS, "--state", box.folder)
        expect(done.returncode != 0 and "finger scanner" in done.stderr, done.stderr)
        state = cable.state()
        expect(state["claims"] == 0 and state["requests"] == 0, f"it was touched: {state}")


def test_daemon_reads_through_pulls_and_faults():
    """D15 The cable is pulled in mid-read, plugged in again, the terminal falls silent, stalls: every scan, none half."""
    with Box() as box:
        cable = Cable(box, "LX50000000004", records=400)
        cable.ask("plug")
        cable.ask("fault vanish 12")
        office = Office(box, "office", "Dinas Kesehatan", [cable.stanza()])
        office.start()
        until("the loss", lambda: logged(office, "device.failed"))
        cable.ask("unplug")
        expect(journaled(box, office) == [], "half a log was journaled")
        cable.ask("plug")
        begun = time.monotonic()
        first = has_all(box, office, cable)
        took = time.monotonic() - begun
        cable.device.ask("scan 1")
        has_all(box, office, cable)
        # Long enough away for the back-off to be long.
        cable.ask("unplug")
        cable.device.ask("scan 2")
        time.sleep(6)
        cable.ask("plug")
        begun = time.monotonic()
        has_all(box, office, cable)
        again = time.monotonic() - begun
        expect(again < 6, f"plugged in again it was read after {again:.1f} s")
        cable.ask("fault silence")
        cable.device.ask("scan 3")
        until("the silence", lambda: cable.state()["faults"] == 0)
        cable.ask("power")
        has_all(box, office, cable)
        cable.ask("fault stall")
        until("the stall", lambda: logged(office, "device_stalled"))
        cable.ask("power")
        cable.device.ask("scan 4")
        has_all(box, office, cable)
        code, _ = office.program.stop()
        expect(code == 0, f"exit code {code}")
        expect(not office.verify()["problems"], "the journal is not whole")
        cable.sound()
        return f"{first} records in {took:.1f} s, {again:.1f} s after the second plugging in"
