"""A ship's log with a hundred thousand entries, and a new one every few seconds.

Nothing is stored: an entry is computed from its number, so the archive needs no memory and is the same for all users.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

WRITTEN = 100_000
SECONDS_BETWEEN = 4

STATIONS = ("Bridge", "Engine room", "Galley", "Radio", "Sick bay")
EVENTS = (
    ("calm", "Wind {wind} knots, sea smooth. Course {course} degrees."),
    ("calm", "All quiet. Coffee for {people}."),
    ("calm", "Passed a lighthouse, {miles} miles to port."),
    ("notice", "Spoke to a trawler {miles} miles off; {people} on board, all well."),
    ("notice", "New course: {course} degrees."),
    ("care", "Pressure falls. Wind {wind} knots and rising."),
    ("care", "Pump {people} runs warm. Watching it."),
    ("alarm", "Smoke from pump {people}. Stopped it, no fire."),
)


@dataclass(frozen=True)
class Entry:
    """An entry. ``kind`` is calm, notice, care or alarm."""

    number: int
    at: datetime
    station: str
    kind: str
    text: str


class Archive:
    """Entries from 1 to ``newest``. There were `WRITTEN` of them when the archive was created; ``now`` is the clock."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._began = now()

    @property
    def newest(self) -> int:
        return WRITTEN + int((self._now() - self._began).total_seconds()) // SECONDS_BETWEEN

    def entry(self, number: int) -> Entry:
        chance = Random(number)
        kind, text = chance.choice(EVENTS)
        numbers = {
            "wind": chance.randrange(2, 50),
            "course": chance.randrange(360),
            "people": chance.randrange(2, 9),
            "miles": chance.randrange(1, 20),
        }
        at = self._began + timedelta(seconds=(number - WRITTEN) * SECONDS_BETWEEN)
        return Entry(number, at, chance.choice(STATIONS), kind, text.format(**numbers))
