"""Question of one worker to another for the dashboard, and the answer.

The answer of another worker is checked: it may have another version during a deploy.
"""

from typing import Annotated, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from pyview.observability.durations import HIGHEST_BUCKET, LOWEST_BUCKET, Durations
from pyview.observability.rates import SECONDS
from pyview.process.measured import MAX_SLOWEST

METHOD: Final = "dashboard"
MAX_BYTES: Final = 512 * 1024
MAX_ROWS: Final = 500
MAX_CLASSES: Final = 50
MAX_TEXT: Final = 300  # characters
MAX_SEARCH: Final = 100  # characters

Sort = Literal["view", "page", "user", "waiting", "components", "timers"]
SORTS: Final[tuple[Sort, ...]] = get_args(Sort)

Text = Annotated[str, Field(max_length=MAX_TEXT)]
Number = Annotated[int, Field(ge=0, lt=2**63)]
Amount = Annotated[float, Field(ge=0)]
Bucket = tuple[Annotated[int, Field(ge=LOWEST_BUCKET, le=HIGHEST_BUCKET)], Number]
Series = Annotated[list[Amount], Field(max_length=SECONDS)]


class _Checked(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, allow_inf_nan=False)


class Query(_Checked):
    """Selection of views: those with `text` in class, page or user, the first `limit` in this order."""

    text: Annotated[str, Field(max_length=MAX_SEARCH)] = ""
    sort: Sort = "view"
    descending: bool = False
    limit: Annotated[int, Field(ge=1, le=MAX_ROWS)] = 25


class ViewRow(_Checked):
    """One view, without secrets in its page."""

    view: Text
    page: Text
    user: Text
    waiting: Number
    components: Number
    timers: Number
    nested: bool
    detached: bool


class DurationsSent(_Checked):
    buckets: Annotated[list[Bucket], Field(max_length=HIGHEST_BUCKET - LOWEST_BUCKET)]
    longest: Amount

    @classmethod
    def of(cls, durations: Durations) -> "DurationsSent":
        return cls(buckets=list(durations.buckets.items()), longest=durations.longest)

    def durations(self) -> Durations:
        return Durations(dict(self.buckets), self.longest)


class ClassTimes(_Checked):
    """Durations of the messages of one class of views in the last minutes."""

    view: Text
    handler: DurationsSent
    render: DurationsSent
    join: DurationsSent


class SlowMessage(_Checked):
    """The longest duration, in seconds, of one message of one class of views."""

    view: Text
    message: Text
    seconds: Amount


class WorkerReport(_Checked):
    """State of one worker. Times are in seconds, sizes in bytes; None is not known.

    `open_views` have their page, `detached` wait for it. `delay`: the longest delay of the event loop in the last
    seconds. The series are rates per second of the last minute, the oldest first; `cpu` is percent of one processor.
    """

    id: Text
    host: Text
    pid: Number
    python: Text
    version: Text
    uptime: Amount
    open_views: Number
    nested: Number
    detached: Number
    first_views: Number
    users: Number
    waiting: Number
    sockets: Number
    polls: Number
    memory: Number | None
    memory_is_peak: bool
    files: Number | None
    file_limit: Number
    delay: Amount | None
    events: Series
    broadcasts: Series
    joins: Series
    failures: Series
    cpu: Series
    classes: Annotated[list[tuple[Text, Number]], Field(max_length=MAX_CLASSES)]
    times: Annotated[list[ClassTimes], Field(max_length=MAX_CLASSES)]
    slowest: Annotated[list[SlowMessage], Field(max_length=MAX_SLOWEST)]


class WorkerAnswer(_Checked):
    """The report, and the views that were asked for. `matching`: how many there are, with those beyond the limit."""

    report: WorkerReport
    matching: Number
    rows: Annotated[list[ViewRow], Field(max_length=MAX_ROWS)]
