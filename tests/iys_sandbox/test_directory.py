"""Brands, partners, rights, subscriptions and quotas."""

import pytest

from portal.core import iys_protocol
from portal.core.iys_protocol import Channel, RecipientType
from tests.iys_sandbox.callers import ACCOUNT, ADD, GRANT, REFUSAL, STATUS, Provider, codes

PARTNER = {
    "username": "aracı",
    "password": "gizli",
    "kind": "partner",
    "integratorCode": 900001,
    "title": "Aracı Bilişim A.Ş.",
    "acts_for": [
        {"iysCode": 700100, "brands": [700100, 700101], "title": "Ayşe Ticaret A.Ş.", "rights": {"MESAJ": "write"}},
        {"iysCode": 700200, "agreementControl": False},
    ],
}


@pytest.fixture
def partner(app):
    assert app.test_client().post("/accounts", json=PARTNER).status_code == 201
    partner = Provider(app)
    partner.signs_in(username="aracı", password="gizli")
    return partner


def subscribes(app, **subscription):
    app.extensions["sandbox"].store.add_account(**ACCOUNT, subscription=subscription)


def test_a_provider_lists_its_brands_with_what_they_hold(provider):
    provider.adds(GRANT)
    provider.adds(GRANT | {"type": "ARAMA"})
    provider.adds(REFUSAL)

    master, other = provider.gets(iys_protocol.brands_path(700100)).json

    assert (master["brandCode"], master["master"], other["master"]) == (700100, True, False)
    assert master["stats"]["consents"] == {"approval": 1, "rejection": 1, "total": 2}


def test_a_partner_lists_the_brands_that_authorised_it(partner):
    answer = partner.gets(iys_protocol.partner_brands_path(900001)).json

    assert answer["pagination"] == {"offset": 0, "pageSize": 3, "totalCount": 3}
    first, _, last = answer["list"]
    assert (first["title"], first["iysCode"], first["MESAJ"]) == ("Ayşe Ticaret A.Ş.", 700100, "write")
    assert "ARAMA" not in first
    assert (last["ARAMA"], last["agreementControl"]) == ("write", False)


def test_the_list_of_a_partner_has_pages(partner):
    answer = partner.gets(iys_protocol.partner_brands_path(900001, offset=2, limit=2)).json

    assert [brand["brandCode"] for brand in answer["list"]] == [700200]
    assert codes(partner.gets(iys_protocol.partner_brands_path(900001, limit=101))) == ["H186"]
    assert codes(partner.gets(iys_protocol.partner_brands_path(900001, limit=0))) == ["H187"]


def test_a_partner_asks_for_one_provider(partner):
    answer = partner.gets(iys_protocol.partner_brands_path(900001, 700200)).json

    assert [brand["brandCode"] for brand in answer["list"]] == [700200]
    assert codes(partner.gets(iys_protocol.partner_brands_path(900001, 700300))) == ["H245"]


def test_a_provider_is_no_partner(provider):
    assert codes(provider.gets(iys_protocol.partner_brands_path(900001))) == ["H363"]
    assert codes(provider.gets(iys_protocol.partner_subscription_path(900001))) == ["H522"]


def test_a_partner_writes_only_the_channels_it_was_given(partner):
    assert partner.adds(GRANT).status_code == 200

    call = GRANT | {"type": "ARAMA"}
    assert codes(partner.adds(call)) == ["H355"]
    assert codes(partner.posts(iys_protocol.bulk_add_path(700100, 700100), [GRANT, call])) == ["H355"]
    path = iys_protocol.multi_status_path(700100, 700100, RecipientType.INDIVIDUAL, Channel.CALL)
    assert codes(partner.posts(path, {"recipients": [GRANT["recipient"]]})) == ["H355"]
    assert codes(partner.posts(STATUS, {name: call[name] for name in ("recipient", "recipientType", "type")})) == [
        "H355"
    ]


def test_a_partner_pulls_only_the_channels_it_was_given(partner, provider, clock):
    provider.adds(GRANT)
    provider.adds(GRANT | {"type": "ARAMA"})
    clock.forward(hours=1)

    rows = partner.gets(iys_protocol.changes_path(700100, 700100, source="HS")).json["list"]

    assert [row["type"] for row in rows] == ["MESAJ"]


def test_a_partner_with_the_right_to_read_may_not_write(app, partner):
    read = {"iysCode": 700100, "rights": {"MESAJ": "read"}}
    app.test_client().post("/accounts", json=PARTNER | {"acts_for": [read]})

    assert codes(partner.adds(GRANT)) == ["H355"]
    assert partner.gets(iys_protocol.changes_path(700100, 700100, source="HS")).status_code == 204


def test_a_partner_acts_for_nobody_else(partner):
    assert codes(partner.adds(GRANT, iys_protocol.add_path(700300, 700300))) == ["H353"]
    assert codes(partner.adds(GRANT, iys_protocol.add_path(700100, 700200))) == ["H353"]


def test_a_subscription_shows_its_quota_and_its_use(app, provider):
    subscribes(app, consentLimit=100)
    provider.adds(GRANT)
    provider.adds(REFUSAL)

    answer = provider.gets(iys_protocol.subscription_path(700100)).json

    assert (answer["status"], answer["consentLimit"], answer["usedConsentLimit"]) == ("ACTIVE", 100, 1)


def test_a_partner_does_not_see_how_much_is_used(partner):
    answer = partner.gets(iys_protocol.subscription_path(700100)).json

    assert answer["status"] == "ACTIVE"
    assert "consentLimit" not in answer and "usedConsentLimit" not in answer


def test_a_partner_has_a_subscription_of_its_own(partner):
    answer = partner.gets(iys_protocol.partner_subscription_path(900001)).json

    assert (answer["status"], answer["iysCode"]) == ("ACTIVE", 900001)


@pytest.mark.parametrize(
    ("subscription", "code"),
    [
        ({"status": "PAUSED"}, "H520"),
        ({"status": "EXPIRED"}, "H520"),
        ({"expirationDate": "2026-11-24 11:59:59"}, "H520"),
        ({"status": "CLOSED"}, "H521"),
        ({"status": "NONE"}, "H524"),
        ({"api": False}, "H586"),
    ],
)
def test_without_a_subscription_in_force_only_the_subscription_answers(app, provider, subscription, code):
    subscribes(app, **subscription)

    assert codes(provider.adds(GRANT)) == [code]
    assert codes(provider.gets(iys_protocol.brands_path(700100))) == [code]
    assert code == "H524" or provider.gets(iys_protocol.subscription_path(700100)).status_code == 200


def test_no_subscription_is_not_found(app, provider):
    subscribes(app, status="NONE")

    answer = provider.gets(iys_protocol.subscription_path(700100))

    assert (answer.status_code, codes(answer)) == (404, ["H437"])


def test_a_paused_partner_acts_for_nobody(app, partner):
    app.test_client().post("/accounts", json=PARTNER | {"subscription": {"status": "PAUSED"}})

    answer = partner.adds(GRANT)

    assert codes(answer) == ["H520"]
    assert "Entegratör" in answer.json["errors"][0]["message"]


def test_a_full_quota_takes_no_new_key_but_lets_known_ones_change(app, provider):
    subscribes(app, consentLimit=1)
    provider.adds(GRANT)

    another = GRANT | {"type": "ARAMA"}
    assert codes(provider.adds(another)) == ["H525"]
    assert codes(provider.posts(iys_protocol.bulk_add_path(700100, 700100), [another])) == ["H525"]
    assert provider.adds(REFUSAL).status_code == 200


def test_a_quota_that_may_be_exceeded_is_no_limit(app, provider):
    subscribes(app, consentLimit=0, consentLimitExceed=True)

    assert provider.adds(GRANT).status_code == 200


def test_every_question_needs_a_token(app):
    stranger = app.test_client()

    for path in (
        iys_protocol.brands_path(700100),
        iys_protocol.subscription_path(700100),
        iys_protocol.partner_brands_path(900001),
        iys_protocol.partner_subscription_path(900001),
        iys_protocol.retailers_path(700100, 700100),
        iys_protocol.changes_path(700100, 700100, source="HS"),
        iys_protocol.push_registration_path(700100, 700100),
    ):
        assert codes(stranger.get(path)) == ["H351"]
    assert codes(stranger.post(ADD, json=GRANT)) == ["H351"]
