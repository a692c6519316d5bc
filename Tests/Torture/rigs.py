"""Every rig there is, in the order of the table."""

import absent
import away
import certificates
import client
import clocks
import contract
import contract_edge
import cuts
import damage
import devices
import disk
import forged
import fuzz
import kill
import kill_points
import line
import lost
import power
import sabotage
import scarce
import watchdog

MODULES = [
    kill, kill_points, power, disk, damage, lost, line, away, certificates, scarce, cuts, devices, client, forged, clocks,
    fuzz, contract, contract_edge, watchdog, absent, sabotage,
]
RIGS = [rig for module in MODULES for rig in module.RIGS]
