"""Rules about values in places where escaping does not make them safe, and about values that are not escaped."""

from collections.abc import Iterator

from jinja2 import nodes

from pyview.lint.finding import Finding
from pyview.lint.template_files import ParsedTemplate
from pyview.lint.types import Types
from pyview.template.compiler.analysis import bindings
from pyview.template.compiler.guards import unguarded
from pyview.template.compiler.slot_positions import Slot, slots_of
from pyview.template.html_scanner import PLACEHOLDER, Scanner
from pyview.template.unsafe_values import SLOT, Danger, ValueSoFar, danger_of

_NUMBERS = frozenset({"int", "float", "length", "count", "round", "wordcount"})
_TEXTS = frozenset(
    {"lower", "upper", "title", "capitalize", "trim", "replace", "join", "format", "string", "truncate"}
)
_ARITHMETIC = (nodes.Sub, nodes.Div, nodes.FloorDiv, nodes.Pow, nodes.Neg, nodes.Pos)
_TRUTH = (nodes.Compare, nodes.Not, nodes.Test)
_PUT_TOGETHER = (nodes.CondExpr, nodes.Add, nodes.Mul, nodes.Concat, nodes.And, nodes.Or)
_ESCAPES = frozenset({"tojson", "e", "escape", "forceescape", "urlencode", "xmlattr", "urlize"})
# A browser runs scripts of these types, or reads them as rules of its own. The content of any other type is
# data that no browser touches.
_SCRIPTS = frozenset(
    {"", "module", "text/javascript", "application/javascript", "importmap", "speculationrules"}
)


def unsafe_places(source: ParsedTemplate, known: Types) -> Iterator[Finding]:
    """Report unsafe values in one template file. `known` are the types of its expressions."""
    for slot in slots_of(source.tree):
        problem = _why_unsafe(slot, known)
        if problem is not None:
            line = source.line(slot.expression.lineno)
            yield Finding(source.file, line, "unsafe-place", problem)
    yield from _marked_safe(source, known)


def _why_unsafe(slot: Slot, known: Types) -> str | None:
    """Return why the slot is unsafe; None unless it is unsafe in every combination of branches before it."""
    expression = _without_safe(slot.expression)
    if is_harmless(expression, known):
        return None
    if not slot.escaped and not (_is_escaped(expression) or _is_filtered(unguarded(slot.expression), "safe")):
        return (
            "{% autoescape false %} does not escape the value: if any of it comes from a user, that user can inject "
            "HTML and scripts. Remove it, and write |safe for values that are HTML"
        )
    found = [_problem_at(position, slot, expression, known) for position in slot.positions]
    one_value = len({(position.where, position.name, position.attribute) for position in slot.positions}) == 1
    # If the place depends on branches, some combinations may never occur: report only if all of them are unsafe.
    sure = any(found) if one_value else all(found)
    return next(filter(None, found)) if sure else None


def _without_safe(expression: nodes.Expr) -> nodes.Expr:
    """Return the expression without `|safe`, which has a rule of its own."""
    expression = unguarded(expression)
    while isinstance(expression, nodes.Filter) and expression.name == "safe" and expression.node is not None:
        expression = unguarded(expression.node)
    return expression


def _problem_at(position: Scanner, slot: Slot, expression: nodes.Expr, known: Types) -> str | None:
    match position.where:
        case "name":
            return None if position.closes else _in_tag_name(position.name)
        case "tag" | "slash":
            return _in_tag(position, slot.after, expression)
        case "value" | "bare":
            return (
                f"{position.attribute}={{{{ ... }}}} has no quotes, so a space in the value begins another attribute: "
                f'write {position.attribute}="{{{{ ... }}}}"'
            )
        case '"' | "'":
            return _in_quotes(position, expression, known)
        case "raw":
            return _in_program(position, expression)
        case _:
            return None


def _in_tag_name(stem: str) -> str | None:
    # After a whole name, `<div{{ attributes }}>`, it is attributes.
    if stem not in ("", "h") and not stem.endswith("-"):
        return None
    return "the tag name is a value, which may contain attributes too: choose between constant names with {% if %}"


def _in_tag(position: Scanner, after: str, expression: nodes.Expr) -> str | None:
    part = position.attribute.replace(PLACEHOLDER, "") if not position.spaced else ""
    if after.lstrip().startswith("=") or part.endswith("-"):
        return (
            "the attribute name is a value, which may be any name, such as onclick: choose between constant names, "
            "or write {{ {...} | ui.attributes }}"
        )
    if isinstance(expression, nodes.Concat) or (
        isinstance(expression, nodes.Filter) and expression.name in _TEXTS
    ):
        return "text in a tag may contain any attribute, such as onclick: write {{ {...} | ui.attributes }}"
    return None


def _in_quotes(position: Scanner, expression: nodes.Expr, known: Types) -> str | None:
    name, is_json = position.attribute, _is_filtered(expression, "tojson")
    # Jinja2's `tojson` escapes `<`, `>`, `&` and the single quote, but not the double quote.
    if is_json and position.where == '"' and not name.startswith("aria-"):
        return f"|tojson writes double quotes, which end the value of {name}: write {name}='{{{{ ...|tojson }}}}'"
    danger = danger_of(ValueSoFar(position.name, name, position.known_value.replace(PLACEHOLDER, SLOT)))
    if danger in (Danger.EVENT, Danger.COMMANDS):
        return _in_binding(name, expression, known)
    if danger is not Danger.PROGRAM or (is_json and not _is_in_string(position)):
        return None
    return (
        f'{name}="...": the browser runs the value as a program, so escaping does not make it safe. Use a phx-* '
        "attribute such as phx-click, or put the value into an attribute such as data-value"
    )


def _in_binding(name: str, expression: nodes.Expr, known: Types) -> str | None:
    # A list that the template itself writes, `[["push", {...}]]|tojson`, holds commands of the developer.
    is_literal = isinstance(expression, nodes.Filter) and isinstance(expression.node, nodes.List)
    if _is_filtered(expression, "tojson") and not is_literal:
        return f"{name}: the client runs whatever the value holds as JS commands: write a chain, such as js.push(...)"
    first = expression.nodes[0] if isinstance(expression, nodes.Concat) else None
    is_joined_text = isinstance(first, nodes.Const) and str(first.value).startswith("[")
    if is_joined_text or known.is_list(expression):
        return f"{name}: PyView runs chains of JS commands only, no list or text: write a chain, such as js.push(...)"
    return None


def _is_in_string(position: Scanner) -> bool:
    """Return True if a quote of the program stands before the slot: the quotes of JSON would end that string."""
    return position.known_value[-1:] in ("'", '"', "`")


def _in_program(position: Scanner, expression: nodes.Expr) -> str | None:
    if position.name == "style":
        return 'a value in <style> may contain any CSS rule: put it into a custom property, style="--size: {{ ... }}"'
    if position.name != "script" or not (position.type in _SCRIPTS or "json" in position.type):
        return None
    if _is_filtered(expression, "tojson") and not _is_in_string(position):
        return None
    return (
        "HTML escaping does not protect a value in <script>: write {{ ...|tojson }}, without quotes around it"
    )


# --- values that are not escaped ---


def _marked_safe(source: ParsedTemplate, known: Types) -> Iterator[Finding]:
    # Jinja2 escapes inside a macro and returns `Markup`, so `|safe` changes nothing there.
    macros = {name for name, count in bindings(source.tree).items() if count} | {
        "caller",
        "super",
        "self",
        "slots",
    }
    for node in source.tree.find_all((nodes.Filter, nodes.Call)):
        value = _unescaped_value(node)
        if value is not None and not (is_harmless(value, known) or _is_html(value, macros)):
            text = (
                "|safe does not escape the value: if any of it comes from a user, that user can inject HTML and "
                "scripts. Clean the value in Python and pass a markupsafe.Markup. If it is safe as it is, write "
                "{# pyview: ignore[marked-safe] #} on this line"
            )
            yield Finding(source.file, source.line(node.lineno), "marked-safe", text)


def _unescaped_value(node: nodes.Node) -> nodes.Expr | None:
    match node:
        case nodes.Filter(name="safe", node=nodes.Expr() as value):
            return unguarded(value)
        case nodes.Call(node=nodes.Name(name="Markup"), args=[value, *_]):
            return value
        case _:
            return None


def _is_html(value: nodes.Expr, macros: set[str]) -> bool:
    """Return True if the value is HTML already: a slot, the result of a macro, an escaped value."""
    if _is_escaped(value):
        return True
    match value:
        case nodes.Name(name=name):
            return name in ("inner_content", "children")
        case (
            nodes.Call(node=nodes.Name(name=name))
            | nodes.Call(node=nodes.Getattr(node=nodes.Name(name=name)))
        ):
            return name in macros
        case _:
            return False


def _is_escaped(expression: nodes.Expr) -> bool:
    return isinstance(expression, nodes.Filter) and expression.name in _ESCAPES


def _is_filtered(expression: nodes.Expr, name: str) -> bool:
    return isinstance(expression, nodes.Filter) and expression.name == name


def is_harmless(expression: nodes.Node | None, known: Types) -> bool:
    """Return True if the text of an expression consists of numbers and of constants in the template."""
    match expression:
        case None | nodes.Const() | nodes.TemplateData():
            return True
        case nodes.Filter(name="tojson", node=value) if not isinstance(value, nodes.Const):
            return is_harmless(value, known)
        case nodes.Filter(name=name):
            return name in _NUMBERS
        case nodes.Getattr(node=nodes.Name(name="loop"), attr=attr):
            # All others are numbers and booleans. These two are items of the list.
            return attr not in ("previtem", "nextitem")
        case nodes.Call(node=nodes.Getattr(node=nodes.Name(name="loop"), attr="cycle"), args=args):
            return all(is_harmless(one, known) for one in args)
        case nodes.CondExpr(expr1=one, expr2=other):
            return is_harmless(one, known) and is_harmless(other, known)
        case _ if isinstance(expression, _PUT_TOGETHER):
            return all(is_harmless(one, known) for one in expression.iter_child_nodes())
        case _:
            return isinstance(expression, (*_ARITHMETIC, *_TRUTH)) or known.is_number(expression)
