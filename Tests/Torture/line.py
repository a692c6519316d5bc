"""The line to the centre fails in every way that is known of it, while people scan in many offices at once."""

import threading
import time

from box import Box
from fleet import Scene
from rig import Rig, Tally

# What a fault costs decides how often it is made: a wait of half a minute is rare, one of a minute rarer.
WEIGHTS = {name: 10 for name in (
    "lose", "reset_request", "reset_answer", "truncated", "twice", "reorder", "too_large", "bomb", "flood", "old",
    "strange", "forged", "altered", "garbage", "portal", "login", "sign_in", "error", "gateway", "nothing", "empty",
    "forbidden", "auth", "swallow")}
WEIGHTS |= {"delay": 5, "slow_request": 5, "slow_answer": 5, "busy": 8, "absurd": 4}
RARE = {"unsaid": 1.5, "late": 0.5}
# So few in a row that no wait grows beyond a few seconds.
IN_A_ROW = 2


def swallowed(turn):
    """E4 E21 The centre commits and its answer is lost, again and again, in many offices at once."""
    offices = min(24, max(4, turn.count // 100))
    whole = Tally()
    most = 2

    def decide(node, header):
        if header["count"] > most:
            return "too_large"
        if not header["count"] or scene.proxy.swallowed >= turn.count or node.row >= 3:
            return None
        # The first loss on a kept connection is tried again at once; only those behind it cost a wait.
        return "swallow" if turn.random.random() < (0.15 if node.row else 0.95) else None

    with Box() as box:
        scene = Scene(box, turn, offices, most * turn.count // offices, decide)
        try:
            scene.start()
            scene.people(0.05)
            scene.until("swallowed answers", lambda: scene.proxy.swallowed >= turn.count)
            whole.count = scene.proxy.swallowed
            scene.judge(whole)
            whole.note("offices", offices)
            whole.note("batches", scene.proxy.batches)
        finally:
            scene.end()
    return whole


def flap(scene):
    """Now and then nobody listens for a while, and whatever is under way is cut."""
    while not scene.over.wait(scene.turn.random.uniform(1, 5)):
        scene.proxy.close()
        scene.proxy.faults["cut"] = scene.proxy.faults.get("cut", 0) + 1
        time.sleep(scene.turn.random.uniform(0.05, 1))
        scene.proxy.open()


def network(turn):
    """E1 E2 E3 E5 E6 E7 E8 E15 E17 E22 Everything a line can do to a batch and to its receipt, mixed at random."""
    offices = min(24, max(5, turn.count // 40))
    whole = Tally()
    weights = WEIGHTS | (RARE if turn.count >= 1000 else {})
    names = list(weights)

    def decide(node, header):
        # Small batches, so that there are many; the first look at a batch is whole, so that each has a receipt once.
        if header["count"] > 40:
            return "too_large"
        if scene.over.is_set() or node.row >= IN_A_ROW or turn.random.random() < 0.3:
            return None
        if left := [name for name in names if not scene.proxy.faults.get(name)]:
            return turn.random.choice(left)
        # Who waits a minute or half of one must have come back when all is judged.
        now = WEIGHTS if scene.proxy.count > turn.count * 0.85 else weights
        return turn.random.choices(list(now), list(now.values()))[0]

    with Box() as box:
        scene = Scene(box, turn, offices, 600, decide)
        try:
            scene.start()
            scene.people(0.03)
            threading.Thread(target=flap, args=(scene,), daemon=True).start()
            scene.until("faults", lambda: scene.proxy.count >= turn.count)
            whole.count = scene.proxy.count
            scene.judge(whole)
            whole.note("offices", offices)
            whole.note("kinds", len(scene.proxy.faults))
            whole.note("fewest", min(scene.proxy.faults.get(name, 0) for name in names))
        finally:
            scene.end()
    return whole


RIGS = [Rig("swallow", swallowed, full=10_000, short=120, what="answers swallowed", share=4),
        Rig("network", network, full=3_000, short=120, what="faults of the line", share=4)]
