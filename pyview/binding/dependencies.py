"""Arguments and dependencies: called in order, once per call, and closed when the callback has returned."""

from collections.abc import Callable
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from inspect import isasyncgenfunction, isawaitable, isgeneratorfunction
from typing import Any

from pyview.binding.callbacks import CallContext, ParameterSource


@dataclass(frozen=True, slots=True)
class Arguments:
    """The compiled arguments of a function.

    `sources` has one source per parameter, in order; the last ones are passed by the names in `keywords`. `providers`
    replace the values of dependencies, by their position in `sources`.
    """

    sources: tuple[ParameterSource, ...]
    keywords: tuple[str, ...] = ()
    providers: "tuple[tuple[int, Provider], ...]" = ()

    @property
    def closable(self) -> bool:
        """True if a dependency, direct or indirect, is a generator."""
        return any(provider.is_generator or provider.arguments.closable for _, provider in self.providers)

    async def collect(self, call: CallContext) -> tuple[list[Any], dict[str, Any]]:
        """Return positional and keyword arguments."""
        # Convert the client's data first: data that does not fit must not cost a database connection.
        values = [source(call) for source in self.sources]
        for index, provider in self.providers:
            values[index] = await provider.provide(call)
        return self._split(values)

    def collect_now(self, call: CallContext) -> tuple[list[Any], dict[str, Any]]:
        """Return positional and keyword arguments of a function without dependencies."""
        return self._split([source(call) for source in self.sources])

    def _split(self, values: list[Any]) -> tuple[list[Any], dict[str, Any]]:
        if not self.keywords:
            return values, {}
        positional = len(values) - len(self.keywords)
        return values[:positional], dict(zip(self.keywords, values[positional:], strict=True))


@dataclass(frozen=True, slots=True)
class Provider:
    """One dependency. `key` is its key in the cache of a call; None disables caching."""

    open: "Opener"
    is_generator: bool
    arguments: Arguments
    key: Any

    async def provide(self, call: CallContext) -> Any:
        """Return the value of the dependency; call its function unless the value is cached."""
        if self.key is not None and self.key in call.cache:
            return call.cache[self.key]
        args, kwargs = await self.arguments.collect(call)
        value = self.open(call, *args, **kwargs)
        if isawaitable(value):
            value = await value
        if self.key is not None:
            call.cache[self.key] = value
        return value


def fill_from_client(arguments: Arguments, call: CallContext) -> None:
    """Evaluate all sources, including those of dependencies, without calling a dependency. Raises `BindingError`."""
    for source in arguments.sources:
        source(call)
    for _, provider in arguments.providers:
        fill_from_client(provider.arguments, call)


Opener = Callable[..., Any]
"""Calls a dependency's function with the call and its arguments. Returns the value, or an awaitable of it."""


def opener_of(function: Callable[..., Any]) -> Opener:
    """Return the opener of a dependency. A generator is closed with `call.closing`, when the callback has returned."""
    # `runner` opens `closing` for every callback that has a generator among its dependencies.
    if _is(isasyncgenfunction, function):
        open_async = asynccontextmanager(function)
        return lambda call, *args, **kwargs: call.closing.enter_async_context(open_async(*args, **kwargs))
    if _is(isgeneratorfunction, function):
        open_sync = contextmanager(function)
        return lambda call, *args, **kwargs: call.closing.enter_context(open_sync(*args, **kwargs))
    return lambda call, *args, **kwargs: function(*args, **kwargs)


def is_generator(function: Callable[..., Any]) -> bool:
    """Return True if the function is a sync or async generator."""
    return _is(isasyncgenfunction, function) or _is(isgeneratorfunction, function)


def _is(kind: Callable[[Any], bool], function: Callable[..., Any]) -> bool:
    # The second test is for objects with a method `__call__`.
    return kind(function) or kind(getattr(type(function), "__call__", None))  # noqa: B004
