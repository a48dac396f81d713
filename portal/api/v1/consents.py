"""Ask about one address: its consent here and at İYS, whether it may be messaged, and its decisions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import flask
from flask import abort, g
from spectree import Response
from sqlalchemy import select

from portal.api.v1 import consent_lookup
from portal.api.v1.authentication import needs_scope
from portal.api.v1.blueprint import BRAND_PATH, blueprint, specification
from portal.api.v1.moments import moment, wire_date
from portal.api.v1.schemas import ConsentAnswer, ConsentQuery, History, HistoryQuery, TypeQuery
from portal.core import clock
from portal.core.addresses import Address, BadAddress
from portal.core.extensions import read_session, vault
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import Consent
from portal.domain.consents import history, may_send, reassigned_addresses, recipients, references
from portal.domain.consents.history import DecisionRecord
from portal.domain.consents.may_send import Reason, Verdict
from portal.domain.identity.api_keys import Caller
from portal.domain.identity.permissions import Scope
from portal.services.imports.row_results import RowProblem
from portal.web.shared import problems
from portal.web.shared.problems import ApiProblem

ADDRESS_PATH = "<any(ARAMA, MESAJ, EPOSTA):type>/<recipient>"


@blueprint.get(f"{BRAND_PATH}/consents/{ADDRESS_PATH}")
@specification.validate(resp=Response(HTTP_200=ConsentAnswer), operation_id="showConsent")
@needs_scope(Scope.READ, whole_brand=False, beside=consent_lookup.beside_key)
def show_consent(type: str, recipient: str, query: TypeQuery) -> dict[str, Any]:
    """Show the consent of an address, here and at İYS, and whether it may be messaged."""
    return _consent(recipient, Channel(type), query.recipientType)


@blueprint.post(f"{BRAND_PATH}/consents/query")
@specification.validate(resp=Response(HTTP_200=ConsentAnswer), operation_id="queryConsent")
@needs_scope(Scope.READ, whole_brand=False)
def query_consent(json: ConsentQuery) -> dict[str, Any]:
    """The same with the address in the body, for whoever keeps addresses out of URLs."""
    return _consent(json.recipient, json.type, json.recipientType)


@blueprint.get(f"{BRAND_PATH}/may-send/{ADDRESS_PATH}")
@specification.validate(resp=Response("HTTP_200", "HTTP_404"), operation_id="mayBeMessaged")
@needs_scope(Scope.READ, whole_brand=False, beside=consent_lookup.beside_key)
def may_be_messaged(type: str, recipient: str, query: TypeQuery) -> flask.Response:
    """Answer without a body: 200 where an address may be messaged, 404 where it may not or nothing is known."""
    address = address_or_422(recipient, Channel(type))
    answer, _ = _find(g.caller, address, Channel(type), query.recipientType, clock.now())
    return flask.Response(status=200 if answer.verdict == Verdict.MAY else 404)


@blueprint.post(f"{BRAND_PATH}/consents/history")
@specification.validate(resp=Response(HTTP_200=History), operation_id="listHistory")
@needs_scope(Scope.READ, whole_brand=False)
def list_history(json: HistoryQuery) -> dict[str, Any]:
    """List the decisions of an address, the newest first, each with what İYS made of it."""
    caller, address, at = g.caller, address_or_422(json.recipient, json.type), clock.now()
    recipient = recipients.find(read_session(), vault(), caller.provider_id, address)
    if recipient is not None and not _is_of_its_brands(caller, recipient.id):
        recipient = None
    found = history.list_decisions(read_session(), recipient.id, at) if recipient else []
    own = [
        each for each in found
        if (each.brand_id, each.channel, each.recipient_type) == (caller.brand.id, json.type, json.recipientType)
    ]  # fmt: skip
    own.sort(key=lambda each: each.id, reverse=True)
    left = [each for each in own if json.cursor is None or each.id < int(json.cursor)]
    page = left[: json.limit]
    change = reassigned_addresses.find_own_change(read_session(), recipient) if recipient else None
    return {
        "reference": _reference(recipient.id, recipient.reference) if recipient else None,
        "heldSince": moment(change.own_held_since) if change else None,
        "items": [_history_item(each) for each in page],
        "nextCursor": str(page[-1].id) if len(left) > len(page) else None,
    }


def _is_of_its_brands(caller: Caller, recipient_id: int) -> bool:
    """Whether a recipient has a consent at one of the brands to which the key is limited, if it is."""
    if caller.brand_ids is None:
        return True
    theirs = select(Consent.id).where(Consent.recipient_id == recipient_id, Consent.brand_id.in_(caller.brand_ids))
    return read_session().scalar(theirs.limit(1)) is not None


def _history_item(record: DecisionRecord) -> dict[str, Any]:
    return {
        "id": str(record.id), "status": record.status, "consentDate": wire_date(record.decided_at),
        "recordedAt": moment(record.recorded_at), "source": record.source, "origin": record.origin,
        "isAnnulled": record.is_annulled, "retailerCode": record.retailer_code,
        "retailerAccess": record.retailer_access,
        "iys": {
            "outcome": record.outcome, "code": record.code, "transactionId": record.transaction_id,
            "dueAt": moment(record.due_at),
        } if record.outcome else None,
    }  # fmt: skip


def _consent(text: str, channel: Channel, recipient_type: RecipientType) -> dict[str, Any]:
    caller, address, at = g.caller, address_or_422(text, channel), clock.now()
    answer, consents = _find(caller, address, channel, recipient_type, at)
    own = next((each for each in consents if each.recipient_type == recipient_type), None)
    known = own is not None and (own.status, own.iys_status) != (None, None)
    if not known and answer.reason != Reason.REFUSED:
        abort(problems.problem_response(ApiProblem.NOT_FOUND))
    return {
        "brandCode": caller.brand.code, "recipient": address.text, "type": channel, "recipientType": recipient_type,
        "status": own and own.status, "consentDate": wire_date(own.consent_date) if own and own.status else None,
        "retailerCode": own and own.retailer_code, "retailerAccess": own and own.retailer_access,
        "reference": _reference(consents[0].recipient_id, consents[0].reference),
        "iys": {"status": own and own.iys_status, "asOf": moment(own.iys_as_of) if own else None},
        "maySend": {
            "verdict": answer.verdict, "reason": answer.reason, "asOf": moment(at),
            "validUntil": moment(answer.valid_until),
        },
    }  # fmt: skip


def _find(
    caller: Caller, address: Address, channel: Channel, recipient_type: RecipientType, at: datetime
) -> tuple[may_send.MaySendAnswer, Sequence[Any]]:
    """Whether an address may be messaged as a recipient type, and its consents to the channel, as any type."""
    assert caller.brand is not None
    consents = consent_lookup.find_consents(caller, address, channel)
    own = next((each for each in consents if each.recipient_type == recipient_type), None)
    is_refused = any(each.status == Status.REFUSED for each in consents)
    looked_up = [own] if own else consents
    if looked_up and not is_refused and all(each.status is None for each in looked_up):
        is_refused = consent_lookup.is_refused_elsewhere(caller, consents[0].recipient_id, channel)
    if own is None:
        return may_send.answer_without_consent(recipient_type, is_refused=is_refused), consents
    return may_send.answer_of(
        own, caller.brand, caller.iys_code, at, has_unread_reply=bool(own.is_unread),
        is_refused_otherwise=is_refused, pulled_at=own.pulled_at,
    ), consents  # fmt: skip


def _reference(recipient_id: int, sealed: bytes | None) -> str | None:
    return references.open_reference(vault(), g.caller.provider_id, g.caller.brand.id, recipient_id, sealed)


def address_or_422(text: str, channel: Channel) -> Address:
    """An address of a request, or the end of it: no address, or one that the channel does not reach."""
    try:
        address = recipients.parse_known(read_session(), vault(), g.caller.provider_id, text)
    except BadAddress as error:
        abort(problems.problem_response(error.problem))
    if channel not in address.all_channels:
        abort(problems.problem_response(RowProblem.CHANNEL_UNFIT, iysCode="H464"))
    return address
