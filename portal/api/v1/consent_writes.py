"""Bring decisions, one or up to 10,000: good rows are written whatever the others are, and each has its result."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any, TypeGuard

import flask
from flask import abort, g
from spectree import Response

from portal.api.v1 import rows
from portal.api.v1.authentication import maintenance_response, needs_scope
from portal.api.v1.blueprint import BRAND_PATH, MAX_LIST_BYTES, blueprint, specification
from portal.api.v1.moments import moment
from portal.api.v1.row_problems import EFFECT_PROBLEMS, ApiRowProblem, BadRow
from portal.api.v1.rows import ReadRow
from portal.api.v1.schemas import MAX_TEXT, BulkBody, ConsentBody, ConsentsAnswer, Problem, RequestAnswer, WriteHeaders
from portal.api.v1.writes import Act, answer_once, record_audit
from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.ids import LARGEST_ID, new_id
from portal.core.iys_protocol import Status
from portal.core.models import Brand, Lane, Provider, Submission
from portal.domain.consents import MINUTE, recipients
from portal.domain.consents.bulk_import import WRITTEN, Effect, Entry
from portal.domain.identity.api_keys import Caller
from portal.domain.identity.permissions import Scope
from portal.services import consent_requests
from portal.services.consent_requests import Written
from portal.services.imports.brand_names import NO_BRANDS, BrandNames
from portal.web.shared import limits, maintenance, problems
from portal.web.shared.body_limits import max_bytes
from portal.web.shared.problems import ApiProblem

NONE: Mapping[str, str] = MappingProxyType({})


@blueprint.post(f"{BRAND_PATH}/consents")
@specification.validate(resp=Response(HTTP_200=ConsentsAnswer, HTTP_409=Problem), operation_id="addConsent")
@needs_scope(Scope.REFUSE)
def add_consent(json: ConsentBody, headers: WriteHeaders) -> flask.Response:
    """Bring one decision; İYS is told of it at once."""
    answer = _write([json.root], headers, Lane.PEOPLE)
    bad = answer["results"][0]["problem"]
    return problems.body_response(bad) if bad else flask.make_response(answer)


@blueprint.post(f"{BRAND_PATH}/consents/bulk")
@specification.validate(resp=Response(HTTP_200=ConsentsAnswer), operation_id="addConsents")
@max_bytes(MAX_LIST_BYTES)
@needs_scope(Scope.REFUSE, limit=limits.API_LISTS)
def add_consents(json: BulkBody, headers: WriteHeaders) -> dict[str, Any]:
    """Bring up to 10,000 decisions; each row has its result, now and by the request's number."""
    return _write(json.consents, headers, Lane.BULK)


@blueprint.get("/requests/<requestId>")
@specification.validate(resp=Response(HTTP_200=RequestAnswer), operation_id="showRequest")
@needs_scope(Scope.READ)
def show_request(requestId: str) -> dict[str, Any]:
    """Show what came of a request's rows, and what İYS has made of them so far. For 60 days."""
    session, caller = read_session(), g.caller
    is_number = requestId.isascii() and requestId.isdecimal() and len(requestId) < 20
    number = min(int(requestId), LARGEST_ID) if is_number else 0
    found = consent_requests.find_request(session, caller.provider_id, number, clock.now())
    brand = session.get_one(Brand, found.brand_id) if found else None
    if found is None or brand is None or (caller.brand_ids is not None and brand.id not in caller.brand_ids):
        abort(problems.problem_response(ApiProblem.NOT_FOUND))
    submissions = consent_requests.find_submissions(session, found)
    return {
        "requestId": str(found.id), "brandCode": brand.brand_code, "receivedAt": moment(found.created_at),
        "results": [
            {"reference": None, "decisionId": None, "ignored": [], "stands": None} | each
            | {"iys": _forwarding(*its) if (its := submissions.get(each["index"])) else None}
            for each in consent_requests.read_results(vault(), found)
        ],
    }  # fmt: skip


def _forwarding(submission: Submission, is_annulled: bool, next_at: datetime | None) -> dict[str, Any]:
    return {
        "outcome": "annulled" if is_annulled else submission.outcome, "code": submission.code,
        "transactionId": submission.transaction_id, "dueAt": moment(next_at),
    }  # fmt: skip


def _write(given: Sequence[object], headers: WriteHeaders, lane: Lane) -> dict[str, Any]:
    request_id = new_id()
    if not any(_is_refusal(each) for each in given) and maintenance.current():
        abort(maintenance_response())  # Kept under no Idempotency-Key: the same request is taken later.

    def act(at: datetime) -> dict[str, Any]:
        read = _without_barred_grants(_read(given, at), at)
        references = {
            each.found.address.text: each.reference for each in read
            if isinstance(each.found, Entry) and each.reference is not None
        }  # fmt: skip
        return tell(_write_entries(read, request_id, at, lane, references), at)

    def tell(results: list[dict[str, Any]], at: datetime) -> dict[str, Any]:
        answer = rows.summarize(results)
        counts = {"decisions": answer["written"], "bad": answer["problems"]}
        record_audit("request.written", "api_request", request_id, brand=g.brand.name, **counts)
        return answer | {"requestId": str(request_id), "receivedAt": moment(at), "undoSeconds": 0}

    def refuse_again(first: dict[str, Any]) -> Act | None:
        """Where a refusal among them counts as of now, and is another act: the refusals, and nothing else of it."""
        at, places = clock.now(), [place for place, row in enumerate(given) if _is_refusal(row)]
        entries = [each.found for each in _read_refusals(given, at) if isinstance(each.found, Entry)]
        same_act = _decisions_within_minute(first, at)
        if not consent_requests.would_refuse(read_session(), vault(), g.brand, entries, at, kept=same_act):
            return None

        def act_again(at: datetime) -> dict[str, Any] | None:
            anew = _write_entries(_read_refusals(given, at), request_id, at, lane)
            if not any(each["written"] for each in anew):
                return None
            by_place = {place: each | {"index": place} for place, each in zip(places, anew, strict=True)}
            return tell([by_place.get(place, each) for place, each in enumerate(first["results"])], at)

        return act_again

    return answer_once(
        headers, act, request_id=request_id, rows=len(given), status_of=partial(_status_of, lane),
        act_again=refuse_again,
    )  # fmt: skip


def _decisions_within_minute(answer: dict[str, Any], at: datetime) -> set[int]:
    """The decisions of an answer, but of none that is a minute old: whoever asks again then acts anew, since nobody
    knows what the person said at İYS meanwhile."""
    if abs(at - datetime.fromisoformat(answer["receivedAt"])) >= MINUTE:
        return set()
    return {int(each["decisionId"]) for each in answer["results"] if each["decisionId"]}


def _status_of(lane: Lane, answer: dict[str, Any]) -> int:
    bad = answer["results"][0]["problem"] if lane == Lane.PEOPLE else None
    return bad["status"] if bad else 200


def _write_entries(
    read: Sequence[ReadRow], request_id: int, at: datetime, lane: Lane, references: Mapping[str, str] = NONE
) -> list[dict[str, Any]]:  # fmt: skip
    """Write those that are entries; the results of all."""
    entries = [each.found for each in read if isinstance(each.found, Entry)]
    written = consent_requests.write_entries(
        read_session(), db.session, vault(), g.brand, entries, request_id, at, lane=lane, references=references
    )
    return _results(read, written)


def _read(given: Sequence[object], at: datetime) -> list[ReadRow]:
    brands = BrandNames.of_brand(read_session(), g.brand) if rows.has_unknown_fields(given) else NO_BRANDS
    refused = [str(each["recipient"])[:MAX_TEXT] for each in given if _is_refusal(each) and "recipient" in each]
    parse = recipients.known_parser(read_session(), vault(), g.brand.provider_id, refused)
    return rows.read_rows(given, at, brands, parse=parse)


def _read_refusals(given: Sequence[object], at: datetime) -> list[ReadRow]:
    return [each for row, each in zip(given, _read(given, at), strict=True) if _is_refusal(row)]


def _is_refusal(row: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(row, dict) and row.get("status") == Status.REFUSED


def _without_barred_grants(read: list[ReadRow], at: datetime) -> list[ReadRow]:
    """Turn grants into problems that are not taken now: of a suspended provider, a closed brand or a key that may only
    refuse, and of new addresses where the package is full. Refusals are always taken."""
    caller: Caller = g.caller
    if caller.is_suspended or g.brand.closed_at is not None:
        return rows.refuse_grants(read, ApiRowProblem.SUSPENDED)
    if Scope.GRANT not in caller.scopes:
        return rows.refuse_grants(read, ApiRowProblem.GRANT_SCOPE)
    found = (each.found for each in read)
    granted = [each.address.text for each in found if isinstance(each, Entry) and each.status == Status.GRANTED]
    if granted and maintenance.current():
        return rows.refuse_grants(read, ApiRowProblem.MAINTENANCE)
    provider = read_session().get_one(Provider, caller.provider_id)
    barred = consent_requests.find_addresses_over_package(read_session(), vault(), provider, granted, at)
    return rows.refuse_grants(read, ApiRowProblem.PACKAGE_FULL, barred) if barred else read


def _results(read: Sequence[ReadRow], written: Sequence[Written]) -> list[dict[str, Any]]:
    of_entries, results = iter(written), []
    for place, each in enumerate(read):
        found: BadRow | Effect
        found, decision_id, stands = next(of_entries) if isinstance(each.found, Entry) else (each.found, None, None)
        if isinstance(found, Effect) and found in EFFECT_PROBLEMS:
            found = EFFECT_PROBLEMS[found]
        results.append(
            {
                "index": place, "correlationId": each.correlation_id, "reference": each.reference,
                "decisionId": str(decision_id) if decision_id else None, "ignored": each.ignored,
                "stands": stands, "written": found in WRITTEN,
                "result": "problem" if isinstance(found, BadRow) else found.value,
                "problem": found.body() if isinstance(found, BadRow) else None,
            }
        )  # fmt: skip
    return results
