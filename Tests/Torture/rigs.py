"""Every rig there is, in the order of the table."""

import fuzz
import kill

RIGS = [*kill.RIGS, *fuzz.RIGS]
