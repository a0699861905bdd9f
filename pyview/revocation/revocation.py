"""One revocation, and what two of one key amount to."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Revocation:
    """`key` is dead until `until`, for what was signed in before `not_before`; None: for everything.

    Unix times in seconds. Raises `ValueError` for an empty key and for times that are no numbers.
    """

    key: str
    until: float
    not_before: float | None = None

    def __post_init__(self) -> None:
        if not self.key:
            raise ValueError("revoke expected a key such as 'sid:<digest>', got an empty one")
        if not (math.isfinite(self.until) and math.isfinite(self.not_before or 0.0)):
            raise ValueError(
                f"revoke({self.key!r}) expected Unix times in seconds, "
                f"got until={self.until!r}, not_before={self.not_before!r}"
            )

    def kills(self, signed_in_at: float, now: float) -> bool:
        return self.until > now and self._reaches(signed_in_at)

    def _reaches(self, signed_in_at: float) -> bool:
        # The other way round, a sign-in time that is no number would escape.
        return self.not_before is None or not signed_in_at >= self.not_before

    def merged(self, other: "Revocation") -> "Revocation":
        """Both: never kills less than either of them did."""
        return Revocation(self.key, max(self.until, other.until), _later(self.not_before, other.not_before))

    def joined(self, earlier: "Revocation | None", now: float) -> "Revocation":
        """What is to be kept at `now` where `earlier` was kept: what is over no longer counts."""
        return self if earlier is None or earlier.until <= now else earlier.merged(self)


def _later(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else max(one, other)
