"""Histogram of durations: counts in buckets, so that median and p95 of several workers can be added up."""

from collections.abc import Iterable, Mapping
from math import frexp
from typing import Final

# Eight buckets for each doubling: a value differs from the middle of its bucket by 6 % at most.
_PER_OCTAVE: Final = 8
_SHORTEST: Final = 1e-6  # seconds; what is shorter or longer counts like the limit
_LONGEST: Final = 2.0**18
LOWEST_BUCKET: Final = -160
HIGHEST_BUCKET: Final = 160


class Durations:
    """Counts of durations in seconds, by bucket. `longest` is exact."""

    __slots__ = ("buckets", "longest")

    def __init__(self, buckets: Mapping[int, int] | None = None, longest: float = 0.0) -> None:
        self.buckets: dict[int, int] = dict(buckets or {})
        self.longest = longest

    def add(self, seconds: float) -> None:
        mantissa, exponent = frexp(min(max(seconds, _SHORTEST), _LONGEST))
        bucket = exponent * _PER_OCTAVE + int(mantissa * 2 * _PER_OCTAVE) - _PER_OCTAVE
        self.buckets[bucket] = self.buckets.get(bucket, 0) + 1
        if seconds > self.longest:
            self.longest = seconds

    @property
    def count(self) -> int:
        return sum(self.buckets.values())

    def quantile(self, share: float) -> float | None:
        """Return the duration in seconds that `share` of all do not exceed, within 6 %; None without any."""
        rank, passed = share * self.count, 0
        for bucket in sorted(self.buckets):
            passed += self.buckets[bucket]
            if passed >= rank and passed:
                return min(_middle(bucket), self.longest)
        return None

    @classmethod
    def sum_of(cls, several: Iterable["Durations"]) -> "Durations":
        total = cls()
        for each in several:
            total.longest = max(total.longest, each.longest)
            for bucket, count in each.buckets.items():
                total.buckets[bucket] = total.buckets.get(bucket, 0) + count
        return total


def _middle(bucket: int) -> float:
    exponent, step = divmod(bucket, _PER_OCTAVE)
    width = 2.0 ** (exponent - 1) / _PER_OCTAVE
    return float(2.0 ** (exponent - 1) + (step + 0.5) * width)
