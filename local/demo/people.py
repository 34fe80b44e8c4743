"""The households of Balilihan, from a seeded generator: plausible, but not real people."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

COUNT = 300
_SEED = 2025_11
_FIRST_METER = 10_001
_COMMERCIAL_SHARE = 0.15

_FIRST_NAMES = (
    "Maria", "Jose", "Antonio", "Teresita", "Ramon", "Josefina", "Eduardo", "Rosario", "Fernando", "Carmelita",
    "Roberto", "Luzviminda", "Ricardo", "Corazon", "Manuel", "Erlinda", "Francisco", "Marilou", "Rodrigo", "Jocelyn",
    "Danilo", "Rowena", "Ernesto", "Lourdes", "Rogelio", "Imelda", "Alfredo", "Cristina", "Arnel", "Maricel",
    "Jerome", "Analyn", "Rommel", "Jennifer", "Joel", "Grace", "Allan", "Rosalie", "Dennis", "Leonora", "Nestor",
    "Felicidad", "Vicente", "Aurora",
)  # fmt: skip
_LAST_NAMES = (
    "Santos", "Reyes", "Cruz", "Bautista", "Ocampo", "Garcia", "Mendoza", "Torres", "Tomas", "Andrada", "Castillo",
    "Flores", "Villanueva", "Ramos", "Castro", "Rivera", "Aquino", "Navarro", "Salazar", "Mercado", "Dela Peña",
    "Magsaysay", "Pangilinan", "Lumayag", "Dumadag", "Macalalag", "Galagar", "Bagaipo", "Sumaylo", "Cagampang",
    "Baldomero", "Tumulak", "Olaivar", "Racho", "Bongalos", "Paras", "Lofranco", "Maglajos", "Asilo", "Budiongan",
)  # fmt: skip
AREAS = ("Poblacion", "San Isidro", "Santo Niño", "San Roque", "Haguilanan Grande", "Cabad", "Magsija", "Hanopol")

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Household:
    """One consumer with one connection, and its meter's values before and at this month's reading."""

    first_name: str
    last_name: str
    phone: str
    area: str
    consumer_class: str
    meter_number: str
    initial_reading: Decimal
    reading: Decimal


def area_code(name: str) -> str:
    """Return an area's code: its name without spaces and accents. Santo Niño -> Santo-Nino."""
    return name.replace(" ", "-").replace("ñ", "n")


def households() -> tuple[Household, ...]:
    """Return the 300 households, always the same, in order of their account numbers.

    The first is the only residential one that uses exactly 10 m3: 225.00 + 50.00 = 275.00.
    """
    source = random.Random(_SEED)
    first = Household(
        first_name="Juan",
        last_name="Dela Cruz",
        phone="+63 917 555 0001",
        area="Poblacion",
        consumer_class="residential",
        meter_number=f"SM-{_FIRST_METER}",
        initial_reading=Decimal(120),
        reading=Decimal(130),
    )
    return (first, *(_household(source, at) for at in range(1, COUNT)))


def _household(source: random.Random, at: int) -> Household:
    commercial = source.random() < _COMMERCIAL_SHARE
    area = _pick(source, AREAS)
    initial = Decimal(_between(source, 5, 2400))
    return Household(
        first_name=_pick(source, _FIRST_NAMES),
        last_name=_pick(source, _LAST_NAMES),
        phone=f"+63 917 555 {at + 1:04}",
        area=area,
        consumer_class="commercial" if commercial else "residential",
        meter_number=f"SM-{_FIRST_METER + at}",
        initial_reading=initial,
        reading=initial + _usage(source, commercial=commercial),
    )


def _usage(source: random.Random, *, commercial: bool) -> Decimal:
    whole = _between(source, 25, 140) if commercial else _between(source, 3, 38)
    half = Decimal("0.5") if source.random() < 0.2 else Decimal(0)
    if whole == 10 and not commercial:
        whole = 11  # only the first household uses exactly 10 m3
    return whole + half


def _between(source: random.Random, low: int, high: int) -> int:
    # Only random() of a seeded generator is guaranteed to stay the same in every version of Python.
    return low + int(source.random() * (high - low + 1))


def _pick(source: random.Random, things: Sequence[Thing]) -> Thing:
    return things[int(source.random() * len(things))]
