"""ChangeSet: the changes that a browser has sent so far, and what does not fit among them.

A `pyview.forms.Form` does more: nested models, lists, inputs that follow from types. This is the small one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

Base = TypeVar("Base", bound=BaseModel)


@dataclass
class ChangeSet(Generic[Base]):
    """`changes` are texts by the name of a field, `errors` what pydantic says of those among them that do not fit."""

    cls: type[Base]
    changes: dict[str, Any]
    errors: dict[str, Any]
    valid: bool

    def __getitem__(self, key: str) -> Any:
        """The change of a field; `""` when there is none."""
        return self.changes.get(key, "")

    @property
    def model(self) -> Base | None:
        """The object that the changes describe; None while they do not fit."""
        return self._validate(self.changes, {})

    @property
    def attrs(self) -> SimpleNamespace:
        """The changes as attributes, for templates: `{{ changeset.attrs.name }}`."""
        return SimpleNamespace(**self.changes)

    @property
    def fields(self) -> list[str]:
        return list(self.cls.model_fields)

    def apply(self, payload: Mapping[str, Any]) -> None:
        """Take over the field that a `phx-change` names as its `_target`; of a submit, all fields of the model.

        Sets `errors`, for fields that have been changed, and `valid`.
        """
        changed = self._changed(payload)
        self.changes |= {name: _only(payload.get(name, "")) for name in changed}
        found: dict[str, Any] = {}
        self.valid = self._validate(self.changes, found, *changed) is not None
        self.errors = {name: text for name, text in found.items() if name in self.changes}

    def save(self, payload: Mapping[str, Any]) -> Base | None:
        """The object that `payload` describes; else None, and `errors` say why."""
        self.errors = {}
        given = {name: _only(payload[name]) for name in self.fields if name in payload}
        return self._validate(given, self.errors)

    def _changed(self, payload: Mapping[str, Any]) -> list[str]:
        """The fields that an event is about. It names what it likes; only those of the model count."""
        target = payload.get("_target")
        names = list(payload) if target is None else target[:1] if isinstance(target, list) else [target]
        return [name for name in self.fields if name in names]

    def _validate(self, values: Mapping[str, Any], errors: dict[str, Any], *changed: str) -> Base | None:
        """A validator of the whole model speaks about no field: its error goes to the one that changed last."""
        try:
            return self.cls(**values)
        except ValidationError as refused:
            for error in refused.errors(include_url=False, include_input=False):
                place = [str(error["loc"][0])] if error["loc"] else list(changed[-1:])
                errors.update(dict.fromkeys(place, error["msg"]))
            return None


def change_set(cls: type[Base]) -> ChangeSet[Base]:
    """An empty change set of a model."""
    return ChangeSet(cls, {}, {}, False)


def _only(value: Any) -> Any:
    """One value, also where a list of one came, as PyView 0.9 sent them."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value
