"""Workdays of an invented government: made from nothing, after one scan, added up; beside SQLite alone on the same rows."""

import base64
import json
import os
import sqlite3
import subprocess
import time

import lab
from box import Centre, Failure, Office, until
from ingest import post_all, signed
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import contract_rules as rules

FROM, UNTIL, MONTH, FIRST, LAST = "2026-10-01", "2026-10-31", "2026-10", 20727, 20757  # days since 1970
SEED = "7"
FLAT_SCANS = 40


def run(box, table, arguments):
    centre = story(box, table, "whole", arguments.employees, arguments.units, 1)
    recompute(box, table, centre.state, arguments)
    recap(box, table, centre.state, arguments)
    one_scan(box, table, centre, arguments)
    centre.program.stop()
    flat(box, table, arguments)


def of(arguments):
    return f"{arguments.employees:,} employees, {arguments.units} units, {MONTH}"


def story(box, table, name, employees, units, months):
    """A running centre with an invented government, all its workdays made."""
    state = os.path.join(box.folder, name)
    box.run("hadir-central", "init", "--state", state)
    seconds, text = lab.timed(lambda: box.run(
        "hadir-central", "demo-data", "--state", state, "--employees", str(employees), "--units", str(units), "--months",
        str(months), "--seed", SEED, "--until", UNTIL, "--json", wait=14_400))
    said = json.loads(text)
    size = os.path.getsize(os.path.join(state, "central.db")) / 1048576
    table.add("demo-data, through ingest", f"{employees:,} employees, {months} months: {said['scans']:,} scans",
              f"{seconds:.1f} s", f"{said['scans'] / seconds:,.0f} scans/s", f"{size:,.0f} MiB")
    begun = time.perf_counter()
    centre = Centre(box, name)
    settle(state, 14_400)
    first = time.perf_counter() - begun
    days = rows(state, "SELECT count(*) FROM workdays")[0][0]
    if not days:
        raise Failure("the server made no workday of the sample")
    table.add("everything from nothing, in the server", f"{days:,} workdays, {months} months and the days since",
              f"{first:.1f} s", f"{days / first:,.0f} workdays/s")
    return centre


def settle(state, wait=600):
    """Waits until every punch was looked at and nothing stands in the queue."""
    until("workdays of everything", lambda: rows(state, """
        SELECT NOT EXISTS (SELECT 1 FROM recompute_queue) AND last_day IS NOT NULL
            AND punch_id >= (SELECT coalesce(max(id), 0) FROM punches) FROM recompute_state""")[0][0], wait=wait, every=0.01)


def rows(state, query, *values):
    base = sqlite3.connect(f"file:{state}/central.db?mode=ro", uri=True)
    try:
        return base.execute(query, values).fetchall()
    finally:
        base.close()


def month_again(box, state):
    """Seconds from the command that asks for the month to the end of it, in a running server."""
    def again():
        box.run("hadir-central", "recompute", "--state", state, "--from", FROM, "--to", UNTIL)
        settle(state)
    return lab.best(2, again)[0]


def recompute(box, table, state, arguments):
    seconds = month_again(box, state)
    days = rows(state, "SELECT count(*) FROM workdays WHERE day BETWEEN ? AND ?", FIRST, LAST)[0][0]
    table.add("recompute of a month", of(arguments), f"{seconds:.2f} s", f"{days:,} workdays", f"{days / seconds:,.0f}/s",
              "≤ 5 s", seconds <= 5)
    bare = limit(box, state, days)
    if bare is None:
        table.add("the same", "", "", "no C compiler or sqlite3.h here")
        return
    read, write = bare
    table.add("the same", "its rows read, as many written", f"{seconds:.2f} s",
              f"SQLite alone, shell and C: {read:.2f} s reading, {write:.2f} s writing",
              f"{seconds / (read + write):.1f} x its time")


def limit(box, state, days):
    """Seconds SQLite takes for the month's scans and claims, and for as many workdays with the same columns."""
    database = os.path.join(state, "central.db")
    query = f"""
        SELECT sum(length(user_id) + length(device_time) + length(key)) FROM punches
        WHERE device_time BETWEEN '2026-09-30' AND '2026-11-02';
        SELECT sum(from_at + to_at + length(holes)) FROM coverage WHERE until_at >= {(FIRST - 1) * 86_400_000};
        SELECT sum(length(content)) FROM attestations WHERE from_day <= {LAST} AND coalesce(to_day, {LAST}) >= {FIRST};
        SELECT sum(employee_id) FROM identity_links; SELECT sum(length(post)) FROM placements;"""
    read, _ = lab.best(2, lambda: subprocess.run(
        ["sqlite3", "-readonly", database], input=query, text=True, check=True, capture_output=True))
    write = lab.raw_insert(database, os.path.join(box.folder, "bare.db"), 5000, [
        ("units", "SELECT * FROM units ORDER BY id"), ("employees", "SELECT * FROM employees"),
    ], [("workdays", f"SELECT * FROM workdays WHERE day BETWEEN {FIRST} AND {LAST}")])
    return None if write is None else (read, write)


def recap(box, table, state, arguments):
    seconds, text = lab.best(3, lambda: box.run(
        "hadir-central", "recap", "--state", state, "--month", MONTH, "--json", wait=600))
    table.add("recap of a month for all", of(arguments), f"{seconds:.2f} s", f"{len(text) / 1048576:.1f} MiB of JSON", "",
              "≤ 5 s", seconds <= 5)
    query = f"""SELECT employee_id, unit_id, status, count(*), sum(deduction), total(flags) FROM workdays
        WHERE day BETWEEN {FIRST} AND {LAST} GROUP BY employee_id, unit_id, status ORDER BY unit_id, employee_id;"""
    bare, _ = lab.best(3, lambda: subprocess.run(
        ["sqlite3", "-readonly", os.path.join(state, "central.db")], input=query, text=True, check=True,
        stdout=subprocess.DEVNULL))
    table.add("the same", "counted by status, employee and unit", f"{seconds:.2f} s", f"sqlite3 shell: {bare:.2f} s",
              f"{seconds / bare:.1f} x its time")


# A real node of one of the units, which speaks for a device of it.

class Node:
    """A node in Python, enrolled beside the sample's, whose next scan is not in the story yet."""

    def __init__(self, box, centre):
        self.centre, self.state = centre, centre.state
        state = centre.state
        (unit, serial, user), = rows(state, """
            SELECT units.name, devices.serial, CAST(identity_links.user_id AS TEXT) FROM devices
            JOIN units ON units.id = devices.unit_id JOIN identity_links ON identity_links.unit_id = units.id
            JOIN placements ON placements.employee_id = identity_links.employee_id AND placements.to_day IS NULL
            WHERE units.name = 'Dinas Pendidikan' AND placements.schedule_group = 'umum'
                AND identity_links.to_day IS NULL AND identity_links.from_day <= ? ORDER BY devices.id, 3 LIMIT 1""", FIRST)
        self.serial, self.user = serial, user
        self.office = Office(box, "scanner-" + centre.name, unit, [])
        self.office.node = self.office.enroll(centre.add_node(unit))["node"]
        with open(os.path.join(self.office.state, "node.key")) as file:
            self.key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(file.read().strip()))
        self.epoch, self.seq = os.urandom(16).hex(), 0
        self.end = rules.chain_start(self.epoch)

    def scan(self, number):
        """Sends one scan of one person, earlier than any of the day; seconds until the day is computed and on disk."""
        day, minute = 1 + number % 28, 6 * 60 + 50 - number // 28 * 5
        body = json.dumps({
            "kind": "punch", "at": "2026-10-31T23:00:05.123Z", "serial": self.serial, "user_id": self.user,
            "device_time": f"2026-10-{day:02}T{minute // 60:02}:{minute % 60:02}:{number % 60:02}", "occurrence": 0,
            "verify": 1, "state": 0, "source": "poll"}, separators=(",", ":")).encode()
        previous, self.end = self.end, rules.chain_next(self.end, self.seq + 1, body)
        text = signed(self.office.node, self.epoch, self.seq, previous, self.end, [body], self.key)
        self.seq += 1
        looked, failures = self.looked(), []
        begun = time.perf_counter()
        post_all(self.centre.port, [text], failures)
        if failures:
            raise Failure(f"the centre refused a scan: {failures[0]}")
        until("the scan's day", lambda: self.looked() > looked, wait=60, every=0.005)
        return time.perf_counter() - begun

    def looked(self):
        """Up to which punch workdays are made."""
        return rows(self.state, "SELECT punch_id FROM recompute_state")[0][0]

    def touched(self, before):
        """Days of whom and when that were written since `before`: (employee, day) and how often."""
        return rows(self.state, "SELECT employee_id, day FROM workday_changes WHERE id > ?", before)

    def last_change(self):
        return rows(self.state, "SELECT coalesce(max(id), 0) FROM workday_changes")[0][0]



def one_scan(box, table, centre, arguments):
    node = Node(box, centre)
    before = node.last_change()
    times = sorted(node.scan(number) for number in range(FLAT_SCANS))
    touched = node.touched(before)
    people = {employee for employee, _ in touched}
    table.add("one new scan, until its day is computed", f"{FLAT_SCANS} scans, {arguments.employees:,} employees",
              f"median {times[len(times) // 2] * 1000:.0f} ms", f"most {times[-1] * 1000:.0f} ms")
    table.add("workdays it changes", f"{FLAT_SCANS} scans of one person", f"{len(touched)} days of {len(people)} people", "",
              "", "≤ 1 person, ≤ 3 days a scan", len(people) <= 1 and len(touched) <= 3 * FLAT_SCANS)


def flat(box, table, arguments):
    """The same month of the same people with one month stored and with many."""
    people, units, months = arguments.flat_employees, max(6, arguments.units // 5), arguments.flat_months
    measured = []
    for stored in (1, months):
        centre = story(box, table, f"stored{stored}", people, units, stored)
        state = centre.state
        again = month_again(box, state)
        summed = lab.best(3, lambda: box.run(
            "hadir-central", "recap", "--state", state, "--month", MONTH, "--json", wait=600))[0]
        node = Node(box, centre)
        times = sorted(node.scan(number) for number in range(FLAT_SCANS))
        centre.program.stop()
        measured.append((again, summed, times[len(times) // 2]))
    for what, one, many in zip(("recompute of a month", "recap of a month", "one new scan"), *measured):
        table.add(f"flat: {what}", f"{people:,} employees, 1 month stored and {months}", f"{many:.3f} s",
                  f"with 1 month: {one:.3f} s", f"{many / one:.2f} x", "≤ 1.5 x", many <= 1.5 * one)
