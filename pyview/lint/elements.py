"""Rules about single elements of a template: attributes, ids, forms and hooks."""

from collections.abc import Iterator
from difflib import get_close_matches

from pyview.lint.finding import Finding
from pyview.lint.html import FILE_INPUT, HtmlElement, may_be_together
from pyview.lint.template_files import ParsedTemplate
from pyview.template.html_scanner import PLACEHOLDER

KNOWN = frozenset(
    "phx-" + name
    for name in (
        *("click", "click-away", "submit", "change", "blur", "focus", "window-blur", "window-focus"),
        *("keydown", "keyup", "window-keydown", "window-keyup", "key", "target", "debounce", "throttle"),
        *("hook", "update", "mounted", "remove", "connected", "disconnected", "disable-with"),
        *("trigger-action", "auto-recover", "no-unused-field", "patch-focused", "track-static"),
        *("track-uploads", "drop-target", "progress", "viewport-top", "viewport-bottom"),
        "viewport-overrun-target",
    )
)
"""The `phx-*` attributes of the client, `phoenix_live_view` 1.2."""

_REMOVED = {
    "phx-feedback-for": "the client ignores it since 1.0: show errors for used fields only, see docs/forms.md",
    "phx-page-loading": "write it with the event: js.push('save', page_loading=True)",
    "phx-link": "write data-phx-link",
    "phx-link-state": "write data-phx-link-state",
    "phx-session": "write data-phx-session",
    "phx-capture-click": "the client ignores it since 0.18: use phx-click-away",
}


def element_findings(source: ParsedTemplate) -> Iterator[Finding]:
    """Apply every rule of this module to one template file."""
    for element in source.elements:
        yield from _unknown_attributes(element, source)
        yield from _form_without_id(element, source)
        yield from _hook_without_id(element, source)
        yield from _file_input_without_change(element, source)
    yield from _duplicate_ids(source)


def _unknown_attributes(element: HtmlElement, source: ParsedTemplate) -> Iterator[Finding]:
    for attribute in element.attributes:
        problem = None if PLACEHOLDER in attribute.name else problem_with_attribute(attribute.name)
        if problem is not None:
            yield Finding(source.file, source.line(attribute.line), "unknown-attribute", problem)


def problem_with_attribute(name: str) -> str | None:
    """Return the text of a finding if the client does not know the `phx-*` attribute; None if it does."""
    if not name.startswith("phx-") or name in KNOWN or name.startswith("phx-value-"):
        return None
    if name in _REMOVED:
        return f"{name}: {_REMOVED[name]}"
    close = get_close_matches(name, KNOWN | {"phx-value-..."}, n=1, cutoff=0.7)
    return f"the client knows no attribute {name}" + (f"; did you mean {close[0]}?" if close else "")


def _form_without_id(element: HtmlElement, source: ParsedTemplate) -> Iterator[Finding]:
    if element.tag == "form" and element.complete and element.get("phx-change") and not element.get("id"):
        text = "a form with phx-change needs an id: without one, what the user typed is lost when the view restarts"
        yield Finding(source.file, source.line(element.line), "form-without-id", text)


def _hook_without_id(element: HtmlElement, source: ParsedTemplate) -> Iterator[Finding]:
    hook, id = element.get("phx-hook"), element.get("id")
    if hook is not None and hook.value and element.complete and (id is None or id.known == ""):
        text = "an element with phx-hook needs an id: without one, the client does not run the hook"
        yield Finding(source.file, source.line(hook.line), "hook-without-id", text)


def _file_input_without_change(element: HtmlElement, source: ParsedTemplate) -> Iterator[Finding]:
    form = element.form
    if form is None or element.get(FILE_INPUT) is None or not form.complete or form.get("phx-change"):
        return
    # The form counts only if it is there whenever the input is: its branches are the first of the input's.
    if element.position.path[: len(form.position.path)] == form.position.path:
        text = (
            "the form of a file input needs phx-change: without it, the browser does not send the server the list "
            "of chosen files"
        )
        yield Finding(source.file, source.line(element.line), "file-input-without-change", text)


def _duplicate_ids(source: ParsedTemplate) -> Iterator[Finding]:
    seen: dict[str, list[HtmlElement]] = {}
    for element in source.elements:
        id = element.get("id")
        # A macro may be called once or never, so an id in it is no certain duplicate.
        if id is None or not id.known or element.position.in_macro:
            continue
        earlier = seen.setdefault(id.known, [])
        before = next((one for one in earlier if may_be_together(one.position, element.position)), None)
        if before is not None:
            text = f'id="{id.known}" is already used on line {source.line(before.line)}; ids must be unique on a page'
            yield Finding(source.file, source.line(id.line), "duplicate-id", text)
        elif element.position.in_loop:
            text = (
                f'id="{id.known}" stands in a loop, so several elements get it: put a value of the item into it, '
                f'such as id="{id.known}-{{{{ item.id }}}}"'
            )
            yield Finding(source.file, source.line(id.line), "duplicate-id", text)
        earlier.append(element)
