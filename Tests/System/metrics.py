"""What is watched: both programs answer /metrics, promtool takes every line, and numbers move with what happens."""

import json
import os
import re
import shutil
import subprocess
import urllib.error
import urllib.request

from box import Box, Centre, Device, Office, free_port, until
from commands import expect

OPEN = "application/openmetrics-text; version=1.0.0"


def scrape(port, accept=None, host=None):
    headers = {name: value for name, value in (("Accept", accept), ("Host", host)) if value}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read().decode()


def value(text, name):
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    return float(found.group(1)) if found else None


def check(text):
    """promtool's opinion of the text: nothing."""
    done = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    expect(done.returncode == 0 and not done.stdout.strip(), f"promtool check metrics: {done.stdout}")


def watched(box):
    """A centre that answers /metrics, and its port."""
    port = free_port()
    path = os.path.join(box.folder, "centre.conf")
    centre = Centre(box, government="Kabupaten Contoh")
    centre.program.stop()
    with open(path, "a", encoding="utf-8") as file:
        file.write(f"metrics_listen = \"127.0.0.1:{port}\"\n")
    centre.start()
    until("the listener", lambda: "metrics.listening" in centre.program.tail(100))
    return centre, port


def test_both_programs_are_watched():
    """Scans, a backup's mark and a refused node are numbers a moment later; promtool takes both texts; others are refused."""
    if not shutil.which("promtool"):
        return "needs promtool: .ci/setup"
    with Box() as box:
        centre, port = watched(box)
        device = Device(box, "lobby", "WATCHED00001", options=["--records", "30", "--users", "9"])
        office = Office(box, "office", "Dinas Kesehatan", [device.stanza(poll="1s")])
        node = office.enroll(centre.add_node("Dinas Kesehatan"))["node"]
        expect(value(scrape(port), "hadir_central_punches") == 0, "scans before there are any")
        office.start()
        until("the scans", lambda: value(scrape(port), "hadir_central_punches") == 30)
        text = scrape(port)
        expect(value(text, 'hadir_central_rows_total{outcome="stored"}') >= 30, text)
        expect(value(text, f'hadir_central_node_lag_seconds{{node="{node}"}}') < 60, text)
        expect(value(text, "hadir_central_ingest_duration_seconds_count") >= 1, text)
        expect("WATCHED" not in text and "lobby" not in text and "Kesehatan" not in text, "a name is in the text")
        until("nothing to compute", lambda: value(scrape(port), "hadir_central_recompute_queue_punches") == 0)
        until("the nightly look", lambda: value(scrape(port), "hadir_central_entries_verified_timestamp_seconds"))
        edge = scrape(office.port)
        expect(value(edge, 'hadir_edge_punches_read_total{device="lobby"}') == 30, edge)
        until("all acknowledged", lambda: value(scrape(office.port), "hadir_edge_queue_oldest_pending_seconds") == 0)
        expect(abs(value(scrape(office.port), "hadir_edge_clock_offset_seconds")) < 60, edge)
        expect(value(scrape(port), "hadir_central_backup_timestamp_seconds") is None, "a backup nobody made")
        with open(os.path.join(centre.state, "backup.json"), "w", encoding="utf-8") as file:
            json.dump({"at": "2026-11-22T20:30:00Z", "bytes": 1234, "drilled_at": "2026-11-22T20:30:05Z", "entries": 12,
                       "path": "/backup/x", "seconds": 4.2}, file)
        until("the backup", lambda: value(scrape(port), "hadir_central_backup_drill_timestamp_seconds") == 1795379405)
        for each in (port, office.port):
            check(scrape(each))
            expect(scrape(each, OPEN).endswith("\n# EOF\n"), "OpenMetrics without an end")
        for each, host in ((port, "hadir.example"), (centre.port, None)):
            try:
                scrape(each, host=host)
                raise AssertionError(f"{each} answered {host}")
            except urllib.error.HTTPError as error:
                expect(error.code == (421 if host else 404), f"{each} answered {host} with {error.code}")
        centre.revoke(node)
        until("the refusal", lambda: value(scrape(port), 'hadir_central_batches_total{answer="revoked"}') >= 1)
        return f"{len(scrape(port).splitlines())} and {len(edge.splitlines())} lines"
