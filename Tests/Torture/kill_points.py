"""SIGKILL at each named fail point of the programs: in the midst of work, first starts, enrolments, changes of keys."""

import time

from beginnings import Small
from box import Box, Failure
from kill import Lanes, template
from points import SLOW, Plan, names
from rig import Rig, Tally
from work import Work

LANES = 3
# In a box, before all is judged and begun anew.
A_BOX = 200


def at_points(turn):
    """A2 A3 A4 A5 A6 A8 Each named point of edge and centre is the place of a death, many times."""
    with Box() as box:
        state = template(box.folder)
        points = names()
        # A short pass leaves out what takes seconds.
        plan = Plan([name for name in points if turn.count > 100 or not name.startswith((*SLOW, "centre.init."))],
                    turn.random)
        whole = Lanes(turn, min(LANES, 1 + turn.count // 20)).run(
            lambda own, lanes: lane(own, lanes, plan, state))
    missing = [name for name in plan.points if not plan.met[name]]
    whole.note("points", f"{len(plan.points) - len(missing)} of {len(plan.points)}")
    if missing:
        whole.note("unmet", " ".join(missing))
    if missing and whole.count >= 10 * len(plan.points):
        whole.fail(f"points that nobody met: {', '.join(missing)}")
    return whole


def lane(turn, lanes, plan, state):
    """Boxes, one after the other, until there were enough kills; small scenes and work in turn."""
    left = turn.count
    while left > 0 and (turn.end is None or time.monotonic() < turn.end):
        with Box() as box:
            small, work, kills, tally = Small(box, plan, turn.random, state), Work(box, turn.random, state), 0, Tally()
            tries = 0
            while kills < min(left, A_BOX) and tries < 3 * A_BOX and (turn.end is None or time.monotonic() < turn.end):
                name = plan.next()
                scene = next((scene for scene, prefixes in Small.SCENES if name.startswith(prefixes)), None)
                tries += 1
                kills += scene(small, name) if scene else work.one(plan, lanes, name)
            tally.add(judged := work.judge())
            tally.wrong += judged.wrong
            lanes.add(tally, kills)
            left -= kills
            if not kills:
                raise Failure("no point was met in a whole box")


RIGS = [Rig("points", at_points, full=2200, short=25, what="kills at points", fail_points=True, share=12)]
