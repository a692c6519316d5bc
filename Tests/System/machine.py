"""A machine with systemd as its first process: namespaces over an overlay of this machine's root.

Needs root and nothing else: no container runtime, no image. Only the loopback interface is there. All of it ends
with the `with`; a machine that cannot be made is a Failure, never a skipped test.
"""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

from box import PROGRAMS, ROOT, Failure

# Longest life of one machine, whatever its test does.
LIFE = 240

# The kernel hands the machine's processes to a control group of their own, so that the machine's systemd, which
# rules all below its root group, cannot reach the host's.
OUTSIDE = r"""
set -eu
folder=$1
mount --make-rprivate /
mount -t tmpfs -o mode=0755 tmpfs "$folder"
mkdir "$folder/upper" "$folder/work" "$folder/root" "$folder/groups"
mount -t cgroup2 cgroup2 "$folder/groups"
group=$folder/groups/hadir-test-$$
mkdir "$group"
echo $$ > "$group/cgroup.procs"
code=0
unshare --fork --pid --mount --net --cgroup --ipc --uts --kill-child \
    bash -c "$INSIDE" machine "$@" < /dev/null || code=$?
echo $$ > "$folder/groups/cgroup.procs"
for _ in $(seq 50); do
    find "$group" -depth -type d -exec rmdir {} + 2> /dev/null && break
    sleep 0.1
done
exit "$code"
"""

INSIDE = r"""
set -eu
folder=$1 programs=$2 sources=$3 packages=$4
root=$folder/root
mount --make-rprivate /
mount -t overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" overlay "$root"

# What the host has of its own must not speak here.
rm -rf "$root"/etc/systemd/system "$root"/run/* "$root"/etc/hadir "$root"/var/lib/private "$root"/var/lib/hadir* \
    "$root"/var/log/journal "$root"/lib/systemd/system/*.target.wants/* "$root"/etc/systemd/journald.conf.d
sed -i /^hadir:/d "$root/etc/group" "$root/etc/gshadow"
mkdir -p "$root/etc/systemd/system" "$root/srv/hadir/programs"
for unit in journald.socket journald-dev-log.socket; do
    ln -s "/lib/systemd/system/systemd-$unit" "$root/lib/systemd/system/sockets.target.wants/"
done
echo 0123456789abcdef0123456789abcdef > "$root/etc/machine-id"
printf '127.0.0.1 localhost\n192.168.1.10 hadir.example.go.id\n' > "$root/etc/hosts"
printf '[Journal]\nStorage=volatile\nRateLimitIntervalSec=0\n' > "$root/etc/systemd/journald.conf"

# A host that is a container itself forbids packages to start services.
rm -f "$root/usr/sbin/policy-rc.d"
# The host's manual pages need no index here.
rm -f "$root/var/lib/man-db/auto-update"

# The unpacked folder that README.md begins in.
mount --bind "$programs" "$root/srv/hadir/programs"
if [ -n "$packages" ]; then
    mkdir "$root/srv/hadir/packages"
    mount --bind "$packages" "$root/srv/hadir/packages"
fi
cp -r "$sources/systemd" "$sources/devices.conf" "$root/srv/hadir/"
for program in hadird hadir hadir-central hadir-sim; do ln -s "programs/$program" "$root/srv/hadir/$program"; done

mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
# The kernel's settings are the host's, too.
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$root/sys"
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=0755,nosuid,nodev tmpfs "$root/run"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/tmp"
mount -t tmpfs -o mode=0755,nosuid tmpfs "$root/dev"
for node in "null 1 3" "zero 1 5" "full 1 7" "random 1 8" "urandom 1 9" "tty 5 0"; do
    set -- $node
    mknod -m 0666 "$root/dev/$1" c "$2" "$3"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/dev/shm"

hostname office
ip link set lo up
# Addresses of the examples.
ip address add 192.168.1.10/32 dev lo
ip address add 192.168.1.201/32 dev lo

mkdir -p "$root/mnt"
cd "$root"
pivot_root . mnt
umount -l /mnt
# As a booted systemd would do it; credentials are mounted through it.
mount --make-rshared /
exec env -i container=test PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --system --unit=multi-user.target --log-target=journal --show-status=no
"""


class Machine:
    def __init__(self, packages="", life=LIFE):
        """With a folder of packages, it lies in the machine's /srv/hadir/packages."""
        self.packages, self.life = packages, life

    def __enter__(self):
        if os.geteuid() != 0:
            raise Failure("a machine with systemd needs root: namespaces and mounts are made")
        self.folder = tempfile.mkdtemp(prefix="hadir-machine-")
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            ["timeout", "--kill-after=5", str(self.life), "unshare", "--mount", "bash", "-c", OUTSIDE, "outside",
             self.folder, os.path.realpath(PROGRAMS), ROOT, self.packages],
            env={**os.environ, "INSIDE": INSIDE}, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            start_new_session=True)
        try:
            self.init = self.first_process()
            self.wait("systemd is up", lambda: self.attempt("systemctl is-system-running").stdout.strip()
                      in ("running", "degraded"))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error):
        if self.process.poll() is None:
            init = getattr(self, "init", None)
            if init:
                try:
                    os.kill(init, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def said(self):
        self.log.seek(0)
        return self.log.read().decode("utf-8", "replace")[-4000:]

    def first_process(self):
        """The process of this machine that became systemd, as the host numbers it."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise Failure(f"the machine was not made:\n{self.said()}")
            for process in self.descendants(self.process.pid):
                try:
                    with open(f"/proc/{process}/status") as file:
                        own = re.search(r"^NSpid:\t(.*)$", file.read(), re.MULTILINE).group(1).split()
                    if len(own) > 1 and own[-1] == "1" and os.readlink(f"/proc/{process}/exe").endswith("/systemd"):
                        return process
                except OSError:
                    continue
            time.sleep(0.05)
        raise Failure(f"systemd did not start:\n{self.said()}")

    @staticmethod
    def descendants(process):
        found, left = [], [process]
        while left:
            parent = left.pop()
            try:
                with open(f"/proc/{parent}/task/{parent}/children") as file:
                    children = [int(word) for word in file.read().split()]
            except OSError:
                continue
            found += children
            left += children
        return found

    # What is done in it

    def attempt(self, script, input=None, wait=60):
        return subprocess.run(
            ["nsenter", "-t", str(self.init), "-m", "-u", "-i", "-n", "-p", "-C", "env", "-i", "HOME=/root",
             "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8",
             "bash", "-euo", "pipefail", "-c", "cd /srv/hadir\n" + script],
            capture_output=True, text=True, errors="replace", input=input,
            stdin=subprocess.DEVNULL if input is None else None, timeout=wait)

    def run(self, script, input=None, expect=0, wait=60):
        """Standard output of a script that ends with the exit code `expect`."""
        done = self.attempt(script, input, wait)
        if done.returncode != expect:
            raise Failure(f"exit code {done.returncode}, not {expect}:\n{script}\n{done.stdout}{done.stderr}"
                          f"{self.journal(lines=25)}")
        return done.stdout

    def journal(self, unit=None, lines=1000):
        of = f"-u {unit}" if unit else ""
        return self.attempt(f"journalctl --sync; journalctl --no-pager -o cat -n {lines} {of}").stdout

    def show(self, unit, name):
        return self.run(f"systemctl show --value -p {name} {unit}").strip()

    def wait(self, what, condition, wait=40, every=0.1):
        end = time.monotonic() + wait
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > end:
                raise Failure(f"{what}: not within {wait} s\n{self.said()}\n{self.journal(lines=40)}")
            time.sleep(every)

    def write(self, path, text):
        self.run(f"cat > '{path}'", input=text)


def readme_steps():
    """The code blocks of systemd/README.md that are for a shell, by the heading they stand under."""
    steps, heading = {}, None
    with open(os.path.join(ROOT, "systemd", "README.md"), encoding="utf-8") as file:
        lines = iter(file.read().splitlines())
    for line in lines:
        if line.startswith("#"):
            heading = line.lstrip("# ")
        elif line == "```sh":
            block = []
            for line in lines:
                if line == "```":
                    break
                block.append(line)
            steps.setdefault(heading, []).append("\n".join(block))
    return steps
