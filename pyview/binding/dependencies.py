"""Arguments and dependencies at work: called in order, once each, closed when the callback has returned."""

from collections.abc import Callable
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from inspect import isasyncgenfunction, isawaitable, isgeneratorfunction
from typing import Any

from pyview.binding.callbacks import CallContext, ParameterSource


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a function is called with.

    `sources` has an entry for each parameter, in order; the last ones are passed by the names in `keywords`.
    `providers` fill in the dependencies among them, by position.
    """

    sources: tuple[ParameterSource, ...]
    keywords: tuple[str, ...] = ()
    providers: "tuple[tuple[int, Provider], ...]" = ()

    @property
    def closable(self) -> bool:
        """Whether a generator is among the dependencies, however deep."""
        return any(provider.is_generator or provider.arguments.closable for _, provider in self.providers)

    async def collect(self, call: CallContext) -> tuple[list[Any], dict[str, Any]]:
        """Positional and keyword arguments; the client's data is converted before a dependency is called."""
        values = [source(call) for source in self.sources]
        for index, provider in self.providers:
            values[index] = await provider.provide(call)
        return self._split(values)

    def collect_now(self, call: CallContext) -> tuple[list[Any], dict[str, Any]]:
        """The same, for arguments without dependencies."""
        return self._split([source(call) for source in self.sources])

    def _split(self, values: list[Any]) -> tuple[list[Any], dict[str, Any]]:
        if not self.keywords:
            return values, {}
        positional = len(values) - len(self.keywords)
        return values[:positional], dict(zip(self.keywords, values[positional:], strict=True))


@dataclass(frozen=True, slots=True)
class Provider:
    """One dependency. `key` finds its value in the cache of a call; None keeps it out of there."""

    open: "Opener"
    is_generator: bool
    arguments: Arguments
    key: Any

    async def provide(self, call: CallContext) -> Any:
        if self.key is None:
            return await self._made(call)
        if self.key not in call.cache:
            call.cache[self.key] = await self._made(call)
        return call.cache[self.key]

    async def _made(self, call: CallContext) -> Any:
        args, kwargs = await self.arguments.collect(call)
        made = self.open(call, *args, **kwargs)
        return await made if isawaitable(made) else made


def fill_from_client(arguments: Arguments, call: CallContext) -> None:
    """Ask for every value but those that dependencies return, whose own parameters are asked for as well.

    Raises `BindingError`.
    """
    for source in arguments.sources:
        source(call)
    for _, provider in arguments.providers:
        fill_from_client(provider.arguments, call)


Opener = Callable[..., Any]
"""Calls a dependency's function with the call and its arguments; returns the value or an awaitable of it."""


def opener_of(function: Callable[..., Any]) -> Opener:
    if _is(isasyncgenfunction, function):
        return _opener_of_async_generator(function)
    if _is(isgeneratorfunction, function):
        return _opener_of_generator(function)
    return lambda call, *args, **kwargs: function(*args, **kwargs)


def is_generator(function: Callable[..., Any]) -> bool:
    return _is(isasyncgenfunction, function) or _is(isgeneratorfunction, function)


def _is(kind: Callable[[Any], bool], function: Callable[..., Any]) -> bool:
    """Looks at the function itself, and at `__call__` of an object that is used like one."""
    return kind(function) or kind(getattr(type(function), "__call__", None))  # noqa: B004


def _opener_of_async_generator(function: Callable[..., Any]) -> Opener:
    manager = asynccontextmanager(function)
    return lambda call, *args, **kwargs: call.closing.enter_async_context(manager(*args, **kwargs))


def _opener_of_generator(function: Callable[..., Any]) -> Opener:
    manager = contextmanager(function)
    return lambda call, *args, **kwargs: call.closing.enter_context(manager(*args, **kwargs))
