"""A program keeps the webhook endpoints of its brand. The usual walk is run as the documentation's examples."""

import pytest

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import ApiRequest, AuditEntry, Brand, EventType, WebhookAlgorithm, WebhookEndpoint
from portal.domain.identity import api_calls
from portal.domain.identity.permissions import Scope
from portal.domain.webhooks import endpoints
from portal.domain.webhooks.endpoints import MAX_ENDPOINTS, Choices
from portal.services import consent_requests
from tests import make
from tests.portal.api.programs import BASE, Program, make_key

WEBHOOKS = f"{BASE}/brands/{make.BRAND_CODE}/webhooks"
NEW = {"url": "https://crm.ornek.com/webhooks", "types": ["decision.made"]}


def told(answer) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


def test_the_secret_is_answered_once_per_idempotency_key_and_kept_nowhere_else(app, provider, rows):
    provider.admitted_at = None
    db.session.commit()
    program = Program(app, make_key(provider))
    made = program.post(WEBHOOKS, NEW, idempotency_key="first-webhook")
    again = program.post(WEBHOOKS, NEW, idempotency_key="first-webhook")
    by_key = program.post(WEBHOOKS, NEW | {"algorithm": "ed25519"}).json

    assert made.json == again.json and made.json["secret"].startswith("whsec_")
    assert by_key["secret"] is None and by_key["publicKey"].startswith("whpk_")
    assert [each["id"] for each in program.get(WEBHOOKS).json["items"]] == [made.json["id"], by_key["id"]]
    assert "secret" not in program.get(WEBHOOKS).text
    kept = [consent_requests._open_answer(vault(), each) for each in rows(ApiRequest)]
    kept += [content for _, content in api_calls.list_calls(db.session, vault(), provider.id)]
    assert len(kept) > 4 and made.json["secret"] not in str(kept)
    assert [each.act for each in rows(AuditEntry, AuditEntry.subject == "webhook")] == ["webhook.made"] * 2

    assert program.open("DELETE", f"{WEBHOOKS}/{made.json['id']}").status_code == 200
    assert program.post(WEBHOOKS, NEW, idempotency_key="first-webhook").json["secret"] is None


def test_only_endpoints_of_the_brand_alone_are_reached(app, provider):
    choices = [Choices(NEW["url"], [EventType.DECISION_MADE], brands, False) for brands in (None, [1, 2])]
    other = make.provider(iys_code=700002, brand_code=700002, email="cem@example.com")
    foreign = Choices(NEW["url"], [EventType.DECISION_MADE], [db.session.query(Brand.id).first().id], False)
    made = [
        endpoints.create(
            db.session, vault(), whose, its, WebhookAlgorithm.HMAC, user_id=1, at=clock.now()
        )[0].id for whose, its in [(provider, choices[0]), (provider, choices[1]), (other, foreign)]
    ]  # fmt: skip
    db.session.commit()
    program = Program(app, make_key(provider))

    assert program.get(WEBHOOKS).json == {"items": []}
    for each in made:
        assert told(program.open("DELETE", f"{WEBHOOKS}/{each}")) == (404, "not_found")
        assert told(program.open("PATCH", f"{WEBHOOKS}/{each}", json={"isOn": False})) == (404, "not_found")


def test_what_no_endpoint_can_be_is_refused(app, provider):
    program, reader = Program(app, make_key(provider)), Program(app, make_key(provider, scopes=[Scope.WEBHOOKS]))
    url = "https://user:password@crm.ornek.com/webhooks"
    its_id = program.post(WEBHOOKS, NEW).json["id"]

    wrong = program.open("PATCH", f"{WEBHOOKS}/{its_id}", json={"url": url})
    assert wrong.status_code == 422 and [each["field"] for each in wrong.json["errors"]] == ["url"]
    for body, field in (({"url": ""}, "url"), ([], "")):
        wrong = program.open("PATCH", f"{WEBHOOKS}/{its_id}", json=body)
        assert wrong.status_code == 422 and [each["field"] for each in wrong.json["errors"]] == [field]
    in_full = reader.open("PATCH", f"{WEBHOOKS}/{its_id}", json={"showsAddresses": True})
    assert told(in_full) == (403, "scope_missing") and in_full.json["scope"] == "events:read"
    assert program.get(WEBHOOKS).json["items"][0]["showsAddresses"] is False
    for _ in range(MAX_ENDPOINTS - 1):
        assert program.post(WEBHOOKS, NEW).status_code == 200
    assert told(program.post(WEBHOOKS, NEW)) == (409, "too_many_webhooks")


def test_one_whose_url_cannot_be_read_is_paused_and_gets_another(app, provider):
    program = Program(app, make_key(provider))
    path = f"{WEBHOOKS}/{program.post(WEBHOOKS, NEW).json['id']}"
    db.session.query(WebhookEndpoint).one().url = b"damaged"
    db.session.commit()

    assert program.open("PATCH", path, json={"isOn": False}).json["offReason"] == "paused"
    wrong = program.open("PATCH", path, json={"showsAddresses": True})
    assert wrong.status_code == 422 and [each["field"] for each in wrong.json["errors"]] == ["url"]
    assert program.open("PATCH", path, json={"url": NEW["url"], "isOn": True}).json["url"] == NEW["url"]


def test_a_removal_that_breaks_is_not_noted(app, provider, rows, monkeypatch):
    program = Program(app, make_key(provider))
    path = f"{WEBHOOKS}/{program.post(WEBHOOKS, NEW).json['id']}"
    with monkeypatch.context() as patched:
        patched.setattr(endpoints, "remove", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            program.open("DELETE", path)
    db.session.rollback()
    assert "webhook.removed" not in [each.act for each in rows(AuditEntry)]
    assert program.open("DELETE", path).status_code == 200
