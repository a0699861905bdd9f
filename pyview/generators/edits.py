"""Changes of existing files: each function takes the text of a file and returns the changed text.

Places in Python files are found in the syntax tree, and the text around them stays as it is. A change that is there
already is not made again. Each function raises `PlaceNotFound` if the file has no such place.
"""

import ast
import re
from collections.abc import Sequence
from textwrap import indent

from pyview.generators.source import PlaceNotFound, end_of, head_of, insert_lines, last_line, start_of
from pyview.generators.templates import LINE_LENGTH

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def append_to_function(text: str, function: str, code: str) -> str:
    """Add statements at the end of a function, before a `return` that ends it."""
    found = _definition(text, function, f"the function {function}")
    if _has_statements(found, code):
        return text
    last = found.body[-1]
    after = last.lineno - 1 if isinstance(last, ast.Return) else last_line(last)
    return insert_lines(text, after, code.strip("\n"), last.col_offset)


def append_to_class(text: str, name: str, code: str) -> str:
    """Add statements to a class: after its last field, else after its first statement."""
    found = _definition(text, name, f"the class {name}")
    if _has_statements(found, code):
        return text
    fields = [node for node in found.body if isinstance(node, ast.AnnAssign | ast.Assign)]
    last = fields[-1] if fields else found.body[0]
    return insert_lines(text, last_line(last), code.strip("\n"), last.col_offset)


def append_to_module(text: str, code: str) -> str:
    """Add statements after the imports of a module."""
    tree = ast.parse(text)
    if _has_statements(tree, code):
        return text
    head = head_of(tree)
    lines = text.splitlines(keepends=True)
    after = last_line(head[-1]) if head else 0
    before, rest = "".join(lines[:after]), "".join(lines[after:]).strip("\n")
    return "\n\n\n".join(part for part in (before.rstrip("\n"), code.strip("\n"), rest) if part) + "\n"


def append_to_list(text: str, name: str, item: str) -> str:
    """Add an item at the end of a list that the module assigns to `name`."""
    value = next((_assigned(node, name) for node in ast.parse(text).body if _assigned(node, name)), None)
    if not isinstance(value, ast.List):
        raise PlaceNotFound(f"the list {name}")
    new = ast.dump(_expression(item))
    if any(ast.dump(each) == new for each in value.elts):
        return text
    return _with_element(text, value, value.elts, item)


def add_argument(text: str, function: str, argument: str) -> str:
    """Add an argument, such as `lifespan=lifespan`, to the first call of `function`.

    A keyword that the call has already stays as it is.
    """
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    call = next((node for node in calls if ast.unparse(node.func) == function), None)
    if call is None:
        raise PlaceNotFound(f"the call {function}(...)")
    if _arguments(call) >= _arguments(_expression(f"f({argument})")):
        return text
    return _with_element(text, call, [*call.args, *call.keywords], argument)


def append_to_file(text: str, added: str) -> str:
    """Add lines at the end of a text."""
    if added.strip("\n") in text:
        return text
    end = "" if text.endswith("\n") or not text else "\n"
    return f"{text}{end}{added.rstrip()}\n"


def insert_after(text: str, marker: str, added: str) -> str:
    """Add lines after the first line that contains `marker`, with its indentation."""
    lines = text.splitlines()
    number = next((number for number, line in enumerate(lines) if marker in line), None)
    if number is None:
        raise PlaceNotFound(f"the line with {marker}")
    column = len(lines[number]) - len(lines[number].lstrip())
    code = indent(added.rstrip("\n"), " " * column)
    return text if code in text else insert_lines(text, number + 1, code)


def replace_text(text: str, old: str, new: str) -> str:
    """Replace the first occurrence of `old`; nothing if `new` is there."""
    if new in text:
        return text
    if old not in text:
        raise PlaceNotFound(f"the text {old.strip()!r}")
    return text.replace(old, new, 1)


def _definition(text: str, name: str, place: str) -> Definition:
    for node in ast.parse(text).body:
        if isinstance(node, Definition) and node.name == name:
            return node
    raise PlaceNotFound(place)


def _has_statements(block: Definition | ast.Module, code: str) -> bool:
    present = {_key(node) for node in block.body}
    return all(_key(node) in present for node in ast.parse(code).body)


def _key(node: ast.stmt) -> str:
    """Return what tells a statement from others. Of a definition or a field it is the name: the rest may be edited."""
    if isinstance(node, Definition):
        return f"definition {node.name}"
    if isinstance(node, ast.AnnAssign):
        return f"field {ast.unparse(node.target)}"
    return ast.dump(node)


def _assigned(node: ast.stmt, name: str) -> ast.expr | None:
    """Return the value that a statement assigns to a name, None if it does not."""
    if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == name:
        return node.value
    if isinstance(node, ast.Assign) and name in map(ast.unparse, node.targets):
        return node.value
    return None


def _expression(code: str) -> ast.expr:
    return ast.parse(code.rstrip(", \n"), mode="eval").body


def _arguments(call: ast.expr) -> set[str]:
    """Return the keywords of a call, and its positional arguments as text."""
    if not isinstance(call, ast.Call):
        return set()
    return {keyword.arg or "**" for keyword in call.keywords} | {ast.dump(each) for each in call.args}


def _with_element(
    text: str, node: ast.List | ast.Call, elements: Sequence[ast.expr | ast.keyword], code: str
) -> str:
    """Add an element before the closing bracket of a list or a call."""
    code = code.rstrip(", \n")
    bracket = end_of(text, node) - 1
    if not elements:
        start = text.rindex("[" if isinstance(node, ast.List) else "(", 0, bracket) + 1
        return text[:start] + code + text[bracket:]
    end = end_of(text, elements[-1])
    while own := re.match(r"\s*\)", text[end:bracket]):  # parentheses around the element
        end += own.end()
    if "\n" in text[end:bracket]:
        return _on_own_line(text, end, bracket, elements[-1].col_offset, code)
    longer = f"{text[:end]}, {code}{text[end:]}"
    line = longer[longer.rfind("\n", 0, end) + 1 :].partition("\n")[0]
    return longer if len(line) <= LINE_LENGTH else _one_on_each_line(text, bracket, elements, code)


def _on_own_line(text: str, end: int, bracket: int, column: int, code: str) -> str:
    between = text[end:bracket]
    comma = "" if re.match(r"\s*,", between) else ","
    last, _, closing = between.rpartition("\n")  # comments may be between
    return f"{text[:end]}{comma}{last}\n{' ' * column}{code},\n{closing}{text[bracket:]}"


def _one_on_each_line(text: str, bracket: int, elements: Sequence[ast.expr | ast.keyword], code: str) -> str:
    start = start_of(text, elements[0])
    line = text[text.rfind("\n", 0, start) + 1 : start]
    margin = " " * (len(line) - len(line.lstrip()))
    parts = [*(text[start_of(text, each) : end_of(text, each)] for each in elements), code]
    lines = "".join(f"\n{margin}    {part}," for part in parts)
    return f"{text[:start]}{lines}\n{margin}{text[bracket:]}"
