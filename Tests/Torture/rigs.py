"""Every rig there is, in the order of the table."""

import cuts
import kill

RIGS = [*kill.RIGS, *cuts.RIGS]
