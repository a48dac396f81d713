"""A brand's retailers (bayi) at İYS: list, add and remove them, and give or take their access to a consent.

Nothing of it is stored here: İYS holds them. No transaction may be open during a call.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import String, cast, or_, select

from portal.core import iys_protocol
from portal.core.extensions import read_session
from portal.core.iys_protocol import Action, Channel, Operation, RecipientType
from portal.core.lazy_text import N_
from portal.core.models import OPEN_OUTCOMES, Brand, Decision, Provider, Submission
from portal.core.transliteration import ascii_only
from portal.domain.providers import sandbox_mode
from portal.services.iys import calls
from portal.services.iys.account_report import NOT_NOW_WORDS, CallProblem, explain_problem, problem_of
from portal.services.iys.client import NO_ANSWER, Client, IysAnswer
from portal.services.iys.response_values import MAX_TEXT, JsonObject, read_name, read_number, read_rows

PATIENCE = 6.0  # Seconds for each answer: somebody waits for it.
PAGE_SIZE = 100  # İYS's largest (H186).
MAX_PAGES = 30  # A brand has up to 3000 retailers.
KNOWN_NUMBER = ("H230", "H231", "H253")  # Another retailer of the provider has this MERSİS number or TCKN.
TEXTS = ("title", "alias", "name", "tckn", "mobile", "tin", "mersis", "status")
NOT_AT_IYS_WORDS = N_("Bu marka İYS'ye bildirilmiyor, orada bayisi olamaz."), N_("İYS'de kayıtlı bir marka seçin.")
UNKNOWN_RETAILER = ("H058", "H180")
IN_USE = CallProblem(Operation.RETAILER_REMOVE.value, 400, "H061")  # As İYS says it.


class RetailerProblem(Exception):
    """İYS refused a call, gave no usable answer, or may not be called before `until`. `problem` explains it."""

    def __init__(self, problem: CallProblem, until: datetime | None = None):
        super().__init__(problem.question, problem.status, problem.code)
        self.problem, self.until = problem, until

    @property
    def is_unsure(self) -> bool:
        """Whether İYS may have done what it was asked."""
        status = self.problem.status
        return not self.problem.not_now and (status == NO_ANSWER or status < 400 or status >= 500)

    @property
    def is_refusal(self) -> bool:
        """Whether what was asked is wrong, so that asking again changes nothing."""
        return self.problem.status >= 400 and self._action in (Action.FIX, Action.RECONCILE)

    @property
    def is_unknown_retailer(self) -> bool:
        return self.problem.code in UNKNOWN_RETAILER

    @property
    def is_not_at_iys(self) -> bool:
        """Whether İYS is not told of the brand: of an exempt provider, or one of a sandbox mode that is over."""
        return self.problem.code in (sandbox_mode.EXEMPT, sandbox_mode.OVER)

    @property
    def words(self) -> tuple[str, str]:
        """What went wrong and what to do about it, as msgids; nothing here is tried again by itself."""
        if self.is_not_at_iys:
            return NOT_AT_IYS_WORDS
        code = "H058" if self.is_unknown_retailer else self.problem.code  # H180 speaks of decisions.
        sentence, cure = explain_problem(replace(self.problem, code=code))
        return sentence, NOT_NOW_WORDS[1] if self._action in (Action.RETRY, Action.WAIT) else cure

    @property
    def _action(self) -> Action:
        return iys_protocol.action_of(self.problem.status, [self.problem.code] if self.problem.code else [])


@dataclass(frozen=True)
class Retailer:
    """A retailer as İYS lists it; a text is "" where it says nothing."""

    code: int
    title: str
    alias: str
    name: str  # Of the authorised person, whose numbers `tckn` and `mobile` are.
    tckn: str
    mobile: str
    tin: str
    mersis: str
    city: tuple[str, str]  # Code and name.
    town: tuple[str, str]
    status: str  # One of RETAILER_STATES, or an unknown one.
    access_count: int | None  # Consents it has access to.


@dataclass(frozen=True)
class RetailerPage:
    retailers: list[Retailer]
    total: int  # Of all pages.


@dataclass(frozen=True)
class Town:
    """A town (ilçe) as İYS knows it."""

    code: str
    name: str
    city_code: str


@dataclass(frozen=True)
class ConsentKey:
    """One consent of a brand; the address is canonical."""

    recipient: str
    channel: Channel
    recipient_type: RecipientType

    def as_wire(self) -> JsonObject:
        return {"recipient": self.recipient, "type": self.channel, "recipientType": self.recipient_type}

    def as_list(self) -> JsonObject:
        """For calls that take several recipients."""
        return {"recipients": [self.recipient], "type": self.channel, "recipientType": self.recipient_type}


def list_retailers(client: Client, brand: Brand, *, offset: int = 0, limit: int = PAGE_SIZE) -> RetailerPage:
    """A page of a brand's retailers. Raises RetailerProblem."""
    path = iys_protocol.retailer_list_path(*_codes(brand), offset=offset, limit=limit)
    return _read_page(_ask(client, brand, Operation.RETAILERS, path, method="GET"), Operation.RETAILERS)


def all_retailers(client: Client, brand: Brand) -> Iterator[Retailer]:
    """All retailers of a brand, one call for each hundred. Raises RetailerProblem."""
    for number in range(MAX_PAGES):
        page = list_retailers(client, brand, offset=number * PAGE_SIZE)
        yield from page.retailers
        if not page.retailers or (number + 1) * PAGE_SIZE >= page.total:
            return


def list_towns(client: Client, brand: Brand) -> list[Town]:
    """All towns of Türkiye as İYS names them in a retailer's fields. Raises RetailerProblem."""
    own = iys_protocol.retailers_path(*_codes(brand))
    answer = _ask(client, brand, Operation.TOWNS, iys_protocol.TOWNS_PATH, method="GET", of_path=own)
    if answer.listed is None:
        raise RetailerProblem(problem_of(Operation.TOWNS, answer))
    rows = [each for each in answer.listed if isinstance(each, dict)]
    # İYS's schema says cityCode, its example city_code.
    found = [(read_number(row.get("code")), row.get("cityCode", row.get("city_code")), row) for row in rows]
    return [
        Town(str(code), read_name(row.get("name"), MAX_TEXT), str(city))
        for code, its_city, row in found if code is not None and (city := read_number(its_city)) is not None
    ]  # fmt: skip


def find_retailer(client: Client, brand: Brand, code: int) -> Retailer | None:
    """One retailer; None for a code that the brand has not. Raises RetailerProblem."""
    path = iys_protocol.retailer_path(*_codes(brand), code)
    try:
        answer = _ask(client, brand, Operation.RETAILER, path, method="GET")
    except RetailerProblem as problem:
        if problem.is_unknown_retailer:
            return None
        raise
    return _read_retailer(answer.content, code)


def add_retailer(client: Client, brand: Brand, fields: JsonObject) -> int:
    """Add a retailer by İYS's fields, which validate_retailer has passed; its code. Raises RetailerProblem.

    It is added once, however often this is called: where İYS's answer was lost, and where İYS says that the numbers are
    known (H231: nobody is a retailer twice), the list says whether this is the one that was added before. One that İYS
    has with other names or places is refused, as nothing of it changes."""
    try:
        answer = _ask(client, brand, Operation.RETAILER_ADD, iys_protocol.retailers_path(*_codes(brand)), fields)
        if (code := read_number(answer.content.get("retailerCode"))) is not None:
            return code
        failure = RetailerProblem(problem_of(Operation.RETAILER_ADD, answer))
    except RetailerProblem as problem:
        if not (problem.is_unsure or problem.problem.code in KNOWN_NUMBER):
            raise
        failure = problem
    for each in all_retailers(client, brand):
        if _is_same(each, fields):
            return each.code
    raise failure


def remove_retailer(client: Client, brand: Brand, code: int) -> None:
    """Remove a retailer that no consent refers to, also none on its way to İYS, which would refuse it then (H180).
    Raises RetailerProblem; a 400 says that one does. One that İYS has no more is removed, since an answer may be lost.
    """
    if _is_on_its_way(brand, code):
        raise RetailerProblem(IN_USE)
    path = iys_protocol.retailer_path(*_codes(brand), code)
    try:
        _ask(client, brand, Operation.RETAILER_REMOVE, path, method="DELETE")
    except RetailerProblem as problem:
        is_gone = problem.is_unknown_retailer or (problem.is_unsure and find_retailer(client, brand, code) is None)
        if not is_gone:
            raise


def _is_on_its_way(brand: Brand, code: int) -> bool:
    named = or_(Decision.retailer_code == code, cast(Decision.retailer_access, String).contains(str(code)))
    waiting = (
        select(Submission.id).join(Decision, Decision.id == Submission.decision_id).limit(1)
        .where(Submission.provider_id == brand.provider_id, Submission.outcome.in_(OPEN_OUTCOMES))
        .where(Decision.brand_id == brand.id, named)
    )  # fmt: skip
    return read_session().scalar(waiting) is not None


def list_access(client: Client, brand: Brand, key: ConsentKey, *, offset: int, limit: int) -> RetailerPage:
    """A page of the retailers with access to a consent. Raises RetailerProblem."""
    path = iys_protocol.retailer_access_list_path(*_codes(brand), offset=offset, limit=limit)
    return _read_page(_ask(client, brand, Operation.ACCESS_LIST, path, key.as_wire()), Operation.ACCESS_LIST)


def add_access(client: Client, brand: Brand, key: ConsentKey, retailer_codes: list[int]) -> None:
    """Give up to 100 retailers access to a consent; doing it twice changes nothing. Raises RetailerProblem."""
    path = iys_protocol.retailer_access_path(*_codes(brand))
    _ask(client, brand, Operation.ACCESS_ADD, path, key.as_wire() | {"retailerAccess": retailer_codes})


def remove_access(client: Client, brand: Brand, key: ConsentKey, retailer_codes: list[int]) -> None:
    """Take the access to a consent from up to 100 retailers, also from who mediated it. Raises RetailerProblem."""
    path = iys_protocol.retailer_access_path(*_codes(brand), removes=True)
    _ask(client, brand, Operation.ACCESS_REMOVE, path, key.as_list() | {"retailerAccess": retailer_codes})


def replace_access(client: Client, brand: Brand, key: ConsentKey, retailer_codes: list[int]) -> None:
    """Give exactly these retailers, up to 100, access to a consent; who mediated it loses it, too. Raises
    RetailerProblem."""
    if retailer_codes:
        path, body = iys_protocol.retailer_access_path(*_codes(brand)), {"retailerAccess": retailer_codes}
        _ask(client, brand, Operation.ACCESS_REPLACE, path, key.as_list() | body, method="PUT")
    else:  # İYS takes no empty list (H163).
        path = iys_protocol.retailer_access_path(*_codes(brand), removes=True, of_all=True)
        _ask(client, brand, Operation.ACCESS_CLEAR, path, key.as_list())


def _ask(
    client: Client, brand: Brand, question: Operation, path: str, body: JsonObject | None = None, method: str = "POST",
    of_path: str = "",
) -> IysAnswer:  # fmt: skip
    raw = json.dumps(body, ensure_ascii=False).encode() if body is not None else None
    try:
        answer = calls.ask(
            client, brand.provider_id, question, path, body=raw, method=method, deadline=PATIENCE, of_path=of_path
        )  # fmt: skip
    except calls.NotNow as refusal:
        problem = CallProblem(question.value, NO_ANSWER, refusal.code, not_now=True)
        raise RetailerProblem(problem, refusal.until) from refusal
    if answer.status not in (200, 201, 202):
        raise RetailerProblem(problem_of(question, answer))
    return answer


def _codes(brand: Brand) -> tuple[int, int]:
    code = read_session().scalar(select(Provider.iys_code).where(Provider.id == brand.provider_id))
    assert code is not None  # A provider with brands has its code.
    return code, brand.brand_code


def _read_page(answer: IysAnswer, question: Operation) -> RetailerPage:
    pagination = answer.content.get("pagination")
    total = read_number(pagination.get("totalCount")) if isinstance(pagination, dict) else None
    if total is None:
        raise RetailerProblem(problem_of(question, answer))
    found = [_read_retailer(row, read_number(row.get("retailerCode"))) for row in read_rows(answer.content, "list")]
    return RetailerPage([each for each in found if each is not None], total)


def _read_retailer(row: JsonObject, code: int | None) -> Retailer | None:
    """None where it has no code, and of an empty answer."""
    if code is None or not row:
        return None
    return Retailer(
        code=code, city=_place(row.get("city")), town=_place(row.get("town")),
        access_count=read_number(row.get("retailerAccessCount")),
        **{name: read_name(row.get(name), MAX_TEXT) for name in TEXTS},  # MERSİS comes as a number, too.
    )  # fmt: skip


def _is_same(known: Retailer, fields: JsonObject) -> bool:
    pairs = [(getattr(known, name), fields[name]) for name in ("title", "name", "alias") if name in fields]
    pairs += [(known.city[0], fields["city"]["code"]), (known.town[0], fields["town"]["code"])]
    is_as_asked = all(_plain(theirs) == _plain(asked) for theirs, asked in pairs if theirs)
    return (known.tckn, known.tin) == (fields["tckn"], fields["tin"]) and is_as_asked


def _plain(text: str) -> str:
    """A name or code as it may be compared: İYS may write it in capitals, or without a zero before it."""
    return ascii_only(text).lower().lstrip("0")


def _place(value: Any) -> tuple[str, str]:
    place = value if isinstance(value, dict) else {}
    return read_name(place.get("code"), MAX_TEXT), read_name(place.get("name"), MAX_TEXT)
