"""A line to the centre that fails as it is told: reads every batch and every answer, and keeps account of both.

It knows what the centre acknowledged and what of that an edge can know, so it sees at the next batch whether anything
was taken for a receipt that is none.
"""

import asyncio
import json
import random
import socket
import struct
import threading
import weakref
import zlib

import contract_rules as rules
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

HTML = b"<!DOCTYPE html><html><body>Selamat datang di WiFi Hotel. Silakan masuk.</body></html>"
BOMB = zlib.compress(bytes(8 << 20))
# Longer than an edge waits for an answer.
LATE = 62


class Gone(Exception):
    """One end of the line has hung up."""


class Message:
    """A request or an answer: its first line, its header fields, its body as sent."""

    def __init__(self, first, fields, body):
        self.first, self.fields, self.body = first, fields, body

    @property
    def status(self):
        return int(self.first.split()[1])

    def text(self):
        return zlib.decompress(self.body, 31) if self.fields.get("content-encoding") == "gzip" else self.body

    def bytes(self):
        kept = {name: value for name, value in self.fields.items() if name != "transfer-encoding"}
        kept["content-length"] = str(len(self.body))
        lines = [self.first, *(f"{name}: {value}" for name, value in kept.items()), "", ""]
        return "\r\n".join(lines).encode() + self.body


def answer(status, body=b"", **fields):
    return Message(f"HTTP/1.1 {status} Word", {name.replace("_", "-"): str(value) for name, value in fields.items()},
                   body)


async def read(reader):
    """The next message; None where the other side hung up before it, or speaks no HTTP."""
    try:
        begin = await reader.readexactly(1)
        if not begin.isalpha():
            return None
        head = (begin + await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])}
        if "chunked" in fields.get("transfer-encoding", ""):
            body = b""
            while size := int(await reader.readuntil(b"\r\n"), 16):
                body += await reader.readexactly(size)
                await reader.readexactly(2)
            await reader.readuntil(b"\r\n")
        else:
            body = await reader.readexactly(int(fields.get("content-length", 0)))
        return Message(head[0], fields, body)
    except (asyncio.IncompleteReadError, ConnectionError, OSError):
        return None


class Node:
    """What is known of one edge: how far it may believe it has got, and what it must send again."""

    def __init__(self, name):
        self.name, self.epoch, self.told = name, None, 0
        self.unanswered, self.row, self.receipts = None, 0, []
        # The moment before which it was asked not to come back.
        self.not_before = 0
        # When it was seen first, when a receipt last reached it, the longest wait between two, what still waits there.
        self.begun = self.moved = None
        self.slowest, self.backlog, self.refused = 0, None, 0


class Proxy:
    """`with Proxy(port, decide) as proxy:` listens at `proxy.port`; `decide(node, header)` names a fault, or None.

    - context: speaks TLS with it.
    - faults: how often each was made. `wrong`: what an edge did that no edge may do.
    """

    def __init__(self, to_port, decide, seed=0, context=None):
        self.to_port, self.decide, self.context = to_port, decide, context
        self.random = random.Random(seed)
        self.faults, self.wrong, self.nodes, self.swallowed = {}, [], {}, 0
        self.key = Ed25519PrivateKey.generate()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.lines, self.port, self.batches, self.cuts = weakref.WeakSet(), 0, 0, 0
        # Told of every batch whose receipt an edge gets: (node, text of the batch).
        self.told = lambda node, text: None

    def __enter__(self):
        self.thread.start()
        self.open(self.context)
        return self

    def __exit__(self, *_):
        self.close()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    @property
    def count(self):
        return sum(self.faults.values())

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()
        left = asyncio.all_tasks(self.loop)
        for task in left:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self.loop.close()

    def _call(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def open(self, context=None):
        """The line stands, at the same port as before; speaks TLS with `context`."""
        async def work():
            self.listener = socket.create_server(("127.0.0.1", self.port), backlog=512)
            self.listener.setblocking(False)
            self.port = self.listener.getsockname()[1]
            self.accepting = asyncio.create_task(self._accept(self.listener, context))
        self._call(work())

    async def _accept(self, listener, context):
        """As a server of asyncio does, but whoever is in a handshake when the line is cut is cut off, too."""
        while True:
            line, _ = await self.loop.sock_accept(listener)
            self.lines.add(line)
            task = asyncio.create_task(self._welcome(line, context))
            KEPT.add(task)
            task.add_done_callback(KEPT.discard)

    async def _welcome(self, line, context):
        reader = asyncio.StreamReader(1 << 22)
        try:
            await self.loop.connect_accepted_socket(
                lambda: asyncio.StreamReaderProtocol(reader, self._serve), line, ssl=context)
        except (OSError, asyncio.CancelledError):
            line.close()

    def close(self):
        """The line is cut: nobody listens, what is under way is reset."""
        async def work():
            self.cuts += 1
            self.accepting.cancel()
            self.listener.close()
            for line in list(self.lines):
                try:
                    line.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # it has ended by itself
        self._call(work())

    # One connection

    async def _serve(self, reader, writer):
        link = Link(self, reader, writer)
        try:
            while (request := await read(reader)) is not None:
                await link.take(request)
            # As a server without TLS answers to TLS.
            writer.write(answer(400).bytes())
        except (Gone, ConnectionError, OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the line is cut, by the fault or by the end of the rig
        finally:
            link.hang_up()

    def see(self, text):
        """The header of a batch and its node; checks what the node has taken for acknowledged."""
        header = json.loads(text.split(b"\n", 1)[0])
        node = self.nodes.setdefault(header["node"], Node(header["node"]))
        if node.epoch not in (None, header["epoch"]):
            self.wrong.append(f"{node.name} began a new epoch")
            node.told = 0
        node.epoch = header["epoch"]
        if header["first"] - 1 > node.told:
            self.wrong.append(f"{node.name} forgot up to {header['first'] - 1}, told of {node.told}")
        if node.unanswered is not None and node.unanswered != text:
            self.wrong.append(f"{node.name} sent other bytes behind an unclear answer, from {header['first']}")
        if self.loop.time() < node.not_before:
            self.wrong.append(f"{node.name} came {node.not_before - self.loop.time():.2f} s before it was asked to")
        node.not_before, node.unanswered = 0, text
        node.begun = node.begun or self.loop.time()
        node.backlog = header["status"]["backlog"]
        self.batches += 1
        return node, header


class Link:
    """One edge's connection, with its own to the centre."""

    def __init__(self, proxy, reader, writer):
        self.proxy, self.reader, self.writer, self.up, self.cuts = proxy, reader, writer, None, proxy.cuts
        # Offices have addresses of their own: the centre counts by them.
        self.address = "127." + ".".join(str(proxy.random.randint(1, 250)) for _ in range(3))

    async def connect(self):
        return await asyncio.open_connection(
            "127.0.0.1", self.proxy.to_port, limit=1 << 22, local_addr=(self.address, 0))

    def hang_up(self):
        for writer in [self.writer] + ([self.up[1]] if self.up else []):
            writer.close()

    def reset(self):
        """An end that the other side's TCP is told of as an error."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()
        raise Gone

    async def ask(self, request, alone=False):
        """The centre's answer; over a connection of its own where it is to be `alone`."""
        for fresh in (False, True):
            if alone or fresh or self.up is None:
                up = await self.connect()
                self.up = self.up if alone else up
            else:
                up = self.up
            up[1].write(request.bytes())
            await up[1].drain()
            got = await read(up[0])
            if alone:
                up[1].close()
            if got is not None:
                return got
        raise Gone

    async def give(self, message, believed=None):
        """Sends an answer; `believed` is the node that may take it for true."""
        if believed is not None:
            self.tell(believed, message)
        self.writer.write(message.bytes())
        await self.writer.drain()

    def tell(self, node, message):
        """What the edge will know from here on; of a line that was cut meanwhile it hears nothing."""
        if self.cuts != self.proxy.cuts:
            raise Gone
        now = self.proxy.loop.time()
        if message.status in (429, 503):
            node.refused += 1
            node.not_before = now + min(max(int(message.fields.get("retry-after", 30)), 1), 3600)
        if (receipt := receipt_in(message)) is None or receipt["node"] != node.name:
            return
        text, node.unanswered, node.row = node.unanswered, None, 0
        if receipt["answer"] == "ok":
            node.told = max(node.told, receipt["high_water"])
            node.slowest, node.moved = max(node.slowest, now - (node.moved or node.begun)), now
            self.proxy.told(node, text or b"")
        elif receipt["answer"] != "gap":
            self.proxy.wrong.append(f"{node.name} was answered {receipt['answer']}: {receipt.get('reason')}")

    async def take(self, request):
        if "/v1/batches" not in request.first:
            return await self.give(await self.ask(request))
        node, header = self.proxy.see(request.text())
        name = self.proxy.decide(node, header)
        if name is None:
            got = await self.ask(request)
            self.keep(node, got)
            return await self.give(got, node)
        node.row += 1
        self.proxy.faults[name] = self.proxy.faults.get(name, 0) + 1
        await FAULTS[name](self, node, header, request)

    def keep(self, node, message):
        """A genuine receipt, for those that are to come again when nobody asked."""
        if receipt_in(message) is not None:
            node.receipts = (node.receipts + [message])[-20:]

    async def passed(self, node, request):
        """The centre has the batch and has answered; nobody else knows it yet."""
        got = await self.ask(request)
        self.keep(node, got)
        return got


def receipt_in(message):
    try:
        found = json.loads(message.body.split(b"\n", 1)[0])
        return found if "high_water" in found else None
    except (ValueError, TypeError):
        return None


# What can go wrong. Each takes (link, node, header, request).


async def lose(link, node, header, request):
    """The connection ends before the centre hears anything."""
    raise Gone


async def reset_request(link, node, header, request):
    """The centre gets a piece of the request, then both sides are reset."""
    data = request.bytes()
    up = await link.connect()
    up[1].write(data[:link.proxy.random.randrange(len(data))])
    await up[1].drain()
    up[1].transport.abort()
    link.reset()


async def swallow(link, node, header, request):
    """The request passes, the centre commits, and its answer is lost."""
    got = await link.passed(node, request)
    found = receipt_in(got)
    if found and found["answer"] == "ok" and header["count"]:
        link.proxy.swallowed += 1
    raise Gone


async def reset_answer(link, node, header, request):
    """The connection is reset in the middle of the answer."""
    data = (await link.passed(node, request)).bytes()
    link.writer.write(data[:link.proxy.random.randrange(len(data))])
    await link.writer.drain()
    link.reset()


async def truncated(link, node, header, request):
    """The answer says how long it is, and ends before."""
    data = (await link.passed(node, request)).bytes()
    link.writer.write(data[:-link.proxy.random.randint(1, 90)])
    await link.writer.drain()
    raise Gone


async def delay(link, node, header, request):
    """Everything comes, later."""
    await asyncio.sleep(link.proxy.random.uniform(0.1, 1.5))
    got = await link.passed(node, request)
    await asyncio.sleep(link.proxy.random.uniform(0.1, 1.5))
    await link.give(got, node)


async def late(link, node, header, request):
    """The answer comes when the edge has given up and asked again."""
    got = await link.passed(node, request)
    # Two of them make smaller batches.
    node.unanswered = None
    await asyncio.sleep(LATE)
    await link.give(got)


async def twice(link, node, header, request):
    """The request reaches the centre three times, the last two at once; the edge gets any of the answers."""
    answers = [await link.passed(node, request)]
    answers += await asyncio.gather(*(link.ask(request, alone=True) for _ in range(2)))
    await link.give(link.proxy.random.choice(answers), node)


async def reorder(link, node, header, request):
    """The request is held back, the edge sends it again, and the first one comes behind what followed it."""
    async def afterwards():
        await asyncio.sleep(link.proxy.random.uniform(0.5, 4))
        try:
            await link.ask(request, alone=True)
        except (Gone, OSError):
            pass

    task = asyncio.create_task(afterwards())
    KEPT.add(task)
    task.add_done_callback(KEPT.discard)
    raise Gone


async def slow_request(link, node, header, request):
    """The centre gets the request in bites."""
    data, up = request.bytes(), await link.connect()
    for start in range(0, len(data), bite := max(1, len(data) // 200)):
        up[1].write(data[start:start + bite])
        await asyncio.sleep(0.004)
    got = await read(up[0])
    up[1].close()
    await link.give(got or answer(502), node)


async def slow_answer(link, node, header, request):
    """The edge gets the answer byte by byte."""
    got = await link.passed(node, request)
    link.tell(node, got)
    for byte in got.bytes():
        link.writer.write(bytes([byte]))
        await asyncio.sleep(0.001)


def instead(status, body=b"", **fields):
    """Something that is not the centre answers, and the centre hears nothing."""
    async def fault(link, node, header, request):
        await link.give(answer(status, body, **fields))
    return fault


async def too_large(link, node, header, request):
    """413, from something before the centre."""
    node.unanswered = None
    await link.give(answer(413, HTML))


async def busy(link, node, header, request):
    """429 or 503 with a second to wait, to the second."""
    node.not_before = link.proxy.loop.time() + 1
    await link.give(answer(link.proxy.random.choice([429, 503]), retry_after=1))


async def absurd(link, node, header, request):
    """429 with a wait below what is sensible."""
    node.not_before = link.proxy.loop.time() + 1
    await link.give(answer(429, retry_after=link.proxy.random.choice(["-86400", "0", "-1"])))


async def unsaid(link, node, header, request):
    """429 or 503 that does not say how long, or says it in no number."""
    node.not_before = link.proxy.loop.time() + 1
    word = link.proxy.random.choice([{}, {"retry_after": "besok pagi"}, {"retry_after": "9" * 40}])
    await link.give(answer(link.proxy.random.choice([429, 503]), **word))


async def bomb(link, node, header, request):
    """Eight megabytes of nothing in a few kilobytes of gzip."""
    await link.give(answer(200, BOMB, content_encoding="gzip", content_type="text/plain"))


async def flood(link, node, header, request):
    """An answer of four thousand million bytes."""
    link.writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 4000000000\r\n\r\n")
    for _ in range(64):
        link.writer.write(bytes(65536))
        await link.writer.drain()
    raise Gone


async def old(link, node, header, request):
    """A receipt that was true, for an earlier batch."""
    earlier = [one for one in node.receipts if receipt_in(one)["batch"] != header["batch"]]
    await link.give(link.proxy.random.choice(earlier) if earlier else answer(200, HTML))


async def strange(link, node, header, request):
    """Another node's receipt."""
    others = [one for other in link.proxy.nodes.values() if other is not node for one in other.receipts]
    await link.give(link.proxy.random.choice(others) if others else answer(200, HTML))


def invented(header):
    """What the centre would say, had it taken this batch."""
    return {"v": 1, "batch": header["batch"], "node": header["node"], "epoch": header["epoch"], "answer": "ok",
            "high_water": header["last"], "end_hash": header["end_hash"], "accepted": header["count"], "duplicate": 0,
            "quarantined": [], "server_time": "2026-11-22T00:00:00.000Z", "orders": []}


async def forged(link, node, header, request):
    """A receipt that is right in every word, signed with another key, or not at all."""
    line = rules.one_line(invented(header)).encode()
    signature = rules.sign("hadir-receipt-1", line, link.proxy.key) if link.proxy.random.random() < 0.7 else ""
    await link.give(answer(200, line + b"\n" + signature.encode() + b"\n"))


async def altered(link, node, header, request):
    """The centre's own receipt with one bit changed."""
    got = await link.passed(node, request)
    body = bytearray(got.body)
    body[link.proxy.random.randrange(len(body))] ^= 1 << link.proxy.random.randrange(8)
    await link.give(Message(got.first, got.fields, bytes(body)))


async def garbage(link, node, header, request):
    """Bytes that are no HTTP."""
    link.writer.write(link.proxy.random.randbytes(300))
    await link.writer.drain()
    raise Gone


KEPT = set()
FAULTS = {
    "lose": lose, "reset_request": reset_request, "swallow": swallow, "reset_answer": reset_answer,
    "truncated": truncated, "delay": delay, "late": late, "twice": twice, "reorder": reorder,
    "slow_request": slow_request, "slow_answer": slow_answer, "too_large": too_large, "busy": busy, "absurd": absurd,
    "unsaid": unsaid, "bomb": bomb, "flood": flood, "old": old, "strange": strange, "forged": forged,
    "altered": altered, "garbage": garbage,
    "portal": instead(200, HTML, content_type="text/html"), "login": instead(302, location="http://wifi.example/"),
    "sign_in": instead(511, HTML), "error": instead(500, b"{}"), "gateway": instead(502, HTML),
    "nothing": instead(204), "empty": instead(200), "forbidden": instead(403, HTML), "auth": instead(407),
}
