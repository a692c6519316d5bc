"""Whether the rigs can go red: each sabotage that the programs have is switched on, and its rig must catch it."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from random import Random

from box import ROOT
from rig import Rig, Tally

# Sabotage: the rig that must catch it. Each gets short passes of its rig, from a seed of the run.
TABLE = {
    "acknowledged_before_sent": "contract-edge",
    "any_200_taken": "contract-edge",
    "any_device_read": "contract-edge",
    "any_order_done": "contract-edge",
    "body_unbounded": "contract-centre",
    "broken_chain_taken": "contract-centre",
    "centre_synchronous_normal": "contract-centre",
    "cursor_before_entries": "contract-edge",
    "dropped_on_4xx": "contract-edge",
    "edge_synchronous_normal": "contract-edge",
    "expired_order_done": "contract-edge",
    "fork_taken": "contract-centre",
    "forms_unchecked": "contract-pages",
    "gaps_untold": "contract-centre",
    "no_unique_key": "contract-centre",
    "nobody_dropped": "contract-edge",
    "not_your_device_taken": "contract-centre",
    "nothing_read_again": "contract-edge",
    "nothing_salvaged": "contract-edge",
    "occurrences_summed": "contract-edge",
    "odd_dates_dropped": "contract-edge",
    "one_scan_a_second": "contract-edge",
    "order_by_clock": "contract-centre",
    "orders_repeated": "contract-edge",
    "pruned_by_wall_clock": "contract-edge",
    "push_answered_before_commit": "contract-edge",
    "quarantine_untold": "contract-centre",
    "receipt_before_commit": "contract-centre",
    "receipt_of_any_key": "contract-edge",
    "receipt_replayed": "contract-edge",
    "retried_at_once": "contract-edge",
    "revoked_node_taken": "contract-centre",
    "seal_unchecked": "contract-edge",
    "session_survives_logout": "contract-pages",
    "stick_counts": "contract-centre",
    "tail_by_count": "contract-edge",
    "unsigned_batch_taken": "contract-centre",
    "watchdog_by_timer": "watchdog",
}
# What a short pass chooses from: its rig is the quickest.
CHEAP = [name for name, rig in TABLE.items() if rig == "contract-centre"]
LONGEST = 240
# Short passes that a rig has for each.
PASSES = 3
# They wait more than they work.
AT_ONCE = 4


def in_the_sources():
    """The sabotages that are there, by name."""
    names = set()
    for folder, _, files in os.walk(os.path.join(ROOT, "Sources")):
        for file in files:
            if file.endswith(".swift"):
                with open(os.path.join(folder, file), encoding="utf-8") as text:
                    names |= set(re.findall(r'Sabotage\.isOn\("(\w+)"\)', text.read()))
    return names


def run(rig, seed, environment):
    """The line of one short pass of a rig, in a process of its own; one that died or hangs has caught nothing."""
    with tempfile.TemporaryDirectory(prefix="hadir-sabotage-") as folder:
        path = os.path.join(folder, "line.json")
        arguments = [sys.executable, os.path.join(ROOT, "Tests", "Torture", "run"), "--one", path, "--short",
                     "--seed", str(seed), rig]
        try:
            subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, timeout=LONGEST, check=False,
                           env={**os.environ, **environment})
            with open(path, encoding="utf-8") as file:
                return json.load(file)
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            return {"verdict": "broke", "problems": [f"{type(error).__name__}"], "seconds": LONGEST}


def sabotaged(name, seed):
    """What became of the rig with the sabotage on, and whether the programs met its place."""
    with tempfile.NamedTemporaryFile(prefix="hadir-met-") as met:
        line = run(TABLE[name], seed, {"HADIR_SABOTAGE": name, "HADIR_FAIL_LOG": met.name})
        return line, name in met.read().decode().split()


def caught(turn):
    """Each sabotage of the programs turns its rig red, and without it the rig is green."""
    tally = Tally()
    difference = in_the_sources() ^ set(TABLE)
    if difference:
        tally.fail(f"in the sources or in the table, and not in both: {', '.join(sorted(difference))}")
    names = turn.random.sample(sorted(TABLE) if turn.count > len(CHEAP) else CHEAP, min(turn.count, len(TABLE)))
    seed = Random(turn.seed).randint(1, 1 << 30)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        controls = pool.map(lambda rig: plain(rig, seed), sorted({TABLE[name] for name in names}))
        for problem in pool.map(lambda name: tried(name, seed, turn), names):
            tally.wrong += problem
            tally.count += not problem
        for problem in controls:
            tally.wrong += problem
    return tally


def plain(rig, seed):
    line = run(rig, seed, {})
    if line["verdict"] == "ok":
        return []
    return [f"{rig} is red without any sabotage, seed {seed}: {line['problems'][:1]}"]


def tried(name, seed, turn):
    if turn.end is not None and time.monotonic() > turn.end:
        return [f"no time was left for {name}"]
    # A rig chooses by chance: what one short pass does not meet, the next may.
    for again in range(PASSES):
        line, is_met = sabotaged(name, seed + again)
        if not is_met:
            return [f"{TABLE[name]} never met {name}"]
        if line["verdict"] == "red":
            break
    else:
        return [f"{TABLE[name]} is {line['verdict']} with {name}, seeds {seed} to {seed + again}"]
    if again and (problem := plain(TABLE[name], seed + again)):
        return problem
    print(f"caught {name}: {TABLE[name]}, {line['seconds']:.0f} s: {line['problems']}", flush=True)
    return []


RIGS = [Rig("sabotage", caught, full=len(TABLE), short=3, what="sabotages caught", fail_points=True, share=18)]
