"""Values that render themselves: components, nested views, templates within templates.

A live value stands in a template where any other value may stand: `{{ value }}`. In the tree its slot holds whatever
`render` retains. In a page that is made as text it leaves a mark, and its HTML is put there afterwards, because making
it may have to wait for something.
"""

import secrets
from contextvars import ContextVar
from typing import Any, ClassVar, Final, Self

from jinja2.utils import internalcode

from pyview.template.tree.nodes import Diff, Fresh


class LiveValueInText(TypeError):
    """A live value was made part of a text, where nothing can keep it alive."""


class Live:
    """The base of live values. They are made anew at every render; what lasts is what `render` retains."""

    __slots__ = ()

    visits: ClassVar[int] = 1
    """1 for a value that has to be rendered at every render of its page, 0 where equal ones may be passed over."""

    def render(self, fresh: Fresh, previous: Any) -> tuple[Any, Any]:
        """The slot: (what to retain, what changed or None). `previous` is what the slot held before, of any kind.

        What changed is a text, an integer or the diff of a node; see `pyview.template.tree.nodes`.
        """
        raise NotImplementedError

    async def html(self, host: Any) -> str:
        """What stands in a page that is made as text, for `host`."""
        raise NotImplementedError

    @property
    def described(self) -> str:
        """What errors call it."""
        return type(self).__name__

    def __html__(self) -> str:
        """The mark of this value in a page that is made as text. Raises `LiveValueInText` anywhere else."""
        page = _PAGE.get()
        if page is None:
            raise LiveValueInText(
                f"{self.described} was made part of a text (a filter, a captured block, a macro within an expression). "
                "Write it where it belongs in the page: {{ ... }}, with nothing around it."
            )
        return page.mark(self)

    def __str__(self) -> str:
        return self.__html__()


class TextPage:
    """The live values of one page that is made as text, each with the mark it left there.

    What is rendered to text within it (`with`) belongs to it; its live values are those of `host`. `environment` is the
    template environment of the application.
    """

    __slots__ = ("_secret", "_token", "_values", "environment", "host")

    def __init__(self, host: Any, environment: Any = None) -> None:
        self.host = host
        self.environment = environment
        self._secret = ""
        self._values: dict[str, Live] = {}

    def __enter__(self) -> Self:
        self._token = _PAGE.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        _PAGE.reset(self._token)

    def mark(self, value: Live) -> str:
        # Nobody can put a mark into a page whose secret he does not know.
        self._secret = self._secret or secrets.token_hex(8)
        mark = f"[live {self._secret} {len(self._values)}]"
        self._values[mark] = value
        return mark

    async def filled(self, text: str) -> str:
        """`text` with the HTML of every live value in the place of its mark, made in the order of the marks."""
        for mark, value in self._values.items():
            text = text.replace(mark, await value.html(self.host), 1)
        return text

    def __bool__(self) -> bool:
        return bool(self._values)


_PAGE: Final[ContextVar[TextPage | None]] = ContextVar("page", default=None)


def page_environment() -> Any:
    """The template environment of the page that is being made as text; None where none is."""
    page = _PAGE.get()
    return None if page is None else page.environment


@internalcode
def store_live(fresh: Fresh, slots: list[Any], position: int, diff: Diff, value: Live) -> None:
    """Render a live value into a slot, and put what changed into the diff around it."""
    fresh.visits += value.visits
    slot, change = value.render(fresh, slots[position])
    if change is not None:
        slots[position] = slot
        diff[str(position)] = change


def called_text(value: Any) -> Any:
    """What a call block writes into a page that is made as text: what was called, or the mark of a live value."""
    return value.__html__() if isinstance(value, Live) else value
