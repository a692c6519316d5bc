"""A machine that has no more memory, or no more handles, for the edge or the centre."""

import errno
import os
import signal
import socket
import subprocess
import time
import urllib.request

from box import PROGRAMS, Box, Failure, reachable, until
from kill import Scene
from rig import Rig, Tally

GROUPS = "/sys/fs/cgroup/memory"
A_BOX = 50
# Of one core, for a program that can take no connection.
MOST_BUSY = 50
# What connections leave to the rest: `Handles.reserve`.
RESERVE = 32


class Group:
    """A memory group of this rig's own; what is in it is killed by the kernel where it wants more."""

    def __init__(self, name):
        self.path = os.path.join(GROUPS, f"hadir-{os.getpid()}-{name}")
        os.mkdir(self.path)
        # What the program in it took when it had all it wanted.
        self.wanted = None

    def limit(self, bytes):
        with open(os.path.join(self.path, "memory.limit_in_bytes"), "w", encoding="utf-8") as file:
            file.write(str(int(bytes)))

    def most(self):
        with open(os.path.join(self.path, "memory.max_usage_in_bytes"), encoding="utf-8") as file:
            return int(file.read())

    def line(self, arguments):
        """The command line that runs a program in it."""
        return ["/bin/sh", "-c", 'echo $$ > "$0" && exec "$@"', os.path.join(self.path, "cgroup.procs"),
                os.path.join(PROGRAMS, arguments[0]), *arguments[1:]]

    def remove(self):
        def gone():
            try:
                os.rmdir(self.path)
                return True
            except OSError as error:
                return error.errno == errno.ENOENT

        until("the memory group is empty", gone, wait=10)


def arguments(victim):
    if victim.name == "office":
        return ["hadird", "--config", victim.configuration, "--state", victim.state]
    return ["hadir-central", "serve", "--state", victim.state, *victim.settings]


def starved(box, victim, group, share):
    """Whether it was killed by the kernel within a moment, with this share of the memory it wants."""
    group.limit(group.wanted * share if group.wanted else 1 << 30)
    victim.program = box.start(victim.name, group.line(arguments(victim)))
    try:
        return victim.program.process.wait(1.5) == -signal.SIGKILL
    except subprocess.TimeoutExpired:
        group.wanted = group.wanted or group.most()
        return False


def memory(turn):
    """G2 Edge or centre want more memory than there is, and the kernel kills them, wherever they are."""
    if not os.path.exists(os.path.join(GROUPS, "memory.limit_in_bytes")):
        raise Failure("memory groups need root and cgroup v1")
    whole = Tally()
    while whole.count < turn.count and (turn.end is None or time.monotonic() < turn.end):
        with Box() as box:
            scene = Scene(box, turn.random)
            groups = {scene.office: Group("edge"), scene.centre: Group("centre")}
            scene.office.start()
            try:
                for _ in range(A_BOX):
                    victim = turn.random.choice(list(groups))
                    scene.kill(victim)
                    whole.count += starved(box, victim, groups[victim], turn.random.uniform(0.3, 1))
                    scene.kill(victim)
                    victim.start()
                    if whole.count >= turn.count:
                        break
                whole.add(found := scene.judge())
                whole.wrong += found.wrong
            finally:
                for program in box.programs:
                    program.kill()
                for group in groups.values():
                    group.remove()
    return whole


def processor_seconds(program):
    with open(f"/proc/{program.process.pid}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def crowd(port, count):
    """So many connections that say nothing."""
    lines = []
    for _ in range(count):
        line = socket.socket()
        line.setblocking(False)
        line.connect_ex(("127.0.0.1", port))
        lines.append(line)
    return lines


def handles(turn):
    """G1 No handle is left for a connection, a file, anything: no busy loop, what works goes on, and it passes."""
    whole, busy, back, ended, least, dips = Tally(), 0, 0, 0, 1024, 1024
    with Box() as box:
        scene = Scene(box, turn.random)
        scene.office.start()
        for number in turn.times():
            victim = turn.random.choice([scene.office, scene.centre])
            # Half of the time there are none for anything; else as many as connections may not have, and some more.
            is_none = turn.random.random() < 0.5
            most = handles_of(victim) + (turn.random.randint(0, 6) if is_none else RESERVE + turn.random.randint(8, 60))
            limit(victim, most)
            lines = crowd(victim.port, 200)
            spent, left, dip = pressed(victim, most)
            busy = max(busy, spent)
            for line in lines:
                line.close()
            if is_none:
                limit(victim, 1024)
            else:
                # A connection is taken before it is closed: for a moment there are fewer.
                least, dips = min(least, left), min(dips, dip)
            begun = time.monotonic()

            def answers():
                nonlocal ended
                if not victim.program.is_running:
                    # Where it cannot open a file in /proc, libdispatch ends the process; systemd starts it again.
                    if not is_none or victim.program.process.returncode != -signal.SIGILL:
                        raise Died(f"turn {number}: {victim.name} ended with {victim.program.process.returncode}, "
                                   f"{most} handles: {victim.program.tail(4)}")
                    ended += 1
                    scene.kill(victim)
                    victim.start()
                return reachable(lambda: urllib.request.urlopen(
                    f"http://127.0.0.1:{victim.port}/livez", timeout=5).read())

            until(f"turn {number}: {victim.name} answers", answers, wait=60)
            back = max(back, time.monotonic() - begun)
            limit(victim, 1024)
            whole.count += 1
        whole.add(found := scene.judge())
        whole.wrong += found.wrong
    whole.note("busiest_percent", round(busy))
    whole.note("back_s", round(back, 1))
    whole.note("ended", ended)
    whole.note("least_left", least)
    whole.note("least_for_a_moment", dips)
    if busy > MOST_BUSY:
        whole.fail(f"{busy:.0f} % of a core while no connection could be taken")
    if least < RESERVE // 2:
        whole.fail(f"connections left {least} handles for the rest")
    return whole


class Died(Exception):
    pass


def handles_of(victim):
    return len(os.listdir(f"/proc/{victim.program.process.pid}/fd"))


def pressed(victim, most):
    """What it spends in a second, in percent of a core, how few handles are left then, and at the least meanwhile."""
    try:
        begun, spent, least = time.monotonic(), processor_seconds(victim.program), most
        while time.monotonic() < begun + 1:
            left = most - handles_of(victim)
            least = min(left, least)
            time.sleep(0.05)
        return 100 * (processor_seconds(victim.program) - spent) / (time.monotonic() - begun), left, least
    except (OSError, IndexError):
        # It died; whoever asks it next finds that.
        return 0, most, most


def limit(victim, count):
    subprocess.run(["prlimit", "--pid", str(victim.program.process.pid), f"--nofile={count}:"], check=True)


RIGS = [Rig("memory", memory, full=200, short=4, what="kills for want of memory", share=3),
        Rig("handles", handles, full=100, short=6, what="times without a handle", share=3)]
