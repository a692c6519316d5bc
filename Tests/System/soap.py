"""Devices that are read over their web service, from their port to the centre's public API."""

from box import Box, Device, compare, until
from commands import expect
from scans import office_with


def made(device):
    return [(device.serial, user, moment) for user, moment in device.records()]


def counted_once(device, centre):
    expect(compare(made(device), centre.punches()) == ([], [], []), "something is lost or invented")


def test_every_scan_is_counted_once():
    """The whole log is read again and again, breaks off, shrinks and comes back: each scan is counted once."""
    with Box() as box:
        device = Device(box, "lobby", "SOAP00000001", link="soap", comm_key=736251, options=[
            "--users", "9", "--records", "2000", "--fault",
            "soap-cut=row@20*1,soap-cut=between@30*1,soap-fewer=50@40*1,soap-page@50*1,soap-blank=2"])
        centre, office = office_with(box, [device], poll="1s")
        office.start()
        until("the log", lambda: len(centre.punches()) == 2000, wait=60)
        for user in range(1, 9):
            device.ask(f"scan {user} in")
            until(f"the scan of {user}", lambda: len(centre.punches()) == 2000 + user, wait=60)
        until("every fault", lambda: len([n for n in device.ask("stats")["faults"] if n.startswith("soap-")]) >= 3,
              wait=90)
        until("a reading behind them", lambda: not [
            d for d in centre.get("/api/v1/devices")["devices"] if d.get("problem")], wait=120)
        device.ask("scan 1 out")
        until("the last scan", lambda: len(centre.punches()) == 2009, wait=90)
        counted_once(device, centre)
        with open(office.program.log_path, encoding="utf-8", errors="replace") as log:
            expect("736251" not in log.read(), "the key stands in the log")
        stats = device.ask("stats")
        expect(stats["destructive"] == 0, "something destructive was asked")
        return f"faults {stats['faults']}"


def test_soap_then_session_then_soap():
    """The stanza of one device is changed from soap to tcp and back: each scan is counted once."""
    with Box() as box:
        device = Device(box, "lobby", "SOAP00000002", link="soap", options=["--users", "9", "--records", "300"])
        centre, office = office_with(box, [device], poll="1s")
        office.start()
        until("the log", lambda: len(centre.punches()) == 300, wait=60)
        expected = 300
        for link in ("tcp", "soap"):
            office.program.stop()
            with open(office.configuration, encoding="utf-8") as file:
                text = file.read()
            other = "soap" if link == "tcp" else "tcp"
            text = text.replace(f"{other}://127.0.0.1:{device.ports[other]}", f"{link}://127.0.0.1:{device.ports[link]}")
            with open(office.configuration, "w", encoding="utf-8") as file:
                file.write(text)
            device.ask("scan 3 in")
            expected += 1
            office.start()
            until(f"the scan read by {link}", lambda: len({p["key"] for p in centre.punches()}) == expected, wait=60)
        counted_once(device, centre)
        return f"{expected} scans"
