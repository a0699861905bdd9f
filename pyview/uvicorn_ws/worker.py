"""The state that all connections of one server share."""

import logging
import sys
from typing import Any
from weakref import WeakKeyDictionary

from uvicorn.config import Config
from uvicorn.server import ServerState

from pyview.uvicorn_ws.handshake import PlainAccept
from pyview.uvicorn_ws.keepalive import Keepalive
from pyview.uvicorn_ws.parser import Parsers


class Worker:
    """The settings of a server, its parsers and its pings."""

    def __init__(self, config: Config) -> None:
        if not config.loaded:
            config.load()
        self.app: Any = config.loaded_app
        self.root_path = config.root_path
        self.asgi = {"version": config.asgi_version, "spec_version": "2.4"}
        self.max_size = config.ws_max_size or sys.maxsize
        self.parsers = Parsers(self.max_size)
        self.plain_accept = PlainAccept()
        self.log = logging.getLogger("uvicorn.error")
        interval = config.ws_ping_interval
        self.keepalive = Keepalive(interval, config.ws_ping_timeout) if interval else None


class Workers:
    """The worker of each server of the process. uvicorn makes connections from a class, so they share by its state."""

    def __init__(self) -> None:
        self._workers: WeakKeyDictionary[ServerState, Worker] = WeakKeyDictionary()

    def of(self, state: ServerState, config: Config) -> Worker:
        """Return the worker of the server that has this state."""
        worker = self._workers.get(state)
        if worker is None:
            worker = self._workers[state] = Worker(config)
        return worker
