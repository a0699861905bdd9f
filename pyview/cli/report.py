"""What was found, as lines for people and as JSON for programs."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from pyview.cli.check import Report
from pyview.lint import Finding


def as_text(report: Report, found: Sequence[Finding]) -> Iterator[str]:
    """First what `found` says of views and templates, then whether the application starts."""
    for finding in found:
        yield str(_nearby(finding))
    if found:
        yield f"{len(found)} {'place looks' if len(found) == 1 else 'places look'} wrong in views and templates."
    yield from report.lines()


def as_json(report: Report, found: Sequence[Finding]) -> str:
    """`{"findings": [{"file", "line", "rule", "text"}], "settings": [{"severity", "text"}], "advice": [text],
    "starts": bool}`"""
    settings = [{"severity": one.severity.value, "text": one.text} for one in report.findings]
    said = {
        "findings": [asdict(one) for one in found],
        "settings": settings,
        "advice": report.advice,
        "starts": not report.refusals,
    }
    return json.dumps(said, indent=2)


def _nearby(finding: Finding) -> Finding:
    """The same, its file as seen from here."""
    file = Path(finding.file)
    if file.is_absolute() and file.is_relative_to(Path.cwd()):
        return replace(finding, file=str(file.relative_to(Path.cwd())))
    return finding
