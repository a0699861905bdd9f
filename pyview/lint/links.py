"""Links that lead nowhere, that ask by a method which is not taken, and patches that leave their view.

Where the elements of a template lead: the addresses that it has as text, whole or in part.

Where the calls in a template lead: the core component for links, and JS commands.

Where the handlers in a module lead: `socket.push_navigate("/users")` and its like.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from jinja2 import nodes
from starlette.routing import BaseRoute, Route

from pyview.lint.events import is_js
from pyview.lint.finding import Finding
from pyview.lint.html import ANYTHING, HtmlAttribute, HtmlElement, hole_of
from pyview.lint.modules import Module, Modules
from pyview.lint.owners import Owner, TemplateOwner
from pyview.lint.routes import Address, LintApp, address, described, methods_of
from pyview.routing.routes import LiveRoute

_ATTRIBUTES = {
    "a": "href",
    "area": "href",
    "link": "href",
    "form": "action",
    "button": "formaction",
    "input": "formaction",
}
_METHOD = {"a": "data-method", "form": "method", "button": "formmethod", "input": "formmethod"}


@dataclass(frozen=True, slots=True)
class Link:
    """`what` is how it is written. `method` is None where it is not known, `patches` whether the view is to stay;
    `raises`: it is a patch of a handler, which must."""

    what: str
    address: Address
    file: str
    line: int
    method: str | None = "GET"
    patches: bool = False
    raises: bool = False


def links_of_elements(source: TemplateOwner) -> Iterator[Link]:
    for element in source.elements:
        yield from _of_element(element, source)


def _of_element(element: HtmlElement, source: TemplateOwner) -> Iterator[Link]:
    name = _ATTRIBUTES.get(element.tag)
    for one in element.attributes:
        to = address(one.value) if one.name == name and one.value else None
        if to is not None and _said(element.get(_METHOD.get(element.tag, ""))) != "dialog":
            link = element.get("data-phx-link")
            patches = element.whole and link is not None and link.known == "patch"
            what = f'{one.name}="{to}"'
            yield Link(what, to, source.file, source.line(one.line), _method(element), patches)


def _method(element: HtmlElement) -> str | None:
    """The method by which a browser asks; None where that is not known."""
    attribute = element.get(_METHOD.get(element.tag, ""))
    said = _said(attribute)
    if not element.whole or (attribute is not None and said is None):
        return None
    if said is None:
        return None if element.tag in ("button", "input") else "GET"
    if element.tag == "a":
        return "GET" if said == "get" else "POST"
    return "POST" if said == "post" else "GET"


def _said(attribute: HtmlAttribute | None) -> str | None:
    known = None if attribute is None else attribute.known
    return None if known is None else known.lower()


_CORE = "pyview/components.html"
_ARGUMENTS = {"link": ("text", "href", "patch", "navigate", "method"), "form": ("of", "method")}
"""The core components that lead somewhere, with what they take without a name."""


def links_of_calls(source: TemplateOwner) -> Iterator[Link]:
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


def _core(name: str, call: nodes.Call, source: TemplateOwner) -> Iterator[Link]:
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


def _js(name: str, call: nodes.Call, source: TemplateOwner) -> Iterator[Link]:
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


_PUSHES = {
    "push_navigate": False,
    "replace_navigate": False,
    "push_patch": True,
    "replace_patch": True,
    "redirect": False,
}
"""The methods of a socket that lead somewhere, and whether the view stays."""


def links_of_module(module: Module) -> Iterator[tuple[str | None, Link]]:
    """Where the handlers of a module lead, each with the class at the top of the module that it is in."""
    for statement in module.tree.body:
        within = statement.name if isinstance(statement, ast.ClassDef) else None
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield from ((within, link) for link in _push(node, node.func, module.file))


def _push(call: ast.Call, method: ast.Attribute, file: str) -> Iterator[Link]:
    if method.attr not in _PUSHES or (method.attr == "redirect" and not _is_socket(method.value)):
        return
    path = (
        call.args[0] if call.args else next((one.value for one in call.keywords if one.arg == "path"), None)
    )
    to = None if path is None else address(_python_text(path))
    if to is not None:
        patches = _PUSHES[method.attr]
        yield Link(f'{method.attr}("{to}")', to, file, call.lineno, patches=patches, raises=patches)


def _is_socket(node: ast.expr) -> bool:
    return ast.unparse(node).rpartition(".")[2] == "socket"


def _python_text(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(map(_python_text, parts))
        case ast.FormattedValue(value=inner):
            return hole_of(ast.unparse(inner))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _python_text(left) + _python_text(right)
        case ast.Name() | ast.Attribute() | ast.Subscript():
            return hole_of(ast.unparse(node))
        case _:
            return ANYTHING


def misleading_links(
    owners: Sequence[Owner], site: LintApp, routes: Sequence[BaseRoute], modules: Modules
) -> Iterator[Finding]:
    """Those of the templates and modules of `owners`, whose application has `routes`."""
    live = [route for route in routes if isinstance(route, LiveRoute)]
    if not site.is_known:
        return
    for link, classes in (*_in_templates(owners), *_in_modules(owners, modules)):
        takers = site.takers(link.address)
        wrong = _not_taken(link, takers, site)
        if wrong is not None:
            yield Finding(link.file, link.line, "unknown-link", f"{link.what}: {wrong}")
        elif link.patches:
            yield from _leaving(link, takers, _pages(classes, live))


def _in_templates(owners: Sequence[Owner]) -> Iterator[tuple[Link, list[type]]]:
    """Each with the classes that have its template."""
    found: dict[tuple[str, int], tuple[TemplateOwner, list[type]]] = {}
    for owner in owners:
        for source in owner.sources:
            found.setdefault((source.file, source.first), (source, []))[1].append(owner.cls)
    for source, classes in found.values():
        for link in (*links_of_elements(source), *links_of_calls(source)):
            yield link, classes


def _in_modules(owners: Sequence[Owner], modules: Modules) -> Iterator[tuple[Link, list[type]]]:
    """Each with the classes that have its method."""
    for module in modules.of(owner.cls for owner in owners):
        for within, link in links_of_module(module):
            yield link, [owner.cls for owner in owners if _is_of(owner.cls, module.name, within)]


def _is_of(cls: type, module: str, name: str | None) -> bool:
    """Whether the class of that name is `cls`, or a base of it."""
    return any(base.__module__ == module and base.__qualname__ == name for base in cls.__mro__)


def _not_taken(link: Link, takers: Sequence[BaseRoute], site: LintApp) -> str | None:
    if not takers:
        others = [path for path in site.paths() if path != "/"]
        close = get_close_matches(str(link.address), others, n=1)
        return "no route takes it" + (f"; did you mean {close[0]!r}?" if close else "")
    taken = frozenset[str]().union(*map(methods_of, takers))
    if link.method is not None and link.method not in taken:
        return f"no route takes it by {link.method}, but by {' and '.join(sorted(taken - {'HEAD'}))}"
    return None


def _pages(classes: Sequence[type], live: Sequence[LiveRoute]) -> list[LiveRoute]:
    """The routes of all pages that have a link; none where it may be on others too, as those of a component are."""
    routes = [[route for route in live if route.view_class is cls] for cls in classes]
    return [route for some in routes for route in some] if all(routes) else []


def _leaving(link: Link, takers: Sequence[BaseRoute], pages: Sequence[LiveRoute]) -> Iterator[Finding]:
    asked = [route for route in takers if "GET" in methods_of(route)]
    if link.address.path is not None:
        del asked[1:]
    known = pages and asked and all(isinstance(route, Route) for route in asked)
    if known and not any(page.may_be_patched_to(route) for page in pages for route in asked):
        yield Finding(link.file, link.line, "patch-leaves-view", _why_leaving(link, asked[0], pages[0]))


def _why_leaving(link: Link, to: BaseRoute, page: LiveRoute) -> str:
    leads = f"{link.what} leads out of {page.view_class.__qualname__}, to {described(to)}"
    if link.raises:
        return f"{leads}, which raises: use push_navigate"
    return f"{leads}, so that the browser asks in vain, then navigates: navigate at once"
