"""`pyview convert`: convert Ibis templates to Jinja2."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path

from pyview.cli.errors import CommandError
from pyview.convert.folder import ConvertedFile, convert_folder
from pyview.convert.report import Change, Remark

_WIDEST = 100


def configure(parser: ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("folder", metavar="FOLDER", help="the folder of the templates, or one file")
    parser.add_argument(
        "--write", action="store_true", help="write the files (default: only show the changes)"
    )


def run(options: Namespace) -> int:
    """Print the changes. Return 1 if something is left to convert."""
    files = [*convert_folder(_existing(options.folder), write=options.write)]
    lines = [line for file in files for line in _as_lines(file)]
    sys.stdout.writelines(f"{line}\n" for line in [*lines, _summary(files, written=options.write)])
    return 0 if _is_done(files, written=options.write) else 1


def _existing(name: str) -> Path:
    """Return the path of the folder or file to convert. Raises `CommandError`."""
    path = Path(name)
    if not path.exists():
        raise CommandError(f"there is no folder or file {name}")
    return path


def _as_lines(file: ConvertedFile) -> Iterator[str]:
    """Yield the changes and the remarks of a file, in the order of its lines."""
    if file.refusal:
        yield f"{file.path}: not converted: {file.refusal}"
    changes = [(change.line, 0, _change(change)) for change in file.conversion.changes]
    remarks = [(remark.line, 1, _remark(remark)) for remark in file.conversion.remarks]
    for line, _, text in sorted(changes + remarks):
        yield f"{file.path}:{line}: {text}"


def _summary(files: Sequence[ConvertedFile], *, written: bool) -> str:
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


def _is_done(files: Sequence[ConvertedFile], *, written: bool) -> bool:
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
