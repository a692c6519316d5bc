"""The midst of work for kills at points: devices of every kind, hands that press every button, and files that are bad."""

import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import threading
import time

from box import Failure, free_port, until
from kill import Scene
from points import Armed
from push_terminal import PushTerminal
from rig import expect

# A point that is not met for so long is not met in this start.
PATIENCE = 2.5


class Work(Scene):
    """The scene of random kills, a device that reports by itself, people with hours, and hands that press every button."""

    def __init__(self, box, rng, state):
        self.port = free_port()
        stanzas = [f"[push]\nlisten = \"127.0.0.1:{self.port}\"\n",
                   "[device.lapangan]\naddress = \"push://\"\nserial = \"KILL00000004\"\n"]
        super().__init__(box, rng, stanzas=stanzas, template=state)
        self.terminal = PushTerminal("KILL00000004", self.port, self.oracle, random.Random(rng.random()), self.quiet)
        self.label = 0
        self.stick = os.path.join(box.folder, "1_attlog.dat")
        self.office.start()

    def central(self, *words, **more):
        return self.box.attempt("hadir-central", *words, "--state", self.centre.state, wait=60, **more)

    def edge(self, *words):
        return self.box.attempt("hadir", *words, "--state", self.office.state, wait=20)

    # What is done to files while the edge is down

    def journal(self):
        return sqlite3.connect(os.path.join(self.office.state, "journal.db"), isolation_level=None)

    def cut(self):
        """The journal is an older copy: the centre will see a fork. What was not sent, the devices still have."""
        with self.journal() as db:
            acked, pruned = db.execute("SELECT acked_seq, pruned_seq FROM epoch").fetchone()
            to = max(acked - 5, pruned + 1)
            if to >= acked:
                return
            db.execute("BEGIN")
            db.execute("DELETE FROM journal WHERE seq > ?", (to,))
            db.execute("DELETE FROM acknowledgement WHERE seq > ?", (to,))
            db.execute("UPDATE epoch SET acked_seq = ?", (to,))
            db.execute("COMMIT")

    def damage(self):
        """The last entry is not what was written: the file is moved aside."""
        with self.journal() as db:
            db.execute("INSERT OR REPLACE INTO journal (seq, body, hash, seal) "
                       "SELECT seq, body, hash, seal + 1 FROM journal ORDER BY seq DESC LIMIT 1")

    def age(self):
        """What was acknowledged was so day by day, more than 35 days ago."""
        with self.journal() as db:
            acked, pruned = db.execute("SELECT acked_seq, pruned_seq FROM epoch").fetchone()
            for day in range(1, 41):
                if acked - day > pruned:
                    moment = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - 86_400 * day))
                    db.execute("INSERT OR REPLACE INTO acknowledgement (seq, at) VALUES (?, ?)", (acked - day, moment))

    def uncover(self):
        """Nothing was said of coverage for an hour."""
        moment = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - 3600))
        with self.journal() as db:
            db.execute("UPDATE device SET covered_to = ? WHERE covered_to IS NOT NULL", (moment,))

    # What hands do while all runs

    def order(self):
        seq = self.rng.randint(1, 50)
        self.central("order", "add", self.node, "resend", "--from", str(seq), "--expires", "90m")

    def load(self):
        lines = self.devices[0].ask("export")[-30:]
        with open(self.stick, "w", encoding="utf-8") as file:
            for line in lines:
                user, moment, verify, state = line.split("\t")[:4]
                file.write(f"{user:>9}\t{moment.replace('T', ' ')}\t{verify}\t{state}\t0\t0\r\n")
        self.edge("import", self.stick, "--device", "lobby", "--yes", "--json", "--config", self.office.configuration)

    def reload(self):
        with open(self.office.configuration, "a", encoding="utf-8") as file:
            file.write("# another remark\n")
        self.office.program.process.send_signal(signal.SIGHUP)

    def resend(self):
        self.edge("push", "resend", "lapangan")

    def clear(self):
        """The log is cleared at the device, once everything in it has come to the centre."""
        with self.quiet:
            if self.oracle.settle(30) is not None:
                self.devices[0].ask("clear-log")
                self.oracle.scan(self.devices[0], "1")

    def announce(self):
        self.central("key", "announce")

    def token(self):
        self.label += 1
        self.central("token", "add", "--role", "clerk", "--label", f"t{self.label}")

    def end_token(self):
        self.token()
        listed = json.loads(self.central("token", "list", "--json").stdout)["tokens"]
        self.central("token", "revoke", str(next(token["id"] for token in listed if token["label"])))

    def account(self):
        self.label += 1
        self.central("user", "add", f"orang{self.label}", "--role", "admin", "--password-stdin",
                     input="sandi yang panjang sekali 7\n")

    def change_account(self):
        self.account()
        self.central("user", "disable", f"orang{self.label}")

    def invite(self):
        self.label += 1
        self.central("node", "add", "--unit", f"Unit {self.label}", "--url", self.centre.url)

    def end(self):
        self.centre.program.process.send_signal(signal.SIGTERM)

    # Of each: what is done before a start, and what in it. The rest comes by itself.
    BEFORE = (("edge.epoch.", cut), ("edge.users.", cut), ("edge.operations.", cut), ("edge.recovery.", damage),
              ("edge.prune.", age), ("edge.claim.", uncover))
    HANDS = (("edge.order.", order), ("edge.rewind.", order), ("edge.stick.", load), ("edge.config.", reload),
             ("edge.push.command", resend), ("edge.append.gone", clear), ("edge.forward.key", announce),
             ("centre.token.added", token), ("centre.token.revoked", end_token), ("centre.audit.", token),
             ("centre.account.added", account), ("centre.account.changed", change_account), ("centre.order.", order),
             ("centre.append.orders_settled", order), ("centre.node.", invite), ("centre.close.", end))

    def one(self, plan, lanes, name):
        """Someone is started to die at a point; how many kills that was."""
        armed = Armed(self.box, plan, self.rng, name)
        victim = self.office if name.startswith("edge.") else self.centre
        other = self.centre if victim is self.office else self.office
        if not other.program.is_running:
            # Whoever died at the last point starts as ever; or, where it is its turn again, with the next point.
            self.kill(other)
            begun = time.monotonic()
            other.start()
            lanes.started(time.monotonic() - begun)
        prepare = next((prepare for prefix, prepare in self.BEFORE if name.startswith(prefix)), None)
        if prepare and not victim.program.is_running:
            # Its files may be half moved aside: nothing for other hands.
            self.kill(victim)
            victim.start()
        self.kill(victim)
        if prepare:
            prepare(self)
        victim.start(ready=None, environment=armed.environment)
        hand = next((hand for prefix, hand in self.HANDS if name.startswith(prefix)), None)
        presses = threading.Thread(target=self.press, args=[hand, victim, victim.program], daemon=True)
        presses.start()
        end = time.monotonic() + PATIENCE
        while victim.program.is_running and (presses.is_alive() or time.monotonic() < end):
            presses.join(0.02)
            threading.Event().wait(0.01)
        presses.join(60)
        if not armed.judge():
            expect(victim.program.is_running or hand is Work.end, f"{name}: died of something else\n"
                   f"{victim.program.tail()}")
            return 0
        return 1

    def press(self, hand, victim, program):
        """A hand may meet a program that has just died: that is what this is about."""
        if hand is None:
            return
        try:
            until("it listens", lambda: not program.is_running or self.listens(victim), every=0.02)
            # Not on whoever comes after it.
            if program.is_running:
                hand(self)
        except (Failure, OSError, ValueError, StopIteration, subprocess.SubprocessError):
            pass

    def listens(self, victim):
        place = os.path.join(victim.state, "control.sock")
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(place) == 0

    def judge(self):
        self.terminal.over.set()
        for victim in (self.centre, self.office):
            # One that runs may still be armed, and would die while all is judged.
            self.kill(victim)
            victim.start()
        self.over.set()
        until("the device's last lines", lambda: self.flush(), wait=60)
        return super().judge()

    def flush(self):
        """The device that reports by itself sends what is left."""
        self.terminal.thread.join(10)
        return not self.terminal.unsent or self.terminal.send()
