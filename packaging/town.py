"""A small government with two months of history and a day that goes on while one looks: for the demo and for tests.

`demo-data` tells the months; from today on real programs do: simulated devices with the serials of the story, a hadird at
each office that reads them, one office whose computer is off. Nobody in it is real.
"""

import concurrent.futures
import datetime
import json
import random
import re
import secrets

from box import Centre, Device, Failure, Office, until

GOVERNMENT = "Pemerintah Kabupaten Contoh"
EMPLOYEES, UNITS, SEED = 90, 6, 3
# Two, so that the month that is over is whole and can be closed.
MONTHS = 2
WIB = datetime.timezone(datetime.timedelta(hours=7))
# Its computer is off since yesterday: nobody knows of its people's day.
SILENT = "Satuan Polisi Pamong Praja"
# Nothing reaches it: a stick is carried to the office once a week.
BY_STICK = "SD Negeri"


# How far the town's clock is ahead of this computer's; the caller starts its programs under the same clock.
ahead = datetime.timedelta()


def now():
    return datetime.datetime.now(WIB) + ahead


class Unit:
    """One office that is there today: its device, its computer, its people by PIN."""

    def __init__(self, name, serial, people):
        self.name, self.serial, self.people = name, serial, people
        self.short = re.sub(r"[^a-z]", "", name.lower().split()[-1])
        self.device = self.office = None


class Account:
    """A login. `what` says in Indonesian whose it is, `first` is the page it is led to."""

    def __init__(self, name, role, what, unit=None, employee=None, person=None):
        self.name, self.role, self.what, self.unit = name, role, what, unit
        self.employee, self.person = employee, person
        self.password = secrets.token_urlsafe(12)


class Town:
    """`offices`: how many have a computer and a device today."""

    def __init__(self, box, offices=4, heartbeat="2s", poll="2s"):
        self.box, self.heartbeat, self.poll = box, heartbeat, poll
        self.random = random.Random(SEED)
        self.centre = Centre(box, government=GOVERNMENT, fill=self.fill)
        self.units = self.read_units()
        self.live = [unit for unit in self.units if unit.name != SILENT and BY_STICK not in unit.name][:offices]
        self.accounts = self.make_accounts()
        for unit in self.live:
            self.open_office(unit)
        for unit in self.live:
            self.attest_the_morning(unit)

    # The history

    def fill(self, centre):
        centre.run("demo-data", "--employees", str(EMPLOYEES), "--units", str(UNITS), "--months", str(MONTHS),
                   "--seed", str(SEED))
        # The last stick of the story waits for somebody to accept it.
        files = json.loads(centre.run("leave", "list", "--kind", "file", "--json"))["attestations"]
        centre.run("leave", "withdraw", str(files[-1]["id"]), "--reason", "contoh: menunggu diperiksa")
        self.make_today_a_working_day(centre)

    def make_today_a_working_day(self, centre):
        """On a weekend nobody would come: then the story has hours for today all the same, and says so."""
        names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
        today = now().date()
        for group, schedule, last in (("umum", "nasional-5-hari", 4), ("enam-hari", "enam-hari", 5)):
            if today.weekday() <= last:
                continue
            text = centre.run("schedule", "show", schedule)
            text = re.sub(r"(?m)^name = .*", f"name = \"{schedule}-hari-ini\"", text)
            text = re.sub(r"(?m)^citation = .*", "citation = \"contoh: hari ini hari kerja\"", text)
            text = re.sub(r"(?m)^effective_from = .*", f"effective_from = {today}", text)
            text += (f"\n[day.{names[today.weekday()]}]\nstart = \"07:30\"\nend = \"14:30\"\nbreak = \"12:00-12:30\"\n"
                     "arrival = \"06:00-11:59\"\ndeparture = \"12:00-23:59\"\n")
            path = f"{self.box.folder}/{schedule}-hari-ini.toml"
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            centre.run("schedule", "add", path)
            centre.run("group", "set", group, f"{schedule}-hari-ini", "--from", str(today), "--override",
                       "--document", "contoh: hari ini hari kerja")

    def read_units(self):
        devices = json.loads(self.centre.run("device", "list", "--json"))["devices"]
        serials = {device["unit"]: device["serial"] for device in devices}
        people, after = [], 0
        while after is not None:
            page = self.centre.get(f"/api/v1/employees?after={after}", role="personnel")
            people += page["employees"]
            after = page["next"]
        # PINs of the story count up in the order of the list.
        staff = {}
        for person in people:
            if person["placements"]:
                staff.setdefault(person["placements"][0]["unit"], []).append(person)
        return [Unit(name, serial, staff.get(name, [])) for name, serial in serials.items()]

    def unit(self, name):
        return next(unit for unit in self.units if name in unit.name)

    # Who looks

    def make_accounts(self):
        health = self.unit("Dinas Kesehatan")
        head, clerk, somebody = health.people[0], health.people[1], health.people[2]
        accounts = [
            Account("bupati", "executive", "Bupati: seluruh pemerintah"),
            Account("bkpsdm", "personnel", "BKPSDM: kepegawaian"),
            Account("diskominfo", "admin", "Diskominfo: jaringan dan akun"),
            Account("inspektorat", "auditor", "Inspektorat: membaca semuanya, mengubah tidak"),
            Account("kepala.dinkes", "employee", f"kepala {health.name}", employee=head["number"], person=head["name"]),
            Account("operator.dinkes", "clerk", f"petugas {health.name}", unit=health.name,
                    employee=clerk["number"], person=clerk["name"]),
            Account("pegawai.dinkes", "employee", f"pegawai {health.name}", employee=somebody["number"],
                    person=somebody["name"]),
        ]
        # Each password is hashed for seconds; a list, so that a failure is not lost.
        with concurrent.futures.ThreadPoolExecutor(2) as workers:
            list(workers.map(lambda account: self.centre.add_account(
                account.name, account.password, account.role, account.unit, account.employee), accounts))
        return accounts

    def account(self, name):
        return next(account for account in self.accounts if account.name == name)

    # Today

    def open_office(self, unit):
        """The story's computer is shut out; another takes its place, and reads the device of the story."""
        for node in json.loads(self.centre.run("node", "list", "--json"))["nodes"]:
            if node["unit"] == unit.name and node["state"] == "active":
                self.centre.revoke(node["id"])
        unit.device = Device(self.box, unit.short, unit.serial, options=["--users", str(max(9, len(unit.people)))])
        self.scan_the_morning(unit)
        unit.office = Office(self.box, "kantor-" + unit.short, unit.name,
                             [unit.device.stanza(poll=self.poll)], heartbeat=self.heartbeat)
        unit.office.enroll(self.centre.add_node(unit.name))
        unit.office.start()

    def scan_the_morning(self, unit):
        """What people have done today before we came; somebody is late, somebody is not there."""
        moment = now()
        start = moment.replace(hour=7, minute=30, second=0, microsecond=0)
        scans = []
        for pin in range(1, len(unit.people) + 1):
            # The three with logins are there, so that they have something to look at.
            # The last of each office has not come yet.
            if pin == len(unit.people) or pin > 3 and self.random.random() < 0.1:
                continue
            late = pin > 3 and self.random.random() < 0.15
            minutes = self.random.uniform(2, 50) if late else self.random.triangular(-70, -1, -14)
            scans.append((start + datetime.timedelta(minutes=minutes), pin))
            if self.random.random() < 0.8:
                scans.append((start + datetime.timedelta(minutes=self.random.uniform(512, 560)), pin))
        for at, pin in sorted(scans):
            if at < moment - datetime.timedelta(minutes=1):
                unit.device.ask(f"scan {pin} at {at:%Y-%m-%dT%H:%M:%S}")

    def attest_the_morning(self, unit):
        """The new computer knows of today from now on; that the device's record of before is whole, a person says."""
        def arrived():
            return sum(punch["device_serial"] == unit.serial and punch["device_time"].startswith(f"{now():%Y-%m-%d}")
                       for punch in self.centre.punches()) >= len(unit.device.records())

        until(f"the morning of {unit.name}", arrived, wait=60, every=0.5)
        moment = now()
        begin = moment.replace(hour=0, minute=0, second=0) - datetime.timedelta(hours=4)
        times = [f"{time.astimezone(datetime.timezone.utc):%Y-%m-%dT%H:%M:%SZ}" for time in (begin, moment)]
        self.centre.run("coverage", "add", unit.serial, "--from", times[0], "--to", times[1],
                        "--document", "contoh: catatan mesin diperiksa")

    def scan(self, unit, pin, direction="in"):
        """(serial, PIN, device time) as the device recorded it; None where the same finger came a moment ago."""
        try:
            moment, user = unit.device.ask(f"scan {pin} {direction}").split()[:2]
        except Failure:
            return None
        return (unit.serial, user, moment)

    def stop(self):
        for unit in self.live:
            if unit.office and unit.office.program and unit.office.program.is_running:
                unit.office.program.stop()
