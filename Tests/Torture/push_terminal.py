"""A device that reports by itself, written here from the vectors: independent of hadir-sim, and it knows what it sent."""

import http.client
import threading
import urllib.parse
from datetime import datetime, timedelta


class PushTerminal:
    """It scans, sends until it is acknowledged, and fetches and answers commands; one thread."""

    def __init__(self, serial, port, oracle, rng, quiet):
        self.serial, self.port, self.oracle, self.rng, self.quiet = serial, port, oracle, rng, quiet
        self.log, self.unsent = [], []
        self.moment = datetime(2026, 11, 2, 6, 0, 0)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def scan(self):
        self.moment += timedelta(seconds=self.rng.randint(1, 40))
        user, verify, state = str(self.rng.randint(1, 30)), self.rng.choice([1, 15]), self.rng.randint(0, 1)
        line = f"{user}\t{self.moment:%Y-%m-%d %H:%M:%S}\t{state}\t{verify}\t0\t0"
        self.log.append(line)
        self.unsent.append(line)
        with self.oracle.lock:
            self.oracle.made.append((self.serial, user, f"{self.moment:%Y-%m-%dT%H:%M:%S}", verify, state))

    def ask(self, method, path, body=None, **query):
        query = urllib.parse.urlencode({"SN": self.serial, **query})
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request(method, f"/iclock/{path}?{query}", body, {"Content-Type": "text/plain"} if body else {})
            answer = connection.getresponse()
            return answer.read().decode() if answer.status == 200 else None
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def shake(self):
        text = self.ask("GET", "cdata", options="all", pushver="2.4.1")
        if text is None:
            return False
        stamps = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        if stamps.get("ATTLOGStamp", stamps.get("Stamp")) in ("None", "0"):
            self.unsent = list(self.log)
        return True

    def run(self):
        is_met = False
        while not self.over.wait(self.rng.uniform(0.02, 0.1)):
            if self.rng.random() < 0.5 and self.quiet.acquire(blocking=False):
                try:
                    self.scan()
                finally:
                    self.quiet.release()
            if not is_met:
                is_met = self.shake()
                continue
            self.send()
            is_met = self.commands()

    def send(self):
        """One upload of what is not acknowledged; whether that was all."""
        lines = self.unsent[:40]
        if lines:
            body = "".join(line + "\n" for line in lines)
            answer = self.ask("POST", "cdata", body, table="ATTLOG", Stamp=str(len(self.log)))
            if answer is not None and answer.startswith("OK"):
                self.unsent = self.unsent[len(lines):]
        return not self.unsent

    def commands(self):
        """Whether it still knows its server."""
        text = self.ask("GET", "getrequest")
        if text is None:
            return False
        for line in text.splitlines():
            if not line.startswith("C:"):
                continue
            _, number, command = line.split(":", 2)
            if command.startswith("CHECK"):
                self.shake()
            self.ask("POST", "devicecmd", f"ID={number}&Return=0&CMD={command.split()[0]}\n")
        return True
