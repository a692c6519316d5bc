"""hadird as a service: what its manager hears, reload, lending, signals, a disk that hangs, input that kills."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from box import PROGRAMS, Box, Centre, Device, Failure, Office, Program, free_port, until
from commands import expect


class Manager:
    """The service manager's end of the notify socket."""

    def __init__(self, box, watchdog=None):
        self.path = os.path.join(box.folder, "notify.sock")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.heard = []
        self.environment = {"NOTIFY_SOCKET": self.path}
        if watchdog:
            self.environment["WATCHDOG_USEC"] = str(int(watchdog * 1_000_000))
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            self.heard.append((time.monotonic(), self.socket.recv(65536).decode()))

    def messages(self, word):
        return [text for _, text in self.heard if text.startswith(word)]

    def last(self, word):
        return max((moment for moment, text in self.heard if text.startswith(word)), default=0)


def start(box, office, manager=None, environment=None, arguments=(), name=None):
    office.program = Program(
        name or office.name, ["hadird", "--config", office.configuration, "--state", office.state, *arguments],
        box.folder, r"hadird: ready", environment={**(manager.environment if manager else {}), **(environment or {})})
    box.programs.append(office.program)
    return office.program


def entries(box, office):
    return [json.loads(line) for line in box.run(
        "hadir", "journal", "tail", "--state", office.state, "-n", "100000", "--json").splitlines()]


def alarms(box, office):
    return [entry["body"]["code"] for entry in entries(box, office) if entry["body"].get("kind") == "alarm"]


def punches(box, office):
    return len({entry["body"]["user_id"] + entry["body"]["serial"] + entry["body"]["device_time"]
                for entry in entries(box, office) if entry["body"].get("kind") == "punch"})


def status_url(office):
    with open(office.configuration) as file:
        return "http://" + re.search(r'status_listen = "([^"]+)"', file.read()).group(1)


def page(office, path):
    try:
        with urlopen(status_url(office) + path, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()
    except URLError as error:
        # Just begun: nobody listens yet. Who asks for 200 does not take this for one.
        return 0, str(error.reason)


def edit(office, *pairs):
    with open(office.configuration) as file:
        text = file.read()
    for old, new in pairs:
        expect(old in text, f"{old!r} is not in the configuration")
        text = text.replace(old, new, 1)
    with open(office.configuration, "w") as file:
        file.write(text)


def test_the_manager_hears_ready_status_and_pings():
    """A13 READY when it serves, STATUS in plain words, pings at half the interval, STOPPING at the end."""
    with Box() as box:
        device = Device(box, "lobby", "NOTIFY000001", options=["--records", "50"])
        centre = Centre(box)
        office = Office(box, "office", "Dinas Kesehatan", [
            device.stanza(), "[device.gone]\naddress = \"tcp://127.0.0.1:1\"\npoll = \"5s\"\n"])
        office.enroll(centre.add_node("Dinas Kesehatan"))
        manager = Manager(box, watchdog=2)
        start(box, office, manager)
        until("READY", lambda: manager.messages("READY=1"))
        words = r"STATUS=2 devices, 1 unreachable, \d+ waiting, last receipt \d+ s ago"
        until("the words", lambda: any(re.fullmatch(words, text) for text in manager.messages("STATUS")), wait=25)
        until("pings", lambda: len(manager.messages("WATCHDOG=1")) > 10)
        pings = [moment for moment, text in manager.heard if text == "WATCHDOG=1"]
        longest = max(later - earlier for earlier, later in zip(pings, pings[1:]))
        expect(longest < 2, f"{longest:.1f} s between two pings")
        code, seconds = office.program.stop()
        expect(code == 0, f"exit code {code}")
        until("STOPPING", lambda: manager.messages("STOPPING=1"))
        return f"{len(pings)} pings, longest pause {longest:.2f} s"


def test_no_manager_nothing_to_tell():
    with Box() as box:
        office = Office(box, "office", "Dinas Kesehatan", [])
        start(box, office, environment={"NOTIFY_SOCKET": "", "WATCHDOG_USEC": "soon"})
        expect(office.program.stop()[0] == 0, "it does not stop in order")


SLOW_DISK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/types.h>
#include <unistd.h>
#include <stdlib.h>
static void stall(void) {
    const char *file = getenv("STALL_FILE");
    while (file && access(file, F_OK) == 0) usleep(50000);
}
static int refused(void) {
    const char *file = getenv("REFUSE_FILE");
    if (!file || access(file, F_OK) != 0) return 0;
    errno = EROFS;
    return 1;
}
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    if (refused()) return -1;
    return ((ssize_t (*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64"))(fd, bytes, count, at);
}
int fdatasync(int fd) { stall(); return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd); }
int fsync(int fd) { stall(); return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd); }
"""


def slow_disk(box):
    """A library whose fsync does not return while STALL_FILE is there, and whose writes fail while REFUSE_FILE is;
    None without a compiler."""
    compiler = shutil.which("clang") or shutil.which("cc")
    if not compiler:
        return None
    source, library = os.path.join(box.folder, "slow.c"), os.path.join(box.folder, "slow.so")
    with open(source, "w") as file:
        file.write(SLOW_DISK)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True, capture_output=True)
    stall = os.path.join(box.folder, "stall")
    return {"LD_PRELOAD": library, "STALL_FILE": stall}, stall


def test_a_disk_that_hangs_stops_the_pings():
    """A13 B22 A write that never returns: pings stop within its bound, /livez answers, /readyz says no; then all is well."""
    with Box() as box:
        shim = slow_disk(box)
        if not shim:
            return "needs a C compiler"
        environment, stall = shim
        device = Device(box, "lobby", "HANGS0000001", options=["--records", "20", "--users", "9"])
        office = Office(box, "office", "Dinas Kesehatan", [device.stanza(poll="1s")])
        manager = Manager(box, watchdog=2)
        start(box, office, manager, environment)
        until("the first reading", lambda: office.journal()["last_seq"] > 20)
        open(stall, "w").close()
        begun = time.monotonic()
        device.ask("scan 3 in")
        # For seconds a disk may be slow: nobody is killed for that.
        time.sleep(5)
        expect(manager.last("WATCHDOG=1") > begun + 3, "the pings stopped for a slow disk")
        expect(page(office, "/livez")[0] == 200, "/livez hangs with the disk")
        code, body = page(office, "/readyz")
        expect(code == 503 and "disk does not answer" in body, f"/readyz: {code} {body}")
        until("the pings to stop", lambda: time.monotonic() - manager.last("WATCHDOG=1") > 5, wait=60)
        stopped = manager.last("WATCHDOG=1") - begun
        expect(25 < stopped < 40, f"pings stopped after {stopped:.0f} s")
        expect("watchdog.withheld" in office.program.tail(100), "nothing in the log")
        os.unlink(stall)
        mended = time.monotonic()
        until("the pings again", lambda: manager.last("WATCHDOG=1") > mended)
        until("the scan", lambda: office.journal()["last_seq"] > 21)
        until("/readyz", lambda: page(office, "/readyz")[0] == 200)
        return f"pings stopped {stopped:.0f} s after the disk hung"


def test_reload():
    """F4 F6 A broken file is refused and dropped no poll; a good one touches only what changed; queued rows are sent."""
    with Box() as box:
        devices = [Device(box, name, f"RELOAD{name.upper()}", options=["--records", "30", "--users", "9"])
                   for name in ("lobby", "gudang")]
        centre = Centre(box)
        office = Office(box, "office", "Dinas Kesehatan", [device.stanza(poll="1s") for device in devices])
        office.enroll(centre.add_node("Dinas Kesehatan"))
        manager = Manager(box)
        start(box, office, manager)
        until("both read", lambda: len(centre.punches()) == 60)
        sessions = [device.ask("stats")["sessions"] for device in devices]
        head = office.journal()
        success = re.search(r"reload_success_timestamp_seconds (\S+)", page(office, "/metrics")[1]).group(1)
        edit(office, ('poll = "1s"', 'pol = "1s"'))
        office.program.process.send_signal(signal.SIGHUP)
        until("the refusal", lambda: "config.refused" in office.program.tail(100))
        expect(re.search(r"office\.conf:\d+", office.program.tail(100)), "no file and line")
        until("the alarm", lambda: alarms(box, office) == ["config_refused"])
        metrics = page(office, "/metrics")[1]
        expect(f"reload_success_timestamp_seconds {success}\n" in metrics, "the timestamp moved")
        until("the metric", lambda: "config_last_reload_successful 0\n" in page(office, "/metrics")[1])
        refused = box.attempt("hadir", "config", "reload", "--state", office.state)
        expect(refused.returncode == 78 and "office.conf:" in refused.stdout, f"{refused.returncode} {refused.stdout}")
        for device in devices:
            device.ask("scan 3 in")
        until("scans go on", lambda: len(centre.punches()) == 62)
        expect(office.journal()["epoch"] == head["epoch"], "another epoch")
        edit(office, ('pol = "1s"', 'poll = "2s"'))
        office.program.process.send_signal(signal.SIGHUP)
        until("the reload", lambda: "config.reloaded" in office.program.tail(100))
        until("lobby again", lambda: devices[0].ask("stats")["sessions"] == sessions[0] + 1)
        expect(devices[1].ask("stats")["sessions"] == sessions[1], "gudang's session was touched")
        expect(manager.messages("RELOADING=1\nMONOTONIC_USEC="), "the manager heard of no reload")
        # F6: the centre is away, a device leaves the file with rows in the queue.
        centre.program.kill()
        for user in range(4, 9):
            devices[1].ask(f"scan {user} in")
        until("queued", lambda: punches(box, office) == 67)
        with open(office.configuration) as file:
            text = file.read()
        with open(office.configuration, "w") as file:
            file.write(text[:text.index("[device.gudang]")])
        reloaded = box.run("hadir", "config", "reload", "--state", office.state)
        expect(reloaded == "1 devices are configured now\n", reloaded)
        unknown = box.attempt("hadir", "device", "sync", "gudang", "--state", office.state)
        expect(unknown.returncode == 64, f"exit code {unknown.returncode} for an unknown name")
        centre.start()
        try:
            until("the removed device's rows", lambda: len(centre.punches()) == 67, wait=90)
        except Failure as failure:
            raise Failure(f"{failure}: {len(centre.punches())}, {office.journal()}\n{office.program.tail()}") from failure


def test_lending():
    """probe and pull by name and by address while hadird has the only session; a killed command gives it back."""
    with Box() as box:
        device = Device(box, "lobby", "LEND00000001", comm_key=4711, options=["--records", "60", "--users", "9"])
        office = Office(box, "office", "Dinas Kesehatan", [device.stanza(poll="1s")])
        where = ["--config", office.configuration, "--state", office.state]
        alone = json.loads(box.run("hadir", "device", "probe", "lobby", *where, "--json"))
        expect(alone["serial"] == device.serial, "by name without a daemon")
        start(box, office)
        until("the first reading", lambda: office.journal()["last_seq"] > 60)
        probe = json.loads(box.run("hadir", "device", "probe", "lobby", *where, "--json"))
        expect(probe["serial"] == device.serial and abs(probe["clock_offset"]) <= 1, f"{probe}")
        # By address, and the comm key is the configured one.
        pulled = box.run("hadir", "device", "pull", device.url, *where, "--format", "ndjson").splitlines()
        expect(len(pulled) == 60, f"{len(pulled)} records")
        unknown = box.attempt("hadir", "device", "probe", "nowhere", *where)
        expect(unknown.returncode == 64 and "nowhere" in unknown.stderr, f"{unknown.returncode} {unknown.stderr}")
        until("read again", lambda: office.program.tail(1000).count("device.returned") == 2)
        # A command that is killed in the middle, with another that wants the device meanwhile.
        device.ask("faults silent")
        holder = subprocess.Popen([os.path.join(PROGRAMS, "hadir"), "device", "pull", "lobby", *where,
                                   "--timeout", "300"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until("the loan", lambda: office.program.tail(1000).count("device.lent") == 3)
        second = box.attempt("hadir", "device", "probe", "lobby", *where)
        expect(second.returncode == 69 and f"process {holder.pid}" in second.stderr, second.stderr)
        device.ask("scan 5 in")
        holder.kill()
        holder.wait()
        device.ask("faults")
        until("given back", lambda: office.program.tail(1000).count("device.returned") == 3)
        until("the scan of the meantime", lambda: office.journal()["last_seq"] > 62, wait=60)
        expect("4711" not in office.program.tail(10000), "the comm key is in the log")


def test_sigterm_under_load():
    """A10 SIGTERM while it reads and sends: exit 0 within ten seconds, STOPPING, and nothing is half."""
    slowest = 0
    with Box() as box:
        device = Device(box, "lobby", "TERM00000001", options=["--records", "30000", "--users", "50",
                                                              "--capacity", "100000"])
        centre = Centre(box)
        office = Office(box, "office", "Dinas Kesehatan", [device.stanza(poll="1s")])
        office.enroll(centre.add_node("Dinas Kesehatan"))
        manager = Manager(box)
        for number in range(8):
            start(box, office, manager)
            time.sleep(0.15 * (number + 1))
            code, seconds = office.program.stop()
            expect(code == 0, f"run {number}: exit code {code}\n{office.program.tail()}")
            slowest = max(slowest, seconds)
            expect(not office.verify()["problems"], f"run {number}: the journal has problems")
        expect(len(manager.messages("STOPPING=1")) >= 8, "STOPPING is missing")
        start(box, office, manager)
        until("everything", lambda: len(centre.punches()) == 30000, wait=120, every=0.5)
        return f"8 stops, slowest {slowest:.1f} s"


def test_stopped_and_continued():
    """A11 SIGSTOP for some seconds: scans of the meantime arrive, pings come at once, no alarm."""
    with Box() as box:
        device = Device(box, "lobby", "STOP00000001", options=["--records", "30", "--users", "9"])
        centre = Centre(box)
        office = Office(box, "office", "Dinas Kesehatan", [device.stanza(poll="1s")])
        office.enroll(centre.add_node("Dinas Kesehatan"))
        manager = Manager(box, watchdog=2)
        start(box, office, manager)
        until("the first reading", lambda: len(centre.punches()) == 30)
        office.program.process.send_signal(signal.SIGSTOP)
        for user in range(1, 9):
            device.ask(f"scan {user} in")
        time.sleep(6)
        office.program.process.send_signal(signal.SIGCONT)
        begun = time.monotonic()
        until("a ping", lambda: manager.last("WATCHDOG=1") > begun, wait=3)
        until("the scans", lambda: len(centre.punches()) == 38, wait=20)
        seconds = time.monotonic() - begun
        expect(len({punch["key"] for punch in centre.punches()}) == 38, "something twice")
        expect(alarms(box, office) == [], f"{alarms(box, office)}")
        return f"everything {seconds:.1f} s after it went on"


def test_killed_twice_in_one_reading():
    """A12 The same device's reading is the last thing two processes did: the third leaves it alone and reads the others."""
    with Box() as box:
        bad = Device(box, "bad", "CRASH0000001", options=["--records", "60000", "--users", "9", "--capacity", "100000",
                                                         "--fault", "slow@12"])
        good = Device(box, "good", "CRASH0000002", options=["--records", "10", "--users", "9"])
        office = Office(box, "office", "Dinas Kesehatan", [bad.stanza(poll="1s"), good.stanza(poll="1s")])
        marker = os.path.join(office.state, "reading", "bad")

        def reading():
            try:
                with open(marker) as file:
                    return "reading" in file.read()
            except FileNotFoundError:
                return False

        for _ in range(2):
            # Slow only behind the first commands of a session, so that the reading begins.
            bad.ask("faults slow@12")
            start(box, office)
            until("the reading", reading)
            until("the other's reading", lambda: not os.path.exists(os.path.join(office.state, "reading", "good")))
            office.program.kill()
        start(box, office)
        begun = time.monotonic()
        until("the other's reading", lambda: "device=good" in office.program.tail(200))
        good.ask("scan 3 in")
        until("the other's scan", lambda: office.journal()["last_seq"] > 11)
        until("the alarm", lambda: "device_crashes_us" in alarms(box, office))
        before = bad.ask("stats")["connections"]
        time.sleep(3)
        expect(bad.ask("stats")["connections"] == before, "the bad device was asked again")
        listed = json.loads(box.run("hadir", "device", "list", "--config", office.configuration, "--state",
                                    office.state, "--json"))
        expect("rests" in (listed[0]["problem"] or ""), f"{listed}")
        office.program.kill()
        start(box, office)
        until("the other's reading", lambda: "device=good" in office.program.tail(200))
        expect(alarms(box, office).count("device_crashes_us") == 1, "told again")
        return f"others read {time.monotonic() - begun:.1f} s after the third start"


def test_killed_while_two_are_read():
    """A12 Two devices were being read at a death: each is tried alone, the one that kills rests, the other is read."""
    with Box() as box:
        many = ["--records", "20000", "--users", "9", "--capacity", "50000", "--fault", "slow@12"]
        bad = Device(box, "bad", "CRASH0000001", options=many)
        other = Device(box, "other", "CRASH0000002", options=many)
        office = Office(box, "office", "Dinas Kesehatan", [bad.stanza(poll="1s"), other.stanza(poll="1s")])

        def reading(name):
            try:
                with open(os.path.join(office.state, "reading", name)) as file:
                    return "reading" in file.read()
            except FileNotFoundError:
                return False

        start(box, office)
        until("both readings", lambda: reading("bad") and reading("other"))
        office.program.kill()
        for device in (bad, other):
            device.ask("faults slow@12")
        start(box, office)
        until("a reading", lambda: reading("bad") or reading("other"), wait=60)
        time.sleep(3)
        tried = [device.name for device in (bad, other) if reading(device.name)]
        expect(len(tried) == 1, f"tried at once: {tried}")
        office.program.kill()
        for device in (bad, other):
            device.ask("faults")
        begun = time.monotonic()
        start(box, office)
        until("the other's log", lambda: office.journal()["last_seq"] > 20000, wait=60)
        seconds = time.monotonic() - begun
        until("the alarm", lambda: "device_crashes_us" in alarms(box, office))
        listed = json.loads(box.run("hadir", "device", "list", "--config", office.configuration, "--state",
                                    office.state, "--json"))
        resting = [device["name"] for device in listed if "rests" in (device.get("problem") or "")]
        expect(resting == tried, f"{listed}")
        return f"the other was read {seconds:.1f} s after the third start"


def test_wrong_configuration_at_start():
    """F5 Exit code 78 with file and line, before anything is touched."""
    with Box() as box:
        office = Office(box, "office", "Dinas Kesehatan", ["[device.lobby]\naddress = \"nonsense\"\n"])
        done = box.attempt("hadird", "--config", office.configuration, "--state", office.state)
        expect(done.returncode == 78 and re.search(r"office\.conf:\d+: ", done.stderr), f"{done.returncode} {done.stderr}")
        expect(not os.path.exists(office.state), "a state directory was made")


def test_two_daemons():
    """B18 A second one on the same queue, also by another path to it, ends with 75 and says why."""
    with Box() as box:
        office = Office(box, "office", "Dinas Kesehatan", [])
        office.start()
        other = os.path.join(box.folder, "link")
        os.symlink(office.state, other)
        for state in (office.state, other, office.state + "/../office"):
            second = box.attempt("hadird", "--config", office.configuration, "--state", state)
            expect(second.returncode == 75 and "another hadird" in second.stderr, f"{second.returncode} {second.stderr}")
        expect(office.program.is_running, "the first was disturbed")


def test_key_lost():
    """F8 The node key is gone, everybody's, or nonsense: collecting goes on, nothing is sent, rows wait for the key."""
    with Box() as box:
        device = Device(box, "lobby", "KEY000000001", options=["--records", "20", "--users", "9"])
        centre = Centre(box)
        office = Office(box, "office", "Dinas Kesehatan", [device.stanza(poll="1s")])
        office.enroll(centre.add_node("Dinas Kesehatan"))
        key = os.path.join(office.state, "node.key")
        with open(key) as file:
            whole = file.read()

        def lost():
            os.unlink(key)

        def everybodys():
            os.chmod(key, 0o644)

        def nonsense():
            with open(key, "w") as file:
                file.write("nonsense")

        for number, harm in enumerate((lost, everybodys, nonsense)):
            harm()
            start(box, office)
            until("the reading", lambda: office.journal()["last_seq"] > 20 + number)
            device.ask("scan 3 in")
            until("the alarm", lambda: alarms(box, office).count("node_key") == number + 1)
            until("/readyz", lambda: page(office, "/readyz")[0] == 503)
            expect(centre.punches() == [], "something was sent")
            expect(office.program.stop()[0] == 0, "it does not stop in order")
            if os.path.exists(key):
                os.unlink(key)
            with open(os.open(key, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
                file.write(whole)
        start(box, office)
        until("all rows", lambda: len(centre.punches()) == 23, wait=30)


def test_read_only_disk():
    """B9 The disk takes no more writes while it runs: no exit, not ready, nothing acknowledged; then it goes on."""
    with Box() as box:
        shim = slow_disk(box)
        if not shim:
            return "needs a C compiler"
        environment, _ = shim
        refuse = os.path.join(box.folder, "refuse")
        device = Device(box, "lobby", "RO0000000001", options=["--records", "20", "--users", "9"])
        office = Office(box, "office", "Dinas Kesehatan", [device.stanza(poll="1s")])
        start(box, office, environment={**environment, "REFUSE_FILE": refuse})
        until("the first reading", lambda: page(office, "/readyz")[0] == 200)
        seq = office.journal()["last_seq"]
        open(refuse, "w").close()
        begun = time.monotonic()
        device.ask("scan 3 in")
        until("/readyz", lambda: page(office, "/readyz")[0] == 503, wait=10)
        seconds = time.monotonic() - begun
        time.sleep(4)
        expect(office.program.is_running, "it ended")
        expect(page(office, "/livez")[0] == 200, "/livez")
        os.unlink(refuse)
        until("the scan", lambda: office.journal()["last_seq"] > seq, wait=40)
        until("ready again", lambda: page(office, "/readyz")[0] == 200)
        until("the alarm", lambda: any(code.startswith("journal_") for code in alarms(box, office)))
        expect(not office.verify()["problems"], "the journal has problems")
        return f"not ready after {seconds:.1f} s, alarms {alarms(box, office)}"


def test_the_log_names_nobody():
    """D18 No user id, no name, no comm key in the log at level info, whatever is scanned, refused or not understood."""
    odd = ["8899", "';DROP 8899", "<b>8899", "=1+8899", "\u202e8899", "\x1b[2J8899"]
    with Box() as box:
        device = Device(box, "lobby", "LOG000000001", comm_key=987123, options=["--users", "9"])
        # Its records name an index: the daemon must read its users.
        old = Device(box, "old", "LOG000000003", profile="old", link="udp", options=["--users", "9", "--records", "30"])
        wrong = Device(box, "wrong", "LOG000000002", comm_key=5)
        names = [line.split("\t")[2] for line in device.ask("users") + old.ask("users")]
        expect(len(names) == 18 and all(len(name) > 3 for name in names), f"{names}")
        stanza = wrong.stanza(poll="1s").replace("comm_key = 5", "comm_key = 456789")
        office = Office(box, "office", "Dinas Kesehatan", [device.stanza(poll="1s"), old.stanza(poll="1s"), stanza])
        start(box, office)
        until("the first readings", lambda: office.journal()["last_seq"] > 30)
        for number, text in enumerate(odd):
            device.ask(f"scan hex:{text.encode().hex()} at 2026-03-02T07:00:0{number}")
        device.ask("scan 7 in")
        until("the scans", lambda: office.journal()["last_seq"] > 36)
        until("the refused key", lambda: "key_refused" in office.program.tail(1000))
        box.run("hadir", "device", "probe", "lobby", "--config", office.configuration, "--state", office.state)
        edit(office, ("comm_key = 987123", 'comm_key = "987123"'))
        box.attempt("hadir", "config", "reload", "--state", office.state)
        log = office.program.tail(100000)
        expect("device.read" in log and "config.refused" in log and "device.lent" in log, "the log is not of this run")
        for secret in ["987123", "456789", "8899", "DROP", "\u202e", "\x1b", *names]:
            expect(secret not in log, f"{secret!r} is in the log")


def test_a_log_nobody_reads():
    """G6 Standard error closed, or a pipe that is full: scans are journaled all the same."""
    with Box() as box:
        device = Device(box, "lobby", "PIPE00000001", options=["--records", "20", "--users", "9"])
        for way in ("closed", "full"):
            office = Office(box, way, "Dinas Kesehatan", [device.stanza(poll="1s")])
            command = [os.path.join(PROGRAMS, "hadird"), "--config", office.configuration, "--state", office.state,
                       "--log-level", "trace"]
            if way == "closed":
                process = subprocess.Popen(["sh", "-c", 'exec "$0" "$@" 2>&- >&-', *command])
            else:
                process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
                subprocess.run(["true"])
                # Filled to the brim, and never read.
                os.set_blocking(process.stderr.fileno(), False)
            try:
                if way == "full":
                    fill(process)
                until("the journal", lambda: os.path.exists(os.path.join(office.state, "control.sock")))
                until("the reading", lambda: office.journal()["last_seq"] > 20)
                device.ask("scan 3 in")
                seq = office.journal()["last_seq"]
                until("the scan", lambda: office.journal()["last_seq"] > 21, wait=20)
                process.send_signal(signal.SIGTERM)
                expect(process.wait(10) == 0, f"{way}: exit code {process.returncode} after {seq}")
            finally:
                process.kill()
                process.wait()


def fill(process):
    """Fills the pipe that is `process`'s standard error from our side."""
    with open(f"/proc/{process.pid}/fd/2", "wb", buffering=0) as pipe:
        os.set_blocking(pipe.fileno(), False)
        try:
            while pipe.write(b"x" * 4096):
                pass
        except BlockingIOError:
            pass
        os.set_blocking(pipe.fileno(), True)
