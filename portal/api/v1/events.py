"""The changes feed, and the list of all consents that a reader begins with."""

from collections.abc import Mapping
from typing import Any

from flask import abort, g
from spectree import Response
from sqlalchemy import select

from portal.api.v1.authentication import needs_scope
from portal.api.v1.blueprint import BRAND_PATH, blueprint, specification
from portal.api.v1.events_schemas import Consents, ConsentsQuery, Events, EventsQuery
from portal.api.v1.moments import moment, wire_date
from portal.api.v1.schemas import Problem
from portal.core.extensions import read_session, vault
from portal.core.ids import LARGEST_ID
from portal.core.lazy_text import N_
from portal.core.models import Brand, Consent, Decision, DecisionOrigin, Event
from portal.domain.consents import current_states
from portal.domain.consents.current_states import ConsentState
from portal.domain.events import feed
from portal.domain.identity.permissions import Scope
from portal.web.shared import problems
from portal.web.shared.problems import ApiProblem

WAIT_SECONDS = 5  # For who has read everything. One request a second is welcome, too.


@blueprint.get("/events")
@specification.validate(resp=Response(HTTP_200=Events, HTTP_410=Problem), operation_id="listEvents")
@needs_scope(Scope.EVENTS)
def list_events(query: EventsQuery) -> dict[str, Any]:
    """List what happened after a cursor: each event once, those of a consent in their order."""
    session, codes = read_session(), _brand_codes()
    is_limited = g.caller.brand_ids is not None
    after = None if query.cursor is None else min(int(query.cursor), LARGEST_ID)
    try:
        page = feed.read_page(
            session, g.caller.provider_id, codes.keys(), is_limited=is_limited, after=after, limit=query.limit,
            types=query.event,
        )  # fmt: skip
    except feed.PositionLost:
        abort(problems.problem_response(ApiProblem.CURSOR_LOST))
    decisions = current_states.find_decisions(session, page.events)
    states = current_states.find_states(session, vault(), {each.consent_id for each in decisions.values()})
    return {
        "items": [_event(each, decisions.get(each.subject_id), states, codes) for each in page.events],
        "nextCursor": str(page.position), "waitSeconds": 0 if page.has_more else WAIT_SECONDS,
    }  # fmt: skip


@blueprint.get(f"{BRAND_PATH}/consents")
@specification.validate(resp=Response(HTTP_200=Consents), operation_id="listConsents")
@needs_scope(Scope.EVENTS)
def list_consents(query: ConsentsQuery) -> dict[str, Any]:
    """List all consents of a brand as they are now."""
    session, cursor = read_session(), query.cursor
    last_sequence = feed.find_last_sequence(session)  # Before the consents: what changes from now on has a later one.
    its = select(Consent).where(Consent.id == min(int(cursor or 0), LARGEST_ID), Consent.brand_id == g.brand.id)
    after = session.scalar(its) if cursor else None
    if cursor and after is None:
        abort(problems.problem_response(ApiProblem.INVALID, errors=[problems.field_error(*UNKNOWN_CURSOR)]))
    found = current_states.list_states(session, vault(), g.brand.id, after=after, limit=query.limit)
    return {
        "items": [_consent(each) for each in found],
        "nextCursor": str(found[-1].consent.id) if len(found) == query.limit else None,
        "eventsCursor": str(last_sequence),
    }


UNKNOWN_CURSOR = "cursor", "field_invalid", N_("Hiçbir sayfa bu izinle bitmedi.")


def _brand_codes() -> dict[int, int]:
    """The codes of the brands that the key follows, by id: a brand of sandbox mode ends with it."""
    theirs = select(Brand.id, Brand.brand_code).where(Brand.provider_id == g.caller.provider_id, Brand.has_not_ended())
    reached = g.caller.brand_ids
    return {its_id: code for its_id, code in read_session().execute(theirs) if reached is None or its_id in reached}


def _event(
    event: Event, decision: Decision | None, states: Mapping[int, ConsentState], codes: Mapping[int, int]
) -> dict[str, Any]:
    return {
        "sequence": event.sequence, "event": event.type, "at": moment(event.at),
        "brandCode": codes[event.brand_id] if event.brand_id else None, "subjectId": str(event.subject_id),
        "decision": _decision(decision) if decision else None,
        "consent": _consent(states[decision.consent_id]) if decision else None, "facts": event.facts or {},
    }  # fmt: skip


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "id": str(decision.id), "status": decision.status, "consentDate": wire_date(decision.consent_date),
        "recordedAt": moment(decision.recorded_at), "source": decision.source, "origin": decision.origin,
        "requestId": str(decision.batch_id) if decision.origin == DecisionOrigin.API else None,
        "retailerCode": decision.retailer_code, "retailerAccess": decision.retailer_access,
    }  # fmt: skip


def _consent(state: ConsentState) -> dict[str, Any]:
    its = state.consent
    return {
        "brandCode": state.brand_code, "recipient": state.address, "reference": state.reference, "type": its.channel,
        "recipientType": its.recipient_type, "status": its.status,
        "consentDate": wire_date(its.consent_date) if its.status else None,
        "decisionId": str(its.decision_id) if its.decision_id else None,
        "iys": {"status": its.iys_status, "asOf": moment(its.iys_as_of)},
    }  # fmt: skip
