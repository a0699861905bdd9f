"""One worker as the dashboard shows it, and the answers of the other workers of the application."""

import asyncio
import logging
import os
import platform
import socket
from collections.abc import Sequence
from importlib import metadata
from typing import Final, NamedTuple

from pydantic import ValidationError

from pyview.dashboard.messages import (
    MAX_BYTES,
    MAX_CLASSES,
    METHOD,
    ClassTimes,
    DurationsSent,
    Query,
    SlowMessage,
    WorkerAnswer,
    WorkerReport,
)
from pyview.dashboard.views import Selection, ViewSelections, shortened
from pyview.observability import usage
from pyview.operations import BROADCASTS, CPU_PERCENT, EVENTS, FAILURES, JOINS, Operations
from pyview.workers import CallFailed, WorkerGone

logger = logging.getLogger("pyview")

_SECONDS: Final = 1.0
_MAX_ASKED: Final = 100


class NoAnswer(NamedTuple):
    """A worker that has not answered in time."""

    id: str


class DashboardWorker:
    """Reports what this worker is doing, to its own dashboards and to those of the other workers.

    A report switches the timing of messages on for some seconds.
    """

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
        self._unreadable: set[str] = set()
        self._version = _version()  # it is read from a file
        self._selections = ViewSelections(lambda: operations.app_context.processes)
        # An application may have two dashboards, with other requirements. One of them answers.
        if not operations.workers.has_handler(METHOD):
            operations.workers.register(METHOD, self._answer)

    @property
    def id(self) -> str:
        return self._operations.workers.id

    @property
    def has_others(self) -> bool:
        return bool(self._operations.other_workers)

    async def own(self, query: Query) -> WorkerAnswer:
        """Return the answer of this worker."""
        operations = self._operations
        operations.meter.watch()
        # Where the lifespan of the application does not run, this is the only sample.
        operations.history.sample()
        selection = await self._selections.select(query)
        report = _report(operations, selection, self._version)
        return WorkerAnswer.model_construct(report=report, matching=selection.matching, rows=selection.rows)

    async def others(self, query: Query) -> list[WorkerAnswer | NoAnswer]:
        """Return the answers of the other workers, all within a second. A worker that has gone is left out."""
        payload = query.model_dump_json().encode()
        asked = self._operations.other_workers[:_MAX_ASKED]
        answers = await asyncio.gather(*(self._ask(worker_id, payload) for worker_id in asked))
        return [answer for answer in answers if answer is not None]

    async def _ask(self, worker_id: str, payload: bytes) -> WorkerAnswer | NoAnswer | None:
        try:
            answer = await self._operations.workers.call(worker_id, METHOD, payload, _SECONDS)
            return self._checked(worker_id, answer)
        except WorkerGone:
            return None
        except (CallFailed, TimeoutError):
            return NoAnswer(worker_id)

    def _checked(self, worker_id: str, answer: bytes) -> WorkerAnswer | NoAnswer:
        """Return what an answer says; `NoAnswer` for one of another version that this one cannot read."""
        try:
            if len(answer) > MAX_BYTES:
                raise ValueError(f"{len(answer)} bytes")
            checked = WorkerAnswer.model_validate_json(answer)
            if checked.report.id != worker_id:
                raise ValueError("the id of another worker")
        except ValueError as error:
            self._warn_once(worker_id, error)
            return NoAnswer(worker_id)
        return checked

    def _warn_once(self, worker_id: str, error: ValueError) -> None:
        # It is asked every second, and would answer the same.
        if worker_id not in self._unreadable and len(self._unreadable) < _MAX_ASKED:
            self._unreadable.add(worker_id)
            logger.warning(
                "the dashboard ignores the answers of the worker %s: %s", worker_id, _reason(error)
            )

    async def _answer(self, payload: bytes) -> bytes:
        """Answer another worker."""
        try:
            query = Query.model_validate_json(payload)
        except ValidationError as error:
            raise CallFailed(f"a query that this version does not know: {_reason(error)}") from None
        answer = (await self.own(query)).model_dump_json().encode()
        if len(answer) > MAX_BYTES:
            raise CallFailed("the answer is too large")
        return answer


def _reason(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    # Without the values, which may be those of a user.
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    place = ".".join(map(str, first["loc"]))
    return f"{place}: {first['msg']}" if place else first["msg"]


def _report(operations: Operations, selection: Selection, version: str) -> WorkerReport:
    memory, files, history = usage.memory(), usage.open_files(), operations.history
    return WorkerReport.model_construct(
        id=operations.workers.id,
        host=shortened(socket.gethostname()),
        pid=os.getpid(),
        python=platform.python_version(),
        version=version,
        uptime=operations.uptime,
        open_views=selection.open_views,
        nested=selection.nested,
        detached=selection.detached,
        first_views=len(operations.first_views),
        users=selection.users,
        waiting=selection.waiting,
        sockets=operations.sockets,
        polls=operations.polls,
        memory=None if memory is None else memory.size,
        memory_is_peak=memory is not None and memory.is_peak,
        files=None if files is None else files.used,
        file_limit=0 if files is None else files.limit,
        delay=operations.meter.delay,
        events=history.series(EVENTS),
        broadcasts=history.series(BROADCASTS),
        joins=history.series(JOINS),
        failures=history.series(FAILURES),
        cpu=history.series(CPU_PERCENT),
        classes=[(shortened(name), count) for name, count in selection.classes.most_common(MAX_CLASSES)],
        times=_times(operations),
        slowest=[
            SlowMessage.model_construct(view=shortened(view), message=shortened(message), seconds=seconds)
            for (view, message), seconds in operations.meter.slowest()
        ],
    )


def _times(operations: Operations) -> Sequence[ClassTimes]:
    views = operations.meter.views()
    busiest = sorted(views, key=lambda name: -views[name].handler.count)[:MAX_CLASSES]
    return [
        ClassTimes.model_construct(
            view=shortened(name),
            handler=DurationsSent.of(views[name].handler),
            render=DurationsSent.of(views[name].render),
            join=DurationsSent.of(views[name].join),
        )
        for name in busiest
    ]


def _version() -> str:
    try:
        return metadata.version("pyview-live")
    except metadata.PackageNotFoundError:  # a copy of the source without an installation
        return "unknown"
