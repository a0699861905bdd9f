"""Forms: the values of their fields, the input of the user, the data that is sent."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote_plus

from bs4 import Tag

from pyview.testing.dom import outline
from pyview.testing.errors import ElementNotFound, PageError
from pyview.testing.location import absolute

Value = str | int | float | bool | None | Sequence[str]
Values = Mapping[str, Value]
Typed = str | bool | tuple[str, ...]

CHECKABLE = ("checkbox", "radio")
BUTTON_TYPES = ("submit", "button", "reset", "image")


def attribute(tag: Tag, name: str, default: str = "") -> str:
    value = tag.get(name)
    return default if value is None else str(value)


def kind(tag: Tag) -> str:
    """Return the DOM's `type` of a field: "text", "checkbox", "textarea", "select-one", "submit", ..."""
    if tag.name == "select":
        return "select-multiple" if tag.has_attr("multiple") else "select-one"
    if tag.name == "button":
        return attribute(tag, "type", "submit").lower()
    return attribute(tag, "type", "text").lower() if tag.name == "input" else tag.name


def document_of(tag: Tag) -> Tag:
    """Return the document of an element, as it was when the element was found."""
    return next(reversed(list(tag.parents)), tag)


def form_of(tag: Tag) -> Tag | None:
    """Return the form that a field belongs to; None if there is none."""
    if tag.has_attr("form"):
        named_form = document_of(tag).find("form", id=attribute(tag, "form"))
        return named_form if isinstance(named_form, Tag) else None
    return tag.find_parent("form")


def elements(form: Tag) -> list[Tag]:
    """Return the fields and buttons of a form in document order, those with a `form` attribute included."""
    fields = document_of(form).select("input, select, textarea, button")
    return [tag for tag in fields if form_of(tag) is form]


def is_disabled(tag: Tag) -> bool:
    """Return True for a field or button that is disabled, itself or by a `<fieldset>` around it."""
    if tag.has_attr("disabled"):
        return True
    return any(parent.name == "fieldset" and parent.has_attr("disabled") for parent in tag.parents)


def default_button(form: Tag) -> Tag | None:
    """Return the button that the Enter key presses: the first that submits the form."""
    return next((tag for tag in elements(form) if submits(tag)), None)


def submits(tag: Tag) -> bool:
    """Return True for a button that submits its form."""
    return tag.name in ("button", "input") and kind(tag) in ("submit", "image")


@dataclass(slots=True)
class Fields:
    """The user's input in the fields of one document.

    `typed` are the values that the user has changed, `used` the fields (form, name) that the user has changed at least
    once, `focused` the field with the focus. A patch of the page replaces the user's value by the server's, except in
    the focused field.
    """

    typed: dict[str, Typed] = field(default_factory=dict)
    used: set[tuple[str, str]] = field(default_factory=set)
    focused: str = ""

    # --- reading ---

    def value(self, tag: Tag) -> str:
        """Return the DOM's `value` of a field."""
        if tag.name == "select":
            chosen = self.selected(tag)
            return chosen[0] if chosen else ""
        if kind(tag) in CHECKABLE:
            return attribute(tag, "value", "on")
        typed = self.typed.get(_key(tag))
        if isinstance(typed, str):
            return typed
        return _textarea_text(tag) if tag.name == "textarea" else attribute(tag, "value")

    def checked(self, tag: Tag) -> bool:
        """Return True if a checkbox or radio button is checked."""
        typed = self.typed.get(_key(tag))
        return typed if isinstance(typed, bool) else tag.has_attr("checked")

    def selected(self, tag: Tag) -> tuple[str, ...]:
        """Return the values of the selected options."""
        typed = self.typed.get(_key(tag))
        if isinstance(typed, tuple):
            return typed
        options = [option for option in tag.select("option") if not option.has_attr("disabled")]
        chosen = [option for option in options if option.has_attr("selected")]
        if tag.has_attr("multiple"):
            return tuple(option_value(option) for option in chosen)
        # A browser selects the last option that is marked, otherwise the first.
        return tuple(option_value(option) for option in (chosen[-1:] or options[:1]))

    # --- typing ---

    def fill(self, form: Tag, values: Values) -> None:
        """Change fields by name. Raises `ElementNotFound` for a field or an option that the form does not have."""
        for name, value in values.items():
            self._fill(named(form, name), name, value)

    def _fill(self, tags: list[Tag], name: str, value: Value) -> None:
        if kind(tags[0]) in CHECKABLE:
            self._check(tags, name, value)
        elif tags[0].name == "select":
            self._choose(tags[0], _texts(value))
        elif (box := tags[0].parent) is not None and "pv-several" in attribute(box, "class").split():
            # The script of `ui.multi_select` and `ui.tags` writes a field for each value, after one without a value.
            for tag in box.select("input[name]"):
                self._put(tag, ("", *_texts(value)) if tag is tags[0] else ())
        else:
            for tag, text in zip(tags, _one_each(tags, name, value), strict=True):
                self._type(tag, text)

    def _type(self, tag: Tag, text: str) -> None:
        if kind(tag) == "file":
            raise PageError(f"a file input cannot be filled with text; use page.choose(...): {outline(tag)}")
        self._put(tag, text)

    def _check(self, tags: list[Tag], name: str, value: Value) -> None:
        if isinstance(value, bool):
            wanted = {attribute(tags[0], "value", "on")} if value else set()
        else:
            wanted = set(_texts(value))
        values = {attribute(tag, "value", "on") for tag in tags}
        if wanted - values:
            raise ElementNotFound(
                f"no {kind(tags[0])} named {name!r} has the value {sorted(wanted - values)}; it has {sorted(values)}"
            )
        for tag in tags:
            self._put(tag, attribute(tag, "value", "on") in wanted)

    def focus(self, tag: Tag | None) -> None:
        """Move the focus into a field; for any other element, out of all fields."""
        editable = (
            tag is not None and tag.name in ("input", "select", "textarea") and kind(tag) not in BUTTON_TYPES
        )
        self.focused = _key(tag) if tag is not None and editable else ""

    def patched(self, soup: Tag, is_patched: Callable[[Tag], bool]) -> None:
        """Drop the user's input in fields that a patch of the page to `soup` has replaced.

        The focused field and fields with `data-keep-value` (passwords) keep their value. Checkboxes and radio buttons
        never do: the client sets `checked` even with the focus.
        """
        fields = {_key(tag): tag for tag in soup.select("input, select, textarea")}
        self.typed = {
            key: value
            for key, value in self.typed.items()
            if key in fields and not self._is_replaced(key, fields[key], is_patched)
        }

    def _is_replaced(self, key: str, tag: Tag, is_patched: Callable[[Tag], bool]) -> bool:
        kept = key == self.focused or tag.has_attr("data-keep-value")
        return is_patched(tag) and (not kept or kind(tag) in CHECKABLE)

    def toggle(self, tag: Tag) -> None:
        """Click a checkbox or a radio button."""
        form = form_of(tag)
        # Radio buttons of one name exclude each other; a second click does not uncheck one.
        if kind(tag) == "radio" and form is not None:
            for other in named(form, attribute(tag, "name")):
                self._put(other, other is tag)
        else:
            self._put(tag, kind(tag) == "radio" or not self.checked(tag))

    def _choose(self, tag: Tag, values: tuple[str, ...]) -> None:
        options = {option_value(option) for option in tag.select("option")}
        if not set(values) <= options:
            raise ElementNotFound(f"{outline(tag)} has no option {list(values)}; it has {sorted(options)}")
        self._put(tag, values)

    def _put(self, tag: Tag, value: Typed) -> None:
        if is_disabled(tag):
            raise PageError(f"a disabled field cannot be changed: {outline(tag)}")
        self.typed[_key(tag)] = value

    def use(self, form: Tag, name: str) -> None:
        """Note that the user has changed a field, so that it is no longer sent as `_unused_`."""
        self.used.add((_form_key(form), name))

    def use_all(self, form: Tag) -> None:
        for tag in elements(form):
            self.use(form, attribute(tag, "name"))

    def is_used(self, form: Tag, name: str) -> bool:
        return (_form_key(form), name) in self.used

    # --- sending ---

    def entries(self, form: Tag, submitter: Tag | None = None) -> list[tuple[str, str]]:
        """Return the form's data in document order, with that of the button that submits it."""
        pairs: list[tuple[str, str]] = []
        for tag in elements(form):
            name = attribute(tag, "name")
            # The rules of the HTML standard for the entries of a form: no disabled fields, only the pressed button.
            if name and not is_disabled(tag) and (tag is submitter or kind(tag) not in BUTTON_TYPES):
                pairs += [(name, value) for value in self._values(tag)]
        return pairs

    def _values(self, tag: Tag) -> tuple[str, ...]:
        typed = self.typed.get(_key(tag))
        if tag.name == "select":
            return self.selected(tag)
        if isinstance(typed, tuple):
            return typed
        if kind(tag) in CHECKABLE and not self.checked(tag):
            return ()
        return () if kind(tag) == "file" else (self.value(tag),)

    def serialize(self, form: Tag, submitter: Tag | None = None, only: str | None = None) -> str:
        """Return the form as the client sends it in an event, urlencoded.

        Before each field that the user has not changed comes its `_unused_` name. `only` is the name of the only field
        to send.
        """
        by_name: dict[str, list[Tag]] = {}
        for tag in elements(form):
            by_name.setdefault(attribute(tag, "name"), []).append(tag)
        unused = {name for name, tags in by_name.items() if self._marks_unused(form, name, tags, submitter)}
        pairs: list[tuple[str, str]] = []
        for name, value in self.entries(form, submitter):
            if only is None or name == only:
                if name in unused:
                    pairs.append((unused_name(name), ""))
                pairs.append((name, value))
        return urlencode(pairs)

    def _marks_unused(self, form: Tag, name: str, tags: list[Tag], submitter: Tag | None) -> bool:
        opted_out = form.has_attr("phx-no-unused-field") or any(
            tag.has_attr("phx-no-unused-field") for tag in tags
        )
        from_button = submitter is not None and attribute(submitter, "name") == name
        only_hidden = all(kind(tag) == "hidden" for tag in tags)
        return not (self.is_used(form, name) or opted_out or from_button or only_hidden)


@dataclass(frozen=True, slots=True)
class Submission:
    """A form submission over HTTP."""

    url: str
    method: str
    pairs: Sequence[tuple[str, str]]
    multipart: bool = False


def submission(form: Tag, submitter: Tag | None, fields: Fields, url: str) -> Submission:
    """Return the submission of a form on the page at `url`; attributes of the button override those of the form."""
    override = {} if submitter is None else submitter.attrs
    action = str(override.get("formaction") or form.get("action") or url)
    method = str(override.get("formmethod") or form.get("method") or "get").lower()
    enctype = str(override.get("formenctype") or form.get("enctype") or "").lower()
    return Submission(
        absolute(url, action), method, fields.entries(form, submitter), enctype == "multipart/form-data"
    )


def named(form: Tag, name: str) -> list[Tag]:
    """Return the form's fields of that name. Raises `ElementNotFound`, which lists the names of the form."""
    fields = [tag for tag in elements(form) if kind(tag) not in BUTTON_TYPES]
    found = [tag for tag in fields if attribute(tag, "name") == name]
    if not found:
        names = list(dict.fromkeys(attribute(tag, "name") for tag in fields if attribute(tag, "name")))
        raise ElementNotFound(f"the form {outline(form)} has no field {name!r}; it has {names}")
    # A hidden field beside a checkbox of the same name holds the value that is sent if the checkbox is not checked.
    return [tag for tag in found if kind(tag) != "hidden"] or found


def option_value(option: Tag) -> str:
    return attribute(option, "value") if option.has_attr("value") else option.get_text().strip()


def unused_name(name: str) -> str:
    """Return the `_unused_` name of a field: `user[_unused_email]` for `user[email]`, `_unused_tags[]` for `tags[]`."""
    base, array = (name[:-2], "[]") if name.endswith("[]") else (name, "")
    return re.sub(r"([^\[\]]+)(\]?$)", lambda m: f"_unused_{m[1]}{m[2]}", base, count=1) + array


def urlencode(pairs: Sequence[tuple[str, str]]) -> str:
    """Return application/x-www-form-urlencoded text, as the browser's URLSearchParams writes it."""
    return "&".join(f"{_encode(name)}={_encode(value)}" for name, value in pairs)


def _encode(text: str) -> str:
    # URLSearchParams leaves `*` as it is and encodes `~`. `quote_plus` does the opposite.
    return quote_plus(text, safe="*").replace("~", "%7E")


def _texts(value: Value) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(map(str, value))
    return (str(value),)


def _one_each(tags: list[Tag], name: str, value: Value) -> tuple[str, ...]:
    texts = _texts(value) or ("",)
    if len(texts) != len(tags):
        raise PageError(
            f"{len(tags)} fields are named {name!r}: expected a list of {len(tags)} values, got {value!r}"
        )
    return texts


def _textarea_text(tag: Tag) -> str:
    # HTML standard: a parser drops one line break right after the start tag. Python's parser keeps it.
    return tag.get_text().removeprefix("\r\n" if tag.get_text().startswith("\r\n") else "\n")


def _form_key(form: Tag) -> str:
    return attribute(form, "id") or attribute(form, "phx-change") or attribute(form, "phx-submit") or "form"


def _key(tag: Tag) -> str:
    """Return a key that finds the same field again after the page was parsed again."""
    if tag.has_attr("id") and attribute(tag, "id"):
        return f"#{attribute(tag, 'id')}"
    form = tag.find_parent("form")
    name = attribute(tag, "name")
    value = attribute(tag, "value") if kind(tag) in CHECKABLE else ""
    same_name = form.find_all(tag.name, attrs={"name": name}) if form is not None and not value else [tag]
    position = next((i for i, other in enumerate(same_name) if other is tag), 0)
    return f"{_form_key(form) if form is not None else ''}/{name}/{value}/{position}"
