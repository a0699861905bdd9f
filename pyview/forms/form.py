"""Form: the input, the validated object and the problems of a form over a pydantic model."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Final, Generic, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from pyview.forms.errors import Messages, Problem, dotted, problems_of
from pyview.forms.fields import ModelShape, model_shape
from pyview.forms.parts import FormField, FormPart, FormState, first_error
from pyview.forms.sent import params_of
from pyview.forms.source import FormSource, data_of, source_of, with_entry

M = TypeVar("M", bound=BaseModel)

_PLAIN: Final = ("form", "payload", "params")
"""Names of parameters that are not used as the prefix of the inputs' names."""


class InvalidForm(ValueError):
    """`Form.value` of a form with problems. The message contains paths and error types, but no values."""

    def __init__(self, form: "Form[Any]") -> None:
        problems = ", ".join(
            f"{'.'.join(map(str, one.path)) or 'the whole form'}: {one.type}" for one in form.problems
        )
        super().__init__(
            f"the form is no valid {form.model.__qualname__} ({problems}). Check form.valid first, or call "
            "form.save(), which returns None for an invalid form"
        )


class Form(Generic[M]):
    """A form over a pydantic model. It is immutable: each event of the browser creates a new one.

    - `source`: an object of the model to edit; or the payload of a form event; or None for an empty form.
    - `as_`: prefix of the inputs' names: with `as_="user"` they are `user[name]`, else `name`.
    - `id`: the id of the form, and the prefix of the inputs' ids. Default: `as_`, or the name of the model.
    - `base`: the object that a payload changes. Fields that the form does not contain keep their values of it.
    - `messages`: texts for problems, see `Messages`. Default: the attribute `form_messages` of the model.

    Only the model's fields are read from a payload. Errors are shown (`FormField.errors`) for fields that the user has
    changed; after a submit, for all. The payload of a submit is recognised by having no `_target`.

    Raises `TypeError` if `model` is no pydantic model.
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
        texts = messages or getattr(model, "form_messages", None)
        state = FormState(problems, (), *_submitted_and_target(payload), texts)
        self._part = FormPart(state, shape, part, as_ or "", self.id, ())

    @classmethod
    def bind_client(cls, annotation: Any, name: str) -> Callable[[Any], "Form[Any]"]:
        """Return a function from an event's payload to a handler's parameter `name: Form[User]`.

        `account: Form[User]` is filled from inputs called `account[...]`; a parameter called `form`, `payload` or
        `params` from inputs without a prefix. `Annotated[Form[User], "user"]` sets another prefix, "" none.

        Raises `TypeError` for a form without its model.
        """
        annotation, *metadata = get_args(annotation) if get_origin(annotation) is Annotated else (annotation,)
        prefix = next((one for one in metadata if isinstance(one, str)), "" if name in _PLAIN else name)
        (model,) = get_args(annotation) or (None,)
        if model is None or isinstance(model, TypeVar):
            raise TypeError("a form expects its model in brackets: Form[User]")
        model_shape(model)
        return lambda data: cls(model, data if isinstance(data, Mapping) else {}, as_=prefix or None)

    # Changed forms

    def change(self, payload: Mapping[str, Any]) -> "Form[M]":
        """Return this form after an event of the browser. The edited object (`base`) stays the same."""
        messages = self._part.state.messages
        return Form(self.model, payload, as_=self.as_, id=self.id, base=self.base, messages=messages)

    def with_error(self, path: str | None, message: str) -> "Form[M]":
        """Return this form with one more problem, such as a name that is taken. It is shown at once.

        `path` is the name of a field, with dots for nested models, such as `"addresses.0.city"`; None is the form as a
        whole.
        """
        problem = Problem(dotted(path or ""), "custom", message, is_custom=True)
        state = replace(self._part.state, added=(*self._part.state.added, problem))
        return self._with(replace(self._part, state=state), self._value)

    def with_entry(self, name: str) -> "Form[M]":
        """Return this form with one more empty entry in the list of models `name`. Raises `KeyError`."""
        if not self[name].is_list:
            raise KeyError(
                f"{self.model.__qualname__}.{name} is no list of models, so no entry can be added; expected a field "
                "such as `rows: list[Row]`"
            )
        source = with_entry(self._part.source, name)
        value, problems = _validated(self._part.shape, source)
        state = replace(self._part.state, found=problems)
        return self._with(replace(self._part, state=state, source=source), value)

    def with_messages(self, messages: Messages | None) -> "Form[M]":
        """Return this form with other texts for problems, such as those of the user's language."""
        state = replace(self._part.state, messages=messages)
        return self._with(replace(self._part, state=state), self._value)

    def _with(self, part: FormPart, value: M | None) -> "Form[M]":
        # Not the constructor: it would validate again, and forget the problems that the application added.
        other: Form[M] = object.__new__(Form)
        other.model, other.as_, other.id, other.base = self.model, self.as_, self.id, self.base
        other._value, other._part = value, part
        return other

    # Result

    @property
    def input(self) -> dict[str, Any] | None:
        """The user's input, as a payload that `change` takes; None before the first event. It has no passwords."""
        params = params_of(self._part.shape, self._part.source)
        if params is None:
            return None
        payload = params if self.as_ is None else {self.as_: params}
        return payload if self.submitted else {**payload, "_target": list(self._part.state.target)}

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All problems, whether they are shown or not."""
        return (*self._part.state.found, *self._part.state.added)

    @property
    def valid(self) -> bool:
        return not self.problems

    @property
    def submitted(self) -> bool:
        """True if the payload is that of a submit."""
        return self._part.state.submitted

    @property
    def value(self) -> M:
        """The validated object. Raises `InvalidForm` if the form has problems."""
        found = self.save()
        if found is None:
            raise InvalidForm(self)
        return found

    def save(self) -> M | None:
        """Return the validated object, or None if the form has problems."""
        return self._value if self.valid else None

    # For templates

    @property
    def errors(self) -> tuple[str, ...]:
        """Texts of the problems of the form as a whole, once the user has filled in all of it or submitted it."""
        return self._part.errors

    @property
    def first_error(self) -> FormField | None:
        """The first field, in the order of the model, that shows an error; None if no field does.

        Its `id` is the id of its input: `await socket.exec_js(js.focus(f"#{field.id}"))` focuses it.
        """
        return first_error(self._part)

    @property
    def fields(self) -> dict[str, FormField]:
        """The fields by name."""
        return self._part.fields

    def __getitem__(self, name: str) -> FormField:
        """Return the field of that name. Raises `KeyError`, which lists the existing names."""
        return self._part[name]

    def __iter__(self) -> Iterator[FormField]:
        return iter(self._part)

    def __repr__(self) -> str:
        # Without values: some are secret.
        return f"<Form of {self.model.__qualname__}, {'valid' if self.valid else 'not valid'}>"


def to_form(
    source: M | type[M],
    payload: Mapping[str, Any] | None = None,
    *,
    as_: str | None = None,
    id: str | None = None,
) -> Form[M]:
    """Return a form over a model, or over an object to edit. `payload` is that of an event of the form."""
    if isinstance(source, BaseModel):
        return Form(type(source), payload or source, as_=as_, id=id, base=source)
    return Form(source, payload, as_=as_, id=id)


def named_field(form: Form[Any] | FormPart, name: str) -> FormField | None:
    """Return the field of that name, or None if the model has none."""
    part = form._part if isinstance(form, Form) else form
    shape = part.shape.fields.get(name)
    return None if shape is None else FormField(part, shape)


def _submitted_and_target(payload: Mapping[str, Any] | None) -> tuple[bool, tuple[str, ...]]:
    """Return whether the payload is that of a submit, and otherwise the path of the input that changed."""
    # The client sends `_target` with every change and never with a submit.
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
