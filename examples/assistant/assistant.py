"""A conversation with a language model: answers arrive word by word, can be stopped, and begin again."""

from dataclasses import dataclass
from typing import Any, TypedDict

from examples.assistant.model import answer_to
from pyview import LiveView, LiveViewSocket
from pyview.events import event
from pyview.text_streams import TextStream, stop_text, stream_text

LONGEST = 2000
MOST_TURNS = 50
SUGGESTIONS = ("How do I download a file?", "How can a page keep its state?", "Which limits has an upload?")


@dataclass
class Turn:
    """A question and its answer."""

    id: int
    question: str
    answer: TextStream


class Conversation(TypedDict):
    """``number`` counts the questions."""

    turns: list[Turn]
    number: int
    suggestions: tuple[str, ...]
    longest: int


Socket = LiveViewSocket[Conversation]


class AssistantLiveView(LiveView[Conversation], keep=("turns", "number")):
    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"turns": [], "number": 0, "suggestions": SUGGESTIONS, "longest": LONGEST}

    @event
    async def ask(self, socket: Socket, question: str) -> None:
        asked, context = question.strip()[:LONGEST], socket.context
        if not asked:
            return
        context["number"] += 1
        answer = stream_text(socket, answer_to(asked, self._before(context["turns"])))
        context["turns"].append(Turn(context["number"], asked, answer))
        for turn in context["turns"][:-MOST_TURNS]:
            stop_text(socket, turn.answer)
        del context["turns"][:-MOST_TURNS]

    @event
    async def stop(self, socket: Socket, id: int) -> None:
        turn = self._find(socket, id)
        if turn is not None:
            stop_text(socket, turn.answer)

    @event
    async def retry(self, socket: Socket, id: int) -> None:
        turn = self._find(socket, id)
        if turn is not None:
            before = [each for each in socket.context["turns"] if each.id < id]
            stream_text(socket, answer_to(turn.question, self._before(before)), into=turn.answer)

    @event
    async def clear(self, socket: Socket) -> None:
        for turn in socket.context["turns"]:
            stop_text(socket, turn.answer)
        socket.context["turns"] = []

    def _find(self, socket: Socket, id: int) -> Turn | None:
        return next((turn for turn in socket.context["turns"] if turn.id == id), None)

    def _before(self, turns: list[Turn]) -> list[tuple[str, str]]:
        return [(turn.question, turn.answer.text) for turn in turns if not turn.answer.streaming]
