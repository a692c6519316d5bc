"""Every rig there is, in the order of the table."""

import away
import certificates
import kill
import line
import scarce

RIGS = [*kill.RIGS, *line.RIGS, *away.RIGS, *certificates.RIGS, *scarce.RIGS]
