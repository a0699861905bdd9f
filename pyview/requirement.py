"""Requirements of a page or an event as plain data: scopes, rules, a recent sign-in."""

import inspect
import logging
import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import Any, NamedTuple, Protocol, TypeAlias

logger = logging.getLogger("pyview.security")

Rule: TypeAlias = Callable[[Any, Any], object]
"""`rule(identity, view)` returns True if the user may, or an awaitable of it. An exception counts as False."""

Conditions: TypeAlias = str | Rule | Sequence[str | Rule]
"""A scope, a rule, or several of them."""

_ATTRIBUTE = "__pyview_requires__"
_CLOCK_SKEW = 60.0  # seconds by which the clock of the server that signed the user in may be ahead


class CarriesRequirement(Protocol):
    """Result of `requires(...)`, used as a value. A Protocol, because `pyview.auth` imports this module."""

    @property
    def requirement(self) -> "Requirement": ...


class HasScopes(Protocol):
    """The identity that a requirement is checked against.

    `signed_in_at` (Unix time in seconds or None) and `confirmed` (False while a store does not answer) are optional.
    """

    @property
    def scopes(self) -> frozenset[str]: ...


class ConditionSet(NamedTuple):
    """Scopes and rules, each in the given order."""

    scopes: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()


_NOTHING = ConditionSet()


@dataclass(frozen=True, slots=True)
class Requirement:
    """Everything that is set must hold: all of `all_of`, one of `any_of`, a sign-in within `max_auth_age` seconds.

    The answer to others is `status_code`, or a redirect to `redirect`. `fresh` requires an identity that has just been
    re-checked. With `inherit`, the requirements of base classes apply too.
    """

    all_of: ConditionSet = _NOTHING
    any_of: ConditionSet | None = None
    max_auth_age: float | None = None
    fresh: bool = False
    status_code: int = 403
    redirect: str | None = None
    inherit: bool = True

    @property
    def scopes(self) -> tuple[str, ...]:
        """All scopes in it."""
        return (*self.all_of.scopes, *(self.any_of.scopes if self.any_of else ()))

    async def holds(self, identity: HasScopes, view: Any) -> bool:
        """Return True if `identity` meets it. Never raises: a rule that raises counts as not met.

        Rules are called only for an identity with the required scopes and a recent sign-in.
        """
        try:
            has_scopes = identity.scopes.issuperset(self.all_of.scopes)
            is_recent = self._is_recent(identity) and not self.waits_for(identity)
            return has_scopes and is_recent and await self._rules_hold(identity, view)
        except Exception:
            logger.exception("a requirement of %s failed; it counts as not met", _name(view))
            return False

    def waits_for(self, identity: HasScopes) -> bool:
        """Return True if it needs a confirmed identity, and a store has not confirmed this one now."""
        needs_confirmation = self.fresh or self.max_auth_age is not None
        return needs_confirmation and not getattr(identity, "confirmed", True)

    def _is_recent(self, identity: HasScopes) -> bool:
        if self.max_auth_age is None:
            return True
        since: float | None = getattr(identity, "signed_in_at", None)
        # A time far in the future is wrong, for example in milliseconds, and would count as recent for ever.
        return since is not None and -_CLOCK_SKEW <= time.time() - since <= self.max_auth_age

    async def _rules_hold(self, identity: HasScopes, view: Any) -> bool:
        for rule in self.all_of.rules:
            if not await _call(rule, identity, view):
                return False
        if self.any_of is None or not identity.scopes.isdisjoint(self.any_of.scopes):
            return True
        for rule in self.any_of.rules:
            if await _call(rule, identity, view):
                return True
        return False


async def first_unmet(
    requirements: Iterable[Requirement], identity: HasScopes, view: Any
) -> Requirement | None:
    """Return the first of `requirements` that `identity` does not meet."""
    for requirement in requirements:
        if not await requirement.holds(identity, view):
            return requirement
    return None


def wants_fresh(requirements: Iterable[Requirement], identity: HasScopes) -> bool:
    """Return True if one of them requires an identity that has just been re-checked, or a confirmed one."""
    return any(requirement.fresh or requirement.waits_for(identity) for requirement in requirements)


def requirement_of(given: Conditions | CarriesRequirement) -> Requirement:
    """Return the requirement of conditions or of `requires(...)`.

    Raises `ValueError` without any condition, and `TypeError` for a condition that is neither a scope nor a rule.
    """
    carried = getattr(given, "requirement", None)
    if isinstance(carried, Requirement):
        return carried
    return Requirement(condition_set(given))


def condition_set(given: Any) -> ConditionSet:
    """Separate scopes and rules. Raises `ValueError` for none at all, `TypeError` for a value that is neither."""
    single = isinstance(given, str) or callable(given) or not isinstance(given, Iterable)
    found = (given,) if single else tuple(given)
    if not found:
        raise _no_condition(given)
    scopes = tuple(_scope(one, given) for one in found if isinstance(one, str))
    rules = tuple(_rule(one) for one in found if not isinstance(one, str))
    return ConditionSet(scopes, rules)


def auth_age(given: Any) -> float:
    """Return `given` as seconds. Raises `ValueError` unless it is a positive, finite number."""
    # True is an int, and would mean one second.
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 < given < math.inf:
        raise ValueError(f"max_auth_age={given!r}: expected seconds since the sign-in, such as 600.")
    return float(given)


def require(function: FunctionType, requirement: Requirement) -> None:
    """Require `requirement` for the event that `function` handles, checked before the existing requirements."""
    # On the function itself, so that it does not matter whether @requires is above or below @event.
    setattr(function, _ATTRIBUTE, (requirement, *requirements_on(function)))


def requirements_on(function: object) -> tuple[Requirement, ...]:
    """Return the requirements on a method, from top to bottom; none for any other object."""
    found: tuple[Requirement, ...] = getattr(function, _ATTRIBUTE, ())
    return found


async def _call(rule: Rule, identity: HasScopes, view: Any) -> bool:
    result = rule(identity, view)
    return bool(await result if inspect.isawaitable(result) else result)


def _scope(scope: str, given: Any) -> str:
    if not scope.strip():
        raise _no_condition(given)
    return scope


def _rule(rule: Any) -> Rule:
    if not callable(rule) or not _takes_identity_and_view(rule):
        raise TypeError(
            f"@requires got {rule!r}: expected the name of a scope such as 'admin', or a rule that takes "
            "(identity, view). A decorator needs its parentheses: @requires('admin')."
        )
    found: Rule = rule
    return found


def _takes_identity_and_view(rule: Callable[..., Any]) -> bool:
    # `@requires` without parentheses passes the view class.
    if isinstance(rule, type):
        return False
    try:
        inspect.signature(rule).bind(None, None)
    except TypeError:
        return False
    except ValueError:  # some callables written in C have no signature
        return True
    return True


def _no_condition(given: Any) -> ValueError:
    return ValueError(
        f"@requires({given!r}): expected the name of a scope, a rule, or a list of them, such as "
        "'authenticated'. A view without @requires is public."
    )


def _name(view: Any) -> str:
    found = view if isinstance(view, type) else type(view)
    return found.__qualname__
