"""What a template shows of a form: parts, one for each model in it, and their fields."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pyview.forms.errors import Messages, Path, Problem, in_words
from pyview.forms.fields import FieldShape, ModelShape, model_shape
from pyview.forms.inputs import Attributes, as_text, constraints, input_type
from pyview.forms.list_entries import is_order
from pyview.forms.source import TRUE, FormSource, first, is_all_used, is_used, several


@dataclass(frozen=True, slots=True)
class FormState:
    """What came of a form: `found` by its model, `added` by the application. `target` is the field that changed."""

    found: tuple[Problem, ...]
    added: tuple[Problem, ...]
    submitted: bool
    target: tuple[str, ...]
    messages: Messages | None

    def at(self, path: Path, *, within: bool, shown: bool) -> tuple[str, ...]:
        """The words for what does not fit at `path`, or `within` it; what the application added, in any case."""
        problems = (*(self.found if shown else ()), *self.added)
        there = (one for one in problems if (one.path[: len(path)] if within else one.path) == path)
        return tuple(dict.fromkeys(in_words(one, self.messages) for one in there))


@dataclass(frozen=True, slots=True)
class FormPart:
    """The part of a form that belongs to one model: the form itself, or what is nested in it.

    `name` and `id` begin the names and ids of its inputs. In a list of `count` entries, `index` says which this is,
    from 0 as the page shows it, and `key` stays with the entry wherever it moves.
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
        """What does not fit this part as a whole, in words; shown when nothing in it is left untouched."""
        params = self.source.params
        shown = params is not None and (self.state.submitted or is_all_used(params))
        return self.state.at(self.path, within=False, shown=shown)

    @property
    def fields(self) -> dict[str, "FormField"]:
        return {name: FormField(self, shape) for name, shape in self.shape.fields.items()}

    @property
    def hidden(self) -> tuple[tuple[str, str], ...]:
        """Names and values of the hidden inputs that an entry of a list needs, to be found again."""
        if self.index is None:
            return ()
        place = self.name.rpartition("[")[0]
        return (self.named("_persistent_id"), self.key), (_named(place, "_sort", "[]"), str(self.index))

    @property
    def move_name(self) -> str:
        """What a control is called that moves this entry of a list; its value is `index`, a colon, and the new one."""
        return "" if self.index is None else _named(self.name.rpartition("[")[0], "_move", "[]")

    @property
    def drop_name(self) -> str:
        """What a control is called that takes this entry of a list away; its value is `index`."""
        return "" if self.index is None else _named(self.name.rpartition("[")[0], "_drop", "[]")

    def named(self, name: str) -> str:
        return f"{self.name}[{name}]" if self.name else name

    def __getitem__(self, name: str) -> "FormField":
        """The field of that name. Raises `KeyError`, which lists the names there are."""
        if name not in self.shape.fields:
            known = ", ".join(self.shape.fields)
            raise KeyError(f"{self.shape.model.__qualname__} has no field {name!r}; it has {known}")
        return FormField(self, self.shape.fields[name])

    def __iter__(self) -> Iterator["FormField"]:
        return iter(self.fields.values())


@dataclass(frozen=True, slots=True)
class Option:
    """A choice: the text that is sent, the text that is shown, whether it is chosen, its place from 0."""

    value: str
    label: str
    selected: bool
    place: int


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a form: what its input is called, what it holds, and what is to be told about it."""

    part: FormPart
    shape: FieldShape

    @property
    def id(self) -> str:
        return f"{self.part.id}_{self.shape.name}"

    @property
    def name(self) -> str:
        """The name of its input; that of nested inputs begins with it."""
        name = self.part.named(self.shape.name)
        return f"{name}[]" if self.shape.kind == "values" else name

    @property
    def type(self) -> str:
        """The type of its input: of an `<input>`, or "select"."""
        return input_type(self.shape)

    @property
    def multiple(self) -> bool:
        return self.shape.kind == "values"

    @property
    def label(self) -> str:
        """The field's `title`, or its name in words."""
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
        """What a browser can see to itself: `required`, `min`, `max`, `step`, `minlength`, `maxlength`."""
        return constraints(self.shape)

    @property
    def value(self) -> str:
        """What stands in the input: as it was typed, even where it does not fit. A secret is never told."""
        if self.shape.is_secret or self.shape.kind != "value":
            return ""
        if self.shape.name in self.part.source.sent:
            return as_text(_scalar(first(self._sent)))
        return as_text(self._before)

    @property
    def values(self) -> tuple[str, ...]:
        """What is chosen or typed in a field that has several values."""
        given = several(self._sent) if self.shape.name in self.part.source.sent else self._before
        listed = (
            self.multiple and not self.shape.is_secret and isinstance(given, list | tuple | set | frozenset)
        )
        items = given if listed else ()
        return tuple(text for one in items if (text := as_text(_scalar(one))))

    @property
    def checked(self) -> bool:
        """Whether the box is ticked."""
        return self.value.lower() in TRUE

    @property
    def options(self) -> tuple[Option, ...]:
        """The choices, of which the chosen ones say so."""
        chosen = set(self.values) if self.multiple else {self.value}
        choices = enumerate(self.shape.choices.items())
        return tuple(
            Option(text, _choice_label(one), text in chosen, place) for place, (text, one) in choices
        )

    @property
    def used(self) -> bool:
        """Whether somebody has touched it, or submitted the form: what does not fit is told from then on."""
        params, name = self.part.source.params, self.shape.name
        if params is None:
            return False
        moved = any(is_order(one, name) for one in self.part.state.target[-1:])
        return self.part.state.submitted or is_used(params, name) or moved

    @property
    def errors(self) -> tuple[str, ...]:
        """What does not fit, in words; nothing as long as nobody has touched the field."""
        within = self.shape.model is None
        return self.part.state.at(self._path, within=within, shown=self.used)

    # What is nested

    @property
    def parts(self) -> tuple[FormPart, ...]:
        """The parts of a nested model: one, or one for each entry of a list. None for any other field."""
        if self.shape.model is None:
            return ()
        nested, sources = model_shape(self.shape.model), self.part.source.children[self.shape.name]
        if self.shape.kind == "model":
            return tuple(
                FormPart(self.part.state, nested, one, self.name, self.id, self._path) for one in sources
            )
        return tuple(self._entry(nested, one, index, len(sources)) for index, one in enumerate(sources))

    def _entry(self, nested: ModelShape, source: FormSource, index: int, count: int) -> FormPart:
        name, id, path = f"{self.name}[{index}]", f"{self.id}_{source.key}", (*self._path, index)
        return FormPart(self.part.state, nested, source, name, id, path, index, count)

    @property
    def is_list(self) -> bool:
        """Whether it is a list of models, to which entries can be added."""
        return self.shape.kind == "models"

    @property
    def sort_name(self) -> str:
        """What a control is called that adds an entry to the list, by any value that is no index, such as "new"."""
        return _named(self.name, "_sort", "[]")

    @property
    def drop_name(self) -> str:
        """What a control is called that takes entries off the list, by the index that is its value."""
        return _named(self.name, "_drop", "[]")

    @property
    def _path(self) -> Path:
        return (*self.part.path, self.shape.name)

    @property
    def _sent(self) -> Any:
        return self.part.source.sent.get(self.shape.name)

    @property
    def _before(self) -> Any:
        source = self.part.source
        if source.base is not None:
            return source.before(self.shape.name)
        # A browser sends nothing for a box that is not ticked, and for a list of which nothing is chosen.
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
    """A value that an input can hold; a browser may send anything else in its place."""
    return None if isinstance(value, Mapping | list) else value


def _named(name: str, suffix: str, end: str) -> str:
    """`user[rows]` with the suffix `_sort` is `user[rows_sort]`, and `rows` is `rows_sort`."""
    return f"{name[:-1]}{suffix}]{end}" if name.endswith("]") else f"{name}{suffix}{end}"


def _words(name: str) -> str:
    text = name.replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def _choice_label(choice: Any) -> str:
    """The `label` of an enumeration's member, its name in words; of a literal, the value."""
    label = getattr(choice, "label", None)
    if isinstance(label, str):
        return label
    return _words(choice.name.lower()) if hasattr(choice, "name") else str(choice)
