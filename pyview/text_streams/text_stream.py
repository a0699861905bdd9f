"""A text that grows, and the live component that shows it: only the component is rendered when the text grows."""

import secrets
from collections.abc import Sequence
from typing import Any, Final, Literal, TypeAlias

from markupsafe import Markup
from pydantic_core import CoreSchema, core_schema

from pyview.components.component import LiveComponent
from pyview.components.socket import ComponentSocket
from pyview.template.component_tag import ComponentTag, live_component
from pyview.template.live_template import LiveTemplate
from pyview.template.tree.nodes import RenderPass
from pyview.template.tree.output import Live
from pyview.text_streams.pieces import MarkdownPieces, Pieces, PlainPieces

State: TypeAlias = Literal["streaming", "done", "stopped", "failed"]

_TEMPLATE: Final = """\
<div id="{{ of.id }}" class="pv-streamed{{ '' if of.markdown else ' pv-plain' }}" \
aria-busy="{{ 'true' if of.streaming else 'false' }}">{% for piece in of.pieces %}{{ piece }}{% endfor %}</div>"""


class TextStream(Live):
    """A text that grows while it is shown: `{{ answer }}` in a template is its place.

    `text` is what has arrived. `state` is "streaming" until the source ends ("done"), the text is stopped or its view
    ends ("stopped"), or the source fails ("failed"); `error_id` is the id of the failure in the log. `id` is the id of
    its element. A view keeps it (`keep`) as its text and state; one that was streaming is "stopped" then.
    """

    def __init__(self, text: str = "", *, markdown: bool = True, state: State = "done") -> None:
        self.id = f"text-{secrets.token_urlsafe(6)}"
        self.text = text
        self.state: State = state
        self.error_id: str | None = None
        self.markdown = markdown
        self.run = 0
        """Number of times that it has begun: what an earlier source still sends is dropped."""
        self.cid: int | None = None
        """The number of the component that shows it; None before it is shown."""
        self._made: Pieces | None = None
        self._pieces: Sequence[Markup] | None = None

    @property
    def streaming(self) -> bool:
        """True while more may arrive."""
        return self.state == "streaming"

    @property
    def pieces(self) -> Sequence[Markup]:
        """The HTML of the text, in pieces."""
        return self.make_pieces() if self._pieces is None else self._pieces

    def make_pieces(self) -> Sequence[Markup]:
        """Make the pieces of the present text, and return them."""
        if self._made is None:
            self._made = MarkdownPieces() if self.markdown else PlainPieces()
        self._pieces = self._made.update(self.text, complete=not self.streaming)
        return self._pieces

    def restart(self) -> None:
        """Empty the text: it streams from now on."""
        self.run += 1
        self.text, self.state, self.error_id = "", "streaming", None
        self._made = self._pieces = None

    def append(self, text: str, run: int) -> None:
        """Append a part that the source of that `run` has yielded."""
        if run == self.run:
            self.text += text
            self._pieces = None

    def end(self, state: State, error_id: str | None = None) -> None:
        self.state, self.error_id = state, error_id
        # What helped to parse a part of the text is not needed any more.
        self._made = self._pieces = None

    # A place in a template

    @property
    def described(self) -> str:
        return "a TextStream"

    def tag(self) -> ComponentTag:
        return live_component(StreamedText, id=self.id, of=self)

    def render(self, render_pass: RenderPass, previous: Any) -> tuple[Any, Any]:
        return self.tag().render(render_pass, previous)

    @classmethod
    async def prepare(cls, values: Sequence["TextStream"], host: Any) -> None:
        await ComponentTag.prepare([value.tag() for value in values], host)

    async def html(self, host: Any) -> str:
        return await self.tag().html(host)

    # In a kept state

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> CoreSchema:
        data = core_schema.typed_dict_schema(
            {
                "text": core_schema.typed_dict_field(core_schema.str_schema()),
                "state": core_schema.typed_dict_field(core_schema.str_schema()),
                "markdown": core_schema.typed_dict_field(core_schema.bool_schema()),
            }
        )
        return core_schema.json_or_python_schema(
            json_schema=core_schema.no_info_after_validator_function(_restored, data),
            python_schema=core_schema.union_schema(
                [
                    core_schema.is_instance_schema(cls),
                    core_schema.no_info_after_validator_function(_restored, data),
                ]
            ),
            serialization=core_schema.plain_serializer_function_ser_schema(_kept),
        )


def _kept(stream: TextStream) -> dict[str, Any]:
    state = "stopped" if stream.streaming else stream.state
    return {"text": stream.text, "state": state, "markdown": stream.markdown}


def _restored(kept: dict[str, Any]) -> TextStream:
    state: State = kept["state"] if kept["state"] in ("done", "failed") else "stopped"
    return TextStream(kept["text"], state=state, markdown=kept["markdown"])


class StreamedText(LiveComponent[dict[str, Any]]):
    """Shows a `TextStream`. Its state is the stream, so that the view and the component see the same."""

    template = LiveTemplate.from_string(_TEMPLATE, "streamed_text.html")

    async def mount(self, socket: ComponentSocket[dict[str, Any]], assigns: dict[str, Any]) -> None:
        socket.context = {"of": assigns["of"]}

    async def update(self, socket: ComponentSocket[dict[str, Any]], assigns: dict[str, Any]) -> None:
        stream: TextStream = assigns["of"]
        stream.cid = socket.cid
        socket.context["of"] = stream
