"""Offices that were away from the centre for a long time: what one keeps meanwhile, and many that come back at once."""

import time

from box import Box, Failure, until
from fleet import Calendar, Scene, Watch, metric
from rig import Rig, Tally

# What an edge may need beside what it needs idle, however much waits.
MOST_EDGE, MOST_CENTRE = 64, 400
# Longer than this no edge may be without a receipt while its backlog goes up.
STARVED = 30


class Freshness:
    """How long a scan of just now takes until its office has the receipt for it."""

    def __init__(self, scene, device, node):
        self.scene, self.device, self.node = scene, device, node
        self.waiting, self.took = {}, []
        scene.proxy.told = self.told

    def told(self, node, text):
        if node.name == self.node and self.waiting:
            for moment, begun in list(self.waiting.items()):
                if moment.encode() in text:
                    self.took.append(time.monotonic() - begun)
                    del self.waiting[moment]

    def scan(self):
        """A second of its own, so that the scan is found again among the others."""
        self.waiting[self.scene.oracle.scan(self.device, str(self.scene.turn.random.randint(1, 60)))] = time.monotonic()


def pending(office):
    return metric(office, 'queue_rows{state="pending"}')


def logged(office, count):
    """Waits until all that stands in the devices' logs is journaled."""
    try:
        until("all logs journaled", lambda: (pending(office) or 0) >= count, wait=600, every=0.3)
    except Failure as error:
        raise Failure(f"{error}: {pending(office)} of {count} in {office.name}\n{office.program.tail()}") from None


def offline(turn):
    """E19 Ninety days without a line: the edge starts as ever, stays small, and everything goes up in order."""
    whole, wells = Tally(), 10
    with Box() as box:
        calendar = Calendar(box, -90)
        scene = Scene(box, turn, 1, turn.count // wells, lambda node, header: None, each=wells, users=300)
        office = scene.offices[0]
        try:
            scene.proxy.close()
            office.start()
            logged(office, turn.count)
            calendar.set(0)
            office.program.stop(30)
            watch = begin(whole, scene, office)
            fresh = Freshness(scene, scene.devices[0], scene.nodes[0])
            scene.proxy.open()
            begun = time.monotonic()
            while pending(office) or not scene.proxy.batches:
                fresh.scan()
                time.sleep(1.1)
                if time.monotonic() - begun > 1200:
                    raise Failure(f"{pending(office)} entries still wait after 20 minutes")
            whole.note("drain_s", round(time.monotonic() - begun, 1))
            whole.note("newest_s", round(max(fresh.took, default=0), 1))
            whole.note("scans_meanwhile", len(fresh.took) + len(fresh.waiting))
            whole.count = turn.count
            # A million rows are read once: what others do with thousands, to read all again, would take longest of all.
            scene.oracle.forget = lambda: None
            scene.judge(whole)
            sizes(whole, watch)
        finally:
            scene.end()
    return whole


def begin(whole, scene, office):
    """Starts with all that waits and no line: as fast as ever, the best of three; then watches its memory."""
    starts = []
    for last in (False, False, True):
        begun = time.monotonic()
        office.start()
        starts.append(time.monotonic() - begun)
        if not last:
            office.program.stop(30)
    whole.note("ready_s", round(min(starts), 2))
    if min(starts) > 1:
        whole.fail(f"{min(starts):.2f} s from start to ready")
    return Watch(office.program, scene.centre.program)


def sizes(whole, watch):
    watch.over.set()
    edge, centre = watch.most
    whole.note("edge_mib", round(edge, 1))
    whole.note("centre_mib", round(centre, 1))
    if edge > MOST_EDGE or centre > MOST_CENTRE:
        whole.fail(f"memory: edge {edge:.0f} MiB, centre {centre:.0f} MiB")


def herd(turn):
    """E20 Offices that were away for a week come back at once: none starves, the centre stays small and open."""
    offices = min(50, max(20, turn.count // 2000))
    whole, refusals = Tally(), offices * 4

    def decide(node, header):
        # The centre's own refusals, and more of them than it gives on a machine this small.
        if node.name != scene.nodes[-1] and scene.proxy.faults.get("busy", 0) < refusals and node.row < 2:
            return "busy" if turn.random.random() < 0.4 else None
        return None

    with Box() as box:
        calendar = Calendar(box, -7)
        scene = Scene(box, turn, offices + 1, turn.count // offices, decide)
        waiting, other = scene.offices[:-1], scene.offices[-1]
        try:
            scene.proxy.close()
            scene.start()
            for office in scene.offices:
                logged(office, turn.count // offices)
            calendar.set(0)
            for office in waiting:
                office.program.kill()
            scene.proxy.open()
            until("the other office is done", lambda: pending(other) == 0, wait=120)
            fresh = Freshness(scene, scene.devices[-1], scene.nodes[-1])
            watch = Watch(other.program, scene.centre.program)
            begun = scene.proxy.loop.time()
            scene.at_once(lambda office: office in waiting and office.start())
            done = drained(scene, fresh, scene.nodes[:-1])
            whole.count = turn.count
            fair(whole, scene, [moment - begun for moment in done])
            whole.note("others_s", round(max(fresh.took, default=0), 1))
            whole.note("others_refused", scene.proxy.nodes[scene.nodes[-1]].refused)
            scene.judge(whole)
            sizes(whole, watch)
        finally:
            scene.end()
    return whole


def drained(scene, fresh, names):
    """When each of them had nothing left; meanwhile somebody scans at an office that never was away."""
    done, begun = {}, time.monotonic()
    while len(done) < len(names):
        fresh.scan()
        for _ in range(11):
            time.sleep(0.1)
            for name in names:
                node = scene.proxy.nodes.get(name)
                if node and node.backlog == 0 and node.told and name not in done:
                    done[name] = scene.proxy.loop.time()
        if time.monotonic() - begun > 900:
            raise Failure(f"{len(names) - len(done)} of {len(names)} offices are not done after 15 minutes")
    return sorted(done.values())


def fair(whole, scene, done):
    median, last = done[len(done) // 2], done[-1]
    slowest = max(node.slowest for node in scene.proxy.nodes.values())
    refused = sum(node.refused for node in scene.proxy.nodes.values())
    whole.note("offices", len(done))
    whole.note("median_s", round(median, 1))
    whole.note("last_s", round(last, 1))
    whole.note("longest_wait_s", round(slowest, 1))
    whole.note("refused", refused + scene.proxy.faults.get("busy", 0))
    if slowest > STARVED:
        whole.fail(f"an office was {slowest:.0f} s without a receipt while others had theirs")


RIGS = [Rig("offline", offline, full=1_000_000, short=10_000, what="entries that waited", share=10),
        Rig("herd", herd, full=150_000, short=2_000, what="entries of offices that came back", share=5)]
