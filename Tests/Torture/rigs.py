"""Every rig there is, in the order of the table."""

import absent
import kill
import kill_points

RIGS = [*kill.RIGS, *kill_points.RIGS, *absent.RIGS]
