"""From a finger on the device to the centre: live events on, until the centre's API shows the punch."""

import http.client
import json
import time

from box import Centre, Device, Failure, Office, until


def run(box, table, arguments):
    scans = arguments.scans
    centre = Centre(box, "seen")
    device = Device(box, "gate", "LATENCY000001", options=["--users", "300", "--records", "1000"])
    office = Office(box, "gate-office", "Dinas Kesehatan", [device.stanza(poll="60s", live=True)], heartbeat="60s")
    office.enroll(centre.add_node("Dinas Kesehatan"))
    office.start()
    until("the log at the centre", lambda: len(centre.punches()) >= 1000, wait=60)
    until("the device is listened to", lambda: device.ask("stats")["listeners"] > 0, wait=30)
    after = centre.punches()[-1]["id"]
    connection = http.client.HTTPConnection("127.0.0.1", centre.port, timeout=10)
    delays = []
    for number in range(scans):
        begun = time.perf_counter()
        device.ask(f"scan {number % 300 + 1} in")
        after = shown(centre, connection, after, begun)
        delays.append(time.perf_counter() - begun)
        # Not in step with anything that comes round every second.
        time.sleep(0.05 + number * 37 % 100 / 500)
    delays.sort()
    middle, late = delays[len(delays) // 2], delays[max(0, int(len(delays) * 0.99) - 1)]
    table.add("scan to centre, live events on", f"{scans} scans, until the centre's API shows it", f"p99 {late:.2f} s",
              f"median {middle:.2f} s, most {delays[-1]:.2f} s", "", "≤ 2 s", late <= 2)
    office.program.stop()
    centre.program.stop()
    device.program.kill()


def shown(centre, connection, after, begun):
    while True:
        connection.request("GET", f"/api/v1/punches?after={after}&limit=10",
                           headers={"Authorization": "Bearer " + centre.token})
        page = json.loads(connection.getresponse().read())
        if page["punches"]:
            return page["punches"][-1]["id"]
        if time.perf_counter() - begun > 30:
            raise Failure("a scan did not come to the centre within 30 s")
        time.sleep(0.005)
