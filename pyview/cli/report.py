"""The report of `pyview check` on the settings of an application."""

from collections.abc import Iterator
from dataclasses import dataclass

from pyview.auth.findings import CheckMessage
from pyview.checks.application import stops


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a check.

    `production` is True if the settings were checked as in production mode. `advice` are settings of the server that
    no check can see.
    """

    findings: tuple[CheckMessage, ...]
    production: bool
    advice: tuple[str, ...] = ()

    @property
    def refusals(self) -> tuple[CheckMessage, ...]:
        """The findings that stop the application from starting."""
        return tuple(finding for finding in self.findings if stops(finding, self.production))

    def lines(self) -> Iterator[str]:
        """Yield the report as text: one line for each finding, and one for the result."""
        for finding in self.findings:
            yield f"{finding.severity.value}: {finding.text}"
        for text in self.advice:
            yield f"advice: {text}"
        yield self._result()

    def _result(self) -> str:
        mode = "in production mode" if self.production else "in development"
        count = f"{len(self.findings)} finding{'' if len(self.findings) == 1 else 's'}"
        if self.refusals:
            return f"The application does not start {mode}: {len(self.refusals)} of {count} must be fixed."
        return f"The application starts {mode}; {count if self.findings else 'no problems found'}."
