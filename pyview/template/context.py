"""The context of a render: the view's names as they are, with the environment's globals behind them."""

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from jinja2.environment import Environment
from jinja2.nodes import EvalContext
from jinja2.runtime import Context
from jinja2.utils import missing

from pyview.template.assigns import LazyNames

Blocks: TypeAlias = Mapping[str, Callable[[Context], Iterator[str]]]

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_OWN_ATTRIBUTES: Final = 7


class LiveContext(Context):
    """Jinja2's context, made in a fraction of the time: nothing is copied; what few templates need waits until asked.

    `parent` may be the view's own dict, or `LazyNames`; it is never written to. `behind` are the globals.
    """

    def __init__(
        self,
        environment: Environment,
        parent: dict[str, Any],
        name: str | None,
        blocks: Blocks,
        globals: MutableMapping[str, Any] | None = None,
        *,
        behind: Mapping[str, Any] | None = None,
    ) -> None:
        self.environment = environment
        self.parent = parent
        self.name = name
        self.vars = {}
        self.globals_keys = set() if globals is None else set(globals)
        self._behind = behind or _NOTHING
        self._own_blocks = blocks

    @property
    def may_serve_again(self) -> bool:
        """Whether a render has put nothing into it, and nothing was in it but names: others can take their place."""
        return not self.vars and len(self.__dict__) == _OWN_ATTRIBUTES and self._behind is not _NOTHING

    @cached_property
    def eval_ctx(self) -> EvalContext:  # type: ignore[override]  # made when asked for
        return EvalContext(self.environment, self.name)

    @cached_property
    def exported_vars(self) -> set[str]:  # type: ignore[override]  # made when asked for
        return set()

    @cached_property
    def blocks(self) -> dict[str, list[Callable[[Context], Iterator[str]]]]:  # type: ignore[override]  # made when asked for
        return {name: [block] for name, block in self._own_blocks.items()}

    def resolve_or_missing(self, key: str) -> Any:
        if key in self.vars:
            return self.vars[key]
        if key in self.parent:
            return self.parent[key]
        return self._behind.get(key, missing)

    def get_all(self) -> dict[str, Any]:
        if isinstance(self.parent, LazyNames):
            return self.parent.over(self._behind).with_names(self.vars)
        if self.vars or self._behind:
            return {**self._behind, **self.parent, **self.vars}
        return self.parent

    def derived(self, locals: dict[str, Any] | None = None) -> "LiveContext":
        names = self.get_all()
        given = present(locals)
        parent = names.with_names(given) if isinstance(names, LazyNames) else {**names, **given}
        derived = type(self)(self.environment, parent, self.name, {})
        derived.eval_ctx = self.eval_ctx
        derived.blocks = {name: list(blocks) for name, blocks in self.blocks.items()}
        return derived

    def keys(self) -> Any:
        return self._everything().keys()

    def values(self) -> Any:
        return self._everything().values()

    def items(self) -> Any:
        return self._everything().items()

    def __contains__(self, name: object) -> bool:
        return name in self.vars or name in self.parent or name in self._behind

    def _everything(self) -> dict[str, Any]:
        names = self.get_all()
        return names.all() if isinstance(names, LazyNames) else names


def present(names: Mapping[str, Any] | None) -> dict[str, Any]:
    """Local names, without those that are not bound yet."""
    return {name: value for name, value in (names or {}).items() if value is not missing}
