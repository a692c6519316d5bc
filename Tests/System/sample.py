"""demo-data: an invented government goes in as a real one would, and what the centre makes of it adds up and is fair."""

import json
import os
import sqlite3
from datetime import date, timedelta

import contract_rules as rules
from box import Box, Centre, until
from commands import expect

DAY = 86_400_000
WIB = 7 * 3_600_000


def story(box, name, *options):
    """A stopped centre with an invented government, and what demo-data printed."""
    state = os.path.join(box.folder, name)
    box.run("hadir-central", "init", "--state", state)
    text = box.run("hadir-central", "demo-data", "--state", state, "--until", "2026-10-31", "--json", *options, wait=300)
    return state, json.loads(text)


def compute(box, state):
    """A server makes all workdays, and is stopped."""
    centre = Centre(box, os.path.basename(state))
    until("workdays of everything", lambda: rows(state, """
        SELECT NOT EXISTS (SELECT 1 FROM recompute_queue) AND last_day IS NOT NULL
            AND punch_id >= (SELECT coalesce(max(id), 0) FROM punches) FROM recompute_state""")[0][0], wait=300)
    centre.program.stop()


def rows(state, query, *values):
    base = sqlite3.connect(f"file:{state}/central.db?mode=ro", uri=True)
    try:
        return base.execute(query, values).fetchall()
    finally:
        base.close()


def test_invented_government_is_taken_like_a_real_one():
    """Every chain holds by rules written down apart from the program, nothing is in quarantine, all counts are true."""
    with Box() as box:
        state, said = story(box, "sample", "--employees", "100", "--units", "9", "--seed", "3")
        checked = 0
        for epoch, node in rows(state, "SELECT epoch, id FROM epochs"):
            end = rules.chain_start(epoch)
            for seq, body, kept in rows(state, "SELECT seq, body, hash FROM entries WHERE epoch_id = ? ORDER BY seq", node):
                end = rules.chain_next(end, seq, body)
                expect(end == kept, f"entry {seq} of epoch {epoch} is not of its chain")
                checked += 1
        expect(checked == said["entries"], f"{checked} entries, {said['entries']} printed")
        expect(rows(state, "SELECT count(*) FROM quarantine") == [(0,)], "entries in quarantine")
        for what, query in (
            ("scans", "SELECT count(*) FROM punches"), ("devices", "SELECT count(*) FROM devices"),
            ("employees", "SELECT count(*) FROM employees"), ("nodes", "SELECT count(*) FROM nodes"),
            ("units", "SELECT count(*) FROM units"), ("links", "SELECT count(*) FROM identity_links"),
            ("leave", "SELECT count(*) FROM attestations WHERE kind = 'leave'"),
        ):
            (count,), = rows(state, query)
            expect(count == said[what], f"{count} {what}, {said[what]} printed")
        _, again = story(box, "again", "--employees", "100", "--units", "9", "--seed", "3")
        _, other = story(box, "other", "--employees", "100", "--units", "9", "--seed", "4")
        expect(again == said, "the same seed told another story")
        expect(other["digest"] != said["digest"], "another seed told the same story")
        return f"{said['scans']} scans, {checked} entries"


def test_invented_scans_never_go_into_a_real_centre():
    """Beside one node, or beside a running server, demo-data refuses and nothing is changed."""
    with Box() as box:
        centre = Centre(box)
        running = box.attempt("hadir-central", "demo-data", "--state", centre.state)
        expect(running.returncode == 75, f"beside a server: exit code {running.returncode}: {running.stderr}")
        centre.add_node("Dinas Nyata")
        centre.program.stop()
        refused = box.attempt("hadir-central", "demo-data", "--state", centre.state)
        expect(refused.returncode == 78 and "empty centre only" in refused.stderr, refused.stderr)
        expect(rows(centre.state, "SELECT count(*) FROM entries") == [(0,)], "entries came in")
        expect(rows(centre.state, "SELECT count(*) FROM employees") == [(0,)], "people came in")


def test_outages_of_the_sample_make_nobody_absent():
    """Some days are belum sinkron, and nobody is tanpa keterangan where a device's record is not complete."""
    with Box() as box:
        state, said = story(box, "sample", "--employees", "300", "--units", "12", "--seed", "1")
        compute(box, state)
        (count,), = rows(state, "SELECT count(*) FROM workdays WHERE status = 'belum_sinkron'")
        expect(count > 0, "no day is undecided, although devices were down")
        absent = rows(
            state, """
            SELECT w.employee_id, w.day, w.unit_id FROM workdays w JOIN placements p ON p.employee_id = w.employee_id
                AND p.from_day <= w.day AND coalesce(p.to_day, 999999) >= w.day
            WHERE w.status = 'tanpa_keterangan' AND p.schedule_group <> 'piket'""")
        expect(absent, "nobody at all is absent in a month of 300 people")
        known = Complete(state)
        for employee, day, unit in absent:
            for device in known.devices_of(unit):
                expect(known.is_complete(device, day),
                       f"employee {employee} is absent on {date(1970, 1, 1) + timedelta(days=day)}, "
                       f"and device {device} is not complete then")
        present = rows(state, "SELECT count(*) FROM workdays WHERE status = 'hadir'")[0][0]
        expect(present > 10 * len(absent), f"{present} present, {len(absent)} absent: not a government")
        return f"{present} hadir, {len(absent)} tanpa keterangan, {count} belum sinkron"


def test_recap_of_the_sample_adds_up():
    """The government's total is the sum of its units' and of its employees', and each is what the workdays say."""
    with Box() as box:
        state, said = story(box, "sample", "--employees", "120", "--units", "9", "--seed", "2")
        compute(box, state)

        def recap(*options):
            return json.loads(box.run("hadir-central", "recap", "--state", state, "--month", "2026-10", "--json", *options))
        total = recap("--government")["total"]
        people = recap("--employees")
        expect(people["total"] == total, "the same month has two totals")
        # Who moved or left still stands in the month.
        expect(len(people["employees"]) == said["employees"], f"{len(people['employees'])} employees in the recap")
        for what in ("days", "working_days", "present", "undecided", "manual", "deduction"):
            added = sum(person["figures"][what] for person in people["employees"])
            expect(added == total[what], f"{what}: {added} of employees, {total[what]} in all")
        units = recap("--units")
        roots = [unit["total"] for unit in units["units"]] + [units["without_unit"]]
        for status, count in total["statuses"].items():
            expect(sum(root["statuses"][status] for root in roots) == count, f"{status}: units do not add up")
            (kept,), = rows(state, "SELECT count(*) FROM workdays WHERE status = ? AND day BETWEEN 20727 AND 20757", status)
            expect(kept == count, f"{status}: {count} in the recap, {kept} workdays")
        expect(total["statuses"]["hadir"] > 0 and total["statuses"]["belum_sinkron"] > 0, f"{total['statuses']}")
        return f"{total['days']} days, {total['undecided']} undecided"


class Complete:
    """When each device's record is complete, by the claims alone: later ones over earlier ones, holes taken out."""

    def __init__(self, state):
        self.parents = dict(rows(state, "SELECT id, parent_id FROM units"))
        self.devices, self.claims = {}, {}
        for device, unit in rows(state, "SELECT id, unit_id FROM devices"):
            self.devices.setdefault(unit, []).append(device)
        for device, start, end, holes in rows(
                state, "SELECT device_id, from_at, to_at, holes FROM coverage ORDER BY epoch_id, seq"):
            self.claims.setdefault(device, []).append((start, end, json.loads(holes)))
        for device, text in rows(
                state, "SELECT device_id, content FROM attestations WHERE kind = 'coverage' AND withdrawn_at IS NULL"):
            span = attested(json.loads(text))
            self.claims.setdefault(device, []).append((*span, []))

    def devices_of(self, unit):
        while unit not in self.devices and self.parents.get(unit):
            unit = self.parents[unit]
        return self.devices.get(unit, [])

    def is_complete(self, device, day):
        """Whether every half hour between six in the morning and midnight is claimed and in no hole."""
        begin = day * DAY - WIB
        return all(self.covers(device, begin + minute * 60_000) for minute in range(6 * 60, 24 * 60, 30))

    def covers(self, device, moment):
        return any(
            start <= moment < end and not any(hole["from"] <= moment < hole["to"] for hole in holes)
            for start, end, holes in self.claims.get(device, ()))


def attested(content):
    """From and to in milliseconds, wherever they stand in the JSON of an attestation."""
    inner = content["coverage"]
    reference = 978_307_200
    return int((inner["from"] + reference) * 1000), int((inner["to"] + reference) * 1000)
