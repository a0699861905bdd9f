"""AsyncResult: the state of an async task, for templates and handlers."""

from dataclasses import dataclass, replace
from typing import Any, Generic, Literal, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AsyncFailure:
    """The reason why there is no result. `error_id`: the log has the traceback of a crash under this id.

    Its text has nothing else, since a template may show it to any user. `error` is the exception, without its
    traceback: the frames of a traceback would keep all of their objects in memory.
    """

    reason: Literal["crashed", "cancelled"]
    error: Exception | None = None
    error_id: str | None = None

    @property
    def number(self) -> str | None:
        """Earlier name of `error_id`."""
        return self.error_id

    def __str__(self) -> str:
        return f"something went wrong (error id {self.error_id})" if self.error_id else self.reason


@dataclass(frozen=True, slots=True)
class AsyncResult(Generic[T]):
    """State of an async task.

    `ok`: there is a `result`, perhaps of an earlier task. `loading`: a task is running. `failed`: the failure of the
    last task. A new task and a failure keep the earlier result, so that the page can go on showing it.
    """

    ok: bool = False
    loading: bool = False
    failed: AsyncFailure | None = None
    result: T | None = None

    @classmethod
    def of(cls, value: T) -> "AsyncResult[T]":
        """Return a successful result."""
        return cls(ok=True, result=value)

    def as_loading(self) -> "AsyncResult[T]":
        return replace(self, loading=True)

    def as_failed(self, failure: AsyncFailure) -> "AsyncResult[T]":
        return replace(self, loading=False, failed=failure)


def loading(previous: Any) -> AsyncResult[Any]:
    """Return the state of a name whose task starts; `previous` is the value before."""
    return previous.as_loading() if isinstance(previous, AsyncResult) else AsyncResult(loading=True)


def completed(previous: Any, result: AsyncResult[Any]) -> AsyncResult[Any]:
    """Return the state of a name whose task has ended with `result`; a failure keeps the earlier result."""
    if result.failed is None or not isinstance(previous, AsyncResult):
        return result
    return previous.as_failed(result.failed)
