"""The messages that the workers publish, read on one connection."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, Protocol

from pyview.stores.health import StoreHealth, StoreUnavailable
from pyview.stores.redis_address import FAILURES, Connection, RedisAddress, failure

logger = logging.getLogger("pyview")

HEARTBEAT: Final = 1.0  # seconds between the pings
SILENCE: Final = 2.0  # seconds after which a silent server counts as lost
PAUSE: Final = 0.1  # seconds before the next attempt to reach a lost server
CONFIRMATION: Final = 1.0  # seconds that `listen` waits for the server
TURN: Final = 64  # messages before the event loop gets a turn


class Listener(Protocol):
    """Receives the messages of the channels that it listens to."""

    def received(self, channel: str, body: bytes) -> Awaitable[None] | None:
        """Take a message. The next one is read after the returned awaitable."""

    def alive(self) -> None:
        """Called about every second while the server answers: no message up to now is missing."""

    def lost(self) -> None:
        """Called when the connection is lost: the messages from now on are missed."""

    async def found(self, gap: float) -> None:
        """Called when every channel is subscribed, before the next message. `gap`: seconds without the server."""


class RedisChannel:
    """The listeners of one channel, and the state of its subscription."""

    __slots__ = ("asked", "confirmed", "listeners")

    def __init__(self) -> None:
        self.listeners: dict[Listener, None] = {}
        self.asked = False
        self.confirmed = asyncio.Event()

    @property
    def unused(self) -> bool:
        # A subscription under way is left alone: its confirmation could be taken for that of the next one.
        return not self.listeners and self.confirmed.is_set()

    def reset(self) -> None:
        self.asked = False
        self.confirmed.clear()


class MessageConnection:
    """A connection that reads the messages of the channels with a listener, and opens again by itself.

    `timeout`: seconds for a connection.
    """

    def __init__(self, address: RedisAddress, timeout: float, health: StoreHealth) -> None:
        self._address = address
        self._timeout = timeout
        self._health = health
        self._channels: dict[str, RedisChannel] = {}
        self._listeners: dict[Listener, int] = {}  # with the number of its channels
        self._requests: list[bytes] = []
        self._request = asyncio.Event()
        self._packer = address.connection()
        self._answered = time.monotonic()  # when the server was last known to answer
        self._failed = False
        self._received = self._delivering = False
        self._attempted = asyncio.Event()
        self.connected = False
        self._task = asyncio.get_running_loop().create_task(self._follow())

    async def attempted(self, seconds: float) -> None:
        """Wait until the server has answered or refused, `seconds` at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._attempted.wait()

    async def listen(self, name: str, listener: Listener) -> None:
        """Deliver the messages of a channel. Without the server, it is subscribed as soon as it is back.

        A message that is published after the return is delivered, unless the connection is lost meanwhile.
        """
        channel = self._channels.setdefault(name, RedisChannel())
        if listener not in channel.listeners:
            channel.listeners[listener] = None
            self._listeners[listener] = self._listeners.get(listener, 0) + 1
        if not self.connected or channel.confirmed.is_set():
            return
        if not channel.asked:
            channel.asked = True
            self._ask("SUBSCRIBE", name)
        with suppress(TimeoutError):
            async with asyncio.timeout(CONFIRMATION):
                await channel.confirmed.wait()

    def unlisten(self, name: str, listener: Listener) -> None:
        """Stop the delivery. The subscription ends with the next heartbeat: often it is wanted again at once."""
        channel = self._channels.get(name)
        if channel is None or listener not in channel.listeners:
            return
        del channel.listeners[listener]
        self._listeners[listener] -= 1
        if not self._listeners[listener]:
            del self._listeners[listener]

    def listens(self, name: str) -> bool:
        """Return True if the channel is subscribed, so that a message published now comes back."""
        channel = self._channels.get(name)
        return self.connected and channel is not None and channel.confirmed.is_set()

    async def close(self) -> None:
        """Close the connection."""
        while not self._task.done():
            # On Python 3.11 `asyncio.wait_for`, in the client, may swallow a cancellation.
            self._task.cancel()
            await asyncio.wait([self._task], timeout=0.1)

    def _ask(self, *command: str) -> None:
        self._requests.extend(self._packer.pack_command(*command))
        self._request.set()

    # The tasks

    async def _follow(self) -> None:
        while True:
            connection = self._address.connection()
            try:
                async with asyncio.timeout(self._timeout):
                    await connection.connect()
                    early = await self._subscribe_all(connection)
                await self._restore()
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._read(connection, early))
                    group.create_task(self._write(connection))
            except Exception as error:
                self._lose(failure(error))
            finally:
                with suppress(*FAILURES):
                    await connection.disconnect(nowait=True)
            await asyncio.sleep(PAUSE)

    async def _subscribe_all(self, connection: Connection) -> list[list[bytes]]:
        """Subscribe to every channel. Return the messages that came before the last confirmation."""
        self._channels = {name: channel for name, channel in self._channels.items() if channel.listeners}
        asked = list(self._channels.values())
        for channel in asked:
            channel.asked = True
        subscribe = connection.pack_command("SUBSCRIBE", *self._channels) if asked else []
        await connection.send_packed_command([*subscribe, *connection.pack_command("PING")], False)
        early: list[list[bytes]] = []
        ponged = False
        while not (ponged and all(channel.confirmed.is_set() for channel in asked)):
            message = await connection.read_response(disconnect_on_error=False)
            if message[0] == b"message":
                early.append(message)
            else:
                ponged = not self._confirm(message) or ponged
        return early

    async def _restore(self) -> None:
        gap = time.monotonic() - self._answered if self._failed else 0.0
        for listener in list(self._listeners):
            await listener.found(gap)
        # Channels that got their first listener meanwhile.
        for name in [name for name, channel in self._channels.items() if not channel.asked]:
            self._channels[name].asked = True
            self._ask("SUBSCRIBE", name)
        self.connected, self._failed = True, False
        self._alive()
        self._attempted.set()

    async def _read(self, connection: Connection, early: list[list[bytes]]) -> None:
        async with asyncio.timeout(None) as silence:
            heartbeat = Heartbeat(silence, self._beat)
            try:
                for message in early:
                    await self._deliver(message)
                await self._read_all(connection, heartbeat)
            finally:
                heartbeat.stop()

    async def _read_all(self, connection: Connection, heartbeat: "Heartbeat") -> None:
        while True:
            for _ in range(TURN):
                message = await connection.read_response(disconnect_on_error=False)
                if not self._received:  # the first one since the last beat
                    self._received = True
                    heartbeat.put_off()
                if message[0] == b"message":
                    await self._deliver(message)
                elif not self._confirm(message):
                    self._alive()
            await asyncio.sleep(0)

    async def _write(self, connection: Connection) -> None:
        while True:
            await self._request.wait()
            self._request.clear()
            requests, self._requests = self._requests, []
            await connection.send_packed_command(requests, False)

    async def _deliver(self, message: list[bytes]) -> None:
        name = message[1].decode()
        channel = self._channels.get(name)
        for listener in tuple(channel.listeners) if channel is not None else ():
            try:
                waiting = listener.received(name, message[2])
                if waiting is not None:
                    self._delivering = True
                    await waiting
            except Exception:
                logger.exception("a message on %s could not be delivered", name)
            finally:
                self._delivering = False

    def _confirm(self, message: Any) -> bool:
        """Take the answer to a request. Return False if it is the answer to a ping."""
        if type(message) is not list or message[0] == b"pong":
            return False
        channel = self._channels.get(message[1].decode())
        if channel is not None and message[0] == b"subscribe":
            channel.confirmed.set()
        return True

    def _beat(self) -> bool:
        """Ping the server. Return True if its answer may wait, because a message is being delivered."""
        for name in [name for name, channel in self._channels.items() if channel.unused]:
            del self._channels[name]
            self._ask("UNSUBSCRIBE", name)
        self._received = False
        self._ask("PING")
        return self._delivering

    # The state of the connection

    def _alive(self) -> None:
        self._answered = time.monotonic()
        self._health.recovered("listening")
        for listener in list(self._listeners):
            listener.alive()

    def _lose(self, error: Exception) -> None:
        if not isinstance(error, (*FAILURES, StoreUnavailable)):
            logger.error("reading messages from %s failed; trying again", self._address.name, exc_info=error)
        was_connected, self.connected = self.connected, False
        self._failed, self._delivering = True, False
        self._requests.clear()
        for channel in self._channels.values():
            channel.reset()
        # A subscription lasts for hours, so its failure counts from the last answer and not from its start.
        self._health.failed("listening", error, sent=self._answered, unreachable=True)
        self._attempted.set()
        if was_connected:
            for listener in list(self._listeners):
                listener.lost()


class Heartbeat:
    """Calls `beat` every second, and puts the timeout of a silent server off if it returns True."""

    def __init__(self, silence: asyncio.Timeout, beat: Callable[[], bool]) -> None:
        self._silence = silence
        self._beat = beat
        self._loop = asyncio.get_running_loop()
        self._schedule()
        self.put_off()

    def put_off(self) -> None:
        """Start the timeout again."""
        if not self._silence.expired():
            self._silence.reschedule(self._loop.time() + SILENCE)

    def stop(self) -> None:
        self._timer.cancel()

    def _schedule(self) -> None:
        self._due = self._loop.time() + HEARTBEAT
        self._timer = self._loop.call_at(self._due, self._tick)

    def _tick(self) -> None:
        # If the event loop stood still, the answers may be there unread: the server was not silent.
        late = self._loop.time() - self._due > HEARTBEAT / 2
        self._schedule()
        if self._beat() or late:
            self.put_off()
