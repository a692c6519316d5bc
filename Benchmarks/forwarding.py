"""Forwarding what waits to a centre: on loopback, and over a line with a round trip of 50 ms."""

from box import Centre, Device, Office, until
from delay import DelayProxy
from lab import processor_seconds, timed

ROUND_TRIP = 0.05


def run(box, table, arguments):
    records = arguments.records
    device = Device(box, "log", "BENCH0000002",
                    options=["--users", "200", "--records", str(records), "--capacity", str(records * 2)])
    centre = Centre(box, "near")
    forward(box, table, device, records, "near", centre, centre.url, "loopback")
    centre.program.stop()
    centre = Centre(box, "far")
    with DelayProxy(centre.port, ROUND_TRIP / 2) as proxy:
        forward(box, table, device, records, "far", centre, f"http://127.0.0.1:{proxy.port}",
                f"{ROUND_TRIP * 1000:.0f} ms round trip")
    centre.program.stop()
    device.program.kill()


def forward(box, table, device, records, name, centre, url, line):
    """hadird with everything read and nothing sent: signing, packing, sending, storing with FULL, receipts."""
    office = Office(box, "from-" + name, "Dinas Kesehatan", [device.stanza(live=False)])
    box.run("hadir", "device", "sync", "--config", office.configuration, "--state", office.state, wait=300)
    office.enroll(centre.add_node("Dinas Kesehatan", url=url))

    def drain():
        office.start()
        until("everything acknowledged", lambda: office.journal()["pending"] == 0, wait=900, every=0.05)

    seconds, _ = timed(drain)
    edge, centre_time = processor_seconds(office.program), processor_seconds(centre.program)
    office.program.stop()
    rate = records / seconds
    table.add(f"forwarding, {line}", f"{records:,} punches, one batch in flight", f"{rate:,.0f} punches/s",
              f"processor: edge {edge:.1f} s, centre {centre_time:.1f} s", "Frappe tool: 17/s", "≥ 10,000/s",
              rate >= 10_000)
