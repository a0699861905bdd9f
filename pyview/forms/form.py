"""Form: what is in a form, what does not fit its model, and what of that its user should be told."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Final, Generic, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from pyview.forms.errors import Messages, Problem, dotted, problems_of
from pyview.forms.fields import ModelShape, model_shape
from pyview.forms.parts import FormField, FormPart, FormState, first_error
from pyview.forms.source import FormSource, data_of, source_of, with_entry

M = TypeVar("M", bound=BaseModel)

_PLAIN: Final = ("form", "payload", "params")
"""Parameters whose names are not those of their forms."""


class InvalidForm(ValueError):
    """The value of a form was asked for that does not fit its model. It tells where, and no value."""

    def __init__(self, form: "Form[Any]") -> None:
        places = ", ".join(
            f"{'.'.join(map(str, one.path)) or 'the whole'} {one.type}" for one in form.problems
        )
        super().__init__(
            f"the form does not fit {form.model.__qualname__} ({places}). Ask form.valid first, or take form.save(), "
            "which is None then"
        )


class Form(Generic[M]):
    """A form over a pydantic model. It never changes: each event of the browser makes another one.

    `source` is an object of the model, to be edited; or the payload of a form event; or None for an empty form.
    With `as_="user"` the inputs are called `user[name]`, else `name`. `id` is the form's own, and begins those of its
    inputs; otherwise it is `as_`, or the model's name. `base` is the object that a payload changes: what the form does
    not contain stays as it is there. `messages` are words for problems, see `Messages`; otherwise those that the
    model has as `form_messages`.

    Of a payload only the model's fields are read. What does not fit is shown (`FormField.errors`) for fields that
    somebody has touched, and for all once the form was submitted: the payload of a submit has no `_target`.

    Raises `TypeError` for what is no pydantic model.
    """

    __slots__ = ("_part", "_value", "as_", "base", "id", "model")

    def __init__(
        self,
        model: type[M],
        source: M | Mapping[str, Any] | None = None,
        *,
        as_: str | None = None,
        id: str | None = None,
        base: M | None = None,
        messages: Messages | None = None,
    ) -> None:
        shape = model_shape(model)
        payload = source if isinstance(source, Mapping) else None
        self.model = model
        self.as_ = as_
        self.id = id or as_ or _snake(model.__name__)
        self.base = source if isinstance(source, BaseModel) else base
        params = payload if payload is None or as_ is None else payload.get(as_, {})
        part = source_of(shape, params, self.base)
        self._value, problems = _validated(shape, part)
        words = messages or getattr(model, "form_messages", None)
        state = FormState(problems, (), *_occasion(payload), words)
        self._part = FormPart(state, shape, part, as_ or "", self.id, ())

    @classmethod
    def bind_client(cls, annotation: Any, name: str) -> Callable[[Any], "Form[Any]"]:
        """How a handler's parameter `name: Form[User]` is made of an event's payload.

        `account: Form[User]` is filled from `account[...]`, and one called `form` from the plain names. Where that does
        not suit, `Annotated[Form[User], "user"]` says the name, and "" stands for none. Raises `TypeError` for a form
        without its model.
        """
        annotation, *words = get_args(annotation) if get_origin(annotation) is Annotated else (annotation,)
        given = next((word for word in words if isinstance(word, str)), "" if name in _PLAIN else name)
        (model,) = get_args(annotation) or (None,)
        if model is None or isinstance(model, TypeVar):
            raise TypeError("a form expects its model in brackets: Form[User]")
        model_shape(model)
        return lambda data: cls(model, data if isinstance(data, Mapping) else {}, as_=given or None)

    # From one event to the next

    def change(self, payload: Mapping[str, Any]) -> "Form[M]":
        """This form as an event of the browser leaves it. The object that is edited remains the same."""
        messages = self._part.state.messages
        return Form(self.model, payload, as_=self.as_, id=self.id, base=self.base, messages=messages)

    def with_error(self, path: str | None, message: str) -> "Form[M]":
        """This form with one more problem, such as a name that is taken; it is shown at once.

        `path` is the name of a field, with dots for what is nested, as in `"addresses.0.city"`; None stands for the
        form as a whole.
        """
        problem = Problem(dotted(path or ""), "custom", message, is_custom=True)
        state = replace(self._part.state, added=(*self._part.state.added, problem))
        return self._with(replace(self._part, state=state), self._value)

    def with_entry(self, name: str) -> "Form[M]":
        """This form with one more empty entry in the list of models `name`. Raises `KeyError` where there is none."""
        if not self[name].is_list:
            raise KeyError(f"{self.model.__qualname__}.{name} is no list of models, so it has no entries")
        source = with_entry(self._part.source, name)
        value, problems = _validated(self._part.shape, source)
        state = replace(self._part.state, found=problems)
        return self._with(replace(self._part, state=state, source=source), value)

    def with_messages(self, messages: Messages | None) -> "Form[M]":
        """This form in other words, such as those of its reader's language."""
        state = replace(self._part.state, messages=messages)
        return self._with(replace(self._part, state=state), self._value)

    def _with(self, part: FormPart, value: M | None) -> "Form[M]":
        other: Form[M] = object.__new__(Form)
        other.model, other.as_, other.id, other.base = self.model, self.as_, self.id, self.base
        other._value, other._part = value, part
        return other

    # What came of it

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that does not fit, whether it is shown or not."""
        return (*self._part.state.found, *self._part.state.added)

    @property
    def valid(self) -> bool:
        return not self.problems

    @property
    def submitted(self) -> bool:
        """Whether the payload came with a submit."""
        return self._part.state.submitted

    @property
    def value(self) -> M:
        """The object that the form describes. Raises `InvalidForm` while it does not fit."""
        found = self.save()
        if found is None:
            raise InvalidForm(self)
        return found

    def save(self) -> M | None:
        """The object that the form describes; None while it does not fit."""
        return self._value if self.valid else None

    # What a template shows

    @property
    def errors(self) -> tuple[str, ...]:
        """What does not fit the form as a whole, in words; shown when nothing in it is left untouched."""
        return self._part.errors

    @property
    def first_error(self) -> FormField | None:
        """Return the first field, in the order of the model, that shows an error; None if no field does.

        Its `id` is that of its input: `await socket.exec_js(js.focus(f"#{field.id}"))` moves the focus there.
        """
        return first_error(self._part)

    @property
    def fields(self) -> dict[str, FormField]:
        """The fields of the model by name."""
        return self._part.fields

    def __getitem__(self, name: str) -> FormField:
        """The field of that name. Raises `KeyError`, which lists the names there are."""
        return self._part[name]

    def __iter__(self) -> Iterator[FormField]:
        return iter(self._part)

    def __repr__(self) -> str:
        """Never the values: some are secret."""
        return f"<Form of {self.model.__qualname__}, {'valid' if self.valid else 'not valid'}>"


def to_form(
    source: M | type[M],
    payload: Mapping[str, Any] | None = None,
    *,
    as_: str | None = None,
    id: str | None = None,
) -> Form[M]:
    """A form over a model, or over an object to edit; `payload` is what a browser sent for it."""
    if isinstance(source, BaseModel):
        return Form(type(source), payload or source, as_=as_, id=id, base=source)
    return Form(source, payload, as_=as_, id=id)


def named_field(form: Form[Any] | FormPart, name: str) -> FormField | None:
    """Return the field of that name, or None where the model has none."""
    part = form._part if isinstance(form, Form) else form
    shape = part.shape.fields.get(name)
    return None if shape is None else FormField(part, shape)


def _occasion(payload: Mapping[str, Any] | None) -> tuple[bool, tuple[str, ...]]:
    """Whether the form was submitted, and which field changed otherwise."""
    target = None if payload is None else payload.get("_target")
    names = tuple(one for one in target if isinstance(one, str)) if isinstance(target, list) else ()
    return payload is not None and target is None, names


def _validated(shape: ModelShape, source: FormSource) -> tuple[Any, tuple[Problem, ...]]:
    try:
        return shape.model.model_validate(data_of(shape, source)), ()
    except ValidationError as error:
        return None, problems_of(error, shape)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
