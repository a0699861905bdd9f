"""A simulated stock market with random prices, independent of the web."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random

HISTORY = 40
WIDTH, HEIGHT = 120, 32
LISTED: Mapping[str, tuple[str, float]] = {
    "ALDR": ("Alder & Sons", 84.20),
    "BRCH": ("Birch Timber", 31.75),
    "CEDR": ("Cedar Systems", 212.40),
    "ELMW": ("Elm Waterworks", 18.05),
    "HAZL": ("Hazel Foods", 56.60),
    "LIND": ("Linden Rail", 127.30),
    "MAPL": ("Maple Credit", 43.90),
    "ROWN": ("Rowan Health", 98.15),
}


@dataclass(frozen=True, slots=True)
class Quote:
    """Recent prices of a share, oldest first; never empty."""

    symbol: str
    name: str
    prices: tuple[float, ...]

    @property
    def price(self) -> float:
        return self.prices[-1]

    @property
    def change(self) -> float:
        """Change since the oldest price, in per cent."""
        return 100 * (self.price / self.prices[0] - 1)

    @property
    def trend(self) -> str:
        if abs(self.change) < 0.005:
            return "flat"
        return "up" if self.change > 0 else "down"

    @property
    def points(self) -> str:
        """``points`` of an SVG polyline, WIDTH by HEIGHT units, with a margin of two."""
        low, high = min(self.prices), max(self.prices)
        scale = (HEIGHT - 4) / ((high - low) or 1)
        step = WIDTH / (HISTORY - 1)
        first = WIDTH - step * (len(self.prices) - 1)
        return " ".join(
            f"{first + i * step:.1f},{HEIGHT - 2 - (price - low) * scale:.1f}"
            for i, price in enumerate(self.prices)
        )

    def moved(self, factor: float) -> "Quote":
        price = round(max(self.price * factor, 0.01), 2)
        return replace(self, prices=(*self.prices[1 - HISTORY :], price))


class Market:
    """Quotes of all shares."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.quotes = tuple(Quote(symbol, name, (price,)) for symbol, (name, price) in LISTED.items())
        for _ in range(HISTORY):
            self.step()

    def step(self) -> tuple[Quote, ...]:
        """Change some of the prices at random."""
        self.quotes = tuple(self._maybe_moved(quote) for quote in self.quotes)
        return self.quotes

    def _maybe_moved(self, quote: Quote) -> Quote:
        if self._random.random() < 0.4:
            return quote
        return quote.moved(self._random.gauss(1, 0.004))
