"""Every rig there is, in the order of the table."""

import damage
import disk
import kill
import lost
import power

RIGS = [*kill.RIGS, *power.RIGS, *damage.RIGS, *disk.RIGS, *lost.RIGS]
