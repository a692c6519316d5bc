"""A TCP proxy that delivers every byte a fixed time after it came, each way, however much is on its way."""

import asyncio
import threading


class DelayProxy:
    """`with DelayProxy(port, 0.025) as proxy:` listens at `proxy.port`; 0.025 each way is a round trip of 50 ms."""

    def __init__(self, to_port, delay):
        self.to_port, self.delay = to_port, delay
        self.loop = asyncio.new_event_loop()
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        self.ready.wait()
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    def _run(self):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        self.loop.run_forever()
        left = asyncio.all_tasks(self.loop)
        for task in left:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self.loop.close()

    async def _serve(self, reader, writer):
        # A connection costs its round trip, too: the answer to the first packet cannot come before.
        await asyncio.sleep(2 * self.delay)
        there, back = await asyncio.open_connection("127.0.0.1", self.to_port)
        try:
            await asyncio.gather(self._pass(reader, back), self._pass(there, writer))
        except asyncio.CancelledError:
            pass  # the benchmark is over

    async def _pass(self, reader, writer):
        late = asyncio.Queue()

        async def deliver():
            while True:
                due, data = await late.get()
                await asyncio.sleep(max(0, due - self.loop.time()))
                if not data:
                    return writer.close()
                writer.write(data)
                await writer.drain()

        delivery = asyncio.create_task(deliver())
        try:
            while data := await reader.read(65536):
                late.put_nowait((self.loop.time() + self.delay, data))
        except ConnectionError:
            pass
        late.put_nowait((self.loop.time() + self.delay, b""))
        await delivery
