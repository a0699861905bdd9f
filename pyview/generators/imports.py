"""Adds an import to a Python file, in the place where ruff's isort expects it."""

import ast
import sys
from collections.abc import Container, Sequence

from pyview.generators.source import PlaceNotFound, head_of, insert_lines, last_line, replace
from pyview.generators.templates import import_line

AnyImport = ast.Import | ast.ImportFrom
Key = tuple[int, int, str]


def insert_import(text: str, line: str, own: Container[str] = ()) -> str:
    """Add an import to the text of a module; nothing if it is there.

    `own` has the names of the project's own packages, which come last. Names of a module that is imported already join
    its line. Raises `PlaceNotFound` if the imports are not in their usual order.
    """
    tree = ast.parse(text)
    new = ast.parse(line).body[0]
    if not isinstance(new, AnyImport):
        raise ValueError(f"expected an import, got {line!r}")
    imports = [node for node in tree.body if isinstance(node, AnyImport)]
    same = next((node for node in imports if _is_same_module(node, new)), None)
    if same is None:
        return _insert(text, tree, imports, new, own)
    names = _names(same) | _names(new)
    return text if names == _names(same) else replace(text, same, _line(new, names))


def _insert(
    text: str, tree: ast.Module, imports: Sequence[AnyImport], new: AnyImport, own: Container[str]
) -> str:
    code, key = _line(new, _names(new)), _key(new, own)
    keys = [_key(node, own) for node in imports]
    if keys != sorted(keys):
        raise PlaceNotFound("the imports, in the order of isort")
    before = [node for node in imports if _key(node, own) < key]
    following = imports[len(before)] if len(before) < len(imports) else None
    if before and _key(before[-1], own)[0] == key[0]:
        return insert_lines(text, last_line(before[-1]), code)
    if following is not None and _key(following, own)[0] == key[0]:
        return insert_lines(text, following.lineno - 1, code)
    if before:
        return insert_lines(text, last_line(before[-1]), f"\n{code}")
    if following is not None:
        return insert_lines(text, following.lineno - 1, f"{code}\n\n")
    head = head_of(tree)
    return (
        insert_lines(text, last_line(head[-1]), f"\n{code}")
        if head
        else f"{code}\n" + (f"\n\n{text}" if text else "")
    )


def _is_same_module(node: AnyImport, new: AnyImport) -> bool:
    if isinstance(node, ast.ImportFrom) and isinstance(new, ast.ImportFrom):
        return (node.module, node.level) == (new.module, new.level)
    return isinstance(node, ast.Import) and isinstance(new, ast.Import) and _names(node) == _names(new)


def _names(node: AnyImport) -> set[str]:
    return {f"{each.name} as {each.asname}" if each.asname else each.name for each in node.names}


def _line(node: AnyImport, names: set[str]) -> str:
    if isinstance(node, ast.Import):
        return f"import {', '.join(sorted(names))}"
    return import_line("." * node.level + (node.module or ""), *names)


def _key(node: AnyImport, own: Container[str]) -> Key:
    """Return the sort key of an import: section, `import` before `from`, module."""
    if isinstance(node, ast.Import):
        return _section(node.names[0].name, own), 0, node.names[0].name.lower()
    if node.level:
        return 4, 1, "." * node.level + (node.module or "").lower()
    return _section(node.module or "", own), 1, (node.module or "").lower()


def _section(module: str, own: Container[str]) -> int:
    package = module.split(".")[0]
    if package == "__future__":
        return 0
    if package in sys.stdlib_module_names:
        return 1
    return 3 if package in own else 2
