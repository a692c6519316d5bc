"""A small disk of its own: ext4 in a file, whose power can be cut, which can be filled, and which fails on demand."""

import ctypes
import fcntl
import itertools
import os
import shutil
import subprocess
import sys
import time

from box import Failure

# EXT4_IOC_SHUTDOWN, and its flag for a cut that does not flush the log: what was not synced is gone.
SHUTDOWN, WITHOUT_FLUSH = 0x8004587D, (2).to_bytes(4, "little")
NEW_MOUNTS = 0x00020000


# Waits until the rig is gone, and ends whatever still runs among its mounts: with the last of them the mounts end too.
GUARD = """
import os, sys, time
own = os.readlink('/proc/self/ns/mnt')
while os.getppid() == int(sys.argv[1]):
    time.sleep(0.5)
for number in (int(name) for name in os.listdir('/proc') if name.isdigit()):
    try:
        if number != os.getpid() and os.readlink(f'/proc/{number}/ns/mnt') == own:
            os.kill(number, 9)
    except OSError:
        pass
"""


def mounts_of_our_own():
    """From here on mounts of this process are nobody else's, and end with it, however it ends."""
    if ctypes.CDLL(None, use_errno=True).unshare(NEW_MOUNTS) != 0:
        raise Failure("mounts need root")
    tool("mount", "--make-rprivate", "/")
    subprocess.Popen([sys.executable, "-c", GUARD, str(os.getpid())], stdin=subprocess.DEVNULL,
                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def tool(*words):
    done = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise Failure(f"{' '.join(words)}: {done.stderr.strip()}")


class Disk:
    """`with Disk(path) as disk`: mounted at `path`, which is made; the loop device goes with the mount."""

    def __init__(self, path, megabytes=64, options=()):
        self.path, self.image = path, path + ".img"
        with open(self.image, "wb") as file:
            file.truncate(megabytes << 20)
        tool("mkfs.ext4", "-q", "-F", *options, self.image)
        os.makedirs(path, exist_ok=True)
        self.is_mounted = False

    def __enter__(self):
        self.mount()
        return self

    def __exit__(self, *error):
        self.unmount()

    def mount(self):
        tool("mount", "-o", "loop,noatime", self.image, self.path)
        self.is_mounted = True

    def turn_read_only(self):
        """As ext4 does by itself when it meets an error; only `power_returns` ends it."""
        found = subprocess.run(["findmnt", "-n", "-o", "SOURCE", self.path], capture_output=True, text=True, check=True)
        with open(f"/sys/fs/ext4/{os.path.basename(found.stdout.strip())}/trigger_fs_error", "w") as file:
            file.write("torture\n")

    def unmount(self, wait=10):
        """Whoever has died a moment ago may still be giving back what it had open."""
        end = time.monotonic() + wait
        while self.is_mounted:
            try:
                tool("umount", self.path)
                self.is_mounted = False
            except Failure:
                if time.monotonic() > end:
                    tool("umount", "--lazy", self.path)
                    self.is_mounted = False
                    raise
                time.sleep(0.01)

    def cut(self):
        """The power is gone: nothing more reaches the disk, and every write and sync fails."""
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, SHUTDOWN, WITHOUT_FLUSH)
        finally:
            os.close(descriptor)

    def power_returns(self):
        """Unmounts, and mounts again: the file system recovers its own log."""
        self.unmount()
        self.mount()

    def fill(self, leave=0):
        """Takes all room but `leave` bytes with one file."""
        self.empty()
        room = os.statvfs(self.path)
        size = max(0, room.f_bavail * room.f_frsize - leave)
        descriptor = os.open(self.filler, os.O_CREAT | os.O_WRONLY)
        try:
            # The last blocks may be taken meanwhile by whoever writes here.
            while size > 4096:
                try:
                    os.posix_fallocate(descriptor, 0, size)
                    break
                except OSError:
                    size -= 4096
        finally:
            os.close(descriptor)

    def take_inodes(self):
        """Makes empty files until there can be no more."""
        os.makedirs(self.inodes, exist_ok=True)
        for number in itertools.count():
            try:
                os.close(os.open(os.path.join(self.inodes, str(number)), os.O_CREAT | os.O_WRONLY))
            except OSError:
                return

    def empty(self):
        shutil.rmtree(self.inodes, ignore_errors=True)
        if os.path.exists(self.filler):
            os.unlink(self.filler)

    @property
    def inodes(self):
        return os.path.join(self.path, "inodes")

    @property
    def filler(self):
        return os.path.join(self.path, "filler")
