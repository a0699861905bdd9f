"""`row.name` and `row["name"]`: the generated code reads an entry of a plain dict itself, without a call.

Most contexts and rows are dicts, and most expressions read one entry of them. The call of `Environment.getattr` takes
three times as long as the entry.
"""

from jinja2 import nodes
from jinja2.compiler import Frame

from pyview.template.compiler.compiler import TreeCompiler
from pyview.template.tree.rows import DICT_ATTRIBUTES

_NO_DICTS = frozenset({"loop", "self", "super", "caller"})


def compile_getattr(compiler: TreeCompiler, node: nodes.Getattr, frame: Frame) -> bool:
    """Write `owner.name`. Return False, with nothing written, if Jinja2 has to write it."""
    # Of a dict, Jinja2 reads the method `items` before the entry.
    return node.attr not in DICT_ATTRIBUTES and _write_entry(compiler, node, node.attr, frame)


def compile_getitem(compiler: TreeCompiler, node: nodes.Getitem, frame: Frame) -> bool:
    """Write `owner["name"]`. Return False, with nothing written, if Jinja2 has to write it."""
    key = node.arg
    named = isinstance(key, nodes.Const) and type(key.value) is str
    return named and _write_entry(compiler, node, key.value, frame)  # type: ignore[attr-defined]


def _write_entry(compiler: TreeCompiler, node: nodes.Getattr | nodes.Getitem, key: str, frame: Frame) -> bool:
    owner = node.node
    # Only a variable may be written several times; another expression would be evaluated each time.
    if not isinstance(owner, nodes.Name) or owner.name in _NO_DICTS or compiler.has_field_rules:
        return False
    ref = frame.symbols.ref(owner.name)
    # Exactly `dict`: a subclass may have attributes, or read its entries in another way.
    compiler.write(f"({ref}[{key!r}] if type({ref}) is dict and {key!r} in {ref} else ")
    function = "getattr" if isinstance(node, nodes.Getattr) else "getitem"
    compiler.write(f"environment.{function}(")
    compiler.visit(owner, frame)
    compiler.write(f", {key!r}))")
    return True
