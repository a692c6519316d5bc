"""Every rig there is, in the order of the table."""

import damage
import kill
import power

RIGS = [*kill.RIGS, *power.RIGS, *damage.RIGS]
