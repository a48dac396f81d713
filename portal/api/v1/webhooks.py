"""Webhook endpoints of one brand, which a program makes and keeps; those of several brands are people's."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, g
from spectree import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.api.v1 import webhooks_schemas as schemas
from portal.api.v1.authentication import needs_scope
from portal.api.v1.blueprint import BRAND_PATH, blueprint, specification
from portal.api.v1.moments import moment
from portal.api.v1.schemas import Problem, WriteHeaders
from portal.api.v1.writes import answer_once, id_or_404, record_audit, refuse
from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.models import ApiKey, EventType, OffReason, Provider, WebhookAlgorithm, WebhookEndpoint
from portal.domain.identity.permissions import Scope
from portal.domain.webhooks import endpoints
from portal.domain.webhooks.endpoints import BadUrl, Choices, TooManyEndpoints
from portal.services.webhooks import maintenance
from portal.web.shared import problems
from portal.web.shared.problems import ApiProblem

WEBHOOKS = f"{BRAND_PATH}/webhooks"
WEBHOOK = f"{WEBHOOKS}/<webhookId>"
MADE = Response(HTTP_200=schemas.NewWebhook, HTTP_409=Problem)


@blueprint.get(WEBHOOKS)
@specification.validate(resp=Response(HTTP_200=schemas.Webhooks), operation_id="listWebhooks")
@needs_scope(Scope.WEBHOOKS)
def list_webhooks() -> dict[str, Any]:
    """List the endpoints that hear of this brand alone."""
    theirs = select(WebhookEndpoint).where(WebhookEndpoint.provider_id == g.caller.provider_id)
    rows = read_session().scalars(theirs.order_by(WebhookEndpoint.created_at, WebhookEndpoint.id))
    return {"items": [_answer(each) for each in rows if _is_of_brand(each)]}


@blueprint.post(WEBHOOKS)
@specification.validate(resp=MADE, operation_id="addWebhook")
@needs_scope(Scope.WEBHOOKS)
def add_webhook(json: schemas.WebhookBody, headers: WriteHeaders) -> dict[str, Any]:
    """Make an endpoint and show its secret, which is read anew for a repeated request instead of being kept with it."""

    def make(at: datetime) -> dict[str, Any]:
        choices = _choices(json.url, json.types, [g.brand.id], json.showsAddresses)
        provider = db.session.get_one(Provider, g.caller.provider_id)
        user_id = db.session.get_one(ApiKey, g.caller.key_id).created_by
        try:
            made, _ = endpoints.create(db.session, vault(), provider, choices, json.algorithm, user_id=user_id, at=at)
        except TooManyEndpoints:
            refuse(ApiProblem.TOO_MANY_WEBHOOKS)
        return _noted("webhook.made", made)

    answer = answer_once(headers, make)
    made = read_session().get(WebhookEndpoint, int(answer["id"]))  # None: removed since.
    is_secret = made is not None and made.algorithm == WebhookAlgorithm.HMAC
    g.has_secret = True  # The calls of test keys are kept and shown, but not this answer.
    return answer | {"secret": endpoints.read_secrets(vault(), made, clock.now())[0] if made and is_secret else None}


@blueprint.patch(WEBHOOK)
@specification.validate(resp=Response(HTTP_200=schemas.Webhook), operation_id="changeWebhook")
@needs_scope(Scope.WEBHOOKS)
def change_webhook(webhookId: str, json: schemas.WebhookChange, headers: WriteHeaders) -> dict[str, Any]:
    """Change an endpoint, pause it or turn it on again."""

    def change(at: datetime) -> dict[str, Any]:
        its = _endpoint_or_404(db.session, webhookId)
        if (json.url, json.types, json.showsAddresses) != (None, None, None):
            shows = its.shows_addresses if json.showsAddresses is None else json.showsAddresses
            types = [EventType(each) for each in its.types] if json.types is None else json.types
            url = endpoints.show_url(vault(), its) if json.url is None else json.url
            endpoints.change(vault(), its, _choices(url, types, its.brand_ids, shows))
        if json.isOn:
            endpoints.turn_on(db.session, its, at)
        db.session.flush()
        if json.isOn is False:
            endpoints.turn_off(db.session, its.id, OffReason.PAUSED, at)
            db.session.refresh(its)
        return _noted("webhook.changed", its)

    return answer_once(headers, change)


@blueprint.delete(WEBHOOK)
@specification.validate(resp=Response(HTTP_200=schemas.WebhookRemoved), operation_id="removeWebhook")
@needs_scope(Scope.WEBHOOKS)
def remove_webhook(webhookId: str, headers: WriteHeaders) -> dict[str, Any]:
    """Remove an endpoint and its log."""

    def remove(at: datetime) -> dict[str, Any]:
        maintenance.delete_log(_endpoint_or_404(read_session(), webhookId).id, at)
        its = _endpoint_or_404(db.session, webhookId)
        noted = _noted("webhook.removed", its)
        endpoints.remove(db.session, its.id)
        return {"id": noted["id"]}

    return answer_once(headers, remove)


def _choices(url: str, types: list[EventType], brand_ids: list[int] | None, shows_addresses: bool) -> Choices:
    if shows_addresses and Scope.EVENTS not in g.caller.scopes:
        refuse(ApiProblem.SCOPE_MISSING, scope=Scope.EVENTS)
    in_development = current_app.config["DEVELOPMENT"]
    try:
        endpoints.check_url(url, shows_addresses=shows_addresses, in_development=in_development)
    except BadUrl as bad:
        refuse(ApiProblem.INVALID, errors=[problems.field_error("url", bad.problem.value, bad.problem.sentence)])
    return Choices(url, types, brand_ids, shows_addresses)


def _is_of_brand(endpoint: WebhookEndpoint) -> bool:
    return endpoint.provider_id == g.caller.provider_id and endpoint.brand_ids == [g.brand.id]


def _endpoint_or_404(session: Session, text: str) -> WebhookEndpoint:
    found = session.get(WebhookEndpoint, id_or_404(text))
    return found if found is not None and _is_of_brand(found) else refuse(ApiProblem.NOT_FOUND)


def _noted(act: str, endpoint: WebhookEndpoint) -> dict[str, Any]:
    """An endpoint as it is answered, once the act is in the audit log."""
    answer = _answer(endpoint)
    facts = {"host": urlsplit(answer["url"] or "").netloc, "types": answer["types"], "brands": 1}
    record_audit(act, "webhook", endpoint.id, **facts, shows_addresses=endpoint.shows_addresses)
    return answer


def _answer(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {
        "id": str(endpoint.id), "url": endpoints.show_url(vault(), endpoint) or None, "types": endpoint.types,
        "showsAddresses": endpoint.shows_addresses, "algorithm": endpoint.algorithm,
        "publicKey": endpoints.find_public_key(vault(), endpoint), "isOn": endpoint.due_at is not None,
        "offReason": endpoint.off_reason, "failingSince": moment(endpoint.failing_since),
        "succeededAt": moment(endpoint.succeeded_at), "createdAt": moment(endpoint.created_at),
    }  # fmt: skip
