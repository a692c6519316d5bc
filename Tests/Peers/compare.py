"""Runs pyzk 0.9, a client written by others, against hadir-sim and compares what it reads with what the device holds.

The device's truth comes from its control socket (`export`, `users`). Nothing here is pyzk's code; where pyzk is known
to be wrong, DIFFERENCES says how, and the check is of what pyzk does see.
"""

import csv
import datetime
import io
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

from zk import ZK, const
from zk.exception import ZKErrorResponse
from zk.finger import Finger

KEY = 123456
WIB = datetime.timezone(datetime.timedelta(hours=7))

# What pyzk does otherwise than the devices, and how it is checked all the same.
DIFFERENCES = {
    # 16-byte records: byte 8 is the state and byte 9 the verify method; pyzk calls byte 8 "status", its word for
    # verify, and byte 9 "punch" (zk-protocol, section 11.1). Checked exchanged.
    "legacy": "16-byte records: pyzk exchanges verify and state; bursts over TCP are slowed for it",
    # Over TCP, pyzk waits for more after every frame of a burst but the last, also when the whole burst has arrived,
    # and then hangs. Devices with frames of 1008 bytes are slow enough for it; the simulator is slowed to their pace.
    # 49-byte records are unknown to pyzk: it goes through them in steps of 40. Its transfer is right, its decoding
    # is not. Checked: the bytes pyzk received, decoded here.
    "tft49": "49-byte records: pyzk cannot decode them, its bytes are compared",
    # Firmware without 1503: pyzk refuses. Checked: that it refuses, and the direct commands 13 and 9 sent through
    # pyzk's own packet code. Its live capture reads users first and so refuses too, and it has no 10-byte events:
    # the event is read from pyzk's socket.
    "old": "no 1503: pyzk refuses; direct commands through its packet code",
}


class Simulator:
    """One hadir-sim process and its control socket."""

    def __init__(self, program, folder, profile, link, key, records):
        self.path = os.path.join(folder, "control")
        self.hadir = os.path.join(os.path.dirname(program), "hadir")
        self.folder = folder
        command = [program, "run", f"--{link}", "127.0.0.1:0", "--profile", profile, "--users", "25",
                   "--records", str(records), "--comm-key", str(key), "--serial", "PEER00000001",
                   "--control", self.path]
        if (profile, link) == ("legacy", "tcp"):
            command += ["--fault", "segment=256"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"hadir-sim did not start: {' '.join(command)}")
        self.port = int(line.split(f" {link} ")[1].split()[0].rsplit(":", 1)[1])
        self.control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.control.connect(self.path)
        self.answers = self.control.makefile()
        self.lock = threading.Lock()

    def ask(self, line):
        """The lines of an answer; the last is `ok …`, `error: …` or one line of JSON."""
        with self.lock:
            self.control.sendall(line.encode() + b"\n")
            lines = []
            while True:
                answer = self.answers.readline().rstrip("\n")
                lines.append(answer)
                if answer.startswith(("ok", "error:", "{")):
                    return lines

    def export(self):
        """(user id, time, verify, state) of every record."""
        rows = [line.split("\t") for line in self.ask("export")[:-1]]
        return [(user, when, int(verify), int(state)) for user, when, verify, state in rows]

    def users(self):
        """(index, user id, name, privilege, card, password) of every user."""
        rows = [line.split("\t") for line in self.ask("users")[:-1]]
        return [(int(index), user, name, int(privilege), int(card), password)
                for index, user, name, privilege, card, password in rows]

    def stop(self):
        self.control.close()
        self.process.terminate()
        if self.process.wait(timeout=10) != 0:
            raise RuntimeError("hadir-sim did not end with 0 on SIGTERM")


class Run:
    """One configuration: every check is a method whose name begins with check_."""

    def __init__(self, simulator, profile, link, key):
        self.simulator, self.profile, self.link, self.key = simulator, profile, link, key
        self.zk = self.client(key)
        self.zk.connect()

    def client(self, key):
        return ZK("127.0.0.1", port=self.simulator.port, timeout=10, password=key, force_udp=self.link == "udp",
                  ommit_ping=True)

    # What the device is.

    def check_identity(self):
        same(self.zk.get_serialnumber(), "PEER00000001")
        expected = {
            "tft": ("F18/ID", "ZMM210_TFT", "Ver 6.60 Apr 26 2016", 9, None),
            "tft49": ("SpeedFace-V5L", "ZAM170-NF-Ver1.0", "Ver 6.60 Sep 27 2019", 14, 12),
            "legacy": ("iClock260", "ZEM600_TFT", "Ver 6.60 Mar 18 2011", 9, None),
            "old": ("U580", "ZEM500", "Ver 6.21 Nov 19 2008", 9, None),
        }[self.profile]
        found = (self.zk.get_device_name(), self.zk.get_platform(), self.zk.get_firmware_version(),
                 self.zk.get_pin_width(), self.zk.get_face_version())
        same(found, expected)
        same(self.zk.get_mac()[:9], "00:17:61:")
        same(self.zk.get_fp_version(), 10)
        same(self.zk.get_network_params()["mask"], "255.255.255.0")

    def check_sizes(self):
        self.zk.read_sizes()
        same((self.zk.users, self.zk.records), (25, len(self.simulator.export())))
        same(self.zk.rec_cap - self.zk.rec_av, self.zk.records)

    # Data.

    def read_users(self):
        if self.profile == "old":
            refuses(self.zk.get_users)
            body = self.direct(const.CMD_USERTEMP_RRQ, b"\x05")
            users = []
            for index, privilege, password, name, card, user in struct.iter_unpack("<HB5s8sIxxxxI", body):
                users.append((index, str(user), text(name), privilege, card, text(password)))
            return users
        return [(u.uid, u.user_id, u.name, u.privilege, u.card, u.password) for u in self.zk.get_users()]

    def check_users(self):
        truth = [row[:2] + (row[2].strip(),) + row[3:] for row in self.simulator.users()]
        same(len(truth), 25)
        same([row[:2] + (row[2].strip(),) + row[3:] for row in self.read_users()], truth)

    def check_attendance(self):
        truth = self.simulator.export()
        if self.profile == "old":
            refuses(self.zk.get_attendance)
            names = {row[0]: row[1] for row in self.simulator.users()}
            records = struct.iter_unpack("<HBIB", self.direct(const.CMD_ATTLOG_RRQ))
            found = [(names[index], packed(when), verify, state) for index, verify, when, state in records]
        elif self.profile == "tft49":
            data, size = self.zk.read_with_buffer(const.CMD_ATTLOG_RRQ)
            same((size, len(data)), (4 + 49 * len(truth), 4 + 49 * len(truth)))
            same(struct.unpack("<I", data[:4])[0], 49 * len(truth))
            records = struct.iter_unpack("<H24sBIB17s", data[4:])
            found = [(text(user), packed(when), verify, state) for _, user, verify, when, state, _ in records]
        else:
            found = []
            for record in self.zk.get_attendance():
                pair = (record.status, record.punch)
                if self.profile == "legacy":
                    pair = pair[::-1]
                found.append((record.user_id, record.timestamp.strftime("%Y-%m-%dT%H:%M:%S")) + pair)
        same(len(found), len(truth))
        for number, (ours, theirs) in enumerate(zip(truth, found)):
            same(theirs, ours, f"record {number}")

    def direct(self, command, data=b""):
        """A dataset's records by a direct command, through pyzk's own sending and receiving."""
        self.zk._ZK__send_command(command, data, 1032)
        whole = self.zk._ZK__recieve_chunk()
        same(struct.unpack("<I", whole[:4])[0], len(whole) - 4)
        return whole[4:]

    # The clock.

    def check_time(self):
        now = datetime.datetime.now(WIB).replace(tzinfo=None)
        close(self.zk.get_time(), now)
        other = datetime.datetime(2024, 2, 29, 23, 59, 50)
        self.zk.set_time(other)
        close(self.zk.get_time(), other)
        self.zk.set_time(datetime.datetime.now(WIB).replace(tzinfo=None, microsecond=0))

    # Live events.

    def check_live(self):
        user = self.simulator.users()[3][1]
        said = []

        def scan_when_heard():
            deadline = time.monotonic() + 10
            while '"listeners":1' not in self.simulator.ask("stats")[0] and time.monotonic() < deadline:
                time.sleep(0.02)
            said.extend(self.simulator.ask(f"scan {user} out")[-1].split())

        scanner = threading.Thread(target=scan_when_heard)
        scanner.start()
        event = self.old_event() if self.profile == "old" else self.captured_event()
        scanner.join()
        same(said[0], "ok")
        same(event, (user, said[1], {"tft49": 15}.get(self.profile, 1), 1))
        same(self.simulator.export()[-1], event, "the record of the event")

    def captured_event(self):
        found = None
        for event in self.zk.live_capture(new_timeout=10):
            self.zk.end_live_capture = True
            if event is not None:
                when = event.timestamp.strftime("%Y-%m-%dT%H:%M:%S")
                found = (event.user_id, when, event.status, event.punch)
        return found

    def old_event(self):
        self.zk.reg_event(const.EF_ATTLOG)
        payload = self.zk._ZK__sock.recv(1032)
        self.zk._ZK__ack_ok()
        command, _, code, reply = struct.unpack("<4H", payload[:8])
        same((command, code, reply), (const.CMD_REG_EVENT, 1, 0))
        index, verify, state, *when = struct.unpack("<H8B", payload[8:])
        self.zk.reg_event(0)
        names = {row[0]: row[1] for row in self.simulator.users()}
        return (names[index], datetime.datetime(2000 + when[0], *when[1:]).strftime("%Y-%m-%dT%H:%M:%S"), verify, state)

    # Writes.

    def check_user_write(self):
        before = self.simulator.users()
        self.zk.user_packet_size = 28 if self.profile in ("legacy", "old") else 72
        self.zk.set_user(uid=900, name="Sari W", privilege=const.USER_ADMIN, password="4321", user_id="77", card=12345678)
        wanted = (900, "77", "Sari W", const.USER_ADMIN, 12345678, "4321")
        same(self.simulator.users(), before + [wanted])
        same([row for row in self.read_users() if row[0] == 900], [wanted])
        self.zk.set_user(uid=900, name="Sari", privilege=const.USER_DEFAULT, password="", user_id="77", card=0)
        same([row for row in self.read_users() if row[0] == 900], [(900, "77", "Sari", 0, 0, "")])
        self.zk.delete_user(uid=900)
        same(self.simulator.users(), before)
        same(len(self.read_users()), len(before))

    # Both ways: what pyzk wrote, hadir reads; what hadir wrote, pyzk reads.

    def ours(self, *words, input=None):
        """Runs hadir with the device to itself; URL stands for its address, or else --device is added."""
        self.zk.disconnect()
        url = f"{self.link}://127.0.0.1:{self.simulator.port}"
        where = [] if "URL" in words or "--new-key" in words else ["--device", url]
        key = [] if "--new-key" in words else ["--comm-key", str(self.key)]
        done = subprocess.run(
            [self.simulator.hadir, *(url if word == "URL" else word for word in words), *where, *key,
             "--state", os.path.join(self.simulator.folder, "state")],
            capture_output=True, text=True, input=input, timeout=120)
        self.zk = self.client(self.key)
        self.zk.connect()
        if done.returncode != 0:
            raise Difference(f"hadir {' '.join(words)}: {done.returncode} {done.stdout[-300:]} {done.stderr[-300:]}")
        return done.stdout

    def our_users(self):
        """(user id, name, privilege, card) as `hadir user export --cards` has them."""
        text = self.ours("user", "export", "--cards")
        rows = csv.DictReader(io.StringIO("\n".join(text.splitlines()[1:])))
        words = {"user": 0, "enroller": 2, "admin": 6, "super": 14}
        return {row["user_id"]: (row["name"].strip(), words[row["privilege"]],
                                 0 if row["card"] == "none" else int(row["card"])) for row in rows}

    def check_pyzk_to_hadir(self):
        self.zk.user_packet_size = 28 if self.profile in ("legacy", "old") else 72
        self.zk.set_user(uid=901, name="Dewi A", privilege=const.USER_ADMIN, password="12345", user_id="801",
                         card=4000000001)
        self.zk.set_user(uid=902, name="Agus", privilege=const.USER_DEFAULT, user_id="802", card=7)
        truth = {user: (name.strip(), privilege, card)
                 for _, user, name, privilege, card, _ in self.simulator.users()}
        same(self.our_users(), truth)
        same(truth["801"], ("Dewi A", 14, 4000000001))
        listed = json.loads(self.ours("user", "list", "--format", "json"))
        same({row["user_id"] for row in listed if row["password"]},
             {row[1] for row in self.simulator.users() if row[5]})
        self.zk.user_packet_size = 28 if self.profile in ("legacy", "old") else 72
        self.zk.delete_user(uid=901)
        self.zk.delete_user(uid=902)
        same("801" in self.our_users(), False)

    def check_hadir_to_pyzk(self):
        before = self.simulator.users()
        self.ours("user", "add", "803", "--name", "Rina K", "--privilege", "super", "--card", "4000000002",
                  "--password-stdin", input="54321\n")
        index = self.simulator.users()[-1][0]
        wanted = (index, "803", "Rina K", const.USER_ADMIN, 4000000002, "54321")
        same([row for row in self.read_users() if row[1] == "803"], [wanted])
        self.ours("user", "set", "803", "--name", "Rina", "--card", "none", "--privilege", "user")
        same([row for row in self.read_users() if row[1] == "803"], [(index, "803", "Rina", 0, 0, "54321")])
        same([row[:2] + (row[2].strip(),) + row[3:] for row in self.read_users() if row[1] != "803"],
             [row[:2] + (row[2].strip(),) + row[3:] for row in before])
        self.ours("user", "remove", "803")
        same(self.simulator.users(), before)

    def check_template_write(self):
        index, user, name = self.simulator.users()[5][:3]
        self.zk.user_packet_size = 28 if self.profile in ("legacy", "old") else 72
        template = bytes(1 + position % 255 for position in range(1300))
        from zk.user import User
        self.zk.save_user_template(User(index, name, 0, user_id=user), [Finger(index, 6, 1, template)])
        back = self.zk.get_user_template(index, 6)
        same(bytes(back.template), template)
        if self.profile != "old":
            same([(f.uid, f.fid, bytes(f.template)) for f in self.zk.get_templates()], [(index, 6, template)])
        # hadir sees the finger, keeps it sealed, deletes it, and writes it again; pyzk reads the same bytes.
        listed = json.loads(self.ours("finger", "list", "--json"))
        same([(row["user_id"], row["finger"], row["bytes"]) for row in listed], [(user, 6, 1300)])
        key, backup = (os.path.join(self.simulator.folder, name) for name in ("peer.key", "peer.backup"))
        self.ours("device", "backup", "--new-key", key)
        self.ours("device", "backup", "URL", "--templates", "--to", backup, "--key", key)
        self.ours("finger", "delete", "--user", user, "--finger", "6")
        same(self.simulator.ask("fingers"), ["ok"])
        self.ours("device", "restore", "URL", "--templates", "--from", backup, "--key", key)
        same(bytes(self.zk.get_user_template(index, 6).template), template)

    # The rest.

    def check_wrong_key(self):
        if not self.key:
            return
        self.zk.disconnect()
        try:
            self.client(self.key + 1).connect()
            raise Difference("a wrong key was accepted")
        except ZKErrorResponse as error:
            same(str(error), "Unauthenticated")
        self.zk = self.client(self.key)
        self.zk.connect()

    def check_disable(self):
        self.zk.disable_device()
        same(self.simulator.ask("scan 1")[-1].startswith("error:"), True)
        self.zk.enable_device()
        same(self.simulator.ask("scan 1")[-1].startswith("ok "), True)

    def check_clear(self):
        self.zk.clear_attendance()
        same(self.simulator.ask("count"), ["ok 0"])
        if self.profile != "old":
            same(self.zk.get_attendance(), [])

    def check_restart(self):
        same(self.zk.restart(), True)
        self.zk = self.client(self.key)
        self.zk.connect()
        same(self.zk.get_serialnumber(), "PEER00000001")
        self.zk.disconnect()


class Difference(Exception):
    """What pyzk found is not what the device holds."""


def same(found, wanted, what="value"):
    if found != wanted:
        raise Difference(f"{what}: pyzk has {str(found)[:300]}, the device {str(wanted)[:300]}")


def close(found, wanted):
    if abs((found - wanted).total_seconds()) > 3:
        raise Difference(f"time: pyzk has {found}, expected about {wanted}")


def refuses(call):
    try:
        call()
    except ZKErrorResponse as error:
        return same(str(error), "RWB Not supported")
    raise Difference("pyzk read a device without 1503 by 1503")


def text(field):
    return field.split(b"\x00")[0].decode()


def packed(value):
    """zk-protocol, section 12."""
    day = value // 86400
    return "%04d-%02d-%02dT%02d:%02d:%02d" % (
        2000 + day // 372, day // 31 % 12 + 1, day % 31 + 1, value // 3600 % 24, value // 60 % 60, value % 60)


CHECKS = ["identity", "sizes", "users", "attendance", "time", "live", "user_write", "pyzk_to_hadir",
          "hadir_to_pyzk", "template_write", "wrong_key",
          "disable", "attendance", "clear", "restart"]


def compare(program, profile, link, key, records, failures):
    """One row of the table: a mark per check."""
    marks = []
    with tempfile.TemporaryDirectory() as folder:
        simulator = Simulator(program, folder, profile, link, key, records)
        try:
            run = Run(simulator, profile, link, key)
            for check in CHECKS:
                try:
                    getattr(run, f"check_{check}")()
                    marks.append("ok")
                except Exception as error:  # one failed check must not hide the others
                    marks.append("DIFF")
                    failures.append(f"{profile} {link} key {key}: {check}: {type(error).__name__}: {error}")
        finally:
            simulator.stop()
    return marks


def main():
    program = sys.argv[1]
    failures, passed, failed = [], 0, 0
    print("%-7s %-4s %-7s %-8s " % ("profile", "link", "key", "records") + " ".join(f"{c[:10]:10}" for c in CHECKS))
    # Without a key the log takes several chunks on either transport; with one it is small enough to come inline.
    for profile, link in [("tft", "tcp"), ("tft", "udp"), ("tft49", "tcp"), ("tft49", "udp"), ("legacy", "tcp"),
                          ("legacy", "udp"), ("old", "udp")]:
        for key, records in [(0, 6000), (KEY, 12)]:
            marks = compare(program, profile, link, key, records, failures)
            passed += marks.count("ok")
            failed += marks.count("DIFF")
            print("%-7s %-4s %-7s %-8d " % (profile, link, key, records) + " ".join(f"{m:10}" for m in marks), flush=True)
    for profile, note in DIFFERENCES.items():
        print(f"known difference, {profile}: {note}")
    for failure in failures:
        print(failure)
    print(f"{passed} passed, {failed} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
