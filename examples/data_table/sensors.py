"""Sensors that change all the time."""

from dataclasses import dataclass, replace
from random import Random

PLACES = ("Boiler", "Roof", "Cellar", "Kitchen", "Hall", "Stairs", "Garage", "Garden")


@dataclass(frozen=True, slots=True)
class Sensor:
    id: int
    place: str
    degrees: float
    readings: int


class Sensors:
    """The sensors by their latest readings."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.all = [Sensor(n, place, 18.0 + n, 0) for n, place in enumerate(PLACES, 1)]

    def read_next(self) -> Sensor:
        """Return one sensor with a new reading."""
        index = self._random.randrange(len(self.all))
        now = self.all[index]
        degrees = round(now.degrees + self._random.uniform(-0.6, 0.6), 1)
        self.all[index] = replace(now, degrees=degrees, readings=now.readings + 1)
        return self.all[index]


SENSORS = Sensors(Random())
