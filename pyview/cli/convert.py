"""Output of `pyview convert`, which converts Ibis templates to Jinja2."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from pyview.convert.folder import ConvertedFile
from pyview.convert.report import Change, Remark

_WIDEST = 100


class CannotConvert(Exception):
    """The folder or file to convert does not exist."""


def existing(name: str) -> Path:
    """Return the path of the folder or file to convert. Raises `CannotConvert`."""
    path = Path(name)
    if not path.exists():
        raise CannotConvert(f"there is no folder or file {name}")
    return path


def as_lines(file: ConvertedFile) -> Iterator[str]:
    """Yield the changes and the remarks of a file, in the order of its lines."""
    if file.refusal:
        yield f"{file.path}: not converted: {file.refusal}"
    changes = [(change.line, 0, _change(change)) for change in file.conversion.changes]
    remarks = [(remark.line, 1, _remark(remark)) for remark in file.conversion.remarks]
    for line, _, text in sorted(changes + remarks):
        yield f"{file.path}:{line}: {text}"


def summary(files: Sequence[ConvertedFile], *, written: bool) -> str:
    """Return one line about all files."""
    changed = [file for file in files if file.is_changed]
    changes = sum(len(file.conversion.changes) for file in changed)
    open_places = sum(file.conversion.problems + bool(file.refusal) for file in files)
    parts = [f"{_count(len(files), 'template')} read"]
    if changed:
        state = "written" if written else "to write: run again with --write"
        parts.append(f"{_count(changes, 'change')} in {_count(len(changed), 'file')} {state}")
    else:
        parts.append("nothing to change")
    if open_places:
        parts.append(f"{_count(open_places, 'place')} to change by hand, marked TO DO or not converted")
    return "; ".join(parts) + "."


def is_done(files: Sequence[ConvertedFile], *, written: bool) -> bool:
    """Return True if there is nothing left to do, neither for the command nor by hand."""
    return not any(file.needs_work or (file.is_changed and not written) for file in files)


def _change(change: Change) -> str:
    return f"{_line(change.before)}  ->  {_line(change.after) or '(nothing)'}"


def _remark(remark: Remark) -> str:
    return f"{'TO DO' if remark.problem else 'check'}: {remark.text}"


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WIDEST else f"{line[: _WIDEST - 1]}…"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
