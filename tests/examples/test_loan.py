"""Tests of the loan: arithmetic, chart and validation."""

import pytest

from examples.loan.app import app
from examples.loan.schedule import HEIGHT, WIDTH, Loan, bars, scale_for
from pyview.testing import LiveClient


@pytest.mark.parametrize("loan", [Loan(250_000, 3.5, 25), Loan(10_000, 0, 1), Loan(1_000_000, 15, 40)])
def test_a_loan_is_repaid_to_the_cent_and_its_bars_fit_the_chart(loan: Loan) -> None:
    assert sum(year.repaid for year in loan.schedule) == pytest.approx(loan.amount)
    assert loan.schedule[-1].owed == pytest.approx(0, abs=0.01)
    scale = scale_for(loan.yearly)
    drawn = bars(loan, scale)
    assert all(bar.top >= -0.01 and bar.interest >= 0 for bar in drawn)
    assert drawn[-1].x + drawn[-1].width <= WIDTH
    assert drawn[0].repaid + drawn[0].interest == pytest.approx(HEIGHT * loan.yearly / scale.top)


@pytest.mark.parametrize(
    ("highest", "top", "step"),
    [(1, 10, 2), (250, 500, 100), (1000, 1000, 200), (15_019, 20_000, 5000), (1_150_000, 2_000_000, 500_000)],
)
def test_the_scale_has_round_numbers(highest: float, top: int, step: int) -> None:
    scale = scale_for(highest)
    assert (scale.top, scale.step) == (top, step)
    assert all(0 < line < HEIGHT for line in scale.lines)


async def test_the_bars_move_with_the_amount() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        tops = []
        for amount in ("200000", "250000", "300000"):
            await page.change("#request", {"amount": amount})
            tops.append(float(page.find("svg rect.interest")["y"]))
        assert tops[0] > tops[1] > tops[2]


async def test_the_chart_follows_the_sliders() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        assert len(page.find_all("svg g")) == 25
        await page.change("#request", {"years": "10", "rate": "0"})
        assert (len(page.find_all("svg g")), page.find("#interest").text) == (10, "0")
        assert page.find("#monthly").text == "2,083.33"


@pytest.mark.parametrize("values", [{"years": "400"}, {"rate": "nan"}, {"amount": "-5"}, {"years": "x"}, {}])
async def test_invalid_values_change_nothing(values: dict[str, str]) -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.push("move", {"payload": values, **values})
        assert len(page.find_all("svg g")) == 25
