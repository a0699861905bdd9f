"""Two hundred orders of a small shop, generated from a seed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

FIRST_NAMES = (
    "Ada", "Amara", "Bruno", "Chiara", "Dmitri", "Elif", "Femi", "Grete", "Hanna", "Ines", "Jonas", "Kaito",
    "Leila", "Mateo", "Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Sven", "Tomás", "Uma", "Wanda", "Zoë",
)  # fmt: skip
LAST_NAMES = (
    "Almeida", "Bergström", "Costa", "Demir", "Eriksen", "Fischer", "García", "Haddad", "Ivanova", "Jansen",
    "Kowalski", "Lindqvist", "Moreau", "Nakamura", "Okafor", "Petrov", "Quinn", "Rossi", "Sharma", "Weber",
)  # fmt: skip
CITIES = (
    "Amsterdam", "Barcelona", "Bergen", "Bologna", "Kraków", "Leipzig", "Lisbon", "Lyon", "Malmö", "Porto",
    "Riga", "Vienna",
)  # fmt: skip
PRICES = {
    "Walnut desk lamp": 8900,
    "Linen table runner": 3450,
    "Stoneware teapot": 5200,
    "Enamel colander": 2795,
    "Beeswax candles": 1850,
    "Oak cutting board": 4600,
    "Wool blanket": 12400,
    "Copper kettle": 9950,
    "Rattan basket": 3900,
    "Cast iron pan": 6850,
}
STATUSES = ("paid", "packed", "sent", "returned")
STATUS_WEIGHTS = (3, 2, 10, 1)


@dataclass(frozen=True, slots=True)
class Order:
    """An order. ``cents`` is its total in hundredths of a euro."""

    number: int
    customer: str
    city: str
    product: str
    quantity: int
    placed: date
    cents: int
    status: str

    @property
    def total(self) -> str:
        return f"€{self.cents / 100:,.2f}"

    @property
    def words(self) -> str:
        """Text for the search, case-folded."""
        return f"{self.number} {self.customer} {self.city} {self.product} {self.status}".casefold()


def make_orders(count: int = 200, seed: int = 7) -> tuple[Order, ...]:
    """Return the orders of a seed, newest first."""
    return tuple(sorted(_generate(count, Random(seed)), key=lambda order: -order.number))


def _generate(count: int, random: Random) -> Iterator[Order]:
    placed = date(2025, 1, 2)
    for number in range(1001, 1001 + count):
        placed += timedelta(days=random.choice((0, 1, 1, 2)))
        product = random.choice(tuple(PRICES))
        quantity = random.choice((1, 1, 1, 2, 2, 3, 6))
        yield Order(
            number=number,
            customer=f"{random.choice(FIRST_NAMES)} {random.choice(LAST_NAMES)}",
            city=random.choice(CITIES),
            product=product,
            quantity=quantity,
            placed=placed,
            cents=PRICES[product] * quantity,
            status=random.choices(STATUSES, STATUS_WEIGHTS)[0],
        )
