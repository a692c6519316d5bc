"""Every rig there is, in the order of the table."""

import contract
import contract_edge
import kill
import sabotage
import watchdog

RIGS = [*kill.RIGS, *contract.RIGS, *contract_edge.RIGS, *sabotage.RIGS, *watchdog.RIGS]
