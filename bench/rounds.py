"""Rounds: yardstick and product in turn, so that a slow phase of the machine meets both; medians are what counts."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

Measure = Callable[[int], float]  # Measures one round, by its number: a rate per second, or seconds.


@dataclass(frozen=True)
class Effort:
    """How much is measured: rounds, seconds of load a round, links and submissions a round, lines of a file."""

    rounds: int
    seconds: int
    links: int
    submissions: int
    lines: int


@dataclass(frozen=True)
class Goal:
    """The ratio to reach, of rates (at least) or of times (at most)."""

    ratio: float
    at_most: bool = False

    def is_met(self, ratio: float) -> bool:
        return ratio <= self.ratio if self.at_most else ratio >= self.ratio

    def __str__(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.ratio:g}"


@dataclass(frozen=True)
class Result:
    """What the rounds of one case gave: the yardstick's figures and the product's, in pairs."""

    case: str
    database: str
    unit: str
    yardstick: list[float]
    product: list[float]
    goal: Goal | None = None

    @property
    def ratios(self) -> list[float]:
        return [ours / bare for bare, ours in zip(self.yardstick, self.product, strict=True)]

    @property
    def ratio(self) -> float:
        return median(self.ratios)


def in_turn(rounds: int, yardstick: Measure, product: Measure) -> tuple[list[float], list[float]]:
    """Measure both, round by round: (yardstick's figures, product's figures)."""
    pairs = [(yardstick(number), product(number)) for number in range(rounds)]
    return [bare for bare, _ in pairs], [ours for _, ours in pairs]
