"""`row.name` and `row["name"]`: the generated code reads an entry of a plain dict itself, without a call.

Most contexts and rows are dicts, and most expressions read one entry of them. The call of `Environment.getattr` takes
more than twice as long.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from jinja2 import nodes
from jinja2.compiler import Frame

from pyview.template.compiler.compiler import TreeCompiler
from pyview.template.tree.rows import DICT_ATTRIBUTES

_NO_DICTS = frozenset({"loop", "self", "super", "caller"})


class _Entry(NamedTuple):
    """A field that is an entry if `owner` is a dict. `function` is the method of the environment for other owners."""

    owner: nodes.Name
    key: str
    function: str


def compile_field(compiler: TreeCompiler, node: nodes.Getattr | nodes.Getitem, frame: Frame) -> bool:
    """Write a field as an expression. Return False, with nothing written, if Jinja2 has to write it."""
    entry = _entry_of(compiler, node)
    if entry is None:
        return False
    ref = frame.symbols.ref(entry.owner.name)
    # Exactly `dict`: a subclass may have attributes, or read its entries in another way.
    compiler.write(f"({ref}[{entry.key!r}] if type({ref}) is dict and {entry.key!r} in {ref} else ")
    _write_call(compiler, entry, frame)
    compiler.write(")")
    return True


def write_dict_checks(
    compiler: TreeCompiler, values: Sequence[nodes.Expr], frame: Frame
) -> Mapping[str, str]:
    """Write code that finds out once which owners of several of these fields are dicts. Return owner -> variable."""
    entries = [entry for value in values if (entry := _entry_of(compiler, value)) is not None]
    fields = Counter(frame.symbols.ref(entry.owner.name) for entry in entries)
    checks = {owner: f"_k{i}" for i, owner in enumerate(each for each, count in fields.items() if count > 1)}
    for owner, variable in checks.items():
        compiler.writeline(f"{variable} = type({owner}) is dict")
    return checks


def write_value(
    compiler: TreeCompiler, variable: str, node: nodes.Expr, frame: Frame, checks: Mapping[str, str]
) -> None:
    """Write code that puts the value of an expression into a variable. `checks` are those of `write_dict_checks`.

    As statements, because a field needs no second look into the dict then. It takes four fifths of the time.
    """
    entry = _entry_of(compiler, node)
    if entry is None:
        compiler.writeline(f"{variable} = ", node)
        compiler.visit(node, frame)
        return
    ref = frame.symbols.ref(entry.owner.name)
    with compiler.indented(f"if {checks.get(ref) or f'type({ref}) is dict'}:", node):
        compiler.writeline(f"try: {variable} = {ref}[{entry.key!r}]")
        compiler.writeline(f"except KeyError: {variable} = ")
        _write_call(compiler, entry, frame)
    compiler.writeline(f"else: {variable} = ")
    _write_call(compiler, entry, frame)


def _write_call(compiler: TreeCompiler, entry: _Entry, frame: Frame) -> None:
    compiler.write(f"environment.{entry.function}(")
    compiler.visit(entry.owner, frame)
    compiler.write(f", {entry.key!r})")


def _entry_of(compiler: TreeCompiler, node: nodes.Expr) -> _Entry | None:
    """Return the field that the expression reads, None if it is no field or has to be read by Jinja2."""
    if not isinstance(node, (nodes.Getattr, nodes.Getitem)) or compiler.has_field_rules:
        return None
    owner = node.node
    # Only a variable may be written several times; another expression would be evaluated each time.
    if not isinstance(owner, nodes.Name) or owner.name in _NO_DICTS:
        return None
    if isinstance(node, nodes.Getattr):
        # Of a dict, Jinja2 reads the method `items` before the entry.
        return None if node.attr in DICT_ATTRIBUTES else _Entry(owner, node.attr, "getattr")
    key = node.arg.value if isinstance(node.arg, nodes.Const) else None
    return _Entry(owner, key, "getitem") if type(key) is str else None
