"""AsyncResult: what became of work that went on beside a view, as templates and handlers see it."""

from dataclasses import dataclass, replace
from typing import Any, Generic, Literal, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AsyncFailure:
    """Why there is no result. `number` is the correlation id under which the log has the traceback of a crash.

    As text it says no more than that, since a template may show it to anybody; `error` is the exception itself, without
    its traceback, which would keep alive all that its frames hold.
    """

    reason: Literal["crashed", "cancelled"]
    error: Exception | None = None
    number: str | None = None

    def __str__(self) -> str:
        return f"something went wrong ({self.number})" if self.number else self.reason


@dataclass(frozen=True, slots=True)
class AsyncResult(Generic[T]):
    """`ok`: there is a `result`, perhaps an older one. `loading`: work goes on. `failed`: why the last work failed.

    Loading again keeps the result that is there, and so does a failure: a page need not go blank for either.
    """

    ok: bool = False
    loading: bool = False
    failed: AsyncFailure | None = None
    result: T | None = None

    @classmethod
    def of(cls, value: T) -> "AsyncResult[T]":
        """A result that is there."""
        return cls(ok=True, result=value)

    def as_loading(self) -> "AsyncResult[T]":
        return replace(self, loading=True)

    def as_failed(self, failure: AsyncFailure) -> "AsyncResult[T]":
        return replace(self, loading=False, failed=failure)


def loading(previous: Any) -> AsyncResult[Any]:
    """The state of a name whose work has just begun; `previous` is what stood there before."""
    return previous.as_loading() if isinstance(previous, AsyncResult) else AsyncResult(loading=True)


def settled(previous: Any, outcome: AsyncResult[Any]) -> AsyncResult[Any]:
    """The state of a name whose work has come to `outcome`."""
    if outcome.failed is None or not isinstance(previous, AsyncResult):
        return outcome
    return previous.as_failed(outcome.failed)
