"""Who knows every scan that was made, and asks the centre, through its public API only, what became of each."""

import threading
import time
from collections import Counter

from box import Failure, reachable, until
from rig import Tally

# A scan that is not at the centre this long after everything is well again is late.
BOUND = 60


class Oracle:
    """Hands out scans to simulated devices and keeps a ledger of them; safe to use from several threads.

    A scan is (serial, user id, device time, verify, state). A person who scans twice in one second is in it twice.
    """

    def __init__(self, centre, devices=()):
        self.centre = centre
        self.devices = {device.serial: device for device in devices}
        self.made = []
        # Asked for, and no answer came: on the device or not.
        self.unknown = []
        self.under_way = 0
        self.lock = threading.Lock()
        self.forget()
        for device in devices:
            self.adopt(device)

    def forget(self):
        """The centre's rows may have other numbers now: all are read again."""
        self.after, self.rows = 0, []

    def adopt(self, device):
        """Everything that stands in the device's log already was made too."""
        lines = device.ask("export")
        with self.lock:
            self.devices[device.serial] = device
            for line in lines if isinstance(lines, list) else []:
                user, moment, verify, state = line.split("\t")[:4]
                self.made.append((device.serial, user, moment, int(verify), int(state)))

    def scan(self, device, user, more=""):
        """One person scans at the device; what its log then says is what was made."""
        with self.lock:
            self.under_way += 1
        try:
            words = device.ask(f"scan {user}{' ' + more if more else ''}").split()
            scan = (device.serial, words[1], words[0], int(words[2]), int(words[3]))
        except BaseException:
            with self.lock:
                self.under_way -= 1
                self.unknown.append((device.serial, user))
            raise
        with self.lock:
            self.under_way -= 1
            self.made.append(scan)
        return scan[2]

    def learn(self):
        """Nobody is scanning any more; what was asked for without an answer was made where the device's log has it."""
        until("the scans under way", lambda: self.under_way == 0)
        for serial, user in self.unknown:
            lines = self.devices[serial].ask("export")
            made = Counter(scan[:3] for scan in self.made)
            for line in lines if isinstance(lines, list) else []:
                name, moment, verify, state = line.split("\t")[:4]
                made[(serial, name, moment)] -= 1
                if name == user and made[(serial, name, moment)] < 0:
                    self.made.append((serial, name, moment, int(verify), int(state)))
                    break
        self.unknown = []

    # What the centre has

    def read(self):
        """All that the centre shows now; None while it cannot be asked."""
        def pages():
            while True:
                page = self.centre.get(f"/api/v1/punches?after={self.after}&limit=5000")
                if not page["punches"]:
                    return self.rows
                self.rows += page["punches"]
                self.after = page["next"]

        return reachable(pages)

    def settle(self, wait=BOUND, every=0.3, meanwhile=lambda: None):
        """Waits until the centre has as many punches as were made; the seconds that it took, or None."""
        begun = time.monotonic()
        while time.monotonic() - begun < wait:
            meanwhile()
            rows = self.read()
            if rows is not None and len(rows) >= len(self.made):
                return time.monotonic() - begun
            time.sleep(every)
        return None

    def judge(self, wait=BOUND, meanwhile=lambda: None, fresh=True):
        """The tally after everything is well again; at the end one more scan must pass, unless `fresh` is off."""
        tally = Tally()
        self.learn()
        seconds = self.settle(wait, meanwhile=meanwhile)
        if seconds is None:
            # Lost, or only late? Whoever waits longer knows.
            before = Counter(place(row) for row in self.rows)
            self.settle(wait * 2, meanwhile=meanwhile)
            late = Counter(place(row) for row in self.rows) - before
            tally.late = [scan for scan in late.elements()]
        if fresh and self.devices:
            device = next(iter(self.devices.values()))
            self.scan(device, "1")
            if self.settle(wait, meanwhile=meanwhile) is None:
                tally.fail(f"alive no more: a fresh scan did not pass within {wait} s")
        # As if nothing had been read yet: what was shown once must still be there.
        self.forget()
        if self.read() is None:
            raise Failure("the centre cannot be asked")
        self.classify(tally)
        tally.note("settled_s", None if seconds is None else round(seconds, 1))
        return tally

    def whence(self, scan):
        """Whether the device knows of a scan that nobody asked for."""
        try:
            lines = self.devices[scan[0]].ask("export")
            known = any(tuple(line.split("\t")[:2]) == scan[1:] for line in lines)
        except (Failure, OSError, KeyError, TypeError):
            return "its device cannot be asked"
        return "in its device's log" if known else "not in its device's log"

    def classify(self, tally):
        tally.scans = len(self.made)
        made = Counter(scan[:3] for scan in self.made)
        found = Counter(place(row) for row in self.rows)
        missing, extra = list((made - found).elements()), list((found - made).elements())
        for scan in extra:
            if scan in made:
                tally.doubled.append(scan)
                continue
            # One that is nearly a missing one is that one, altered.
            twin = next((other for other in missing if sum(a == b for a, b in zip(scan, other)) == 2), None)
            if twin:
                missing.remove(twin)
                tally.altered.append((twin, scan))
            else:
                tally.invented.append((*scan, self.whence(scan)))
        tally.lost.extend(missing)
        keys = Counter(row["key"] for row in self.rows)
        tally.doubled.extend(key for key, count in keys.items() if count > 1)
        attributes = {scan[:3]: set() for scan in self.made}
        for scan in self.made:
            attributes[scan[:3]].add(scan[3:])
        for row in self.rows:
            said = attributes.get(place(row))
            if said and (row["verify"], row["state"]) not in said:
                tally.altered.append((place(row), row["verify"], row["state"]))


def place(row):
    return row["device_serial"], row["user_id"], row["device_time"]
