"""What somebody must be to see a page or to cause an event, as plain data: scopes, rules, a recent sign-in."""

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
"""`rule(identity, view)`: whether somebody may, or an awaitable of it. An exception means no."""

Conditions: TypeAlias = str | Rule | Sequence[str | Rule]
"""A scope, a rule, or several of them."""

_ATTRIBUTE = "__pyview_requires__"
_CLOCK_SKEW = 60.0


class CarriesRequirement(Protocol):
    """What `requires(...)` returns, where it is given as a value instead of being used as a decorator."""

    @property
    def requirement(self) -> "Requirement": ...


class Somebody(Protocol):
    """What a requirement looks at. `signed_in_at`, Unix seconds or None, is read if it is there."""

    @property
    def scopes(self) -> frozenset[str]: ...


class ConditionSet(NamedTuple):
    """Scopes and rules apart, each in the order given."""

    scopes: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()


_NOTHING = ConditionSet()


@dataclass(frozen=True, slots=True)
class Requirement:
    """All that is set must hold: every one of `all_of`, one of `any_of`, a sign-in within `max_auth_age` seconds.

    Who fails it is answered `status_code`, or sent to `redirect`. `fresh` asks for an identity that has just been
    looked up. `inherit` says whether the requirements of base classes hold as well.
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
        """Every scope that it mentions."""
        return (*self.all_of.scopes, *(self.any_of.scopes if self.any_of else ()))

    async def holds(self, who: Somebody, view: Any) -> bool:
        """Whether `who` meets it. Never raises: a rule that does has said no.

        Rules are asked only about somebody whose scopes and sign-in are in order.
        """
        try:
            return self._holds_at_once(who) and await self._rules_agree(who, view)
        except Exception:
            logger.exception("a requirement of %s failed; it counts as not met", _name(view))
            return False

    def _holds_at_once(self, who: Somebody) -> bool:
        return who.scopes.issuperset(self.all_of.scopes) and self._is_recent(who)

    def _is_recent(self, who: Somebody) -> bool:
        if self.max_auth_age is None:
            return True
        since: float | None = getattr(who, "signed_in_at", None)
        # A time far in the future is no time at all (milliseconds, say), and would be recent for ever.
        return since is not None and -_CLOCK_SKEW <= time.time() - since <= self.max_auth_age

    async def _rules_agree(self, who: Somebody, view: Any) -> bool:
        for rule in self.all_of.rules:
            if not await _agrees(rule, who, view):
                return False
        return self.any_of is None or await self._one_holds(self.any_of, who, view)

    async def _one_holds(self, any_of: ConditionSet, who: Somebody, view: Any) -> bool:
        if not who.scopes.isdisjoint(any_of.scopes):
            return True
        for rule in any_of.rules:
            if await _agrees(rule, who, view):
                return True
        return False


async def first_unmet(requirements: Iterable[Requirement], who: Somebody, view: Any) -> Requirement | None:
    """The first of `requirements` that `who` does not meet."""
    for requirement in requirements:
        if not await requirement.holds(who, view):
            return requirement
    return None


def wants_fresh(requirements: Iterable[Requirement]) -> bool:
    """Whether one of them wants an identity that has just been looked up."""
    return any(requirement.fresh for requirement in requirements)


def requirement_of(given: Conditions | CarriesRequirement) -> Requirement:
    """What `given` requires: conditions, or `requires(...)` with all that it can say.

    Raises `ValueError` where nothing is asked, and `TypeError` for what is neither scope nor rule.
    """
    carried = getattr(given, "requirement", None)
    if isinstance(carried, Requirement):
        return carried
    return Requirement(condition_set(given))


def condition_set(given: Any) -> ConditionSet:
    """Scopes and rules apart. Raises `ValueError` for none at all, `TypeError` for what is neither."""
    single = isinstance(given, str) or callable(given) or not isinstance(given, Iterable)
    found = (given,) if single else tuple(given)
    if not found:
        raise _nothing_asked(given)
    scopes = tuple(_scope(one, given) for one in found if isinstance(one, str))
    rules = tuple(_rule(one) for one in found if not isinstance(one, str))
    return ConditionSet(scopes, rules)


def auth_age(given: Any) -> float:
    """A number of seconds. Raises `ValueError`."""
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 < given < math.inf:
        raise ValueError(f"max_auth_age={given!r}: expected seconds since the sign-in, such as 600.")
    return float(given)


def require(function: FunctionType, requirement: Requirement) -> None:
    """Ask `requirement` of whoever causes the event that `function` handles, before those it has already."""
    setattr(function, _ATTRIBUTE, (requirement, *requirements_on(function)))


def requirements_on(function: object) -> tuple[Requirement, ...]:
    """The requirements on a method, from top to bottom; none for any other object."""
    found: tuple[Requirement, ...] = getattr(function, _ATTRIBUTE, ())
    return found


async def _agrees(rule: Rule, who: Somebody, view: Any) -> bool:
    answer = rule(who, view)
    return bool(await answer if inspect.isawaitable(answer) else answer)


def _scope(scope: str, given: Any) -> str:
    if not scope.strip():
        raise _nothing_asked(given)
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
    if isinstance(rule, type):
        return False
    try:
        inspect.signature(rule).bind(None, None)
    except TypeError:
        return False
    except ValueError:  # some callables written in C do not tell
        return True
    return True


def _nothing_asked(given: Any) -> ValueError:
    return ValueError(
        f"@requires({given!r}): expected the name of a scope, a rule, or a list of them, such as "
        "'authenticated'. A view without @requires is open to everybody."
    )


def _name(view: Any) -> str:
    found = view if isinstance(view, type) else type(view)
    return found.__qualname__
