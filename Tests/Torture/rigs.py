"""Every rig there is, in the order of the table."""

import client
import clocks
import cuts
import devices
import forged
import kill

RIGS = [*kill.RIGS, *cuts.RIGS, *client.RIGS, *clocks.RIGS, *devices.RIGS, *forged.RIGS]
