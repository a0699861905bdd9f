"""Texts that are kept for a short time."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from pyview.transport.expiring import ExpiringTexts
from tests.asgi import eventually


async def test_texts_expire() -> None:
    texts: ExpiringTexts[str] = ExpiringTexts(0.01, 10, 100)
    texts["a"] = "text"
    await eventually(lambda: texts.get("a") is None)
    assert texts.pop("a") is None
    assert len(texts) == 0


async def test_a_text_is_taken_once() -> None:
    texts: ExpiringTexts[str] = ExpiringTexts(60.0, 10, 100)
    texts["a"], texts["b"] = "one", "two"
    texts["a"] = "three"
    assert (texts.get("a"), texts.pop("a"), texts.pop("a"), texts.get("b")) == ("three", "three", None, "two")


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 60)), max_size=40))
def test_they_stay_within_their_limits(changes: list[tuple[int, int]]) -> None:
    async def change() -> None:
        texts: ExpiringTexts[int] = ExpiringTexts(60.0, 4, 100)
        for key, size in changes:
            texts[key] = "x" * size
            kept = [found for found in map(texts.get, range(10)) if found is not None]
            assert len(kept) == len(texts) <= 4
            assert sum(map(len, kept)) <= 100
            assert texts.get(key) == "x" * size  # the newest stays

    asyncio.run(change())
