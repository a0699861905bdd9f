"""Rules about links: URLs without a route, forms with a wrong method, patches that leave their view.

Links are read from the elements of templates (`href`, `action`), from calls in templates (core components, JS
commands) and from handlers in Python (`socket.push_navigate("/users")`).
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from jinja2 import nodes
from starlette.routing import BaseRoute, Route

from pyview.lint.events import is_js
from pyview.lint.finding import Finding
from pyview.lint.html import ANYTHING, HtmlAttribute, HtmlElement, placeholder_for
from pyview.lint.modules import Module, Modules
from pyview.lint.routes import LintApp, PathPattern, described, methods_of, path_pattern
from pyview.lint.template_files import ParsedTemplate
from pyview.lint.template_users import TemplateUser
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
    """A link as `text` shows it in a finding.

    `method` is the HTTP method of its request, None if not known. `patches` is True if the link keeps the view.
    `raises` is True for a patch in a handler: leaving the view raises there, while a link in a page only loads again.
    """

    text: str
    pattern: PathPattern
    file: str
    line: int
    method: str | None = "GET"
    patches: bool = False
    raises: bool = False


def links_of_elements(source: ParsedTemplate) -> Iterator[Link]:
    """Yield the links of a template that elements carry."""
    for element in source.elements:
        name = _ATTRIBUTES.get(element.tag)
        method_attribute = element.get(_METHOD.get(element.tag, ""))
        if _known_lower(method_attribute) == "dialog":
            continue  # closes a <dialog> and sends no request
        for attribute in element.attributes:
            to = path_pattern(attribute.value) if attribute.name == name and attribute.value else None
            if to is not None:
                link = element.get("data-phx-link")
                patches = element.complete and link is not None and link.known == "patch"
                line, method = source.line(attribute.line), _method(element, method_attribute)
                yield Link(f'{attribute.name}="{to}"', to, source.file, line, method, patches)


def _method(element: HtmlElement, attribute: HtmlAttribute | None) -> str | None:
    """Return the method of the browser's request; None if it is not known."""
    method = _known_lower(attribute)
    if not element.complete or (attribute is not None and method is None):
        return None
    if method is None:
        return None if element.tag in ("button", "input") else "GET"  # a button takes the method of its form
    if element.tag == "a":
        return "GET" if method == "get" else "POST"  # the client sends `data-method="delete"` as a POST
    return "POST" if method == "post" else "GET"


def _known_lower(attribute: HtmlAttribute | None) -> str | None:
    known = None if attribute is None else attribute.known
    return None if known is None else known.lower()


_CORE = "pyview/components.html"
_ARGUMENTS = {"link": ("text", "href", "patch", "navigate", "method"), "form": ("of", "method")}
"""The core components with a link, and the names of their positional arguments."""


def links_of_calls(source: ParsedTemplate) -> Iterator[Link]:
    """Yield the links of a template that are arguments of core components and of JS commands."""
    core = _core_names(source.tree)
    for call in source.tree.find_all(nodes.Call):
        name = core.get(_name(call.node))
        if name is not None:
            yield from _link_of_component(name, call, source)
        elif isinstance(call.node, nodes.Getattr) and is_js(call.node):
            yield from _link_of_command(call.node.attr, call, source)


def _core_names(tree: nodes.Template) -> dict[str, str]:
    """Return the names by which a template calls those components, such as `ui.link` or an alias."""
    modules = [one.target for one in tree.find_all(nodes.Import) if _is_core(one.template)]
    parts = [one.names for one in tree.find_all(nodes.FromImport) if _is_core(one.template)]
    pairs = [(one, one) if isinstance(one, str) else one for names in parts for one in names]
    dotted = {f"{target}.{name}": name for target in modules for name in _ARGUMENTS}
    return dotted | {alias: name for name, alias in pairs if name in _ARGUMENTS}


def _is_core(template: nodes.Expr) -> bool:
    return isinstance(template, nodes.Const) and template.value == _CORE


def _link_of_component(name: str, call: nodes.Call, source: ParsedTemplate) -> Iterator[Link]:
    given = dict(zip(_ARGUMENTS[name], call.args, strict=False)) | {one.key: one.value for one in call.kwargs}
    for argument in ("action",) if name == "form" else ("href", "patch", "navigate"):
        to = path_pattern(_text(given[argument])) if argument in given else None
        if to is not None:
            default = {"action": "POST", "href": "GET"}.get(argument)
            method = _call_method(given.get("method"), default) if default else "GET"
            text = f'{name}({argument}="{to}")'
            yield Link(text, to, source.file, source.line(call.lineno), method, argument == "patch")


def _call_method(node: nodes.Expr | None, default: str) -> str | None:
    """Return the HTTP method that a `method=` argument stands for; None if it is not known."""
    match node:
        case None | nodes.Const(value=None):
            return default
        case nodes.Const(value="get"):
            return "GET"
        case nodes.Const():
            return "POST"
        case _:
            return None


def _link_of_command(name: str, call: nodes.Call, source: ParsedTemplate) -> Iterator[Link]:
    to = path_pattern(_text(call.args[0])) if call.args and name in ("navigate", "patch") else None
    if to is not None:
        text = f'js.{name}("{to}")'
        yield Link(text, to, source.file, source.line(call.lineno), patches=name == "patch")


def _text(node: nodes.Expr) -> str:
    """Return an expression as text, with placeholders for what is not constant."""
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
            return placeholder_for(_name(node))


def _name(node: nodes.Expr) -> str:
    match node:
        case nodes.Name(name=name):
            return name
        case nodes.Getattr(node=inner, attr=name):
            return f"{_name(inner)}.{name}"
        case nodes.Getitem(node=inner, arg=nodes.Const(value=key)):
            return f"{_name(inner)}[{key}]"
        # The name of a value suggests whether it has slashes, see `placeholder_for`. These filters add none.
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
"""The methods of a socket that navigate; True for those that keep the view."""


def links_of_module(module: Module) -> Iterator[tuple[str | None, Link]]:
    """Yield the links in the handlers of a module, each with the name of the top-level class around it."""
    for statement in module.tree.body:
        within = statement.name if isinstance(statement, ast.ClassDef) else None
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                link = _link_of_push(node, node.func, module.file)
                if link is not None:
                    yield within, link


def _link_of_push(call: ast.Call, method: ast.Attribute, file: str) -> Link | None:
    # Other objects have a method `redirect` too; the names of the rest are the socket's alone.
    of_socket = ast.unparse(method.value).rpartition(".")[2] == "socket"
    if method.attr not in _PUSHES or (method.attr == "redirect" and not of_socket):
        return None
    named = next((one.value for one in call.keywords if one.arg == "path"), None)
    path = call.args[0] if call.args else named
    to = None if path is None else path_pattern(_python_text(path))
    if to is None:
        return None
    patches = _PUSHES[method.attr]
    return Link(f'{method.attr}("{to}")', to, file, call.lineno, patches=patches, raises=patches)


def _python_text(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(map(_python_text, parts))
        case ast.FormattedValue(value=inner):
            return placeholder_for(ast.unparse(inner))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _python_text(left) + _python_text(right)
        case ast.Name() | ast.Attribute() | ast.Subscript():
            return placeholder_for(ast.unparse(node))
        case _:
            return ANYTHING


def wrong_links(
    users: Sequence[TemplateUser], app: LintApp, routes: Sequence[BaseRoute], modules: Modules
) -> Iterator[Finding]:
    """Report wrong links in the templates and modules of `users`, views and components of one PyView.

    `routes` are those of the PyView. `app` is the outermost application: a URL may lead to any of its routes.
    """
    live = [route for route in routes if isinstance(route, LiveRoute)]
    # A fallback of the application, or a prefix of a proxy, may answer what no route answers.
    if not app.is_complete:
        return
    for link, classes in (*_in_templates(users), *_in_modules(users, modules)):
        targets = app.routes_for(link.pattern)
        problem = _why_unknown(link, targets, app)
        if problem is not None:
            yield Finding(link.file, link.line, "unknown-link", f"{link.text}: {problem}")
        elif link.patches:
            yield from _leaving_patch(link, targets, _pages(classes, live))


def _in_templates(users: Sequence[TemplateUser]) -> Iterator[tuple[Link, list[type]]]:
    """Yield each link of a template with the classes that use the template."""
    found: dict[tuple[str, int], tuple[ParsedTemplate, list[type]]] = {}
    for user in users:
        for source in user.sources:
            found.setdefault((source.file, source.first), (source, []))[1].append(user.cls)
    for source, classes in found.values():
        for link in (*links_of_elements(source), *links_of_calls(source)):
            yield link, classes


def _in_modules(users: Sequence[TemplateUser], modules: Modules) -> Iterator[tuple[Link, list[type]]]:
    """Yield each link of a handler with the classes that have the handler, as their own or from a base."""
    for module in modules.of(user.cls for user in users):
        for within, link in links_of_module(module):
            yield link, [user.cls for user in users if _has_base(user.cls, module.name, within)]


def _has_base(cls: type, module: str, name: str | None) -> bool:
    """Return True if the class of that name is `cls` or one of its bases."""
    return any(base.__module__ == module and base.__qualname__ == name for base in cls.__mro__)


def _why_unknown(link: Link, targets: Sequence[BaseRoute], app: LintApp) -> str | None:
    if not targets:
        # Every short path is close to "/", which is hardly ever meant.
        others = [path for path in app.paths() if path != "/"]
        close = get_close_matches(str(link.pattern), others, n=1)
        return "no route has this path" + (f"; did you mean {close[0]!r}?" if close else "")
    methods = frozenset[str]().union(*map(methods_of, targets))
    if link.method is not None and link.method not in methods:
        allowed = " and ".join(sorted(methods - {"HEAD"}))
        return f"the route of this path does not accept {link.method}, only {allowed}"
    return None


def _pages(classes: Sequence[type], live: Sequence[LiveRoute]) -> list[LiveRoute]:
    """Return the routes of all pages that contain a link.

    Empty if other pages may contain it too: a component, for example, has no route of its own.
    """
    routes = [[route for route in live if route.view_class is cls] for cls in classes]
    return [route for some in routes for route in some] if all(routes) else []


def _leaving_patch(link: Link, targets: Sequence[BaseRoute], pages: Sequence[LiveRoute]) -> Iterator[Finding]:
    routes = [route for route in targets if "GET" in methods_of(route)]
    if link.pattern.path is not None:
        del routes[1:]  # of a whole path the first route answers; of a pattern any of them may
    known = pages and routes and all(isinstance(route, Route) for route in routes)
    if known and not any(page.may_be_patched_to(route) for page in pages for route in routes):
        leads = f"{link.text} leads out of {pages[0].view_class.__qualname__}, to {described(routes[0])}"
        if link.raises:
            text = f"{leads}, which raises: use push_navigate"
        else:
            text = f"{leads}: the server refuses the patch and the browser navigates instead. Use navigate"
        yield Finding(link.file, link.line, "patch-leaves-view", text)
