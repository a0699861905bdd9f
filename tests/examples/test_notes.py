"""Tests of the shared notes: one writer for each paragraph."""

from hypothesis import given
from hypothesis import strategies as st

from examples.notes.app import app
from examples.notes.document import MOST, Document
from pyview.testing import LiveClient

writers = st.sampled_from(["ada", "grace"])
numbers = st.integers(0, 4)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("hold"), numbers, writers),
        st.tuples(st.just("write"), numbers, st.text(max_size=3), writers),
        st.tuples(st.just("remove"), numbers, writers),
        st.tuples(st.just("release"), writers),
        st.tuples(st.just("add")),
    )
)


@given(steps)
def test_a_locked_paragraph_has_one_writer(steps: list[tuple[object, ...]]) -> None:
    document = Document("one", "two")
    for name, *arguments in steps:
        before = {one.id: one for one in document.paragraphs}
        changed = getattr(document, str(name))(*arguments)
        held = [one.writer for one in document.paragraphs if one.writer]
        assert len(held) == len(set(held)), "each writer locks at most one paragraph"
        if name == "write" and changed:
            number, _, writer = arguments
            assert before[number].writer == writer  # type: ignore[index]


def test_the_number_of_paragraphs_is_limited() -> None:
    document = Document(*["x"] * MOST)
    assert document.add() is None


async def test_a_locked_paragraph_is_readonly_for_others() -> None:
    async with LiveClient(app) as client:
        one, other = await client.open("/"), await client.open("/")
        name = one.find("#me").text
        assert name != other.find("#me").text
        await one.push("hold", {"number": 1})
        await other.settle()
        assert other.find(".taken small").text == f"{name} is writing"
        assert other.find("#text-1").get("readonly") is not None
        await one.change("#note-1", {"text": "Written by one"})
        await other.settle()
        assert other.find("#text-1").text == "Written by one"
        await other.push("write", {"number": 1, "text": "stolen"})
        await other.push("remove", {"number": 1})
        await one.settle()
        assert one.find("#text-1").text == "Written by one"


async def test_closing_the_page_unlocks_the_paragraph() -> None:
    async with LiveClient(app) as client:
        one, other = await client.open("/"), await client.open("/")
        await one.push("hold", {"number": 2})
        await one.close()
        await other.wait_for(lambda page: not page.find_all(".taken"))


async def test_paragraphs_can_be_added_and_removed() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        count = len(page.find_all(".notes li"))
        await page.click("button", text="Another")
        assert len(page.find_all(".notes li")) == count + 1
        await page.click(".notes li:last-child button")
        assert len(page.find_all(".notes li")) == count
