"""The migrations of a project: which one comes last."""

import ast
from dataclasses import dataclass
from pathlib import Path

from pyview.generators.errors import GeneratorError


@dataclass(frozen=True)
class Revision:
    """A new migration. `down` is the one before it, as Python code."""

    id: str
    down: str


def next_revision(folder: Path) -> Revision:
    """Return a migration that follows those in `folder`. Raises `GeneratorError` if two of them are the last."""
    ids, before = set[str](), set[str]()
    for file in sorted(folder.glob("*.py")):
        values = _values(file)
        if isinstance(id := values.get("revision"), str):
            ids.add(id)
            before |= _names(values.get("down_revision"))
    heads = ids - before
    if len(heads) > 1:
        names = " and ".join(sorted(heads))
        raise GeneratorError(
            f"two migrations are the last one, {names}: join them first, with `alembic merge heads`"
        )
    number = len(ids) + 1
    while f"{number:04}" in ids:
        number += 1
    return Revision(f"{number:04}", f'"{heads.pop()}"' if heads else "None")


def _values(file: Path) -> dict[str, object]:
    """Return the constants that a module assigns."""
    try:
        tree = ast.parse(file.read_bytes())
    except SyntaxError as error:
        raise GeneratorError(f"{file} has an error in line {error.lineno}: {error.msg}") from None
    found: dict[str, object] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            try:
                found |= dict.fromkeys(names, ast.literal_eval(node.value))
            except ValueError:
                continue
    return found


def _names(down: object) -> set[str]:
    """Return the migrations before one: none, one, or those that it merges."""
    return {down} if isinstance(down, str) else set(down) if isinstance(down, tuple | list) else set()
