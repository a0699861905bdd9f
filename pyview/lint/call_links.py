"""Where the calls in a template lead: the core component for links, and JS commands."""

from collections.abc import Iterator

from jinja2 import nodes

from pyview.lint.addresses import Address, address
from pyview.lint.calls import is_js
from pyview.lint.holes import hole_of
from pyview.lint.links import Link
from pyview.lint.sources import Source

_CORE = "pyview/components.html"
_ARGUMENTS = {"link": ("text", "href", "patch", "navigate", "method"), "form": ("of", "method")}
"""The core components that lead somewhere, with what they take without a name."""


def links_of_calls(source: Source) -> Iterator[Link]:
    core = _core_names(source.tree)
    for call in source.tree.find_all(nodes.Call):
        name = core.get(_name(call.node))
        if name is not None:
            yield from _core(name, call, source)
        elif isinstance(call.node, nodes.Getattr) and is_js(call.node):
            yield from _js(call.node.attr, call, source)


def _core_names(tree: nodes.Template) -> dict[str, str]:
    """How a template calls those components: `ui.link`, or any name that it gave to one."""
    whole = [one.target for one in tree.find_all(nodes.Import) if _is_core(one.template)]
    parts = [one.names for one in tree.find_all(nodes.FromImport) if _is_core(one.template)]
    pairs = [(one, one) if isinstance(one, str) else one for names in parts for one in names]
    dotted = {f"{target}.{name}": name for target in whole for name in _ARGUMENTS}
    return dotted | {alias: name for name, alias in pairs if name in _ARGUMENTS}


def _is_core(template: nodes.Expr) -> bool:
    return isinstance(template, nodes.Const) and template.value == _CORE


def _core(name: str, call: nodes.Call, source: Source) -> Iterator[Link]:
    given = dict(zip(_ARGUMENTS[name], call.args, strict=False)) | {one.key: one.value for one in call.kwargs}
    for argument in ("action",) if name == "form" else ("href", "patch", "navigate"):
        to = _address_of(given[argument]) if argument in given else None
        if to is not None:
            default = {"action": "POST", "href": "GET"}.get(argument)
            method = _call_method(given.get("method"), default) if default else "GET"
            what = f'{name}({argument}="{to}")'
            yield Link(what, to, source.file, source.line(call.lineno), method, argument == "patch")


def _call_method(node: nodes.Expr | None, default: str) -> str | None:
    """None where it is not known."""
    match node:
        case None | nodes.Const(value=None):
            return default
        case nodes.Const(value="get"):
            return "GET"
        case nodes.Const():
            return "POST"
        case _:
            return None


def _js(name: str, call: nodes.Call, source: Source) -> Iterator[Link]:
    to = _address_of(call.args[0]) if call.args and name in ("navigate", "patch") else None
    if to is not None:
        what = f'js.{name}("{to}")'
        yield Link(what, to, source.file, source.line(call.lineno), patches=name == "patch")


def _address_of(node: nodes.Expr) -> Address | None:
    return address(_text(node))


def _text(node: nodes.Expr) -> str:
    match node:
        case nodes.Const(value=str() as text):
            return text
        case nodes.TemplateData(data=text):
            return text
        case nodes.Concat(nodes=parts):
            return "".join(map(_text, parts))
        case nodes.Add(left=left, right=right):
            return _text(left) + _text(right)
        case _:
            return hole_of(_name(node))


def _name(node: nodes.Expr) -> str:
    match node:
        case nodes.Name(name=name):
            return name
        case nodes.Getattr(node=inner, attr=name):
            return f"{_name(inner)}.{name}"
        case nodes.Getitem(node=inner, arg=nodes.Const(value=key)):
            return f"{_name(inner)}[{key}]"
        case nodes.Filter(node=nodes.Expr() as inner, name="urlencode" | "string" | "int", args=[]):
            return _name(inner)
        case _:
            return "()"
