"""ChangeSet: the changes of a form's fields so far, and their errors.

`pyview.forms.Form` does more: nested models, lists, inputs derived from types.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

Base = TypeVar("Base", bound=BaseModel)


@dataclass
class ChangeSet(Generic[Base]):
    """A form over the pydantic model `cls`.

    `changes` are texts by the name of a field, `errors` pydantic's texts for the invalid ones among them. `valid` is
    True if the changes describe an object of the model.
    """

    cls: type[Base]
    changes: dict[str, Any]
    errors: dict[str, Any]
    valid: bool

    def __getitem__(self, key: str) -> Any:
        """Return the change of a field; `""` if there is none."""
        return self.changes.get(key, "")

    @property
    def model(self) -> Base | None:
        """The object that the changes describe; None if they are invalid."""
        return self._validate(self.changes, {})

    @property
    def attrs(self) -> SimpleNamespace:
        """The changes as attributes, for templates: `{{ changeset.attrs.name }}`."""
        return SimpleNamespace(**self.changes)

    @property
    def fields(self) -> list[str]:
        return list(self.cls.model_fields)

    def apply(self, payload: Mapping[str, Any]) -> None:
        """Apply the payload of a form event: the changed field of a `phx-change`, all fields of a submit.

        Sets `errors`, for fields that have been changed, and `valid`.
        """
        changed = self._changed(payload)
        self.changes |= {name: _only(payload.get(name, "")) for name in changed}
        found: dict[str, Any] = {}
        self.valid = self._validate(self.changes, found, *changed) is not None
        self.errors = {name: text for name, text in found.items() if name in self.changes}

    def with_changes(self, changes: Mapping[str, Any]) -> "ChangeSet[Base]":
        """Return a change set of the same model with these changes, validated again."""
        known = {name: changes[name] for name in self.fields if name in changes}
        found: dict[str, Any] = {}
        valid = self._validate(known, found) is not None
        return ChangeSet(
            self.cls, known, {name: text for name, text in found.items() if name in known}, valid
        )

    def save(self, payload: Mapping[str, Any]) -> Base | None:
        """Return the object that `payload` describes; None if it is invalid, with the reasons in `errors`."""
        self.errors = {}
        given = {name: _only(payload[name]) for name in self.fields if name in payload}
        return self._validate(given, self.errors)

    def _changed(self, payload: Mapping[str, Any]) -> list[str]:
        """Return the fields of the model that an event has changed."""
        # The client may send any names, so take only fields of the model.
        target = payload.get("_target")
        names = list(payload) if target is None else target[:1] if isinstance(target, list) else [target]
        return [name for name in self.fields if name in names]

    def _validate(self, values: Mapping[str, Any], errors: dict[str, Any], *changed: str) -> Base | None:
        """Return the validated object; None with the errors added to `errors`.

        The error of a validator of the whole model has no field; it is added to the field that changed last.
        """
        try:
            return self.cls(**values)
        except ValidationError as refused:
            for error in refused.errors(include_url=False, include_input=False):
                names = [str(error["loc"][0])] if error["loc"] else list(changed[-1:])
                errors.update(dict.fromkeys(names, error["msg"]))
            return None


def change_set(cls: type[Base]) -> ChangeSet[Base]:
    """Return an empty change set of a model."""
    return ChangeSet(cls, {}, {}, False)


def _only(value: Any) -> Any:
    """Return a value, or the item of a list of one: tests of PyView 0.9 send payloads with such lists."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value
