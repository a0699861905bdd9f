"""Plan of the files that a generator writes: all is prepared first, then all or nothing is written."""

import ast
import os
import tomllib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from textwrap import indent

from pyview.generators import dependencies, edits, imports
from pyview.generators.errors import GeneratorError
from pyview.generators.source import PlaceNotFound

Edit = Callable[[str], str]


@dataclass(frozen=True)
class ByHand:
    """A change that the user has to make, because its place in the file was not found."""

    path: Path
    place: str
    code: str

    def __str__(self) -> str:
        return f"{self.path}: {self.place} was not found. Add there:\n{indent(self.code.rstrip(), '    ')}"


@dataclass(frozen=True)
class Result:
    """Files that were written, or would be written; paths are relative to the folder of the plan."""

    created: tuple[Path, ...]
    changed: tuple[Path, ...]
    by_hand: tuple[ByHand, ...]
    next_steps: tuple[str, ...]
    dry_run: bool

    def lines(self) -> Iterator[str]:
        """Yield the result as text."""
        for word, paths in (("create", self.created), ("change", self.changed)):
            for path in paths:
                yield f"would {word} {path}" if self.dry_run else f"{word}d {path}"
        for change in self.by_hand:
            yield f"\nto do by hand in {change}"
        if self.next_steps and not self.dry_run:
            yield "\nNext:"
            yield from (f"  {step}" for step in self.next_steps)


@dataclass(frozen=True)
class _Change:
    path: Path
    edit: Edit
    code: str


@dataclass
class Plan:
    """Files to create and lines to add, below `folder`. Nothing is written before `apply`."""

    folder: Path
    _created: dict[Path, str] = field(default_factory=dict)
    _changes: list[_Change] = field(default_factory=list)
    _next_steps: list[str] = field(default_factory=list)

    def create(self, path: str, text: str) -> None:
        """Create a file. `apply` refuses if it exists."""
        self._created[Path(path)] = text

    def insert_import(self, path: str, line: str) -> None:
        """Add an import in the order of isort, merged with that of the same module."""
        self._change(path, partial(imports.insert_import, line=line, own=self._own_packages()), line)

    def append_to_function(self, path: str, function: str, code: str) -> None:
        """Add statements at the end of a function, before a `return` that ends it."""
        self._change(path, partial(edits.append_to_function, function=function, code=code), code)

    def append_to_class(self, path: str, name: str, code: str) -> None:
        """Add fields to a class, after its last one."""
        self._change(path, partial(edits.append_to_class, name=name, code=code), code)

    def append_to_module(self, path: str, code: str) -> None:
        """Add definitions after the imports of a module."""
        self._change(path, partial(edits.append_to_module, code=code), code)

    def append_to_list(self, path: str, name: str, item: str) -> None:
        """Add an item to a list of the module."""
        self._change(path, partial(edits.append_to_list, name=name, item=item), f"{item},")

    def add_argument(self, path: str, function: str, argument: str) -> None:
        """Add an argument to the first call of a function."""
        self._change(path, partial(edits.add_argument, function=function, argument=argument), f"{argument},")

    def append_to_file(self, path: str, text: str) -> None:
        """Add lines at the end of a text file."""
        self._change(path, partial(edits.append_to_file, added=text), text)

    def insert_after(self, path: str, marker: str, text: str) -> None:
        """Add lines to a text file, after the first line that contains `marker`."""
        self._change(path, partial(edits.insert_after, marker=marker, added=text), text)

    def replace(self, path: str, old: str, new: str) -> None:
        """Replace a text of a file, at its first occurrence."""
        self._change(path, partial(edits.replace_text, old=old, new=new), new)

    def add_dependency(self, requirement: str, group: str | None = None) -> None:
        """Add a requirement to pyproject.toml, with its extras if the distribution is there already."""
        edit = partial(dependencies.add_dependency, requirement=requirement, group=group)
        self._change("pyproject.toml", edit, f'"{requirement}",')

    def add_table(self, table: str) -> None:
        """Add a table to pyproject.toml, unless it is there."""
        self._change("pyproject.toml", partial(dependencies.add_table, table=table), table)

    def next_steps(self, *commands: str) -> None:
        """Add commands that the user types next."""
        self._next_steps += commands

    def apply(self, *, dry_run: bool = False) -> Result:
        """Write everything, or with `dry_run` nothing, and return what was done.

        Raises `GeneratorError` if a file to create exists or cannot be written. Then nothing has changed: what was
        written is removed again.
        """
        for path in self._created:
            if os.path.lexists(self.folder / path):
                raise GeneratorError(f"{self.folder / path} already exists; nothing was written")
        changed, by_hand = self._prepared()
        if not dry_run:
            _write_all({self.folder / path: text for path, text in (self._created | changed).items()})
        return Result(tuple(self._created), tuple(changed), tuple(by_hand), tuple(self._next_steps), dry_run)

    def _change(self, path: str, edit: Edit, code: str) -> None:
        self._changes.append(_Change(Path(path), edit, code))

    def _own_packages(self) -> frozenset[str]:
        """Return the names of the packages and modules in the folder, as ruff finds them."""
        modules = {path.stem for path in self.folder.glob("*.py")}
        return frozenset(modules | {path.parent.name for path in self.folder.glob("*/__init__.py")})

    def _prepared(self) -> tuple[dict[Path, str], list[ByHand]]:
        """Return the new texts of the files that change, and the changes whose places were not found."""
        before: dict[Path, str] = {}
        after: dict[Path, str] = {}
        by_hand: list[ByHand] = []
        for change in self._changes:
            try:
                if change.path not in after:
                    before[change.path] = after[change.path] = self._text(change.path)
                after[change.path] = _edited(change, after[change.path])
            except PlaceNotFound as missing:
                by_hand.append(ByHand(change.path, str(missing), change.code))
        return {path: text for path, text in after.items() if text != before[path]}, by_hand

    def _text(self, path: Path) -> str:
        if path in self._created:
            return self._created[path]
        try:
            return (self.folder / path).read_bytes().decode()  # keeps the line endings
        except FileNotFoundError:
            raise PlaceNotFound("the file") from None
        except (OSError, UnicodeDecodeError) as error:
            raise PlaceNotFound(f"readable text ({error})") from None


def _edited(change: _Change, text: str) -> str:
    """Return the text after a change; raise `PlaceNotFound` also if the file, before or after it, is not valid."""
    newline = "\r\n" if "\r\n" in text else "\n"
    try:
        edited = change.edit(text.replace("\r\n", "\n"))
        if change.path.suffix == ".py":
            ast.parse(edited)
        elif change.path.suffix == ".toml":
            tomllib.loads(edited)
    except (SyntaxError, tomllib.TOMLDecodeError) as error:
        raise PlaceNotFound(f"a file without errors ({error})") from None
    return edited.replace("\n", newline)


def _write_all(texts: dict[Path, str]) -> None:
    """Write all files, or none if one cannot be written."""
    undo: list[Callable[[], object]] = []
    path = Path()
    try:
        for path, text in texts.items():
            _write(path, text, undo)
    except BaseException as error:
        for action in reversed(undo):
            with suppress(OSError):
                action()
        if isinstance(error, OSError):
            reason = error.strerror or str(error)
            raise GeneratorError(f"cannot write {path}: {reason}; nothing was written") from error
        raise


def _write(path: Path, text: str, undo: list[Callable[[], object]]) -> None:
    for folder in reversed(path.parents):
        if not folder.exists():
            folder.mkdir()
            undo.append(folder.rmdir)
    if path.exists():
        _replace(path, text, undo)
        return
    with path.open("x", encoding="utf-8", newline="") as file:  # "x": the file of another process stays
        undo.append(path.unlink)
        file.write(text)


def _replace(path: Path, text: str, undo: list[Callable[[], object]]) -> None:
    """Replace a file in one step, so that a full disk cannot leave half of it. A link stays a link."""
    path = path.resolve()
    before = path.read_bytes()
    new = path.with_name(f".{path.name}.new")
    undo.append(partial(new.unlink, missing_ok=True))
    new.write_bytes(text.encode())
    new.chmod(path.stat().st_mode)
    new.replace(path)
    undo.append(partial(path.write_bytes, before))
