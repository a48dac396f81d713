"""The findings of a test of a provider's İYS account: brands, rights, package with its quota, and problems."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from math import floor
from typing import Any

from portal.core import iys_protocol
from portal.core.iys_protocol import Action, Channel, Operation
from portal.core.lazy_text import N_
from portal.services.iys.client import NO_ANSWER, IysAnswer
from portal.services.iys.response_values import JsonObject, read_number, read_text

WRITE = "write"
STATES = ("ACTIVE", "PAUSED", "EXPIRED", "CLOSED")
FORECAST_SPAN = timedelta(days=30)  # That a forecast looks back on.
NO_ANSWER_WORDS = (
    N_("İYS'den cevap gelmedi."),
    N_("Bir şey yapmanız gerekmez; birkaç dakika sonra yeniden deneyin. Kararlar bu arada kaydedilir."),
)
NOT_NOW_WORDS = (
    N_("İYS'ye şu anda sorulamıyor: İYS cevap vermiyor, saatlik sınır doldu ya da oturum açılamıyor."),
    N_("Birkaç dakika sonra yeniden deneyin."),
)
UNREADABLE_WORDS = (
    N_("İYS'nin cevabı okunamadı."),
    N_("Birkaç dakika sonra yeniden deneyin; sürerse destek ekibine bildirin."),
)
BY_ACTION = {
    Action.WAIT: (N_("İYS'nin istek sınırına ulaşıldı."), N_("Birkaç dakika sonra yeniden deneyin.")),
    Action.AUTH: (
        N_("İYS oturumu kabul etmedi."),
        N_("Kullanıcı adını ve şifreyi kontrol edip bağlantıyı yeniden kaydedin."),
    ),
    Action.CONFIG: (
        N_("İYS bu hesaba izin vermedi."),
        N_("İYS numaranızı ve hs.iys.org.tr üzerindeki API yetkilerini kontrol edin."),
    ),
}


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
class Subscription:
    """A provider's package at İYS. A partner gets no numbers: they are None then."""

    state: str
    package: str
    ends: str
    limit: int | None
    used: int | None
    may_exceed: bool
    added: int = 0  # Consents that İYS accepted from us within the last `over_days`.
    over_days: float = 1.0

    @property
    def is_active(self) -> bool:
        return self.state == "ACTIVE"

    @property
    def is_used_up(self) -> bool:
        """Whether İYS accepts no further consent (H525)."""
        return bool(self.limit and (self.used or 0) >= self.limit and not self.may_exceed)


@dataclass(frozen=True)
class CallProblem:
    """A question without a usable answer. Status 0 without a code: no answer came."""

    question: str
    status: int
    code: str | None = None
    not_now: bool = False  # No call was made: a limit, or no token.


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


def read_brands(answer: IysAnswer) -> tuple[BrandFound, ...] | None:
    """The brands of a provider's own account, which may write every channel of each (GET /sps/…/brands)."""
    if answer.listed is None:
        return None
    return _brands_in(answer.listed, rights_are_listed=False)


def read_partner_brands(answer: IysAnswer) -> tuple[BrandFound, ...] | None:
    """The brands that a partner may act for, with its right per channel (GET /integrator/…/sps/…)."""
    rows = answer.content.get("list", answer.listed)
    return _brands_in(rows, rights_are_listed=True) if isinstance(rows, list) else None


def read_subscription(answer: IysAnswer) -> Subscription | None:
    """Read İYS's answer about the package (GET /sps/…/subscription)."""
    content = answer.content
    state = read_text(content.get("status")).upper()
    if state not in STATES:
        return None
    return Subscription(
        state=state,
        package=read_text(content.get("subscriptionPackageName")),
        ends=read_text(content.get("expirationDate")),
        limit=read_number(content.get("consentLimit")),
        used=read_number(content.get("usedConsentLimit")),
        may_exceed=content.get("consentLimitExceed") is True,
    )


def problem_of(question: Operation, answer: IysAnswer) -> CallProblem:
    return CallProblem(question.value, answer.status, answer.code)


def explain_problem(trouble: CallProblem) -> tuple[str, str]:
    """What went wrong and what to do about it, as msgids."""
    if trouble.code:
        return iys_protocol.sentence_of(trouble.code), iys_protocol.cure_of(trouble.code)
    if trouble.not_now:
        return NOT_NOW_WORDS
    if trouble.status == NO_ANSWER or trouble.status >= 500:
        return NO_ANSWER_WORDS
    if trouble.status < 400:
        return UNREADABLE_WORDS
    return BY_ACTION.get(iys_protocol.action_of(trouble.status), UNREADABLE_WORDS)


@dataclass(frozen=True)
class Forecast:
    """The used share of a quota, and the days it lasts at the recent rate; None where nothing was added."""

    share: float
    days: int | None


def forecast_quota(subscription: Subscription | None) -> Forecast | None:
    """Forecast a quota from the recent rate; None where İYS gives no numbers."""
    if subscription is None or subscription.used is None or not subscription.limit:
        return None
    left = max(0, subscription.limit - subscription.used)
    share = min(1.0, subscription.used / subscription.limit)
    if not left or not subscription.added:
        return Forecast(share, None if left else 0)
    return Forecast(share, floor(left * subscription.over_days / subscription.added))


def _brands_in(rows: Iterable[Any], *, rights_are_listed: bool) -> tuple[BrandFound, ...]:
    found = []
    for row in rows:
        code = read_number(row.get("brandCode")) if isinstance(row, dict) else None
        if code is None:
            continue
        channels = [each.value for each in Channel]
        writable = [each for each in channels if not rights_are_listed or read_text(row.get(each)).lower() == WRITE]
        brand = BrandFound(
            code=code,
            name=read_text(row.get("name")),
            is_master=row.get("master") is True,
            whose=BrandOwner.NO_PROVIDER,
            writable=tuple(writable),
            title=read_text(row.get("title")),
            may_agree=row.get("agreementControl") is True if rights_are_listed else True,
        )
        found.append(brand)
    return tuple(found)


def _brand_from_json(kept: JsonObject) -> BrandFound:
    return BrandFound(**kept | {"whose": BrandOwner(kept["whose"]), "writable": tuple(kept["writable"])})
