"""The findings of a test of a provider's İYS account: brands, rights, package and problems."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from portal.core.iys_protocol import Channel
from portal.services.iys.call_problems import CallProblem
from portal.services.iys.client import Answer
from portal.services.iys.quota import Subscription
from portal.services.iys.response_values import JsonObject, read_number, read_text

WRITE = "write"


class BrandOwner(StrEnum):
    """Which provider here owns a brand that İYS lists."""

    OURS = "ours"
    ELSEWHERE = "elsewhere"  # Of another provider here: a brand belongs to one.
    NO_PROVIDER = "nobodys"  # Not stored here yet.


@dataclass(frozen=True)
class BrandFound:
    """A brand that İYS lists; `writable` are the channels whose consents this account may write."""

    code: int
    name: str
    is_master: bool
    whose: BrandOwner
    writable: tuple[str, ...]
    title: str = ""
    may_agree: bool = True  # May confirm the daily reconciliation (mutabakat).


@dataclass(frozen=True)
class Findings:
    """The findings of one test, as stored in Connection.findings."""

    brands: tuple[BrandFound, ...] | None = None  # None: the question was not answered.
    missing: tuple[int, ...] = ()  # Brands of ours that İYS does not list.
    title: str | None = None  # As İYS lists it, to a partner only.
    title_agrees: bool | None = None
    subscription: Subscription | None = None
    troubles: tuple[CallProblem, ...] = ()

    @property
    def may_write_each_brand(self) -> bool:
        """Whether each brand of ours is listed, with at least one channel to write."""
        ours = [brand for brand in self.brands or () if brand.whose == BrandOwner.OURS]
        return bool(ours) and not self.missing and all(brand.writable for brand in ours)

    @property
    def is_clear(self) -> bool:
        """Whether nothing hinders forwarding."""
        package = self.subscription
        package_is_fine = package is None or (package.is_active and not package.is_used_up)
        return self.may_write_each_brand and self.title_agrees is not False and package_is_fine and not self.troubles

    def as_json(self) -> JsonObject:
        return asdict(self)


def findings_from_json(kept: JsonObject | None) -> Findings | None:
    """Read what `Findings.as_json` wrote."""
    if kept is None:
        return None
    subscription, brands = kept.get("subscription"), kept.get("brands")
    return Findings(
        brands=None if brands is None else tuple(_brand_from_json(each) for each in brands),
        missing=tuple(kept.get("missing", ())),
        title=kept.get("title"),
        title_agrees=kept.get("title_agrees"),
        subscription=Subscription(**subscription) if subscription else None,
        troubles=tuple(CallProblem(**each) for each in kept.get("troubles", ())),
    )


def read_brands(answer: Answer) -> tuple[BrandFound, ...] | None:
    """The brands of a provider's own account, which may write every channel of each (GET /sps/…/brands)."""
    if answer.listed is None:
        return None
    return _brands_in(answer.listed, rights_are_listed=False)


def read_partner_brands(answer: Answer) -> tuple[BrandFound, ...] | None:
    """The brands that a partner may act for, with its right per channel (GET /integrator/…/sps/…)."""
    rows = answer.content.get("list", answer.listed)
    return _brands_in(rows, rights_are_listed=True) if isinstance(rows, list) else None


def _brands_in(rows: Iterable[Any], *, rights_are_listed: bool) -> tuple[BrandFound, ...]:
    found = [_brand_in(row, rights_are_listed) for row in rows if isinstance(row, dict)]
    return tuple(brand for brand in found if brand)


def _brand_in(row: JsonObject, rights_are_listed: bool) -> BrandFound | None:
    code = read_number(row.get("brandCode"))
    if code is None:
        return None
    channels = [each.value for each in Channel]
    writable = [each for each in channels if not rights_are_listed or read_text(row.get(each)).lower() == WRITE]
    return BrandFound(
        code=code,
        name=read_text(row.get("name")),
        is_master=row.get("master") is True,
        whose=BrandOwner.NO_PROVIDER,
        writable=tuple(writable),
        title=read_text(row.get("title")),
        may_agree=row.get("agreementControl") is True if rights_are_listed else True,
    )


def _brand_from_json(kept: JsonObject) -> BrandFound:
    return BrandFound(**kept | {"whose": BrandOwner(kept["whose"]), "writable": tuple(kept["writable"])})
