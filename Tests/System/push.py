"""Devices that report by themselves: hadird is their server, hadir-sim the device, and the centre is behind."""

import random
import time

from box import Box, Centre, Office, compare, free_port, reachable, until
from commands import expect


class Pusher:
    """A simulated device that reports by itself; what it prints is in its log."""

    def __init__(self, box, name, serial, port, options=()):
        self.serial = serial
        self.program = box.start(
            name, ["hadir-sim", "push", "--to", f"http://127.0.0.1:{port}", "--serial", serial, *options],
            ready=r"hadir-sim: .* pushes to")

    def lines(self, word):
        self.program.log.flush()
        with open(self.program.log_path, encoding="utf-8") as file:
            return [line.split() for line in file if line.startswith(word + " ")]

    def acknowledged(self):
        """Scans of which an acknowledgement was read, as often as that happened: (user id, device time)."""
        return [(words[1], words[2]) for words in self.lines("acked")]


def stanza(name, serial):
    return f"[device.{name}]\naddress = \"push://\"\nserial = \"{serial}\"\n"


def office_with_push(box, centre, stanzas):
    port = free_port()
    office = Office(box, "office", "Dinas Kesehatan", [f"[push]\nlisten = \"127.0.0.1:{port}\"\n", *stanzas])
    office.enroll(centre.add_node("Dinas Kesehatan"))
    office.start()
    return office, port


def at_the_centre(centre, made):
    def arrived():
        punches = reachable(centre.punches)
        return punches is not None and len(punches) >= len(made)

    until("every scan at the centre", arrived, wait=90, every=0.5)
    lost, doubled, invented = compare(made, centre.punches())
    expect(not lost and not doubled and not invented,
           f"lost {lost[:3]} doubled {doubled[:3]} invented {invented[:3]}")


def test_push_every_scan_once():
    """Two devices report over a bad line, in both dialects; a third is admitted later. Every scan is at the centre once."""
    with Box() as box:
        centre = Centre(box)
        office, port = office_with_push(
            box, centre, [stanza("lobby", "PUSH00000001"), stanza("gudang", "PUSH00000002")])
        bad = ["--fault", "lose-answer=20,half-answer=10,half-request=10", "--once", "--batch", "32"]
        devices = [
            Pusher(box, "lobby", "PUSH00000001", port, ["--records", "700", *bad]),
            Pusher(box, "gudang", "PUSH00000002", port, ["--records", "500", "--dialect", "old", "--seed", "7", *bad]),
            Pusher(box, "third", "PUSH00000003", port, ["--records", "40", "--once"]),
        ]
        until("two devices are done", lambda: all(device.lines("done") for device in devices[:2]), wait=90)
        expect(devices[2].lines("refused") and not devices[2].lines("acked"), "a device nobody admitted was served")
        listed = box.run("hadir", "push", "list", "--state", office.state)
        expect("PUSH00000003" in listed and "not admitted" in listed, listed)
        box.run("hadir", "push", "admit", "PUSH00000003", "--name", "third", "--state", office.state,
                "--config", office.configuration)
        until("the admitted device is done", lambda: devices[2].lines("done"), wait=60)
        made = [(device.serial, user, moment) for device in devices for user, moment in set(device.acknowledged())]
        expect(len(made) == 1240, f"{len(made)} scans were acknowledged, not 1240")
        at_the_centre(centre, made)
        verdict = office.verify()
        expect(not verdict["problems"], verdict["problems"][:3])
        broke = sum(len(device.lines("acked")) for device in devices)
        return f"1240 scans of 3 devices over a bad line, 0 lost, 0 doubled ({broke} acknowledgements read)"


def test_push_kill_in_mid_upload():
    """hadird is killed in mid-upload, again and again: what was acknowledged is at the centre, and all of it once."""
    seed = int(time.time())
    rng = random.Random(seed)
    with Box() as box:
        centre = Centre(box)
        office, port = office_with_push(box, centre, [stanza("lobby", "PUSH00000001")])
        device = Pusher(box, "lobby", "PUSH00000001", port,
                        ["--records", "3000", "--batch", "20", "--once", "--seed", str(seed % 1000)])
        kills = 0
        until("the upload has begun", lambda: len(device.acknowledged()) > 20, wait=30, every=0.01)
        while not device.lines("done") and kills < 12:
            time.sleep(rng.uniform(0.02, 0.3))
            office.program.kill()
            kills += 1
            time.sleep(rng.uniform(0, 0.2))
            office.start()
        until("the device is done", lambda: device.lines("done"), wait=120)
        made = [("PUSH00000001", user, moment) for user, moment in set(device.acknowledged())]
        expect(len(made) == 3000, f"seed {seed}: {len(made)} scans were acknowledged, not 3000")
        expect(kills >= 2, f"seed {seed}: only {kills} kills fell into the upload")
        at_the_centre(centre, made)
        return f"seed {seed}: {kills} kills in mid-upload, 3000 scans, 0 lost, 0 doubled"
