"""Whether the service manager gets to know that a part of the edge hangs."""

import os
import time

from box import Box, Device, Office, until
from rig import Rig, Tally, expect
from service import Manager, slow_disk, start


def hung(turn):
    """A13 A write that never returns: the pings to the service manager stop within its bound."""
    tally = Tally()
    for _ in turn.times():
        with Box() as box:
            shim = slow_disk(box)
            expect(shim, "needs a C compiler")
            environment, stall = shim
            device = Device(box, "lobby", "HANGS0000002", options=["--records", "20", "--users", "9"])
            office = Office(box, "office", "Misal", [device.stanza(poll="1s")])
            manager = Manager(box, watchdog=2)
            start(box, office, manager, environment)
            until("the first reading", lambda: office.journal()["last_seq"] > 20)
            open(stall, "w").close()
            device.ask("scan 3 in")
            until("the pings to stop", lambda: time.monotonic() - manager.last("WATCHDOG=1") > 5, wait=50)
            os.unlink(stall)
            tally.count += 1
    return tally


RIGS = [Rig("watchdog", hung, full=2, short=1, what="hung disks", share=1)]
