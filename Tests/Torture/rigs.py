"""Every rig there is, in the order of the table."""

import kill

RIGS = [*kill.RIGS]
