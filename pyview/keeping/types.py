"""The types of a class's context: the annotation of each name, and what reads and writes its values."""

from collections.abc import Mapping
from typing import Any

from pyview.keeping.contexts import annotations_of, context_type, hints_of
from pyview.keeping.values import Adapter, Unkeepable, adapter_of


class ContextTypes:
    """Annotations and adapters of the context of a view or component class. Each is looked up once."""

    def __init__(self, cls: type) -> None:
        self.declared = context_type(cls)
        self._adapters: dict[str, Adapter | Unkeepable] = {}
        self._hints: dict[type, Mapping[str, Any]] = {}

    def of(self, context: Any) -> Mapping[str, Any]:
        """Return the annotations of a context."""
        kind = type(context)
        # The class may name no context, or a base class of it. For a dict it may name a `TypedDict`.
        if kind not in self._hints:
            self._hints[kind] = annotations_of(kind) or annotations_of(self.declared)
        return self._hints[kind]

    def names_of(self, context: Any) -> Mapping[str, Any] | None:
        """Return the names that a context may have; None if they are not known."""
        return hints_of(type(context)) or hints_of(self.declared)

    def adapter(self, name: str, hint: Any) -> Adapter:
        """Return the adapter of a name. Raises `Unkeepable`."""
        if name not in self._adapters:
            try:
                self._adapters[name] = adapter_of(hint)
            except Unkeepable as error:
                self._adapters[name] = error
        found = self._adapters[name]
        if isinstance(found, Unkeepable):
            raise found
        return found
