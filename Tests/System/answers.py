"""What stands between the office and the centre: lost answers, login pages, refusals."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import Request, urlopen
from urllib.error import HTTPError

from box import Box, Centre, Device, Office, compare, until
from commands import expect


class Between:
    """A loopback proxy that does with answers what the test says."""

    def __init__(self, target):
        self.target, self.mode, self.requests, self.bodies = target, "pass", 0, []
        between = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                between.requests += 1
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                if self.headers.get("transfer-encoding") == "chunked":
                    body = between.chunks(self.rfile)
                between.bodies.append(body)
                between.answer(self, body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @staticmethod
    def chunks(file):
        body = b""
        while True:
            size = int(file.readline().strip() or b"0", 16)
            body += file.read(size)
            file.readline()
            if size == 0:
                return body

    def answer(self, handler, body):
        mode = self.mode
        if mode in ("pass", "swallow"):
            headers = {name: value for name, value in handler.headers.items()
                       if name.lower() in ("content-type", "content-encoding")}
            try:
                with urlopen(Request(self.target + handler.path, data=body, headers=headers), timeout=20) as answer:
                    status, text = answer.status, answer.read()
            except HTTPError as error:
                status, text = error.code, error.read()
            if mode == "swallow":
                # The centre has committed; its answer gets lost.
                handler.close_connection = True
                return
        elif mode == "login page":
            status, text = 200, b"<!DOCTYPE html><html><body>Please sign in to Wi-Fi</body></html>"
        else:
            status, text = 403, b"Forbidden"
        handler.send_response(status)
        handler.send_header("content-length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)


def behind(box, records=200):
    centre = Centre(box)
    between = Between(centre.url)
    device = Device(box, "lobby", "BETWEEN00001", options=["--users", "9", "--records", str(records)])
    office = Office(box, "office", "Dinas Kesehatan", [device.stanza(poll="5s")])
    office.enroll(centre.add_node("Dinas Kesehatan", between.url))
    return centre, between, device, office


def test_answer_lost_after_commit_adds_nothing():
    """E4 The answer is lost after the centre stored the batch: the same bytes go again and add nothing."""
    with Box() as box:
        centre, between, device, office = behind(box)
        office.start()
        until("the first batches", lambda: len(centre.punches()) == 200 and office.journal()["pending"] == 0)
        between.mode, before = "swallow", between.requests
        acked = office.journal()["acked_seq"]
        for user in range(1, 6):
            device.ask(f"scan {user} in")
        # The first swallowed batch may be a heartbeat or hold only some of the scans: it is sent until it is answered.
        until("resends", lambda: between.requests >= before + 3, wait=30)
        expect(office.journal()["acked_seq"] == acked, "something was acknowledged without an answer")
        expect(between.bodies[before] == between.bodies[before + 1] == between.bodies[before + 2],
               "the resend is not the same bytes")
        between.mode = "pass"
        until("everything at the centre", lambda: len(centre.punches()) == 205, wait=60)
        until("the acknowledgement", lambda: office.journal()["pending"] == 0, wait=60)
        made = [(device.serial, user, moment) for user, moment in device.records()]
        expect(compare(made, centre.punches()) == ([], [], []), "the resend changed what the centre has")
        return f"{between.requests - before} requests after the first swallowed answer"


def login_or_forbidden(mode):
    with Box() as box:
        centre, between, device, office = behind(box, records=20)
        between.mode = mode
        office.start()
        until("an attempt", lambda: between.requests >= 2)
        for user in range(1, 6):
            device.ask(f"scan {user} in")
        until("collecting goes on", lambda: office.journal()["last_seq"] >= 26, wait=30)
        expect(office.journal()["acked_seq"] == 0, f"{mode}: something was acknowledged")
        expect(centre.punches() == [], "punches at the centre")
        between.mode = "pass"
        until("everything at the centre", lambda: len(centre.punches()) == 25, wait=90)
        until("the acknowledgement", lambda: office.journal()["pending"] == 0, wait=60)


def test_login_page_acknowledges_nothing():
    """E8 A login page answers 200: nothing is acknowledged, a person is told, all arrives afterwards."""
    login_or_forbidden("login page")


def test_unsigned_403_acknowledges_nothing():
    """E8 Somebody in between answers 403: nothing is acknowledged, all arrives afterwards."""
    login_or_forbidden("forbidden")
