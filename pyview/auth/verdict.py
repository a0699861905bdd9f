"""What a guard answers: allowed, or denied and how to say so."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Allowed:
    """Go on."""


@dataclass(frozen=True, slots=True)
class Denied:
    """Go no further.

    `status` is the HTTP status for a page that has nowhere to send its reader. `redirect` is a local URL
    (`/login?next=%2Fdashboard`) to send the reader to instead.
    """

    status: int = 403
    redirect: str | None = None


Verdict = Allowed | Denied
