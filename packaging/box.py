"""A government in a box: real programs on loopback, for the demo and for the system tests.

Only the Python standard library. Everything lives in one temporary folder and ends with the script.
"""

import html
import http.cookiejar
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAMS = os.environ.get("HADIR_PROGRAMS", os.path.join(ROOT, ".build", "debug"))


class Failure(Exception):
    """Something in the box is not as it must be."""


class Program:
    """One running program; its first line of standard output says that it is ready."""

    def __init__(self, name, arguments, folder, ready=None, wait=30, environment=None):
        self.name = name
        self.log_path = os.path.join(folder, name + ".log")
        self.log = open(self.log_path, "ab")
        self.process = subprocess.Popen(
            [os.path.join(PROGRAMS, arguments[0])] + arguments[1:],
            stdout=subprocess.PIPE, stderr=self.log, stdin=subprocess.DEVNULL,
            env={**os.environ, **(environment or {})}, start_new_session=True)
        self.ready_line = self._wait_ready(ready, wait) if ready else None
        self.drain = threading.Thread(target=self._drain, daemon=True)
        self.drain.start()

    def _wait_ready(self, pattern, wait):
        line = {}

        def read():
            line["text"] = self.process.stdout.readline().decode("utf-8", "replace").strip()

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        reader.join(wait)
        found = re.search(pattern, line.get("text", ""))
        if not found:
            self.kill()
            raise Failure(f"{self.name} did not become ready: {line.get('text', '')!r}\n{self.tail()}")
        return found

    def _drain(self):
        for chunk in iter(lambda: self.process.stdout.read1(65536), b""):
            self.log.write(chunk)

    def tail(self, lines=15):
        with open(self.log_path, "rb") as file:
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-lines:])

    @property
    def is_running(self):
        return self.process.poll() is None

    def kill(self):
        """SIGKILL: no chance to tidy up."""
        if self.is_running:
            self.process.kill()
        self.process.wait()

    def stop(self, wait=10):
        """SIGTERM, as systemd does it; returns the exit code and how long it took."""
        begun = time.monotonic()
        if self.is_running:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(wait)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failure(f"{self.name} did not stop within {wait} s of SIGTERM\n{self.tail()}")
        return code, time.monotonic() - begun


class Device:
    """A simulated device; it keeps its log and clock while everything around it is killed."""

    def __init__(self, box, name, serial, profile="tft", link="tcp", comm_key=0, options=()):
        self.name, self.serial, self.link, self.comm_key = name, serial, link, comm_key
        self.control = os.path.join(box.folder, name + ".sock")
        arguments = ["hadir-sim", "run", "--udp", "127.0.0.1:0", "--serial", serial, "--profile", profile,
                     "--comm-key", str(comm_key), "--control", self.control]
        if profile not in ("old", "usb"):
            arguments += ["--tcp", "127.0.0.1:0"]
        if link == "soap":
            arguments += ["--soap", "127.0.0.1:0"]
        self.program = box.start(name, arguments + list(options), ready=r"hadir-sim: .*")
        self.ports = dict(re.findall(r"(tcp|udp|soap) 127\.0\.0\.1:(\d+)", self.program.ready_line.group(0)))
        self.url = f"{link}://127.0.0.1:{self.ports[link]}"

    def ask(self, command):
        """One control command; all lines of the answer but the closing `ok`, or that line's rest."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(30)
            connection.connect(self.control)
            connection.sendall(command.encode() + b"\n")
            lines = []
            for raw in connection.makefile("rb"):
                line = raw.decode("utf-8", "surrogateescape").rstrip("\n")
                if line.startswith("error"):
                    raise Failure(f"{self.name}: {command}: {line}")
                if line == "ok" or line.startswith("ok "):
                    return lines or line[3:]
                lines.append(line)
                if command == "stats":
                    return json.loads(line)
        raise Failure(f"{self.name}: {command}: no answer")

    def records(self):
        """Every record in the device's log: (user id, device time)."""
        lines = self.ask("export")
        return [tuple(line.split("\t")[:2]) for line in lines] if isinstance(lines, list) else []

    def stanza(self, poll="5s", live=True, timezone="WIB", extra=""):
        return (f"[device.{self.name}]\naddress = \"{self.url}\"\nserial = \"{self.serial}\"\n"
                f"comm_key = {self.comm_key}\npoll = \"{poll}\"\nlive = {'true' if live else 'false'}\n"
                f"timezone = \"{timezone}\"\n{extra}\n")


class Centre:
    """A hadir-central with a state of its own, made here unless it is there; of a government, it has a centre.conf.

    `fill` is called with it before it starts, while nobody holds its state.
    """

    def __init__(self, box, name="centre", government=None, fill=None):
        self.box, self.name = box, name
        self.state = os.path.join(box.folder, name)
        if not os.path.exists(os.path.join(self.state, "signing.key")):
            box.run("hadir-central", "init", "--state", self.state)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = ["--listen", f"127.0.0.1:{self.port}"]
        if government:
            self.configuration = os.path.join(box.folder, name + ".conf")
            with open(self.configuration, "w", encoding="utf-8") as file:
                file.write(f"listen = \"127.0.0.1:{self.port}\"\ngovernment = \"{government}\"\ntimezone = \"WIB\"\n")
            self.settings = ["--config", self.configuration]
        self.token = None
        self.program = None
        if fill:
            fill(self)
        self.start()

    def start(self, **more):
        more = {"ready": r"listening on (http://[0-9.:]+)", **more}
        self.program = self.box.start(
            self.name, ["hadir-central", "serve", "--state", self.state, *self.settings], **more)

    def add_node(self, unit, url=None):
        return self.box.run("hadir-central", "node", "add", "--state", self.state, "--unit", unit,
                            "--url", url or self.url).strip()

    def add_account(self, name, password, role="admin", unit=None, employee=None):
        """`unit`: the role holds there and below; `employee`: the number of who it is in the records."""
        more = (["--unit", unit] if unit else []) + (["--employee", employee] if employee else [])
        self.run("user", "add", name, "--role", role, *more, "--password-stdin", input=password + "\n")

    def run(self, *arguments, **more):
        """A command of hadir-central about this centre; its standard output."""
        return self.box.run("hadir-central", *arguments, "--state", self.state, **more)

    def revoke(self, node):
        self.run("node", "revoke", node)

    def get(self, path, role="reader"):
        if self.token is None or role != self.token_role:
            self.token, self.token_role = self.run("token", "add", "--role", role).strip(), role
        request = urllib.request.Request(self.url + path, headers={"Authorization": "Bearer " + self.token})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def punches(self, after=0):
        """Every punch behind the id `after`."""
        punches = []
        while True:
            page = self.get(f"/api/v1/punches?after={after}&limit=5000")
            if not page["punches"]:
                return punches
            punches += page["punches"]
            after = page["next"]


class Person:
    """Somebody at the centre's pages, without a browser: cookies, forms, and where redirects lead."""

    def __init__(self, url):
        self.url = url
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def ask(self, path, fields=None):
        """(status, path one ends at, text); a form is sent as the page's own browser would."""
        data = urllib.parse.urlencode(fields).encode() if fields is not None else None
        request = urllib.request.Request(self.url + path, data, {"Origin": self.url} if data is not None else {})
        try:
            with self.opener.open(request, timeout=20) as answer:
                return answer.status, urllib.parse.urlsplit(answer.url).path, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, urllib.parse.urlsplit(error.url).path, error.read().decode()

    def login(self, account, password, next="/"):
        """The page one is led to; `self.place` is its path."""
        token = self.token(self.ask("/masuk")[2])
        status, path, text = self.ask(
            "/masuk", {"token": token, "next": next, "account": account, "password": password})
        self.place = path
        if status != 200 or path == "/masuk":
            raise Failure(f"{account} cannot log in: {status} at {path}\n{text[-500:]}")
        return text

    @staticmethod
    def token(text):
        found = re.search(r'name="token" value="([^"]*)"', text)
        if not found:
            raise Failure(f"the page has no form token: {text[:300]!r}")
        return html.unescape(found.group(1))


class Office:
    """A hadird with its own devices.conf and state."""

    def __init__(self, box, name, unit, stanzas, heartbeat="5s",
                 help="Diskominfo, 0812-0000-0000"):
        self.box, self.name, self.port = box, name, free_port()
        self.page = f"http://127.0.0.1:{self.port}"
        self.state = os.path.join(box.folder, name)
        self.configuration = os.path.join(box.folder, name + ".conf")
        with open(self.configuration, "w", encoding="utf-8") as file:
            file.write(f"[edge]\nunit = \"{unit}\"\ntimezone = \"WIB\"\n"
                       f"help = \"{help}\"\n"
                       f"status_listen = \"127.0.0.1:{self.port}\"\n\n"
                       f"[centre]\nheartbeat = \"{heartbeat}\"\n\n" + "\n".join(stanzas))
        self.program = None

    def enroll(self, code):
        return json.loads(self.box.run("hadir", "node", "enroll", code, "--state", self.state, "--json"))

    def start(self, **more):
        more = {"ready": r"hadird: ready", **more}
        self.program = self.box.start(
            self.name, ["hadird", "--config", self.configuration, "--state", self.state], **more)

    def journal(self):
        return json.loads(self.box.run("hadir", "journal", "status", "--state", self.state, "--json"))

    def verify(self):
        return json.loads(self.box.run("hadir", "journal", "verify", "--state", self.state, "--json"))


class Box:
    """The folder and everything that runs in it; `with Box() as box:` ends all of it."""

    def __init__(self, keep=False):
        self.keep = keep or bool(os.environ.get("HADIR_KEEP"))
        self.programs = []
        # For every program started from now on.
        self.environment = {}

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="hadir-box-")
        return self

    def __exit__(self, *error):
        for program in reversed(self.programs):
            program.kill()
        if not self.keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, name, arguments, ready=None, environment=None):
        """`environment`: for this program only, beside that of all."""
        program = Program(
            name, arguments, self.folder, ready, environment={**self.environment, **(environment or {})})
        self.programs.append(program)
        return program

    def run(self, program, *arguments, input=None, expect=0, wait=120):
        """Runs a command to its end and returns its standard output."""
        done = self.attempt(program, *arguments, input=input, wait=wait)
        if done.returncode != expect:
            raise Failure(f"{program} {' '.join(arguments)}: exit code {done.returncode}, not {expect}\n{done.stderr}")
        return done.stdout

    def attempt(self, program, *arguments, input=None, wait=120, **more):
        return subprocess.run([os.path.join(PROGRAMS, program), *arguments], capture_output=True, text=True,
                              input=input, timeout=wait, stdin=None if input is not None else subprocess.DEVNULL,
                              env={**os.environ, **self.environment}, **more)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(what, condition, wait=30, every=0.1):
    """Polls `condition` until it is true; its value, or a Failure that says `what` did not come."""
    end = time.monotonic() + wait
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"{what}: not within {wait} s")
        time.sleep(every)


def reachable(call):
    """The value of `call`, or None while the centre is down."""
    try:
        return call()
    except (urllib.error.URLError, ConnectionError, TimeoutError, socket.timeout):
        return None


def compare(made, punches):
    """Every scan made against every punch at the centre: lists of lost, doubled and invented ones.

    `made` is a list of (serial, user id, device time); a person scanning twice in one second stands there twice.
    """
    found = [(punch["device_serial"], punch["user_id"], punch["device_time"]) for punch in punches]
    left = list(found)
    lost = []
    for scan in made:
        if scan in left:
            left.remove(scan)
        else:
            lost.append(scan)
    keys = [punch["key"] for punch in punches]
    doubled = [key for key in set(keys) if keys.count(key) > 1]
    return lost, doubled, left


def say(line):
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit("this is a module: run packaging/demo")
