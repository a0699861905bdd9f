"""One failure as data: what failed where, and the lines that led to it. It can be sent to another process as JSON."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from pyview.failures.frames import FailureFrame, foreign_frames, own_frames
from pyview.failures.hints import hint_for
from pyview.failures.texts import kind_of, message_of, printable, traceback_of, value_text

_MOST_CAUSES: Final = 8


@dataclass(frozen=True, slots=True)
class FailureCause:
    """An exception that another one was raised from, or that belongs to a group. `relation` says which."""

    relation: str
    kind: str
    message: str
    frames: tuple[FailureFrame, ...]

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "FailureCause":
        return cls(**{**value, "frames": _frames(value["frames"])})


@dataclass(frozen=True, slots=True)
class Failure:
    """An exception of the application, for its developer. It must not reach anybody else.

    `view` and `page` are "" for what belongs to no view. `what` was going on, such as "event 'add'". `payload` is the
    text of what came with it. `frames` are those of the application's own files, the innermost first; `foreign` is how
    many others there are, and `packages` are the names of theirs. `hint`: what to do, "" for an unknown mistake. `time`
    is ISO 8601.
    """

    kind: str
    message: str
    what: str = ""
    view: str = ""
    page: str = ""
    payload: str = ""
    frames: tuple[FailureFrame, ...] = ()
    causes: tuple[FailureCause, ...] = ()
    foreign: int = 0
    packages: tuple[str, ...] = ()
    hint: str = ""
    error_id: str = ""
    traceback: str = ""
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    @property
    def title(self) -> str:
        """Kind and first line of the message."""
        lines = self.message.splitlines()
        return f"{self.kind}: {lines[0][:200]}" if lines else self.kind

    @property
    def place(self) -> str:
        """File and line of the innermost frame, "" if there is none."""
        return f"{self.frames[0].file}:{self.frames[0].line}" if self.frames else ""

    @property
    def all_frames(self) -> tuple[FailureFrame, ...]:
        """The frames of the exception and of all that it was raised from."""
        return (*self.frames, *(frame for cause in self.causes for frame in cause.frames))

    @property
    def key(self) -> str:
        """The same for the same mistake: its kind, its place and what was going on. Messages may vary."""
        parts = (self.kind, self.view, self.what, self.place or self.message)
        return sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()[:16]

    @classmethod
    def from_error(
        cls,
        error: BaseException,
        *,
        what: str = "",
        view: str = "",
        page: str = "",
        payload: Any = None,
        error_id: str = "",
    ) -> "Failure":
        """Return the failure that an exception is. It never raises, whatever the exception does."""
        foreign, packages = foreign_frames(error)
        chain = tuple(_causes(error))
        return cls(
            kind=kind_of(error),
            message=message_of(error),
            what=printable(what),
            view=view,
            page=printable(page),
            payload=value_text(payload),
            frames=own_frames(error),
            causes=tuple(_cause(relation, cause) for relation, cause in chain),
            foreign=foreign,
            packages=tuple(packages),
            hint=next(filter(None, map(hint_for, (error, *(cause for _, cause in chain)))), ""),
            error_id=error_id,
            traceback=traceback_of(error),
        )

    def as_json(self) -> dict[str, Any]:
        """Return a value that JSON can hold."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Failure":
        """Return the failure of `as_json()`. Raises `TypeError` or `KeyError` for anything else."""
        return cls(
            **{
                **value,
                "frames": _frames(value["frames"]),
                "causes": tuple(FailureCause.from_json(cause) for cause in value["causes"]),
                "packages": tuple(value["packages"]),
            }
        )


def _frames(values: Any) -> tuple[FailureFrame, ...]:
    return tuple(FailureFrame.from_json(value) for value in values)


def _cause(relation: str, error: BaseException) -> FailureCause:
    return FailureCause(relation, kind_of(error), message_of(error), own_frames(error))


def _causes(error: BaseException) -> Iterator[tuple[str, BaseException]]:
    """Yield what led to an exception, the nearest first, and for a group the exceptions in it."""
    seen, waiting = {id(error)}, [*_direct_causes(error)]
    for _ in range(_MOST_CAUSES):
        if not waiting:
            return
        relation, cause = waiting.pop(0)
        if id(cause) in seen:  # exceptions may be chained in a circle
            continue
        seen.add(id(cause))
        yield relation, cause
        waiting[:0] = _direct_causes(cause)


def _direct_causes(error: BaseException) -> Iterator[tuple[str, BaseException]]:
    if isinstance(error, BaseExceptionGroup):
        count = len(error.exceptions)
        for number, each in enumerate(error.exceptions, 1):
            yield f"{number} of {count} in the group", each
    if error.__cause__ is not None:
        yield "Caused by", error.__cause__
    elif error.__context__ is not None and not error.__suppress_context__:
        yield "Raised while handling", error.__context__
