"""The kept names of one class, compiled once: their adapters, and what was logged about them."""

import logging
from collections.abc import Collection, Mapping
from typing import Any, Final, TypeAlias

from pyview.binding.class_cache import cached_on_class
from pyview.keeping.contexts import MISSING, annotations_of, names_in, value_in, with_values
from pyview.keeping.development import DevelopmentPlan, Made
from pyview.keeping.spec import Keep, check_names, declared, keeps_nothing
from pyview.keeping.types import ContextTypes
from pyview.keeping.values import UnfitValue, Unkeepable, adapter_of, decoded, encoded, is_made_by_mount

logger = logging.getLogger("pyview")

_ADVICE = (
    "Annotate it with a type that pydantic knows, make it again in mount or restored, or name only the "
    "others in keep, such as keep=('draft', 'step')"
)


NOTHING_MADE: Final[Made] = {}


class KeepPlan:
    """The kept names of a class. Each one that cannot be kept is logged once for each class."""

    def __init__(self, cls: type, keep: Keep) -> None:
        self.keep = keep
        self.name = cls.__qualname__
        self._cls = cls
        self._types = ContextTypes(cls)
        self._logged: set[str] = set()

    def check(self) -> None:
        """Raise `ValueError` for a name that the context does not have, `TypeError` for one that cannot be kept."""
        check_names(self._cls, self.keep)
        hints = annotations_of(self._types.declared)
        for name in self.keep.names or ():
            if name in hints:
                self._check_hint(name, hints[name])

    def _check_hint(self, name: str, hint: Any) -> None:
        try:
            adapter_of(hint)
        except Unkeepable as error:
            raise TypeError(
                f"class {self.name}(keep=...): {name!r} cannot be kept: {error}. {_ADVICE}"
            ) from None

    # Keeping

    def note(self, context: Any) -> Made:
        """Return nothing: a name is kept, whether it has changed since `mount` or not."""
        return NOTHING_MADE

    def values_of(
        self, context: Any, temporary: Collection[str] = (), made: Made = NOTHING_MADE
    ) -> dict[str, Any]:
        """Return what is kept of a context, as data that `orjson` writes.

        The `temporary` names are left out: their values are gone after each render, and `mount` loads them again.
        """
        hints = self._types.of(context)
        found: dict[str, Any] = {}
        for name in names_in(context) if self.keep.names is None else self.keep.names:
            value = value_in(context, name)
            if name in temporary:
                continue
            if value is MISSING:
                self._log_missing(name, context)
            elif not (self.keep.everything and is_made_by_mount(value)):
                self._add(found, name, value, hints.get(name, Any))
        return found

    def _add(self, found: dict[str, Any], name: str, value: Any, hint: Any) -> None:
        try:
            found[name] = encoded(value, self._types.adapter(name, hint))
        except Unkeepable as error:
            kind = type(value).__qualname__
            self._log(name, f"{self.name}: {name!r}, a {kind}, cannot be kept: {error}. {_ADVICE}")

    def streams(self, named: Collection[str]) -> Collection[str]:
        """Return the streams whose items stay in the browser. One that is none of the view's streams is logged."""
        for name in sorted(self.keep.streams.difference(named)):
            names = ", ".join(sorted(named)) or "none"
            self._log(
                f"stream {name}",
                f"{self.name}: Keep(streams=...) names {name!r}, which socket.stream has not made; it has made {names}",
            )
        return self.keep.streams

    # Laying over

    def laid_over(self, context: Any, kept: Mapping[str, Any]) -> Any:
        """Return the context with the kept values. A value that does not fit any more is dropped and logged."""
        names = kept if self.keep.names is None else [name for name in self.keep.names if name in kept]
        hints = self._types.of(context)
        closed = self._types.names_of(context)
        values: dict[str, Any] = {}
        for name in names:
            # The model of another deploy may have had other names.
            if closed is None or name in closed:
                self._load(values, name, kept[name], hints.get(name, Any), value_in(context, name))
        try:
            return with_values(context, values)
        except (AttributeError, TypeError, ValueError) as error:
            self._log("", f"{self.name}: a {type(context).__qualname__} takes no kept values: {error}")
            return context

    def _load(self, values: dict[str, Any], name: str, data: Any, hint: Any, made: Any) -> None:
        try:
            values[name] = decoded(data, hint, self._types.adapter(name, hint), made)
        except (UnfitValue, Unkeepable) as error:
            self._log(
                f"{name} ",
                f"{self.name}: the kept {name!r} of another version is dropped: {error}",
                logging.INFO,
            )

    # The log

    def _log_missing(self, name: str, context: Any) -> None:
        known = ", ".join(names_in(context)) or "no names"
        self._log(name, f"{self.name}: keep names {name!r}, which the context does not have; it has {known}")

    def _log(self, key: str, text: str, level: int = logging.WARNING) -> None:
        # Once: a view is captured every second.
        if key not in self._logged:
            self._logged.add(key)
            logger.log(level, "%s", text)


def check_kept(cls: type) -> None:
    """Raise `ValueError` for a name that a class keeps and does not have, `TypeError` for one that cannot be kept."""
    plan = plan_of(cls)
    if plan is not None:
        plan.check()


Plan: TypeAlias = KeepPlan | DevelopmentPlan


def plan_of(cls: type) -> KeepPlan | None:
    """Return the plan of a view or component class; None if it keeps nothing."""
    keep = declared(cls)
    return None if keep is None else cached_on_class(cls, "keep_plan", lambda: KeepPlan(cls, keep))


def development_plan_of(cls: type) -> DevelopmentPlan | None:
    """Return the plan of a class in development, where it keeps everything; None if it says `keep=False`."""
    if keeps_nothing(cls):
        return None
    return cached_on_class(cls, "development_plan", lambda: DevelopmentPlan(cls, declared(cls)))
