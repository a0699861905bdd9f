"""The model behind the assistant: one on a server, or a stand-in that quotes the documentation word by word."""

import asyncio
import json
import os
import re
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import httpx

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAUSE = 0.02  # seconds between two words
UNKNOWN = """\
I am a **stand-in** for a language model, and know the documentation of PyView only. I found nothing about this in it.

Ask me, for example:

- How do I download a file?
- How can a page keep its state?
- What is a stream?
"""

Exchange = tuple[str, str]
"""A question and its answer."""


class Section(NamedTuple):
    """A part of the documentation. `words` are those of its text, with their numbers."""

    page: str
    heading: str
    text: str
    words: Counter[str]


def answer_to(question: str, before: Sequence[Exchange]) -> AsyncIterator[str]:
    """Yield the answer in parts. `before` is the conversation so far."""
    if "MODEL_URL" in os.environ:
        return answer_of_server(os.environ["MODEL_URL"], question, before)
    return quotation(question)


# A real model


async def answer_of_server(url: str, question: str, before: Sequence[Exchange]) -> AsyncIterator[str]:
    """Yield the answer of a server with the usual protocol, such as `http://localhost:11434/v1`."""
    messages = [
        message
        for asked, answered in before
        for message in ({"role": "user", "content": asked}, {"role": "assistant", "content": answered})
    ]
    body = {
        "model": os.environ.get("MODEL", "llama3.2"),
        "stream": True,
        "messages": [*messages, {"role": "user", "content": question}],
    }
    headers = {"authorization": f"Bearer {os.environ.get('MODEL_KEY', '')}"}
    async with (
        httpx.AsyncClient(timeout=60, headers=headers) as client,
        client.stream("POST", f"{url}/chat/completions", json=body) as response,
    ):
        response.raise_for_status()
        async for line in response.aiter_lines():
            if line.startswith("data: ") and line != "data: [DONE]":
                yield json.loads(line.removeprefix("data: "))["choices"][0]["delta"].get("content") or ""


# The stand-in


async def quotation(question: str) -> AsyncIterator[str]:
    """Yield the section of the documentation that fits the question best."""
    # In a thread: the first question reads the whole documentation.
    section = await asyncio.to_thread(best_section, question)
    if section is None:
        text = UNKNOWN
    else:
        text = f"The page *{section.page}* says about **{section.heading}**:\n\n{section.text}"
    for word in re.split(r"(?<=\s)", text):
        yield word
        await asyncio.sleep(PAUSE)


def best_section(question: str) -> Section | None:
    """Return the section with the most words of the question, rare ones first; None if it has hardly any."""
    asked = words_of(question)
    found = max(sections(), key=lambda section: score(asked, section), default=None)
    return found if found is not None and score(asked, found) >= 1 else None


def score(asked: Counter[str], section: Section) -> float:
    heading, page = words_of(section.heading), words_of(section.page)
    known = [word for word in asked if word in section.words]
    named = sum(2 * (word in heading) + 3 * (word in page) for word in known)
    return named + sum(section.words[word] / usage()[word] for word in known)


@cache
def usage() -> Counter[str]:
    """Return how often the documentation has each word."""
    total: Counter[str] = Counter()
    for section in sections():
        total.update(section.words)
    return total


@cache
def sections() -> tuple[Section, ...]:
    """Return the sections of all pages. Comments and links are left out."""
    return tuple(section for page in sorted(DOCS.glob("*.md")) for section in sections_of(page))


def sections_of(page: Path) -> list[Section]:
    text = re.sub(r"<!--.*?-->\n?", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    found: list[list[str]] = []
    in_code = False
    for line in text.splitlines():
        in_code ^= line.startswith("```")
        if line.startswith("#") and not in_code:
            found.append([line.lstrip("# ")])
        elif found:
            found[-1].append(line)
    return [
        Section(page.stem, heading, "\n".join(body).strip(), words_of(" ".join([heading, *body])))
        for heading, *body in found
    ]


def words_of(text: str) -> Counter[str]:
    """Return the words of a text with more than three letters, without their endings."""
    return Counter(word[:6] for word in re.findall(r"[a-z_]{4,}", text.lower()))
