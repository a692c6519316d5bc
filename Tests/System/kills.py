"""SIGKILL at random moments, of the edge, the centre, or both, while people scan."""

import random
import threading
import time

from box import Box, Centre, Device, Failure, Office, compare, reachable, until
from commands import expect

KILLS = 50


def test_fifty_kills_lose_and_double_nothing():
    """A1 A2 A4 A5 A6 A7 Edge and centre are killed at random while people scan: nothing lost, nothing twice."""
    seed = int(time.time())
    rng = random.Random(seed)
    with Box() as box:
        devices = [
            Device(box, "lobby", "KILL00000001", options=["--users", "30", "--records", "400"]),
            Device(box, "gudang", "KILL00000002", "legacy", "udp", 4711, ["--users", "30", "--records", "400"]),
            Device(box, "puskesmas", "KILL00000003", "old", "udp", options=["--users", "30", "--records", "400"]),
        ]
        centre = Centre(box)
        office = Office(box, "office", "Dinas Kesehatan", [device.stanza() for device in devices], heartbeat="5s")
        office.enroll(centre.add_node("Dinas Kesehatan"))
        office.start()
        stopping = threading.Event()

        def people():
            while not stopping.wait(rng.uniform(0.01, 0.08)):
                try:
                    rng.choice(devices).ask(f"scan {rng.randint(1, 30)}")
                except Failure:
                    pass

        threading.Thread(target=people, daemon=True).start()
        edge_kills = 0
        for _ in range(KILLS):
            time.sleep(rng.uniform(0.05, 1.0))
            victim = rng.choice([office, centre])
            victim.program.kill()
            edge_kills += victim is office
            time.sleep(rng.uniform(0, 0.3))
            victim.start()
        stopping.set()
        time.sleep(0.2)
        made = [(device.serial, user, moment) for device in devices for user, moment in device.records()]
        expect(len(made) > 1200 + KILLS, f"only {len(made) - 1200} scans were made while programs were killed")
        # One fresh scan must pass at the end: alive, not only unharmed.
        moment, user = devices[0].ask("scan 9").split()[:2]
        made.append((devices[0].serial, user, moment))

        def arrived():
            punches = reachable(centre.punches)
            return punches is not None and len(punches) >= len(made)

        try:
            until("every scan at the centre", arrived, wait=120, every=0.5)
        except Failure as failure:
            raise Failure(f"seed {seed}: {failure}\n{office.program.tail()}") from failure
        lost, doubled, invented = compare(made, centre.punches())
        expect(not lost and not doubled and not invented,
               f"seed {seed}: lost {lost[:5]} doubled {doubled[:5]} invented {invented[:5]}")
        until("the acknowledgements", lambda: office.journal()["pending"] == 0, wait=60)
        verdict = office.verify()
        expect(not verdict["problems"], f"seed {seed}: {verdict['problems'][:3]}")
        return f"seed {seed}: {edge_kills} edge and {KILLS - edge_kills} centre kills, {len(made)} scans, 0 lost, 0 doubled"
