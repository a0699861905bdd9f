"""Costs of a loan and the shapes of its chart, independent of the web."""

from dataclasses import dataclass
from functools import cached_property

WIDTH, HEIGHT = 640, 240


@dataclass(frozen=True)
class Year:
    """Payments of one year, and the debt at its end."""

    number: int
    interest: float
    repaid: float
    owed: float


@dataclass(frozen=True)
class Loan:
    """A loan of `amount` at `rate` per cent a year, repaid in equal monthly instalments over `years`."""

    amount: int
    rate: float
    years: int

    @cached_property
    def monthly(self) -> float:
        """Monthly instalment, by the annuity formula; without interest, a plain division."""
        months, rate = self.years * 12, self.rate / 1200
        return self.amount * rate / (1 - (1 + rate) ** -months) if rate else self.amount / months

    @cached_property
    def schedule(self) -> tuple[Year, ...]:
        owed, years = float(self.amount), []
        for number in range(1, self.years + 1):
            interest = 0.0
            for _ in range(12):
                due = owed * self.rate / 1200
                interest += due
                owed += due - self.monthly
            years.append(Year(number, interest, self.yearly - interest, max(owed, 0.0)))
        return tuple(years)

    @property
    def yearly(self) -> float:
        return self.monthly * 12

    @property
    def interest(self) -> float:
        return sum(year.interest for year in self.schedule)


@dataclass(frozen=True)
class Scale:
    """Vertical axis of the chart, in money: it ends at `top` and has a line every `step`."""

    top: int
    step: int

    @property
    def lines(self) -> tuple[float, ...]:
        """Positions of the lines, in units of HEIGHT from the top."""
        return tuple(
            round(HEIGHT * (1 - money / self.top), 2) for money in range(self.step, self.top, self.step)
        )


def scale_for(highest: float) -> Scale:
    """Return the smallest scale of round numbers (1, 2 or 5 times a power of ten) that holds `highest`."""
    power = 1
    while True:
        for top, steps in ((1, 5), (2, 4), (5, 5)):
            if top * power >= highest and power >= 10:
                return Scale(top * power, top * power // steps)
        power *= 10


@dataclass(frozen=True)
class Bar:
    """One year in the chart, in units of WIDTH by HEIGHT, with the interest above the repayment."""

    year: Year
    x: float
    width: float
    repaid: float
    interest: float

    @property
    def top(self) -> float:
        return HEIGHT - self.repaid - self.interest


def bars(loan: Loan, scale: Scale) -> tuple[Bar, ...]:
    """Return one bar for each year. All have the same height, because the yearly payment is constant."""
    step, unit = WIDTH / loan.years, HEIGHT / scale.top
    return tuple(
        Bar(year, round(i * step, 2), round(step * 0.84, 2), year.repaid * unit, year.interest * unit)
        for i, year in enumerate(loan.schedule)
    )
