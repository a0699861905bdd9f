"""Tests of the shared board: marks, cursors and users."""

import math

import pytest

from examples.cursors.app import app
from examples.cursors.board import Board, within
from examples.cursors.cursors import CursorsLiveView
from pyview.testing import LiveClient


@pytest.mark.parametrize(
    ("percent", "place"), [(-1, 0), (0, 0), (12.345, 12.35), (101, 100), (math.inf, 100), (math.nan, 0)]
)
def test_positions_are_clamped_to_the_board(percent: float, place: float) -> None:
    assert within(percent) == pytest.approx(place, abs=0.01)


def test_the_board_keeps_the_latest_marks() -> None:
    board = Board(kept=2)
    for x in (1, 2, 3):
        board.add(x, 0, 0)
    assert [mark.x for mark in board.marks] == [2, 3]


async def test_all_pages_show_users_and_marks() -> None:
    CursorsLiveView.board.wipe()
    async with LiveClient(app) as client:
        one, two = await client.open("/"), await client.open("/")
        await one.settle()
        assert [len(page.find_all(".people li")) for page in (one, two)] == [2, 2]
        assert [len(page.find_all(".cursor")) for page in (one, two)] == [1, 1]
        await one.push("mark", {"x": 10, "y": 20.5})
        await two.settle()
        assert [len(page.find_all(".mark")) for page in (one, two)] == [1, 1]
        assert "left: 10" in two.find(".mark")["style"]
        await two.push("wipe")
        await one.settle()
        assert [len(page.find_all(".mark")) for page in (one, two)] == [0, 0]
        await two.close()
        await one.settle()
        assert len(one.find_all(".people li")) == 1
        assert "1 here" in one.text


async def test_a_cursor_is_pushed_to_other_pages_without_a_render() -> None:
    async with LiveClient(app) as client:
        one, two = await client.open("/"), await client.open("/")
        await one.settle()
        await one.push("move", {"x": 33.333, "y": -5})
        await two.settle()
        ((name, moved),) = two.events
        assert (name, moved["x"], moved["y"]) == ("moved", 33.33, 0.0)
        assert two.exists(f"#cursor-{moved['key']}")
        assert one.events == []
