"""The link of one worker to a Redis or Valkey server: a connection for commands, and one that reads messages."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha1
from typing import Any, Protocol

from redis.exceptions import NoScriptError

from pyview.stores.health import HealthRegistry, Operation, StoreUnavailable
from pyview.stores.redis_address import RedisAddress
from pyview.stores.redis_commands import CommandConnection
from pyview.stores.redis_messages import Listener, MessageConnection


class Watcher(Protocol):
    """Called when the link is lost."""

    def lost(self) -> None: ...


class RedisLink:
    """The two connections that all stores and broadcasts of a worker use. They open by themselves, again and again.

    Several users share a link: each calls `open` first and `close` last. `timeout`: seconds for a connection or an
    answer.
    """

    def __init__(self, url: str, timeout: float, health: HealthRegistry) -> None:
        self._address = RedisAddress(url, timeout)
        self._timeout = timeout
        self._health = health.of(self._address.name)
        self._users: set[object] = set()
        self._watchers: dict[Watcher, None] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._commands: CommandConnection | None = None
        self._messages: MessageConnection | None = None
        self.database = self._address.database

    def open(self, user: object) -> None:
        """Begin to connect. Opening twice is the same as once."""
        self._users.add(user)
        self._opened()

    async def close(self, user: object) -> None:
        """Close the connections if this was the last user."""
        self._users.discard(user)
        if self._users:
            return
        loop, commands, messages = self._loop, self._commands, self._messages
        self._loop = self._commands = self._messages = None
        if loop is asyncio.get_running_loop():
            for connection in (commands, messages):
                if connection is not None:
                    await connection.close()

    # Commands

    async def run(self, operation: Operation, *command: Any) -> Any:
        """Send a command and return its answer. Raises `StoreUnavailable`."""
        return await self._opened().run(operation, *command)

    async def script(self, operation: Operation, source: str, keys: Sequence[str], *arguments: Any) -> Any:
        """Run a script and return its answer. Raises `StoreUnavailable`."""
        try:
            return await self.run(operation, "EVALSHA", _digest(source), len(keys), *keys, *arguments)
        except StoreUnavailable as error:
            if not isinstance(error.__cause__, NoScriptError):
                raise
        # The server knows the script from now on, until it is restarted.
        return await self.run(operation, "EVAL", source, len(keys), *keys, *arguments)

    def ask_script(self, source: str, keys: Sequence[str], *arguments: Any) -> "asyncio.Future[Any]":
        """Run a script after the messages that were published before, and return its answer; never waits.

        The answer is a `StoreUnavailable` too if the server does not know the script yet.
        """
        return self._opened().ask("publishing", "EVALSHA", _digest(source), len(keys), *keys, *arguments)

    def _opened(self) -> CommandConnection:
        if not self._users:
            raise StoreUnavailable("the store is not open: await start() first, and close() last")
        loop = asyncio.get_running_loop()
        if self._commands is None or self._loop is not loop:
            # Without a `close`, the tasks of an earlier event loop have ended with it.
            self._loop, self._messages = loop, None
            self._commands = CommandConnection(self._address, self._timeout, self._health, self._lost)
        return self._commands

    # Messages

    @property
    def connected(self) -> bool:
        """True if the server answered both connections the last time."""
        return (
            self._commands is not None
            and self._commands.connected
            and self._messages is not None
            and self._messages.connected
        )

    def publish(self, channel: str, body: bytes) -> bool:
        """Send a message to every listener of a channel; never waits.

        Return False if too many wait already. Without the server, it is sent when the server is back.
        """
        return self._opened().post("publishing", "PUBLISH", channel, body)

    async def give_way(self, most: int) -> None:
        """Wait until at most `most` messages wait for the server. Does not wait for one that takes none."""
        await self._opened().give_way(most)

    async def flush(self, seconds: float) -> None:
        """Wait until the server has taken every message; `seconds` at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._opened().flush()

    async def listen(self, channel: str, listener: Listener) -> None:
        """Deliver the messages of a channel to `listener`. See `MessageConnection.listen`."""
        await self._reading().listen(channel, listener)

    def unlisten(self, channel: str, listener: Listener) -> None:
        """Stop the delivery; never waits."""
        if self._messages is not None:
            self._messages.unlisten(channel, listener)

    def listens(self, channel: str) -> bool:
        """Return True if a message that is published on `channel` now comes back to this worker."""
        return self.connected and self._messages is not None and self._messages.listens(channel)

    async def attempted(self, seconds: float) -> None:
        """Wait until the server has answered or refused the reading connection, `seconds` at most."""
        await self._reading().attempted(seconds)

    def watch(self, watcher: Watcher) -> None:
        """Call `watcher.lost` when the connection for commands is lost."""
        self._watchers[watcher] = None

    def unwatch(self, watcher: Watcher) -> None:
        self._watchers.pop(watcher, None)

    def _lost(self) -> None:
        for watcher in list(self._watchers):
            watcher.lost()

    def _reading(self) -> MessageConnection:
        self._opened()
        if self._messages is None:
            self._messages = MessageConnection(self._address, self._timeout, self._health)
        return self._messages


def _digest(script: str) -> str:
    return sha1(script.encode(), usedforsecurity=False).hexdigest()
