"""Two campaigns compared by rates, and whether chance alone would explain how they differ."""

from collections import Counter
from dataclasses import dataclass
from math import hypot, sqrt

from sqlalchemy.orm import Session

from portal.core.models import Campaign
from portal.domain.campaigns import funnel
from portal.domain.campaigns.funnel import Step

# Each rate: the links that came to a step, of those at another one.
RATES = (
    (Step.SENT, Step.MADE),
    (Step.DELIVERED, Step.SENT),
    (Step.OPENED, Step.MADE),
    (Step.ANSWERED, Step.MADE),
    (Step.GRANTED, Step.MADE),
    (Step.ACCEPTED, Step.ANSWERED),
)
Z = 1.96  # Standard deviations on either side that hold 95 %.


@dataclass(frozen=True)
class Rate:
    part: int
    whole: int


@dataclass(frozen=True)
class ComparedRate:
    step: Step
    of: Step
    first: Rate
    second: Rate

    @property
    def interval(self) -> tuple[float, float] | None:
        return difference_interval(self.first, self.second)


def compare(session: Session, first: Campaign, second: Campaign) -> list[ComparedRate]:
    """The rates that are known of both campaigns."""
    known = set(funnel.known_steps(first)) & set(funnel.known_steps(second))
    counts = [sum(funnel.count_steps(session, each).values(), Counter[Step]()) for each in (first, second)]
    return [
        ComparedRate(step, of, *(Rate(each[step], each[of]) for each in counts))
        for step, of in RATES
        if {step, of} <= known
    ]


def difference_interval(first: Rate, second: Rate) -> tuple[float, float] | None:
    """The 95 % interval of the first share less the second one; None where there is nothing to divide by.

    Newcombe's method 10 (1998): made of both shares' Wilson intervals, it holds for few people and shares near 0, too.
    """
    if not first.whole or not second.whole:
        return None
    one, two = first.part / first.whole, second.part / second.whole
    (low_one, high_one), (low_two, high_two) = _wilson_interval(first), _wilson_interval(second)
    return one - two - hypot(one - low_one, high_two - two), one - two + hypot(high_one - one, two - low_two)


def _wilson_interval(rate: Rate) -> tuple[float, float]:
    share, square = rate.part / rate.whole, Z * Z / rate.whole
    centre, half = share + square / 2, Z * sqrt(share * (1 - share) / rate.whole + square / rate.whole / 4)
    return (centre - half) / (1 + square), (centre + half) / (1 + square)
