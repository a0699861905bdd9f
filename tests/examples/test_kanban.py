"""Tests of the kanban board."""

import pytest

from examples.kanban.app import app
from examples.kanban.board import LONGEST, MOST_CARDS, Board, NotAccepted
from pyview.testing import LiveClient, PageError


def texts(board: Board) -> list[list[str]]:
    return [[card.text for card in cards] for cards in board.columns]


def test_cards_move_between_columns_and_within_one() -> None:
    board = Board((("a", "b", "c"), (), ("z",)))
    assert board.move(1, 2, 1)
    assert board.move(2, 0, 9)
    assert texts(board) == [["c", "b"], [], ["z", "a"]]


def test_unknown_cards_and_columns_change_nothing() -> None:
    board = Board((("a",), (), ()))
    assert not board.move(7, 1, 0)
    assert not board.move(1, 3, 0)
    assert not board.move(1, -1, 0)
    assert texts(board) == [["a"], [], []]


def test_invalid_cards_are_refused_with_a_message() -> None:
    board = Board()
    with pytest.raises(NotAccepted, match="Write what"):
        board.add("  ")
    with pytest.raises(NotAccepted, match=f"{LONGEST} characters"):
        board.add("x" * 121)
    for _ in range(MOST_CARDS):
        board.add("x")
    with pytest.raises(NotAccepted, match="full"):
        board.add("one more")


async def test_all_pages_show_a_card_added_moved_and_removed() -> None:
    async with LiveClient(app) as client:
        one, other = await client.open("/"), await client.open("/")
        await one.submit("#add", {"text": "Write a test"})
        await other.settle()
        card = other.find('[data-column="0"] .ticket', text="Write a test")["data-card"]
        await other.push("drop", {"card": int(card), "column": 2, "position": 0})
        await one.settle()
        assert one.find('[data-column="2"] .ticket')["data-card"] == card
        await one.click(f"#card-{card} [aria-label$=left]")
        await other.settle()
        assert other.exists(f'[data-column="1"] #card-{card}')
        await other.click(f"#card-{card} [aria-label^=Remove]")
        await one.settle()
        assert not one.exists(f"#card-{card}")


async def test_the_page_links_to_the_hook() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        script = page.find("link[data-pyview-hooks]")["href"]
        assert "export const Board" in (await client.get(script)).text


async def test_an_invalid_drop_changes_nothing() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        before = [card["data-card"] for card in page.find_all(".ticket")]
        for drop in ({"card": "x"}, {}):
            with pytest.raises(PageError, match="bad_payload"):
                await page.push("drop", drop)
        await page.push("drop", {"card": 1, "column": 99, "position": 0})
        assert [card["data-card"] for card in page.find_all(".ticket")] == before
