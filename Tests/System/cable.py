#!/usr/bin/python3
"""A USB cable that is not there: a umockdev testbed with one terminal, which forwards packets to a simulated device.

    umockdev-wrapper /usr/bin/python3 cable.py DESCRIPTION UDP-PORT

Programs started with the environment it prints first see the device with the real libusb. Commands come on standard
input, one a line, and each is answered by one line. How packets move, and how the ioctls of a USB device are answered:
zk-usb, sections 3.2 and 7.2.
"""

import errno
import json
import os
import re
import socket
import sys
import threading
import time

import gi

gi.require_version("UMockdev", "1.0")
from gi.repository import UMockdev  # noqa: E402

CONTROL, BULK = 2, 3
CAPABILITIES, DRIVER, SUBMIT, REAP, DISCARD = 0x8004551A, 0x41045508, 0x8038550A, 0x4008550D, 0x550B
CLAIM = 0x8004550F
DONE = {0x80045505, 0x80045510, 0x80045515, 0x5514}
SETTLE = 0.2


class Terminal:
    """The announce-then-move protocol from the terminal's side; every rule the host breaks is written down."""

    def __init__(self, port):
        self.lock = threading.RLock()
        self.port = port
        self.faults = []
        self.broken = []
        self.replies = self.requests = 0
        self.dead = False
        self.socket = None
        self.restart()

    def restart(self):
        with self.lock:
            self.step, self.told, self.sent_at, self.packets = ("free", 0), None, None, []
            self.dead = False
            if self.socket:
                self.socket.close()
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.connect(("127.0.0.1", self.port))
            self.socket.setblocking(False)

    def wrong(self, text):
        self.broken.append(text)
        self.dead = True
        return -errno.EPIPE, b""

    def early(self):
        return self.sent_at is not None and time.monotonic() - self.sent_at < SETTLE - 0.002

    def control(self, setup):
        """Status of a control transfer."""
        kind, request, value, index, length = (setup[0], setup[1], setup[2] | setup[3] << 8, setup[4] | setup[5] << 8,
                                               setup[6] | setup[7] << 8)
        if self.early():
            return self.wrong("disturbed %.0f ms after a packet" % ((time.monotonic() - self.sent_at) * 1000))[0]
        if kind != 0x40 or index or length or self.step[0] != "free":
            return self.wrong("request %s in step %s" % (bytes(setup).hex(), self.step))[0]
        if request == 0xF3:
            self.step = ("taking", value)
        elif request == 0xF4 and self.told is None and value == 4:
            self.step = ("telling", 4)
        elif request == 0xF4 and self.told == value:
            self.step = ("giving", value)
        else:
            return self.wrong("request %x of %d, told %s" % (request, value, self.told))[0]
        return 0

    def out(self, endpoint, data):
        if self.step != ("taking", len(data)) or endpoint != 0x03:
            return self.wrong("%d bytes to %x in step %s" % (len(data), endpoint, self.step))[0]
        self.step = ("free", 0)
        self.requests += 1
        self.socket.send(data)
        self.sent_at = time.monotonic()
        return 0

    def collect(self):
        try:
            while True:
                self.packets.append(self.socket.recv(65536))
        except OSError:
            return

    def bulk_in(self, endpoint, count):
        """(status, data); status None: it never answers."""
        if self.dead:
            return None, b""
        if endpoint != 0x82 or self.step[0] not in ("telling", "giving") or count != self.step[1]:
            return self.wrong("%d bytes wanted from %x in step %s" % (count, endpoint, self.step))
        if self.step[0] == "giving":
            # In several short transfers, as a real one may.
            packet = self.packets[0]
            piece, self.packets[0] = packet[:600], packet[600:]
            if self.packets[0]:
                self.step = ("giving", count - len(piece))
            else:
                self.packets.pop(0)
                self.step, self.told = ("free", 0), None
                self.replies += 1
            return 0, piece
        self.step = ("free", 0)
        self.collect()
        if not self.packets:
            return 0, bytes(4)
        fault = self.due()
        if fault == "silence":
            self.dead = True
            return None, b""
        if fault == "stall":
            self.dead = True
            return -errno.EPIPE, b""
        if fault == "babble":
            return -errno.EOVERFLOW, b""
        if fault == "huge":
            return 0, (70000).to_bytes(4, "little")
        if fault == "vanish":
            self.vanish()
            return -errno.ENODEV, b""
        self.told = len(self.packets[0])
        return 0, self.told.to_bytes(4, "little")

    def due(self):
        for fault in self.faults:
            if self.replies >= fault[1]:
                self.faults.remove(fault)
                return fault[0]
        return None


class Cable:
    def __init__(self, description, port):
        self.testbed = UMockdev.Testbed.new()
        os.chmod(self.testbed.get_root_dir(), 0o755)
        with open(description, encoding="utf-8") as file:
            self.description = file.read()
        self.terminal = Terminal(port)
        self.terminal.vanish = self.vanish
        self.number = 10
        self.plugged = None
        self.busy = 0
        self.gone = threading.Event()
        self.claims = 0

    # Plugging

    def plug(self):
        self.unplug()
        self.number += 1
        node = "bus/usb/001/%03d" % self.number
        text = re.sub(r"bus/usb/001/\d+", node, self.description)
        text = re.sub(r"DEVNUM=\d+", "DEVNUM=%03d" % self.number, text)
        text = re.sub(r"devnum=\d+", "devnum=%d" % self.number, text)
        text = re.sub(r"MINOR=\d+", "MINOR=%d" % (self.number - 1), text)
        self.terminal.restart()
        self.gone.clear()
        self.handler = UMockdev.IoctlBase.new() if hasattr(UMockdev.IoctlBase, "new") else UMockdev.IoctlBase()
        self.urbs, self.done = [], []
        self.handler.connect("handle-ioctl", self.ioctl)
        self.testbed.add_from_string(text)
        self.testbed.attach_ioctl("/dev/" + node, self.handler)
        self.path = "/sys" + re.search(r"P: (\S+)", text).group(1)
        self.plugged = node
        self.testbed.uevent(self.path, "add")

    def unplug(self):
        if not self.plugged:
            return
        self.gone.set()
        # As a kernel does it with what was still to come.
        for urb in self.urbs:
            self.finish(urb, -errno.ESHUTDOWN, 0)
        self.urbs = []
        self.testbed.uevent(self.path, "remove")
        self.testbed.remove_device(self.path)
        self.plugged = None

    def vanish(self):
        """In the middle of a transfer: ioctls fail from now on. `unplug` is to follow."""
        self.gone.set()

    # Ioctls

    def ioctl(self, _, client):
        try:
            with self.terminal.lock:
                self.answer(client, client.get_request() & 0xFFFFFFFF)
        except Exception as error:  # A handler that raises hangs the client.
            self.terminal.broken.append("harness: %r" % error)
            client.complete(-1, errno.EIO)
        return True

    def answer(self, client, request):
        if self.gone.is_set() and request != REAP:
            return client.complete(-1, errno.ENODEV)
        if request == CAPABILITIES:
            client.get_arg().resolve(0, 4).update(0, bytes(4))
            return client.complete(0, 0)
        if request == DRIVER:
            return client.complete(-1, errno.ENODATA)
        if request == CLAIM:
            if self.busy > 0:
                self.busy -= 1
                return client.complete(-1, errno.EBUSY)
            self.claims += 1
            return client.complete(0, 0)
        if request in DONE:
            return client.complete(0, 0)
        if request == SUBMIT:
            return self.submit(client)
        if request == REAP:
            if not self.done:
                return client.complete(-1, errno.ENODEV if self.gone.is_set() else errno.EAGAIN)
            client.get_arg().resolve(0, 8).set_ptr(0, self.done.pop(0))
            return client.complete(0, 0)
        if request == DISCARD:
            address = int.from_bytes(bytes(client.get_arg().retrieve())[:8], "little")
            for urb in list(self.urbs):
                if urb.client_addr == address:
                    self.urbs.remove(urb)
                    self.finish(urb, -errno.ENOENT, 0)
                    return client.complete(0, 0)
            return client.complete(-1, errno.EINVAL)
        return client.complete(-1, errno.ENOTTY)

    def submit(self, client):
        urb = client.get_arg().resolve(0, 56)
        raw = bytes(urb.retrieve())
        kind, endpoint = raw[0], raw[1]
        length = int.from_bytes(raw[24:28], "little", signed=True)
        buffer = urb.resolve(16, length)
        data = bytes(buffer.retrieve())
        if kind == CONTROL:
            self.finish(urb, self.terminal.control(data[:8]), 0)
        elif kind == BULK and endpoint < 0x80:
            status = self.terminal.out(endpoint, data)
            self.finish(urb, status, length if status == 0 else 0)
        else:
            status, piece = self.terminal.bulk_in(endpoint, length)
            if status is None:
                self.urbs.append(urb)
            else:
                if piece:
                    buffer.update(0, piece)
                self.finish(urb, status, len(piece))
        if self.gone.is_set():
            return client.complete(-1, errno.ENODEV)
        return client.complete(0, 0)

    def finish(self, urb, status, actual):
        urb.update(4, status.to_bytes(4, "little", signed=True))
        urb.update(28, actual.to_bytes(4, "little"))
        self.done.append(urb)

    # Commands

    def obey(self, words):
        name, *arguments = words
        if name == "plug":
            self.plug()
        elif name == "unplug":
            with self.terminal.lock:
                self.unplug()
        elif name == "busy":
            self.busy = int(arguments[0])
        elif name == "mode":
            # Everything else of the testbed is for everybody: its sockets, and the folder clients make theirs in.
            for folder, _, files in os.walk(self.testbed.get_root_dir()):
                for path in [folder] + [os.path.join(folder, file) for file in files]:
                    if not os.path.islink(path):
                        os.chmod(path, 0o777)
            os.chmod(os.path.join(self.testbed.get_root_dir(), "dev", self.plugged), int(arguments[0], 8))
        elif name == "power":
            # The way a real one does it: it leaves the bus and comes back.
            with self.terminal.lock:
                self.unplug()
            time.sleep(0.2)
            self.plug()
        elif name == "fault":
            with self.terminal.lock:
                after = int(arguments[1]) if len(arguments) > 1 else 0
                self.terminal.faults.append((arguments[0], self.terminal.replies + after))
        elif name == "state":
            terminal = self.terminal
            return json.dumps({"broken": terminal.broken, "requests": terminal.requests, "replies": terminal.replies,
                               "claims": self.claims, "faults": len(terminal.faults), "busy": self.busy})
        else:
            return "error " + name
        return "ok"


def main():
    cable = Cable(sys.argv[1], int(sys.argv[2]))
    print(json.dumps({"UMOCKDEV_DIR": cable.testbed.get_root_dir(), "LD_PRELOAD": "libumockdev-preload.so.0"}),
          flush=True)
    for line in sys.stdin:
        try:
            print(cable.obey(line.split()), flush=True)
        except Exception as error:
            print("error %r" % error, flush=True)


if __name__ == "__main__":
    main()
