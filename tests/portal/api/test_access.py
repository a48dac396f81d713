"""Who may call what: every route of the API × scope × brand × network, and every way in which a key ends."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import update

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import ApiKey, Brand, Network
from portal.domain.identity import api_keys
from portal.domain.identity.permissions import Scope, key_scopes
from tests import make
from tests.portal.api.programs import ALL, BASE, CONSENTS, Program, grant, limits_on, make_key, refusal

OTHER_CODE, OUTSIDE = 700002, "203.0.113.7"
PARAMETER = re.compile(r"<(?:any\((\w+)[^)]*\):|\w+:)?(\w+)>")
VALUES = {"brandCode": str(make.BRAND_CODE), "recipient": make.PHONE}
SCOPES = {  # Of every view of the API. One that is missing here is refused by a test.
    "check_addresses": Scope.CHECK,
    "add_sends": Scope.SENDS,
    "add_campaign": Scope.CAMPAIGNS_WRITE,
    "add_people": Scope.CAMPAIGNS_WRITE,
    "list_campaigns": Scope.CAMPAIGNS_READ,
    "show_campaign": Scope.CAMPAIGNS_READ,
    "add_launch": Scope.CAMPAIGNS_LAUNCH,
    "list_links": Scope.CAMPAIGNS_LAUNCH,
    "add_consent": Scope.REFUSE,
    "add_consents": Scope.REFUSE,
    "show_request": Scope.READ,
    "show_consent": Scope.READ,
    "query_consent": Scope.READ,
    "may_be_messaged": Scope.READ,
    "list_history": Scope.READ,
    "list_events": Scope.EVENTS,
    "list_consents": Scope.EVENTS,
    "list_points": Scope.LINKS,
    "add_link": Scope.LINKS,
    "add_refusal_links": Scope.LINKS,
    "add_import": Scope.IMPORTS_REFUSE,
    "show_import": Scope.IMPORTS_REFUSE,
    "add_import_start": Scope.IMPORTS_REFUSE,
    "add_import_cancellation": Scope.IMPORTS,
    "add_import_undo": Scope.IMPORTS,
    "list_import_errors": Scope.IMPORTS,
    "download_import_errors": Scope.IMPORTS,
    "download_export": Scope.EXPORTS,
    "list_retailers": Scope.RETAILERS_READ,
    "list_towns": Scope.RETAILERS_READ,
    "show_retailer": Scope.RETAILERS_READ,
    "list_access": Scope.RETAILERS_READ,
    "add_retailer": Scope.RETAILERS_WRITE,
    "remove_retailer": Scope.RETAILERS_WRITE,
    "add_access": Scope.RETAILERS_WRITE,
    "replace_access": Scope.RETAILERS_WRITE,
    "remove_access": Scope.RETAILERS_WRITE,
    "list_webhooks": Scope.WEBHOOKS,
    "add_webhook": Scope.WEBHOOKS,
    "change_webhook": Scope.WEBHOOKS,
    "remove_webhook": Scope.WEBHOOKS,
    "show_me": Scope.SELF,
    "list_brands": Scope.BRANDS,
}


def routes(app) -> list[tuple[str, str, str]]:
    """(name, method, path) of each route; its brand is Ayşe's, whatever else its path names does not exist."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("api.")]
    paths = [PARAMETER.sub(lambda it: VALUES.get(it[2], it[1] or "1"), rule.rule) for rule in rules]
    return [
        (rule.endpoint.removeprefix("api."), method, path)
        for rule, path in zip(rules, paths, strict=True) for method in rule.methods - {"HEAD", "OPTIONS"}
    ]  # fmt: skip


def code_of(answer) -> str | None:
    return (answer.get_json(silent=True) or {}).get("code")


def open_all(app, key: str, network: str = "127.0.0.1") -> dict[tuple[str, str], str | None]:
    """The code of the problem that each route answers a key with, by its name and path."""
    program = Program(app, key, network)
    return {(name, path): code_of(program.open(method, path)) for name, method, path in routes(app)}


def test_every_route_needs_the_scope_that_this_table_says(app, provider):
    assert {name: app.view_functions[f"api.{name}"].scope for name, _, _ in routes(app)} == SCOPES
    assert {*SCOPES.values(), Scope.GRANT} == set(Scope)  # Rows that grant need it; see below.

    for scope in ALL:
        held = {scope, Scope.REFUSE} if scope == Scope.GRANT else {scope}
        codes = open_all(app, make_key(provider, scopes=held))
        refused = {name for (name, _), code in codes.items() if code == "scope_missing"}
        assert refused == {name for name, needed in SCOPES.items() if needed not in key_scopes(held)}


@pytest.mark.slow
def test_no_route_is_open_to_keys_of_others_ended_keys_and_other_networks(app, provider):
    other = make.provider(iys_code=OTHER_CODE, brand_code=OTHER_CODE, email="cem@example.com")
    second = Brand(provider_id=provider.id, brand_code=700003, name="İkinci", created_at=clock.now())
    db.session.add(second)
    db.session.commit()
    ended = [make_key(provider, expires_at=clock.now()), *(make_key(provider) for _ in range(2))]
    revoked, of_test = db.session.query(ApiKey).filter_by(expires_at=None)
    revoked.revoked_at, of_test.is_test = clock.now(), True
    db.session.commit()
    limited, stranger = make_key(provider, brands=[second]), make_key(other)

    assert {*open_all(app, "").values()} == {"key_missing"}
    for key in ended:
        assert {*open_all(app, key).values()} == {"key_unknown"}
    for key in (limited, stranger):
        assert {code for (_, path), code in open_all(app, key).items() if "/brands/" in path} == {"brand_unknown"}
    assert [each["brandCode"] for each in Program(app, limited).get(f"{BASE}/brands").json["items"]] == [700003]
    db.session.add(Network(provider_id=provider.id, cidr="127.0.0.1/32", note="", created_at=clock.now()))
    db.session.commit()
    assert {*open_all(app, make_key(provider), OUTSIDE).values()} == {"network"}
    assert "network" not in open_all(app, make_key(provider)).values()


def test_keys_of_a_suspended_provider_read_and_refuse(app, provider):
    provider.suspended_at = clock.now()
    db.session.commit()

    codes = open_all(app, make_key(provider))

    left = key_scopes(ALL, suspended=True)
    assert Scope.REFUSE in left and Scope.GRANT not in left
    assert {name for (name, _), code in codes.items() if code == "scope_missing"} == {
        name for name, needed in SCOPES.items() if needed not in left
    }


def test_a_key_that_may_only_refuse_grants_nothing(app, provider, rows):
    program = Program(app, make_key(provider, scopes=[Scope.REFUSE]))

    answer = program.post(f"{CONSENTS}/bulk", {"consents": [grant(), refusal(make.EMAIL)]})

    assert [each["result"] for each in answer.json["results"]] == ["problem", "first_refusal"]
    assert answer.json["results"][0]["problem"]["scope"] == "consents:grant"


def test_a_request_is_seen_by_its_own_provider_only(app, provider):
    request_id = Program(app, make_key(provider)).post(CONSENTS, refusal()).json["requestId"]
    other = make.provider(iys_code=OTHER_CODE, brand_code=OTHER_CODE, email="cem@example.com")

    assert Program(app, make_key(provider)).get(f"{BASE}/requests/{request_id}").status_code == 200
    assert Program(app, make_key(other)).get(f"{BASE}/requests/{request_id}").status_code == 404
    assert Program(app, make_key(other)).get(f"{BASE}/requests/{'9' * 25}").status_code == 404


def test_a_key_ends_by_revocation_expiry_rotation_and_with_sandbox_mode(app, provider):
    def is_good(text: str) -> bool:
        return Program(app, text).get(f"{BASE}/me").status_code == 200

    revoked, expiring = make_key(provider), make_key(provider, expires_at=clock.now() + timedelta(days=90))
    assert is_good(revoked) and is_good(expiring)
    key = db.session.query(ApiKey).filter_by(hint=revoked[-4:]).one()
    api_keys.revoke(db.session, key.id, clock.now())
    old = db.session.query(ApiKey).filter_by(hint=expiring[-4:]).one()
    sent, bodies = "sent-before-and-after", [refusal(), refusal(), refusal(make.EMAIL)]
    before = Program(app, expiring).post(CONSENTS, bodies[0], idempotency_key=sent)
    made, new = api_keys.rotate(db.session, provider, old, timedelta(days=1), user_id=old.created_by, at=clock.now())
    _, newest = api_keys.rotate(db.session, provider, made, timedelta(days=2), user_id=old.created_by, at=clock.now())
    db.session.commit()

    after = [Program(app, newest).post(CONSENTS, body, idempotency_key=sent) for body in bodies[1:]]
    assert (after[0].json, after[1].json["code"]) == (before.json, "idempotency_key_reused")
    assert not is_good(revoked)
    assert is_good(expiring) and is_good(new)
    with time_machine.travel(clock.now() + timedelta(hours=25)):
        assert not is_good(expiring) and is_good(new)
    with time_machine.travel(clock.now() + timedelta(days=91)):
        assert not is_good(new)
    admitted_at, provider.admitted_at = provider.admitted_at, None
    test_key = make_key(provider)
    assert test_key.startswith("izl_test_") and is_good(test_key)
    provider.admitted_at = admitted_at
    db.session.commit()
    assert not is_good(test_key)


@pytest.mark.parametrize("change", [{"revoked_at": datetime(2026, 1, 1, tzinfo=UTC)}, {"is_test": True}])
def test_a_key_that_changed_meanwhile_is_not_replaced(app, provider, change):
    make_key(provider)
    old = db.session.query(ApiKey).one()
    assert not old.is_test  # Now the row at hand is loaded, and does not notice what another request writes.
    db.session.execute(update(ApiKey).values(change), execution_options={"synchronize_session": False})

    with pytest.raises(api_keys.KeyChanged):
        api_keys.rotate(db.session, provider, old, timedelta(days=1), user_id=old.created_by, at=clock.now())


def test_a_key_of_no_brand_reaches_none(app, provider):
    program = Program(app, make_key(provider, brands=[]))

    assert program.get(f"{BASE}/brands").json["items"] == program.get(f"{BASE}/me").json["key"]["brandCodes"] == []


def test_a_mistyped_key_costs_no_query_and_many_guesses_are_stopped(app, provider):
    text = make_key(provider)
    assert api_keys.is_well_formed(text)
    assert not api_keys.is_well_formed(make.misspell(text))
    with limits_on():
        answers = [Program(app, make.misspell(text)).get(f"{BASE}/me").status_code for _ in range(61)]
        good = Program(app, text).get(f"{BASE}/me")

    assert answers[0] == 401 and answers[-1] == 429
    assert good.status_code == 200
    assert int(good.headers["RateLimit-Remaining"]) == 599


def test_a_key_has_a_limit_of_its_own_but_for_lists(app, provider):
    other = make.provider(iys_code=OTHER_CODE, brand_code=OTHER_CODE, email="cem@example.com")
    one, second, stranger = (Program(app, make_key(of)) for of in (provider, provider, other))
    body = {"type": "MESAJ", "recipients": ["x"]}
    with limits_on():
        answers = [one.post(f"{BASE}/brands/{make.BRAND_CODE}/checks", body) for _ in range(60)]
        answers.append(second.post(f"{BASE}/brands/{make.BRAND_CODE}/checks", body))
        me = second.get(f"{BASE}/me")
        free = stranger.post(f"{BASE}/brands/{OTHER_CODE}/checks", body)

    assert answers[-2].status_code == me.status_code == 200 and me.headers["RateLimit-Remaining"] == "599"
    assert answers[-1].status_code == 429
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert answers[-1].json["retryable"]
    assert free.status_code == 200


def test_the_last_use_of_a_key_is_known_to_the_minute(app, provider, rows):
    program = Program(app, make_key(provider))
    program.get(f"{BASE}/me")
    used_at = rows.one(ApiKey).used_at
    program.get(f"{BASE}/me")

    assert clock.now() - used_at < timedelta(minutes=1)
    assert rows.one(ApiKey).used_at == used_at


def test_an_answer_that_is_known_is_not_sent_again(app, provider):
    program = Program(app, make_key(provider))
    request_id = program.post(CONSENTS, refusal()).json["requestId"]
    for path in ("/brands", "/me", f"/requests/{request_id}"):
        known = program.get(BASE + path)
        headers = program._headers() | {"If-None-Match": known.headers["ETag"]}
        again = program.client.get(BASE + path, headers=headers)
        assert (again.status_code, again.data, again.headers["Cache-Control"]) == (304, b"", "no-store")
    db.session.query(Brand).one().name = "Yeni ad"
    db.session.commit()
    assert program.client.get(f"{BASE}/brands", headers=headers).status_code == 200


def test_errors_below_the_address_of_the_api_are_problems(app, provider):
    program = Program(app, make_key(provider))

    slash = f"{CONSENTS}/EPOSTA/%2Fx@example.com"  # No redirect, which would repeat the address.
    for method, path, status in (("GET", "/api/v1/nowhere", 404), ("GET", slash, 404), ("PUT", CONSENTS, 405)):
        answer = program.open(method, path)
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
        assert answer.json["title"] != answer.json["titleTr"]
    assert program.client.post(CONSENTS, data="{", headers=program._headers()).status_code == 415
    headers = program._headers() | {"Content-Type": "application/json"}
    assert program.client.post(CONSENTS, data="{", headers=headers).status_code == 400
    assert program.client.post(CONSENTS, data="[" * 100_000, headers=headers).status_code == 400
    without_key = program.client.post(CONSENTS, json=refusal(), headers=program._headers())
    assert without_key.json["code"] == "idempotency_key_invalid" and "8–200" in without_key.json["fixTr"]
    wrong = program.post(f"{CONSENTS}/history", {"recipient": 5, "limit": 999, "x": 1}).json["errors"]
    assert {each["field"]: (each["title"], each["titleTr"]) for each in wrong} == {
        "recipient": ("Of a wrong type or format.", "Yanlış türde ya da biçimde."),
        "type": ("The field is missing.", "Alan eksik."),
        "limit": (
            "The number is beyond its limits, which stand beside the field in the documentation.",
            "Sayı sınırların dışında; belgelerde alanın yanında yazar.",
        ),
        "x": ("There is no such field.", "Böyle bir alan yok."),
    }
    assert "Set-Cookie" not in without_key.headers and without_key.headers["Cache-Control"] == "no-store"


def test_null_is_no_empty_object(app):
    with app.app_context():
        program = Program(app, make_key(make.provider()))
    path = f"{BASE}/brands/{make.BRAND_CODE}/imports/1/cancel"
    answer = program.open("POST", path, data="null", content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (400, "not_json")
