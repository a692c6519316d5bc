"""Every rig there is, in the order of the table."""

import away
import certificates
import kill
import line

RIGS = [*kill.RIGS, *line.RIGS, *away.RIGS, *certificates.RIGS]
