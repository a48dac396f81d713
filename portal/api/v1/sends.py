"""Report messages that were sent by other systems, so that the desk can answer whoever asks why they got one."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import g
from spectree import Response

from portal.api.v1.authentication import needs_scope
from portal.api.v1.blueprint import BRAND_PATH, MAX_LIST_BYTES, blueprint, specification
from portal.api.v1.moments import moment
from portal.api.v1.row_problems import ApiRowProblem, BadRow, find_unfit, validate_row
from portal.api.v1.rows import find_correlation_id, summarize
from portal.api.v1.schemas import WriteAnswer, WriteHeaders
from portal.api.v1.sends_schemas import SendRow, SendsBody
from portal.api.v1.writes import answer_once
from portal.core import addresses, clock
from portal.core.addresses import BadAddress
from portal.core.extensions import db, read_session, vault
from portal.core.ids import new_id
from portal.core.models import Provider
from portal.domain import sends
from portal.domain.consents import recipients
from portal.domain.identity.permissions import Scope
from portal.domain.sends import Send
from portal.services import consent_requests
from portal.web.shared import limits
from portal.web.shared.body_limits import max_bytes

KEPT = timedelta(days=3 * 365)  # Records of messages are kept for three years (Regulation, art. 13): none is older.
AT_ONCE = 5000  # What recipients.gather takes.
AHEAD = timedelta(minutes=1)  # How much the clock of the sending system may be fast.


@blueprint.post(f"{BRAND_PATH}/sends")
@specification.validate(resp=Response(HTTP_200=WriteAnswer), operation_id="addSends")
@max_bytes(MAX_LIST_BYTES)
@needs_scope(Scope.SENDS, limit=limits.API_LISTS)
def add_sends(json: SendsBody, headers: WriteHeaders) -> dict[str, Any]:
    """Report up to 10,000 messages. Good rows are stored whatever the others are."""
    request_id = new_id()

    def record(at: datetime) -> dict[str, Any]:
        return _record(json.sends, request_id, at)

    return answer_once(headers, record, request_id=request_id, rows=len(json.sends))


def _record(rows: list[SendRow], request_id: int, at: datetime) -> dict[str, Any]:
    read = _bar_new_addresses([_read(row, at) for row in rows], at)
    good = [each for each in read if isinstance(each, Send)]
    ids = _gather_recipients(good, at)
    is_new = iter(sends.record_sends(db.session, vault(), g.brand, good, ids, request_id=request_id, at=at))
    results = []
    for place, (row, each) in enumerate(zip(rows, read, strict=True)):
        bad = each.body() if isinstance(each, BadRow) else None
        written = bad is None and next(is_new)
        results.append({
            "index": place, "correlationId": find_correlation_id(row), "written": written, "problem": bad,
            "result": "problem" if bad else "recorded" if written else "known",
        })  # fmt: skip
    return {"requestId": str(request_id), "receivedAt": moment(at), **summarize(results)}


def _read(row: object, at: datetime) -> Send | BadRow:
    its = validate_row(SendRow, row)
    if isinstance(its, BadRow):
        return its
    try:
        address = addresses.parse(its.recipient)
    except BadAddress as error:
        return BadRow(error.problem, "", "recipient")
    if (bad := find_unfit(its.type, address.all_channels)) is not None:
        return bad
    sent_at = _parse_moment(its.sentAt)
    if sent_at is None or not at - KEPT <= sent_at <= at + AHEAD:
        return BadRow(ApiRowProblem.SENT_AT, "", "sentAt")
    return Send(address, its.type, its.recipientType, sent_at, (its.campaign or "").strip() or None)


def _parse_moment(text: str) -> datetime | None:
    """To the second; without a zone in Turkey's time."""
    try:
        at = datetime.fromisoformat(text.strip())
        return (at if at.tzinfo else at.replace(tzinfo=clock.ISTANBUL)).astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        return None


def _gather_recipients(good: list[Send], at: datetime) -> dict[str, int]:
    """Recipient ids by canonical address; missing ones are created."""
    ids: dict[str, int] = {}
    for some in recipients.chunks(list({each.address.text: each.address for each in good}.values()), AT_ONCE):
        ids |= recipients.gather(db.session, vault(), g.brand.provider_id, some, at)
    return ids


def _bar_new_addresses(read: list[Send | BadRow], at: datetime) -> list[Send | BadRow]:
    """Turn rows with new addresses, for which the package has no room, into problems."""
    provider = read_session().get_one(Provider, g.brand.provider_id)
    texts = {each.address.text for each in read if isinstance(each, Send)}
    barred = consent_requests.find_addresses_over_package(read_session(), vault(), provider, texts, at)
    full = BadRow(ApiRowProblem.PACKAGE_FULL)
    return [full if isinstance(each, Send) and each.address.text in barred else each for each in read]
