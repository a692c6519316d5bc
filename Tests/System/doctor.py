"""hadir doctor and hadir-central doctor, with the real programs: each main trouble is made, and must be told."""

import contextlib
import hashlib
import http.server
import json
import os
import shutil
import socket
import sqlite3
import threading
import urllib.error
import urllib.request

from box import PROGRAMS, Box, Centre, Device, Office, free_port, until
from commands import expect

UNIT = "Dinas Kesehatan"
COMM_KEY = 918273
# What a computer that runs tests may really have.
OF_THIS_COMPUTER = {"clock.unsynchronised", "disk.low"}


class Answers:
    """Somebody who answers every request with the same, in the centre's place."""

    def __init__(self, port, status=200, body=b"<!DOCTYPE html><title>Login</title>", context=None, headers=()):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        http.server.ThreadingHTTPServer.allow_reuse_address = True
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self.server.server_address[1]

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class Listener:
    """A control socket on which nobody says more than this."""

    def __init__(self, path, answer=None):
        self.path, self.answer = path, answer

    def __enter__(self):
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.bind(self.path)
        self.socket.listen(64)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        kept = []
        try:
            while True:
                connection, _ = self.socket.accept()
                kept.append(connection)
                if self.answer:
                    connection.recv(65536)
                    connection.sendall(self.answer)
        except OSError:
            pass

    def __exit__(self, *_):
        self.socket.close()
        os.unlink(self.path)


def without_triggers(database):
    """A disk, or somebody with the file in hand, asks no trigger."""
    for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f'DROP TRIGGER "{name}"')


class Place:
    """An office with one device, and its centre."""

    def __init__(self, box, options=()):
        self.box = box
        self.device = Device(box, "lobby", "DOCTOR000001", comm_key=COMM_KEY,
                             options=["--users", "9", "--records", "9", *options])
        self.centre = Centre(box, government="Kabupaten Misal")
        self.office = Office(box, "office", UNIT, [self.device.stanza(poll="1s", live=False)], heartbeat="1s")
        self.node = self.office.enroll(self.centre.add_node(UNIT))["node"]
        os.chmod(self.office.state, 0o750)

    def start(self):
        self.office.start()
        until("the log at the centre", lambda: len(self.centre.punches()) == 9)
        until("the device read", lambda: self.ids() == set())

    def page(self, environment=None, code=None):
        done = self.box.attempt("hadir", "doctor", "--json", "--config", self.office.configuration, "--state", self.office.state,
                                wait=60)
        page = json.loads(done.stdout)
        expect(done.returncode == (0 if page["ok"] else 1), f"exit code {done.returncode}: {done.stderr}")
        expect(str(COMM_KEY) not in done.stdout + done.stderr, "the comm key is told")
        return page

    def ids(self):
        return {found["id"] for found in self.page()["findings"]} - OF_THIS_COMPUTER

    def finds(self, *ids):
        """All of these, sooner or later: a daemon needs a poll to meet what is wrong."""
        until(f"{' '.join(ids)}", lambda: set(ids) <= self.ids(), wait=60, every=0.5)

    def text(self, language):
        self.box.environment = {"LANG": language, "LC_ALL": ""}
        try:
            return self.box.attempt("hadir", "doctor", "--config", self.office.configuration, "--state",
                                    self.office.state, wait=60).stdout
        finally:
            self.box.environment = {}

    def rewrite(self, before, after):
        with open(self.office.configuration, encoding="utf-8") as file:
            text = file.read()
        expect(before in text, f"no {before} in the configuration")
        with open(self.office.configuration, "w", encoding="utf-8") as file:
            file.write(text.replace(before, after))

    def contents(self):
        """What is in the state; the index that SQLite makes for readers is no content."""
        found = {}
        for folder, _, names in os.walk(self.office.state):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.isfile(path) and not name.endswith(("-shm", "-wal")):
                    with open(path, "rb") as file:
                        found[path] = hashlib.sha256(file.read()).hexdigest()
        return found


def test_doctor_of_an_office_says_what_is_wrong_while_hadird_runs():
    with Box() as box:
        place = Place(box)
        place.start()
        text = place.text("id_ID.UTF-8")
        expect("GANGGUAN" not in text and "layanan hadird: berjalan" in text, text)
        expect("service hadird: runs" in place.text("en_US.UTF-8"), "English")
        seen = place.device.ask("stats")["connections"]
        place.page()
        expect(place.device.ask("stats")["connections"] == seen, "the doctor opened a session beside hadird")
        place.device.ask("clock -4000")
        place.finds("device.clock_off")
        place.device.ask("clock +4000")
        place.centre.program.stop()
        place.finds("centre.refused")
        with Answers(place.centre.port):
            place.finds("centre.portal")
        with Answers(place.centre.port, 302, b"", headers=[("Location", "http://portal.example/")]):
            place.finds("centre.portal")
        with Answers(place.centre.port, 503, b""):
            place.finds("centre.busy")
        with Answers(place.centre.port, 404, b"no"):
            place.finds("centre.stranger")
        place.centre.start()
        place.device.program.kill()
        until("the device is missed", lambda: {"device.silent", "device.refuses"} & place.ids(), wait=60, every=0.5)
        place.rewrite('poll = "1s"', 'poll = "soon"')
        place.finds("config.mistake")
        found = [one for one in place.page()["findings"] if one["id"] == "config.mistake"][0]
        expect("8" in found["what"] or "line" in found["what"], f"{found}")
        box.run("hadir", "config", "reload", "--state", place.office.state, expect=78)
        place.finds("config.refused")
        place.rewrite('poll = "soon"', 'poll = "1s"')
        box.run("hadir", "config", "reload", "--state", place.office.state)
        text = place.text("id_ID.UTF-8")
        expect(text.startswith("GANGGUAN") and "Lakukan: " in text, text[:300])
        # Where devices should report, as the file says now, hadird does not listen until it reads the file again.
        port = free_port()
        place.rewrite("[centre]", f'[push]\nlisten = "127.0.0.1:{port}"\n\n[centre]')
        place.finds("push.not_served")
        box.run("hadir", "config", "reload", "--state", place.office.state)
        until("the listener", lambda: "push.not_served" not in place.ids(), wait=30, every=0.5)
        with contextlib.suppress(urllib.error.URLError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/iclock/cdata?SN=STRANGER0001&options=all", timeout=10)
        place.finds("push.unknown_device")
        place.centre.revoke(place.node)
        place.finds("node.revoked")


def test_doctor_of_an_office_looks_offline_and_changes_nothing():
    with Box() as box:
        place = Place(box)
        place.start()
        place.office.program.stop()
        place.centre.program.stop()
        before = place.contents()
        ids = place.ids()
        expect({"daemon.not_running", "centre.refused"} <= ids, f"{ids}")
        expect(not [one for one in ids if one.startswith(("device.", "journal."))], f"{ids}")
        place.rewrite(f"comm_key = {COMM_KEY}", "comm_key = 1")
        expect("device.comm_key" in place.ids(), "the wrong key is not told")
        place.rewrite("comm_key = 1", f"comm_key = {COMM_KEY}")
        with Answers(place.office.port, body=b"other"):
            expect("daemon.not_running" in place.ids(), "somebody else at the page's port is no daemon")
        control = os.path.join(place.office.state, "control.sock")
        with Listener(control):
            expect("daemon.no_answer" in place.ids(), "a daemon that says nothing is not told")
        with Listener(control, b'{"error":"not a request this version understands"}\n'):
            expect("daemon.other_version" in place.ids(), "a daemon of another version is not told")
        port = free_port()
        place.rewrite("[centre]", f'[push]\nlisten = "127.0.0.1:{port}"\n\n[centre]')
        with Answers(port):
            expect("push.port_taken" in place.ids(), "the taken port is not told")
        expect(place.contents() == before, "the doctor changed the state")
        if os.geteuid() == 0:
            done = box.attempt("../../../../../../../../usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                               os.path.join(PROGRAMS, "hadir"), "doctor", "--json", "--config", place.office.configuration,
                               "--state", place.office.state)
            found = {one["id"] for one in json.loads(done.stdout)["findings"]}
            expect({"state.no_access", "check.not_permitted"} <= found, f"{found}")
        # Files of another user, and a key that is open to all.
        if os.geteuid() == 0:
            os.chown(os.path.join(place.office.state, "node.json"), 65534, 65534)
            expect("state.foreign_owner" in place.ids(), "the foreign owner is not told")
            os.chown(os.path.join(place.office.state, "node.json"), 0, 0)
        os.chmod(os.path.join(place.office.state, "node.key"), 0o644)
        expect({"node.key", "state.open"} <= place.ids(), "the open key is not told")
        os.chmod(os.path.join(place.office.state, "node.key"), 0o600)
        journal = os.path.join(place.office.state, "journal.db")
        with sqlite3.connect(journal) as database:
            columns = [row[1] for row in database.execute("PRAGMA table_info(quarantined)")]
            values = ", ".join("7" if name == "seq" else "'x'" for name in columns)
            database.execute(f"INSERT INTO quarantined ({', '.join(columns)}) VALUES ({values})")
        database.close()
        expect("journal.quarantined" in place.ids(), "what is held back is not told")
        with sqlite3.connect(journal) as database:
            database.execute("INSERT INTO grdb_migrations VALUES ('99 of a later version')")
        database.close()
        expect("journal.other_version" in place.ids(), "the later version is not told")
        with sqlite3.connect(journal) as database:
            database.execute("DELETE FROM grdb_migrations WHERE identifier LIKE '99%'")
            without_triggers(database)
            database.execute("UPDATE journal SET body = CAST(replace(CAST(body AS TEXT), 'punch', 'Punch') AS BLOB) WHERE seq = "
                             "(SELECT max(seq) FROM journal WHERE CAST(body AS TEXT) LIKE '%punch%')")
        database.close()
        expect("journal.damaged" in place.ids(), "the altered entry is not told")


def test_doctor_of_an_office_tells_a_page_that_is_not_there():
    with Box() as box:
        place = Place(box)
        with Answers(place.office.port, 404):
            place.office.start()
            place.finds("status.not_served")


def test_doctor_of_an_office_tells_a_fork():
    """F9 two computers with one identity: the one that the centre does not believe is told."""
    with Box() as box:
        place = Place(box)
        place.start()
        place.office.program.stop()
        copy = place.office.state + "-copy"
        shutil.copytree(place.office.state, copy)
        place.device.ask("scan 3")
        place.office.start()
        until("the scan at the centre", lambda: len(place.centre.punches()) == 10)
        place.office.program.stop()
        shutil.rmtree(place.office.state)
        os.rename(copy, place.office.state)
        place.device.ask("scan 4")
        place.office.start()
        place.finds("journal.forked")


def test_doctor_names_each_wrong_certificate():
    """E9 E10 each wrong certificate is shown, to an edge that trusts an authority and to one that pins."""
    from certificates import TRUSTING, Shown

    with Box() as box:
        place = Place(box)
        shown, port = Shown(box), free_port()
        file = os.path.join(place.office.state, "node.json")
        with open(file, encoding="utf-8") as opened:
            identity = json.load(opened)
        expected = {
            "good": None, "expired": "tls.expired", "early": "tls.not_yet_valid", "other_name": "tls.other_name",
            "stranger": "tls.untrusted", "reader": "tls.untrusted",
        }

        def ids(pin=None):
            identity.update({"url": f"https://127.0.0.1:{port}"}, **({"tls_pin": pin} if pin else {}))
            with open(file, "w", encoding="utf-8") as opened:
                json.dump(identity, opened)
            done = place.box.attempt("../../../../../../../../usr/bin/unshare", "-m", "sh", "-c", TRUSTING, shown.bundle,
                                     os.path.join(PROGRAMS, "hadir"), "doctor", "--json", "--config",
                                     place.office.configuration, "--state", place.office.state)
            return {one["id"] for one in json.loads(done.stdout)["findings"]}

        for name, wanted in expected.items():
            with Answers(port, body=b"ok\n", context=shown.context(name)):
                found = {one for one in ids() if one.startswith(("tls.", "centre."))}
                expect(found == ({wanted} if wanted else set()), f"{name}: {found}")
        with Answers(port, body=b"ok\n"):
            expect("tls.fails" in ids(), "plain HTTP where TLS is wanted")
        with Answers(port, body=b"ok\n", context=shown.context("good")):
            expect("tls.wrong_key" in ids("ab" * 32), "another key than the pinned one")


def test_doctor_of_the_centre():
    with Box() as box:
        place = Place(box)
        place.start()
        centre = place.centre

        def ids():
            done = box.attempt("hadir-central", "doctor", "--json", "--state", centre.state, "--config", centre.configuration)
            page = json.loads(done.stdout)
            expect(done.returncode == (0 if page["ok"] else 1), f"exit code {done.returncode}: {done.stderr}")
            return {found["id"] for found in page["findings"]} - OF_THIS_COMPUTER - {"assets.missing"}

        until("nothing wrong but that nobody made a backup", lambda: ids() == {"backup.none"}, wait=60, every=1)
        box.run("hadir-central", "backup", "--state", centre.state, "--to", os.path.join(box.folder, "backups"))
        until("nothing wrong", lambda: ids() == set(), wait=60, every=1)
        place.device.ask("clock -4000")
        until("the office's device", lambda: "office.device" in ids(), wait=60, every=1)
        centre.program.stop()
        expect("server.not_running" in ids(), "the stopped server is not told")
        with Answers(centre.port):
            expect("server.port_taken" in ids(), "the taken port is not told")
        os.chmod(os.path.join(centre.state, "signing.key"), 0o644)
        expect("keys.open" in ids(), "the open key is not told")
        os.chmod(os.path.join(centre.state, "signing.key"), 0o600)
        file = os.path.join(centre.state, "central.db")
        with Listener(os.path.join(centre.state, "control.sock")), Answers(centre.port, 503, b""):
            expect("server.not_ready" in ids(), "a server that is not ready is not told")
        with sqlite3.connect(file) as database:
            database.execute("INSERT INTO grdb_migrations VALUES ('99 of a later version')")
        database.close()
        expect("database.other_version" in ids(), "the later version is not told")
        with sqlite3.connect(file) as database:
            database.execute("DELETE FROM grdb_migrations WHERE identifier LIKE '99%'")
            database.execute("INSERT INTO audit_doubts VALUES ((SELECT min(id) FROM nodes), 99, zeroblob(32), 1, 0)")
        database.close()
        expect("audit.doubts" in ids(), "the doubt is not told")
        database = sqlite3.connect(file, isolation_level=None)
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("BEGIN EXCLUSIVE")
        database.execute("CREATE TABLE held (x)")
        expect("database.unreadable" in ids(), "the held database is not told")
        database.execute("ROLLBACK")
        database.close()
        with sqlite3.connect(os.path.join(centre.state, "central.db")) as database:
            without_triggers(database)
            database.execute("UPDATE entries SET body = CAST(replace(CAST(body AS TEXT), 'punch', 'Punch') AS BLOB) WHERE seq = "
                             "(SELECT max(seq) FROM entries WHERE CAST(body AS TEXT) LIKE '%punch%')")
            database.execute("UPDATE audit_log SET what = 'export' WHERE seq = 2")
        database.close()
        found = ids()
        expect("database.altered" in found, f"{found}")
        expect("audit.broken" in found, f"{found}")
        text = box.attempt("hadir-central", "doctor", "--state", centre.state, "--config", centre.configuration).stdout
        expect("FAULT" in text and "Do: " in text, text)
