"""Every rig there is, in the order of the table."""

import kill
import kill_points

RIGS = [*kill.RIGS, *kill_points.RIGS]
