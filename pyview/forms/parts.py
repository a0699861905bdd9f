"""The view of a form for templates: a part for each model in it, and the fields of each part."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pyview.forms.errors import Messages, Path, Problem, problem_text
from pyview.forms.fields import FieldShape, ModelShape, model_shape
from pyview.forms.inputs import Attributes, as_text, constraints, input_type
from pyview.forms.list_entries import is_order
from pyview.forms.source import TRUE, FormSource, first, is_all_used, is_used, several


@dataclass(frozen=True, slots=True)
class FormState:
    """Validation state of a form, shared by its parts.

    `found` are the problems of the model, `added` those of the application. `target` is the path of the input that
    changed; empty for a submit.
    """

    found: tuple[Problem, ...]
    added: tuple[Problem, ...]
    submitted: bool
    target: tuple[str, ...]
    messages: Messages | None

    def at(self, path: Path, *, within: bool, shown: bool) -> tuple[str, ...]:
        """Return the texts of the problems at `path`, or anywhere `within` it.

        Problems of the model only if `shown`; those added by the application always.
        """
        problems = (*(self.found if shown else ()), *self.added)
        matching = (one for one in problems if (one.path[: len(path)] if within else one.path) == path)
        return tuple(dict.fromkeys(problem_text(one, self.messages) for one in matching))


@dataclass(frozen=True, slots=True)
class FormPart:
    """The part of a form for one model: the form itself, or a nested model.

    `name` and `id` are the prefixes of its inputs' names and ids. In a list of `count` entries, `index` is its position
    on the page, from 0, and `key` identifies the entry even when it moves.
    """

    state: FormState
    shape: ModelShape
    source: FormSource
    name: str
    id: str
    path: Path
    index: int | None = None
    count: int = 1

    @property
    def key(self) -> str:
        return self.source.key

    @property
    def errors(self) -> tuple[str, ...]:
        """Texts of the problems of this part as a whole, once the user has filled in all of it or submitted it."""
        params = self.source.params
        shown = params is not None and (self.state.submitted or is_all_used(params))
        return self.state.at(self.path, within=False, shown=shown)

    @property
    def fields(self) -> dict[str, "FormField"]:
        return {name: FormField(self, shape) for name, shape in self.shape.fields.items()}

    @property
    def hidden(self) -> tuple[tuple[str, str], ...]:
        """Names and values of the hidden inputs that identify an entry of a list; none for other parts."""
        if self.index is None:
            return ()
        list_name = self.name.rpartition("[")[0]
        return (self.named("_persistent_id"), self.key), (_named(list_name, "_sort", "[]"), str(self.index))

    @property
    def move_name(self) -> str:
        """Name of a control that moves this entry of a list. Its value is `f"{index}:{new_index}"`."""
        return "" if self.index is None else _named(self.name.rpartition("[")[0], "_move", "[]")

    @property
    def drop_name(self) -> str:
        """Name of a control that removes this entry of a list. Its value is `index`."""
        return "" if self.index is None else _named(self.name.rpartition("[")[0], "_drop", "[]")

    def named(self, name: str) -> str:
        """Return the name of an input for `name`, with the prefix of this part."""
        return f"{self.name}[{name}]" if self.name else name

    def __getitem__(self, name: str) -> "FormField":
        """Return the field of that name. Raises `KeyError`, which lists the existing names."""
        if name not in self.shape.fields:
            known = ", ".join(self.shape.fields)
            raise KeyError(f"{self.shape.model.__qualname__} has no field {name!r}; it has {known}")
        return FormField(self, self.shape.fields[name])

    def __iter__(self) -> Iterator["FormField"]:
        return iter(self.fields.values())


@dataclass(frozen=True, slots=True)
class Option:
    """One choice: `value` is sent by the browser, `label` is shown, `place` is its position from 0."""

    value: str
    label: str
    selected: bool
    place: int


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a form: the attributes of its input, its value and its errors."""

    part: FormPart
    shape: FieldShape

    @property
    def id(self) -> str:
        return f"{self.part.id}_{self.shape.name}"

    @property
    def name(self) -> str:
        """The name of its input, and the prefix of the names of nested inputs."""
        name = self.part.named(self.shape.name)
        return f"{name}[]" if self.shape.kind == "values" else name

    @property
    def type(self) -> str:
        """The type of its input: the `type` of an `<input>`, or "select"."""
        return input_type(self.shape)

    @property
    def multiple(self) -> bool:
        return self.shape.kind == "values"

    @property
    def label(self) -> str:
        """The field's `title`, or its name as words."""
        return self.shape.info.title or _words(self.shape.name)

    @property
    def help(self) -> str:
        """The field's `description`."""
        return self.shape.info.description or ""

    @property
    def required(self) -> bool:
        return self.shape.required

    @property
    def attrs(self) -> Attributes:
        """Constraints that the browser checks: `required`, `min`, `max`, `step`, `minlength`, `maxlength`."""
        return constraints(self.shape)

    @property
    def value(self) -> str:
        """The value of the input, as typed, even if it is invalid. Empty for a secret, which is never shown."""
        if self.shape.is_secret or self.shape.kind != "value":
            return ""
        if self.shape.name in self.part.source.sent:
            return as_text(_scalar(first(self._sent)))
        return as_text(self._initial)

    @property
    def values(self) -> tuple[str, ...]:
        """The chosen or typed values of a field with several values; empty for other fields."""
        if not self.multiple or self.shape.is_secret:
            return ()
        given = several(self._sent) if self.shape.name in self.part.source.sent else self._initial
        items = given if isinstance(given, list | tuple | set | frozenset) else ()
        return tuple(text for one in items if (text := as_text(_scalar(one))))

    @property
    def checked(self) -> bool:
        """True if the box is ticked."""
        return self.value.lower() in TRUE

    @property
    def options(self) -> tuple[Option, ...]:
        """The choices in order, each with `selected`."""
        chosen = set(self.values) if self.multiple else {self.value}
        choices = enumerate(self.shape.choices.items())
        return tuple(
            Option(text, _choice_label(one), text in chosen, place) for place, (text, one) in choices
        )

    @property
    def used(self) -> bool:
        """True once the user has changed the field or submitted the form; its errors are shown from then on."""
        params, name = self.part.source.params, self.shape.name
        if params is None:
            return False
        # Adding, moving or removing an entry changes the list too.
        moved = any(is_order(one, name) for one in self.part.state.target[-1:])
        return self.part.state.submitted or is_used(params, name) or moved

    @property
    def errors(self) -> tuple[str, ...]:
        """Texts of the field's problems; empty until the field is `used`."""
        # A list of values shows the errors of its items; the fields of a nested model show their own.
        within = self.shape.model is None
        return self.part.state.at(self._path, within=within, shown=self.used)

    # Nested models

    @property
    def parts(self) -> tuple[FormPart, ...]:
        """The parts of a nested model: one, or one for each entry of a list. Empty for other fields."""
        if self.shape.model is None:
            return ()
        nested, sources = model_shape(self.shape.model), self.part.source.children[self.shape.name]
        if self.shape.kind == "model":
            return tuple(
                FormPart(self.part.state, nested, one, self.name, self.id, self._path) for one in sources
            )
        return tuple(self._entry(nested, one, index, len(sources)) for index, one in enumerate(sources))

    def _entry(self, nested: ModelShape, source: FormSource, index: int, count: int) -> FormPart:
        # The id has the key, so that an entry keeps its inputs, with focus and typed text, when it moves. The
        # name has the index, because `_sort`, `_drop` and `_move` name entries by their place in the page.
        name, id, path = f"{self.name}[{index}]", f"{self.id}_{source.key}", (*self._path, index)
        return FormPart(self.part.state, nested, source, name, id, path, index, count)

    @property
    def is_list(self) -> bool:
        """True for a list of models, to which entries can be added."""
        return self.shape.kind == "models"

    @property
    def sort_name(self) -> str:
        """Name of a control that adds an entry to the list. Its value is any text but an index, such as "new"."""
        return _named(self.name, "_sort", "[]")

    @property
    def drop_name(self) -> str:
        """Name of a control that removes an entry of the list. Its value is the index of the entry."""
        return _named(self.name, "_drop", "[]")

    @property
    def _path(self) -> Path:
        return (*self.part.path, self.shape.name)

    @property
    def _sent(self) -> Any:
        return self.part.source.sent.get(self.shape.name)

    @property
    def _initial(self) -> Any:
        source = self.part.source
        if source.base is not None:
            return source.base_value(self.shape.name)
        # A browser sends nothing for a box that is not ticked, and for a list without a selection.
        unsent = source.params is not None and (self.shape.is_checkbox or self.multiple)
        return None if unsent else self.shape.default


def first_error(part: FormPart) -> FormField | None:
    """Return the first field of `part`, or of a part nested in it, that shows an error."""
    for field in part:
        nested = (first_error(inner) for inner in field.parts)
        found = next((one for one in nested if one is not None), field if field.errors else None)
        if found is not None:
            return found
    return None


def _scalar(value: Any) -> Any:
    """Return a value that an input can hold; None for the dicts and lists that a client may send instead."""
    return None if isinstance(value, Mapping | list) else value


def _named(name: str, suffix: str, end: str) -> str:
    """Add a suffix to the name of an input: `user[rows]` with `_sort` is `user[rows_sort]`, `rows` is `rows_sort`."""
    return f"{name[:-1]}{suffix}]{end}" if name.endswith("]") else f"{name}{suffix}{end}"


def _words(name: str) -> str:
    text = name.replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def _choice_label(choice: Any) -> str:
    """Return the `label` of an enumeration's member, or its name as words; for a literal, its value."""
    label = getattr(choice, "label", None)
    if isinstance(label, str):
        return label
    return _words(choice.name.lower()) if hasattr(choice, "name") else str(choice)
