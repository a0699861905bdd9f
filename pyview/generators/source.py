"""Positions in the text of a Python file, and changes of the text there."""

import ast
from textwrap import indent


class PlaceNotFound(Exception):
    """A file has no such place; the text names the place, as in "the function add_routes"."""


def start_of(text: str, node: ast.expr | ast.stmt | ast.keyword) -> int:
    """Return the index in `text` where a node of its syntax tree begins."""
    return _index(text, node.lineno, node.col_offset)


def end_of(text: str, node: ast.expr | ast.stmt | ast.keyword) -> int:
    """Return the index in `text` after the end of a node."""
    return _index(text, node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)


def last_line(node: ast.stmt) -> int:
    """Return the number of the last line of a statement."""
    return node.end_lineno or node.lineno


def _index(text: str, line: int, column: int) -> int:
    lines = text.splitlines(keepends=True)
    before = lines[line - 1].encode()[:column].decode()  # columns of the syntax tree are bytes
    return sum(map(len, lines[: line - 1])) + len(before)


def insert_lines(text: str, after: int, code: str, column: int = 0) -> str:
    """Insert lines of code after line number `after` (0: at the beginning), indented to a column."""
    lines = text.splitlines(keepends=True)
    before = "".join(lines[:after])
    if before and not before.endswith("\n"):
        before += "\n"
    end = "" if code.endswith("\n") else "\n"
    return before + indent(code, " " * column) + end + "".join(lines[after:])


def replace(text: str, node: ast.stmt, code: str) -> str:
    """Replace the text of a statement."""
    return text[: start_of(text, node)] + code + text[end_of(text, node) :]


def head_of(tree: ast.Module) -> list[ast.stmt]:
    """Return the statements at the head of a module: its docstring and its imports."""
    head: list[ast.stmt] = []
    for node in tree.body:
        is_docstring = not head and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not is_docstring and not isinstance(node, ast.Import | ast.ImportFrom):
            break
        head.append(node)
    return head
