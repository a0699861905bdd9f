"""Tests of the assistant, its stand-in for a model, and a model behind a server."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from examples.assistant import assistant, model
from examples.assistant.app import app
from examples.assistant.assistant import LONGEST
from pyview.testing import LiveClient, Page

QUESTION = "How do I download a file?"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "PAUSE", 0)


def ended(page: Page) -> bool:
    return page.exists("article") and not page.exists("button", "Stop")


@pytest.mark.parametrize(
    ("question", "page"),
    [
        (QUESTION, "downloads"),
        ("How large may an upload be?", "uploads"),
        ("presence of users on a page", "presence"),
    ],
)
def test_the_stand_in_finds_the_page_of_a_subject(question: str, page: str) -> None:
    section = model.best_section(question)
    assert section is not None
    assert section.page.startswith(page)


def test_sections_are_complete_and_have_no_comments_and_links() -> None:
    section = model.best_section(QUESTION)
    assert section is not None
    assert section.text.count("```") % 2 == 0
    assert "# orders.py" in section.text
    assert "<!--" not in section.text
    assert "](" not in section.text


async def test_an_answer_is_markdown_and_quotes_the_documentation() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.submit("form", {"question": f"  {QUESTION} "})
        await page.wait_for(ended)
        assert page.find(".asked").text == QUESTION
        assert page.find("article strong").text == "Download a file"
        assert page.exists("article pre code.language-python")
        await page.submit("form", {"question": "xyzzy"})
        await page.wait_for(lambda page: page.has_text("I found nothing about this"))


async def test_a_suggestion_is_a_question() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.click("button", QUESTION)
        await page.wait_for(ended)
        assert page.find(".asked").text == QUESTION


async def test_an_answer_can_be_stopped_and_begins_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "PAUSE", 60)
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.submit("form", {"question": QUESTION})
        await page.wait_for(".pv-streamed", text="The")
        await page.click("button", "Stop")
        await page.wait_for(ended)
        assert page.has_text("Stopped.")
        monkeypatch.setattr(model, "PAUSE", 0)
        await page.click("button", "Try again")
        await page.wait_for("article strong", text="Download a file")
        await page.wait_for(ended)
        assert not page.has_text("Stopped.")


async def test_a_lost_connection_loses_nothing() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.submit("form", {"question": QUESTION})
        await page.drop()
        await page.reconnect()
        await page.wait_for(ended)
        assert page.exists("article pre code.language-python")


async def test_empty_and_long_questions_and_unknown_turns_do_no_harm() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.submit("form", {"question": "   "})
        assert not page.exists("article")
        await page.submit("form", {"question": "<b>" * LONGEST})
        assert len(page.find(".asked").text) == LONGEST
        for event in ("stop", "retry"):
            await page.push(event, {"id": "99"})
        await page.click("button", "New conversation")
        assert not page.exists("article")


async def test_a_long_conversation_loses_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assistant, "MOST_TURNS", 5)
    async with LiveClient(app) as client:
        page = await client.open("/")
        for number in range(7):
            await page.submit("form", {"question": f"xyzzy {number}"})
        assert page.find_all(".asked")[0].text == "xyzzy 2"
        assert len(page.find_all("article")) == 5


# A model behind a server


def server(asked: list[Any], status: int = 200) -> Starlette:
    async def words() -> AsyncIterator[str]:
        for word in ("Hello ", None, "**you**"):
            yield f"data: {json.dumps({'choices': [{'delta': {'content': word}}]})}\n\n"
        yield "data: [DONE]\n\n"

    async def completions(request: Request) -> Response:
        asked.append((await request.json(), request.headers["authorization"]))
        return StreamingResponse(words()) if status == 200 else PlainTextResponse("no", status)

    return Starlette(routes=[Route("/v1/chat/completions", completions, methods=["POST"])])


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that connects the assistant to a server."""
    connect = httpx.AsyncClient

    def to(app: Starlette) -> None:
        monkeypatch.setenv("MODEL_URL", "http://model/v1")
        monkeypatch.setenv("MODEL_KEY", "key")
        monkeypatch.setattr(
            httpx,
            "AsyncClient",
            lambda **options: connect(transport=httpx.ASGITransport(app), **options),
        )

    return to


async def test_a_real_model_gets_the_conversation(connected: Any) -> None:
    asked: list[Any] = []
    async with LiveClient(app) as client:
        connected(server(asked))
        page = await client.open("/")
        for question in ("one", "two"):
            await page.submit("form", {"question": question})
            await page.wait_for(ended)
        assert [each.text for each in page.find_all("article strong")] == ["you", "you"]
    body, key = asked[1]
    assert [message["content"] for message in body["messages"]] == ["one", "Hello **you**", "two"]
    assert (body["stream"], key) == (True, "Bearer key")


async def test_a_model_that_refuses_fails_the_answer_only(connected: Any) -> None:
    async with LiveClient(app) as client:
        connected(server([], status=500))
        page = await client.open("/")
        await page.submit("form", {"question": "one"})
        await page.wait_for(lambda page: page.has_text("The answer broke off."))
        assert page.exists("button", "Try again")
