"""The open views of one worker: all of them, or a selection of them for the dashboard.

A worker may have ten thousand views. They are looked through in parts, and the event loop goes on between two parts.
How often that is done depends on their number, so that it takes about the same share of the time.
"""

import asyncio
import heapq
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol, TypeVar

from pyview.app import PyView
from pyview.dashboard.messages import MAX_TEXT, Query, ViewRow
from pyview.middleware.log_redaction import RedactSecrets
from pyview.process.snapshot import ViewSnapshot

_REDACT: Final = RedactSecrets()
_PART: Final = 250  # views between two pauses
_PER_SECOND: Final = 4000  # views that are looked through in a second, on average
_FEW: Final = 400  # views that may be looked through each time
_MAX_KEPT: Final = 8


def live_views(app: PyView) -> list[ViewSnapshot]:
    """Return the open views of this worker, ordered by class and page.

    Secrets in the URLs of pages are removed, as in the logs of the server.
    """
    # A copy: a view may end while this reads the others.
    snapshots = (process.snapshot() for process in tuple(app.app_context.processes))
    shown = (_without_secrets(one) for one in snapshots if one is not None)
    return sorted(shown, key=lambda one: (one.view, one.page, one.user))


def _without_secrets(one: ViewSnapshot) -> ViewSnapshot:
    page = _REDACT.clean(one.page)
    return one if page == one.page else replace(one, page=page)


class Sortable(Protocol):
    @property
    def view(self) -> str: ...
    @property
    def page(self) -> str: ...
    @property
    def user(self) -> str: ...
    @property
    def waiting(self) -> int: ...
    @property
    def components(self) -> int: ...
    @property
    def timers(self) -> int: ...


def _path(one: Sortable) -> str:
    # Without the query: an order by what is not shown would tell something about it.
    return one.page.partition("?")[0]


_KEYS: Final[dict[str, Callable[[Sortable], tuple[Any, ...]]]] = {
    "view": lambda one: (one.view, _path(one), one.user),
    "page": lambda one: (_path(one), one.view, one.user),
    "user": lambda one: (one.user, one.view, _path(one)),
    "waiting": lambda one: (one.waiting, one.view, _path(one)),
    "components": lambda one: (one.components, one.view, _path(one)),
    "timers": lambda one: (one.timers, one.view, _path(one)),
}


S = TypeVar("S", bound=Sortable)


def first_of(views: Iterable[S], query: Query) -> list[S]:
    """Return the first `query.limit` of the views in the order of the query."""
    pick = heapq.nlargest if query.descending else heapq.nsmallest
    return pick(query.limit, views, key=_KEYS[query.sort])


@dataclass(frozen=True, slots=True)
class Selection:
    """The views of a query, and what all views of the worker are in sum."""

    rows: Sequence[ViewRow]
    matching: int
    open_views: int
    nested: int
    detached: int
    users: int
    waiting: int
    classes: Counter[str]


class ViewSelections:
    """Selections of the views of one worker. `processes` returns the processes of all views."""

    def __init__(self, processes: Callable[[], Iterable[Any]]) -> None:
        self._processes = processes
        self._kept: dict[Query, tuple[float, Selection]] = {}

    async def select(self, query: Query) -> Selection:
        """Return the selection for a query: of now, or of a moment ago where there are many views."""
        until, selection = self._kept.get(query, (0.0, None))
        if selection is not None and time.monotonic() < until:
            return selection
        # A copy: views end, and others join, while this looks at one part after the other.
        processes = tuple(self._processes())
        selection = await _select(processes, query)
        self._keep(query, selection, len(processes))
        return selection

    def _keep(self, query: Query, selection: Selection, count: int) -> None:
        self._kept.pop(query, None)
        if count > _FEW:
            if len(self._kept) >= _MAX_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[query] = time.monotonic() + count / _PER_SECOND, selection


async def _select(processes: Sequence[Any], query: Query) -> Selection:
    matches = _matcher(query.text)
    best: list[ViewSnapshot] = []
    matching = nested = detached = waiting = 0
    users: set[str] = set()
    classes: Counter[str] = Counter()
    for start in range(0, len(processes), _PART):
        if start:
            await asyncio.sleep(0)
        snapshots = [each.snapshot() for each in processes[start : start + _PART]]
        views = [each for each in snapshots if each is not None]
        for each in views:
            nested += each.nested
            detached += each.detached
            waiting += each.waiting
        users.update([each.user for each in views if each.user])
        classes.update([each.view for each in views])
        found = views if matches is None else list(filter(matches, views))
        matching += len(found)
        best = first_of([*best, *found], query)
    total = classes.total()
    rows = [_row(_without_secrets(each)) for each in best]
    return Selection(rows, matching, total - detached, nested, detached, len(users), waiting, classes)


def _matcher(text: str) -> Callable[[ViewSnapshot], bool] | None:
    if not text:
        return None
    wanted = text.casefold()

    def matches(one: ViewSnapshot) -> bool:
        if wanted in one.view.casefold() or wanted in one.user.casefold():
            return True
        # A search must not tell anything about secrets, and few pages need the longer look.
        page = one.page.casefold()
        return (wanted in page or wanted in "[redacted]") and wanted in _REDACT.clean(one.page).casefold()

    return matches


def _row(one: ViewSnapshot) -> ViewRow:
    # Made by this worker itself, so that nothing has to be checked.
    return ViewRow.model_construct(
        view=one.view[:MAX_TEXT],
        page=shortened(one.page),
        user=shortened(one.user),
        waiting=one.waiting,
        components=one.components,
        timers=one.timers,
        nested=one.nested,
        detached=one.detached,
    )


def shortened(text: str) -> str:
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"
