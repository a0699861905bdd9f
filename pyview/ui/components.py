"""The core components as functions, for template strings and Jinja2. The compiler checks their calls in templates.

Each calls the macro of its name in `pyview/components.html`. `children` may be a function of the content's argument:
`table("users", users, ["Name"], children=lambda user: t"<td>{user.name}</td>")`.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal

from pyview.background.result import AsyncResult
from pyview.forms import Form, FormField, FormPart
from pyview.js.commands import JsCommands
from pyview.template.component import component
from pyview.template.declared.signature import Slot

# Each component calls the macro of the same name, so Jinja2 and template strings have one implementation.
_UI: Final = '{% import "pyview/components.html" as ui %}'

# Attributes that only these elements have. Those that every element may have are passed on in any case.
_FORM: Final = ("action", "autocomplete", "enctype", "name", "novalidate", "target")
_BUTTON: Final = ("disabled", "form", "formaction", "formmethod", "formnovalidate", "name", "type", "value")
_INPUT: Final = (
    *("accept", "autocomplete", "checked", "cols", "disabled", "form", "list", "max", "maxlength", "min"),
    *("minlength", "multiple", "pattern", "placeholder", "readonly", "required", "rows", "size", "step"),
    "wrap",
)
_LINK: Final = ("download", "hreflang", "referrerpolicy", "rel", "target")

# Forms


@component(source=_UI + "{% call ui.form(of, method, **rest) %}{{ children }}{% endcall %}", include=_FORM)
def form(of: Form[Any], children: Slot, method: Literal["get", "post"] = "post", **rest: Any) -> None:
    """A form, with its id and the errors of the form as a whole."""


@component(source=_UI + "{{ ui.form_errors(of) }}")
def form_errors(of: Form[Any] | FormPart) -> None:
    """The errors of a form as a whole."""


@component(source=_UI + "{{ ui.errors(field) }}")
def errors(field: FormField) -> None:
    """The errors of a field."""


@component(source=_UI + "{{ ui.label(field, text, **rest) }}")
def label(field: FormField, text: str | None = None, **rest: Any) -> None:
    """The label of a field."""


@component(source=_UI + "{{ ui.input(field, type, label, help, prompt, options, **rest) }}", include=_INPUT)
def input(
    field: FormField,
    type: str | None = None,
    label: str | None = None,
    help: str | None = None,
    prompt: str | None = None,
    options: Iterable[Any] | None = None,
    **rest: Any,
) -> None:
    """A field with its label, help and errors. `type` is the type of the input; the default depends on the model."""


@component(source=_UI + "{% call(part) ui.inputs_for(field) %}{{ children(part) }}{% endcall %}")
def inputs_for(field: FormField, children: Slot) -> None:
    """The nested fields of a model, or of each entry of a list: `children` is a function of the part."""


@component(source=_UI + "{{ ui.add_button(field, text, **rest) }}", include=_BUTTON)
def add_button(field: FormField, text: str = "Add", **rest: Any) -> None:
    """A button that adds an entry to a list."""


@component(source=_UI + "{{ ui.remove_button(part, text, **rest) }}", include=_BUTTON)
def remove_button(part: FormPart, text: str = "Remove", **rest: Any) -> None:
    """A button that removes an entry from a list."""


@component(source=_UI + "{{ ui.move_button(part, by, text, **rest) }}", include=_BUTTON)
def move_button(part: FormPart, by: int, text: str | None = None, **rest: Any) -> None:
    """A button that moves an entry of a list: by -1 up, by 1 down."""


# Buttons and links


@component(
    # `none` for the text of the macro: the text is the body of the call.
    source=_UI + "{% call ui.button(none, variant, **rest) %}{{ children or text }}{% endcall %}",
    include=_BUTTON,
)
def button(text: str = "", variant: str | None = None, children: Slot = None, **rest: Any) -> None:
    """A button. The style sheet has the variants "primary" and "danger"."""


@component(
    source=_UI
    + "{% call ui.link(none, href, patch, navigate, method, replace, confirm, **rest) %}"
    + "{{ children or text }}{% endcall %}",
    include=_LINK,
)
def link(
    text: str = "",
    href: str | None = None,
    patch: str | None = None,
    navigate: str | None = None,
    method: str | None = None,
    replace: bool = False,
    confirm: str | None = None,
    children: Slot = None,
    **rest: Any,
) -> None:
    """A link. `patch` and `navigate` go over the socket, `href` loads a page. With a `method` it submits a form."""


# Messages, dialogs, focus, portals


@component(source=_UI + "{{ ui.flash_group(flash, **rest) }}")
def flash_group(flash: Any, **rest: Any) -> None:
    """The flash messages, and notices about a lost connection."""


@component(source=_UI + "{% call ui.focus_wrap(id, **rest) %}{{ children }}{% endcall %}")
def focus_wrap(id: str, children: Slot, **rest: Any) -> None:
    """A `<div>` that keeps the focus inside when the user presses Tab."""


@component(
    source=_UI + "{% call ui.modal(id, title, show, on_cancel, close, **rest) %}{{ children }}{% endcall %}"
)
def modal(
    id: str,
    children: Slot,
    title: str | None = None,
    show: bool = False,
    on_cancel: JsCommands | str | None = None,
    close: str = "Close",
    **rest: Any,
) -> None:
    """A dialog. `show_modal(id)` opens it in the browser, `show` from the server."""


@component(source=_UI + "{% call ui.portal(id, target, **rest) %}{{ children }}{% endcall %}")
def portal(id: str, target: str, children: Slot, **rest: Any) -> None:
    """Content that the client moves to another element of the page: to the end of the one that `target` selects."""


# Data


@component(
    source=_UI
    + "{% call(row) ui.table(id, rows, columns, key, caption, empty, **rest) %}{{ children(row) }}{% endcall %}"
)
def table(
    id: str,
    rows: Any,
    columns: Sequence[str],
    children: Slot,
    key: str | None = None,
    caption: str | None = None,
    empty: str | None = None,
    **rest: Any,
) -> None:
    """A table of rows or of a stream. `children` is a function of the row, and returns its cells."""


@component(
    # The content is a function, so it is not evaluated before there is a result.
    source=_UI + "{% call(value) ui.async_result(state, loading, failed) %}{{ children(value) }}{% endcall %}"
)
def async_result(
    state: AsyncResult[Any],
    children: Slot,
    loading: str = "Loading…",
    failed: str = "This could not be loaded.",
) -> None:
    """The result of async work. `children` is a function of the result."""
