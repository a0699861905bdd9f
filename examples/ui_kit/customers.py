"""Customers to search for, as of a database."""

FIRST = (
    "Ada",
    "Alan",
    "Barbara",
    "Charles",
    "Donald",
    "Edsger",
    "Frances",
    "Grace",
    "Hedy",
    "Ida",
    "Karen",
    "Radia",
)
LAST = (
    "Allen",
    "Babbage",
    "Conway",
    "Dijkstra",
    "Hamilton",
    "Hopper",
    "Knuth",
    "Lamarr",
    "Liskov",
    "Lovelace",
    "Rhodes",
)
CUSTOMERS = [
    (str(number), f"{first} {last}", f"Customer {1000 + number}")
    for number, (first, last) in enumerate((first, last) for first in FIRST for last in LAST)
]
FOUND = 20
"""Most customers that a search finds."""


def customers_with(text: str) -> list[tuple[str, str, str]]:
    """Return the first customers whose name or number has the text."""
    wanted = text.casefold()
    return [one for one in CUSTOMERS if wanted in one[1].casefold() or wanted in one[2].casefold()][:FOUND]


def customer_name(id: str) -> str:
    """Return the name of a customer; an empty text if there is none."""
    return next((name for number, name, _ in CUSTOMERS if number == id), "")
