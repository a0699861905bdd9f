"""Pages of one template that show the same: one retained tree, one render and one encoding for all of their views.

A broadcast changes a thousand views of one class, often in the same way. Their own handlers run for each of them, but
what the template makes of equal values is equal: the retained tree is built on that rule. So views whose trees are
alike share one, as a `SharedPage`. The first of them that renders other values copies the tree, renders the copy, and
leaves a `Step` at the old page. The next ones compare their values with those of the new page, nearly always by
identity, go there, and send what the first one sent.

Views hold the pages, and a page holds the next one: a view that has several broadcasts before it handles all of them
while its data is in the processor's cache, and the views behind it take the same way. So a view that stays keeps later
pages, of each template `_MOST_STEPS` at most. All other references are weak.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from types import BuiltinFunctionType, FunctionType
from typing import Any, Final, Protocol
from weakref import ref

import orjson
from jinja2.runtime import Macro
from jinja2.utils import missing

from pyview.template.tree.change import BUILTINS, DIRTY, Snapshot
from pyview.template.tree.immutable import ATOMS
from pyview.template.tree.nodes import Diff, Unit
from pyview.template.tree.whole import are_alike, copied, is_plain
from pyview.wire.message import FRAME_END

_TRIES: Final = 32
"""Renders in vain until the views of a template count as different from each other."""

_REST: Final = 512
"""Renders without a try after that. Together: where nothing can be shared, next to nothing is spent on it."""

_FEW_TRIES: Final = 4

_MOST_STEPS: Final = 64

_MOST_PAGES: Final = 8
"""Pages of one template that views may join: groups of views, such as those of a language."""


_CODE: Final = frozenset({type, FunctionType, BuiltinFunctionType, Macro})
"""Types of the functions that a template names. It asks those that are not pure at every render, and is not shared."""


class SharedDiff(dict[str, Any]):
    """A diff that several views send. It must not be changed."""

    __slots__ = ("frame_end",)

    frame_end: bytes
    """The diff as JSON, and the end of a frame."""


def shared_diff(diff: Diff) -> SharedDiff:
    """Return the diff with its encoding."""
    shared = SharedDiff(diff)
    shared.frame_end = orjson.dumps(diff) + FRAME_END
    return shared


_NO_CHANGE: Final = shared_diff({})


class Step:
    """The change from one page to the next, or to the same if nothing has changed."""

    __slots__ = ("diff", "page")

    def __init__(self, page: "SharedPage", diff: SharedDiff) -> None:
        self.page = page
        self.diff = diff

    def taken(self) -> "SharedPage":
        """Return the page, to which another view goes."""
        page = self.page
        page.was_followed = True
        return page


class SharedPage:
    """A retained tree that several views show, and the values that it was made from."""

    __slots__ = ("__weakref__", "_reads", "_rule", "_tree", "asks_extras", "step", "was_followed")

    def __init__(self, tree: Unit, *, asks_extras: bool) -> None:
        self.asks_extras = asks_extras
        """True if one of its names may have its value from elsewhere than the context of the view and the globals."""
        self._tree = tree
        self._rule = tree.segment.rule
        self._reads = tuple(zip(tree.segment.names, tree.inputs, strict=True))
        self.step: Step | None = None
        """The last change of a view that showed this page."""
        self.was_followed = False

    def after(
        self, extras: Mapping[str, Any], assigns: Mapping[str, Any], behind: Mapping[str, Any]
    ) -> Step | None:
        """Return what a render of these names would change, if it is known. They are looked up in this order."""
        step = self.step
        if step is not None and step.page.shows(extras, assigns, behind):
            return step
        return Step(self, _NO_CHANGE) if self.shows(extras, assigns, behind) else None

    def has(self, tree: Unit) -> bool:
        """Return True if a view with this tree may show the page instead: its browser has the same, of equal values."""
        # The values only come first because trees may be large.
        return all(map(self._is_same_token, tree.inputs, self._tree.inputs)) and are_alike(tree, self._tree)

    def own_tree(self) -> Unit:
        """Return a copy of the tree, which its view may change."""
        tree: Unit = copied(self._tree)
        return tree

    def shows(self, extras: Mapping[str, Any], assigns: Mapping[str, Any], behind: Mapping[str, Any]) -> bool:
        """Return True if the page is made from the values of these names. They are looked up in this order."""
        for name, token in self._reads:
            if name in extras:
                value = extras[name]
            elif name in assigns:
                value = assigns[name]
            else:
                value = behind.get(name, missing)
            if value is not token and not self._rule.same(value, token):
                return False
        return True

    def _is_same_token(self, token: Any, other: Any) -> bool:
        return token is not DIRTY and (type(token) is Snapshot or self._rule.same(token, other))


def is_shareable(tree: Unit) -> bool:
    """Return True if views may show this tree together, as far as its values and its state go."""
    return all(map(_is_data, tree.inputs)) and is_plain(tree)


def _is_data(token: Any) -> bool:
    """Return True if the text of a value depends on nothing but the value.

    The classes of an application may have properties that read the user of the moment. In a tree of one view that would
    at most be out of date; among views it would show the text of one user to another.
    """
    cls = type(token)
    if cls in ATOMS or cls in _CODE:
        return True
    if cls is Snapshot:
        return token.cls in BUILTINS and all(map(_is_data, token.contents))
    return (cls is tuple or cls is frozenset) and all(map(_is_data, token))


class Holder(Protocol):
    """A view's renderer, which has a tree of its own or a shared page."""

    @property
    def own_tree(self) -> Unit | None: ...
    def show(self, page: SharedPage) -> None: ...
    def may_add(self, names: Iterable[str]) -> bool:
        """Return True if it gives one of these names a value, besides the context of the view and the globals."""


def _page(holder: Holder, tree: Unit) -> SharedPage:
    return SharedPage(tree, asks_extras=holder.may_add(tree.segment.names))


class SharedPages:
    """The pages of one template that views share. They meet here."""

    __slots__ = ("_last", "_pages", "_steps", "_tries")

    def __init__(self) -> None:
        self._pages: list[ref[SharedPage]] = []
        self._steps: deque[ref[SharedPage]] = deque()
        self._last: ref[Holder] | None = None
        self._tries = _TRIES

    def is_worth_a_try(self) -> bool:
        """Return True if a view with a tree of its own should look for others like it."""
        if self._tries < 0:
            self._tries += 1
            # Views may become alike: now and then a few of them look.
            if self._tries == 0:
                self._tries = _FEW_TRIES
        return self._tries > 0

    def meet(self, holder: Holder, tree: Unit) -> None:
        """Let the view of `holder`, which has just rendered `tree`, show the page of other views, if it is the same."""
        page = self._same_as(holder, tree)
        if page is None:
            self._last = ref(holder)
            self.missed()
        else:
            holder.show(page)

    def lead(self, holder: Holder, page: SharedPage, tree: Unit, diff: Diff) -> Step:
        """Return the step from `page` to that of `tree`, for the view of `holder` and for the next ones of `page`."""
        following = self._same_as(holder, tree)
        if page.was_followed:
            self._tries = _TRIES
        if following is None:
            following = _page(holder, tree)
            self._add(following)
        # A page to which views come back may lead here. In a cycle both would wait for the garbage collector.
        following.step = None
        step = Step(following, shared_diff(diff))
        if following is not page:
            self._note(page, step)
        return step

    def _note(self, page: SharedPage, step: Step) -> None:
        page.step = step
        self._steps.append(ref(page))
        if len(self._steps) > _MOST_STEPS:
            former = self._steps.popleft()()
            if former is not None and former is not page:
                former.step = None

    def missed(self) -> None:
        """Note that a view has shared nothing, or has left its page before it had shared a change."""
        if self._tries > 0:
            self._tries = self._tries - 1 or -_REST

    def _same_as(self, holder: Holder, tree: Unit) -> SharedPage | None:
        page = next((page for page in self._present() if page.has(tree)), None)
        return self._shared_with_last(holder, tree) if page is None else page

    def _shared_with_last(self, holder: Holder, tree: Unit) -> SharedPage | None:
        last = None if self._last is None else self._last()
        other = None if last is None or last is holder else last.own_tree
        if last is None or other is None or other.segment is not tree.segment or not is_shareable(other):
            return None
        page = _page(last, other)
        if not page.has(tree):
            return None
        last.show(page)
        self._add(page)
        return page

    def _present(self) -> Iterator[SharedPage]:
        return (page for reference in self._pages if (page := reference()) is not None)

    def _add(self, page: SharedPage) -> None:
        self._pages = [ref(page), *map(ref, self._present())][:_MOST_PAGES]
