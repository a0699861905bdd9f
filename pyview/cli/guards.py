"""The guard of a route in words, for the list of `pyview routes`."""

from collections.abc import Iterable, Iterator
from typing import Any

from pyview.app import PyView
from pyview.auth.guard import guards_of
from pyview.auth.provider import AllOf, AuthProvider
from pyview.auth.requires import RequirementProvider, is_public
from pyview.requirement import ConditionSet, Requirement
from pyview.routing.routes import LiveRoute


def guard_of(route: LiveRoute, app: PyView) -> str:
    """Return what a user needs for a page of `route`: "admin, since 10 min", "public", or "" if there is no guard."""
    guards = _single(guards_of(route.view_class, app, route.live_session.requirement))
    words = dict.fromkeys(text for guard in guards for text in _words(guard))
    if words:
        return ", ".join(words)
    return "public" if is_public(route.view_class) else ""


def requirements_text(requirements: Iterable[Requirement]) -> str:
    """Return all that `requirements` ask for, each condition once."""
    return ", ".join(dict.fromkeys(text for one in requirements for text in _requirement(one)))


def _single(guards: Iterable[AuthProvider]) -> Iterator[AuthProvider]:
    for guard in guards:
        if isinstance(guard, AllOf):
            yield from _single(guard.providers)
        else:
            yield guard


def _words(guard: AuthProvider) -> Iterator[str]:
    if isinstance(guard, RequirementProvider):
        yield from _requirement(guard.requirement)
    else:
        yield type(guard).__qualname__


def _requirement(requirement: Requirement) -> Iterator[str]:
    yield from _conditions(requirement.all_of)
    if requirement.any_of is not None:
        yield f"one of {' | '.join(_conditions(requirement.any_of))}"
    if requirement.max_auth_age is not None:
        yield f"signed in within {requirement.max_auth_age:g} s"
    if requirement.fresh:
        yield "checked afresh"


def _conditions(conditions: ConditionSet) -> Iterator[str]:
    yield from conditions.scopes
    yield from (f"{_name(rule)}()" for rule in conditions.rules)


def _name(rule: Any) -> str:
    return getattr(rule, "__name__", type(rule).__name__)
