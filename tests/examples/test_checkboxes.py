"""Tests of the shared checkboxes."""

from examples.checkboxes.app import app
from examples.checkboxes.board import SIZE, Board
from pyview.testing import LiveClient


def test_toggling_ignores_unknown_numbers() -> None:
    board = Board()
    assert board.toggle(3)
    assert (board.checked, board.boxes[3].checked) == (1, True)
    assert not board.toggle(-1)
    assert not board.toggle(SIZE)
    assert board.toggle(3)
    assert board.checked == 0


async def test_a_click_reaches_all_pages_in_a_small_message() -> None:
    async with LiveClient(app) as client:
        one, other = await client.open("/"), await client.open("/")
        await one.click("#box-999")
        await other.settle()
        for page in (one, other):
            assert page.find("#checked").text == "1"
            assert page.find("#box-999").get("checked") is not None
        await other.click("button")
        await one.settle()
        assert one.find("#checked").text == "0"
        assert not one.find_all("[id^=box-][checked]")


async def test_an_unknown_number_gets_a_reply() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.push("toggle", {"number": "1000"})
        assert page.find("#checked").text == "0"
