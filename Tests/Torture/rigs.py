"""Every rig there is, in the order of the table."""

import away
import certificates
import cuts
import kill
import line

RIGS = [rig for module in (kill, line, away, certificates, cuts) for rig in module.RIGS]
