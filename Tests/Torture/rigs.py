"""Every rig there is, in the order of the table."""

import kill
import power

RIGS = [*kill.RIGS, *power.RIGS]
