"""Output formats of `pyview check`: text, JSON, and annotations of GitHub Actions."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from pyview.checks.application import stops
from pyview.cli.report import Report
from pyview.lint import Finding

Format = Callable[[Report, Sequence[Finding]], Iterator[str]]


def formatted(name: str, report: Report, found: Sequence[Finding]) -> Iterator[str]:
    """Yield the lines of a report in the format `name`, one of `FORMATS`. Paths are relative where they can be."""
    return FORMATS[name](report, [_with_relative_path(finding) for finding in found])


def _as_text(report: Report, found: Sequence[Finding]) -> Iterator[str]:
    """Yield the findings in views and templates, then the report on the settings."""
    yield from map(str, found)
    if found:
        yield f"{len(found)} problem{'' if len(found) == 1 else 's'} in views and templates."
    yield from report.lines()


def _as_json(report: Report, found: Sequence[Finding]) -> Iterator[str]:
    """Yield one JSON document.

    `{"findings": [{"file", "line", "rule", "text"}], "settings": [{"severity", "text"}], "advice": [text],
    "starts": bool}`
    """
    settings = [{"severity": one.severity.value, "text": one.text} for one in report.findings]
    result = {
        "findings": [asdict(one) for one in found],
        "settings": settings,
        "advice": report.advice,
        "starts": not report.refusals,
    }
    yield json.dumps(result, indent=2)


def _as_annotations(report: Report, found: Sequence[Finding]) -> Iterator[str]:
    """Yield workflow commands, which GitHub shows beside the lines of a pull request.

    Source: "Workflow commands for GitHub Actions", setting an error message.
    """
    for finding in found:
        place = {"file": finding.file} | ({"line": str(finding.line)} if finding.line else {})
        yield _annotation("error", finding.text, place | {"title": finding.rule})
    for one in report.findings:
        level = "error" if stops(one, report.production) else "warning"
        yield _annotation(level, one.text, {"title": f"setting ({one.severity.value})"})
    for text in report.advice:
        yield _annotation("notice", text, {"title": "advice"})


def _annotation(level: str, text: str, properties: dict[str, str]) -> str:
    listed = ",".join(f"{name}={_escaped_property(value)}" for name, value in properties.items())
    return f"::{level} {listed}::{_escaped(text)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escaped_property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


FORMATS: Final[dict[str, Format]] = {"text": _as_text, "json": _as_json, "github": _as_annotations}


def _with_relative_path(finding: Finding) -> Finding:
    """Return the finding with a path relative to the current folder, if its file is below that."""
    file = Path(finding.file)
    if file.is_absolute() and file.is_relative_to(Path.cwd()):
        return replace(finding, file=str(file.relative_to(Path.cwd())))
    return finding
