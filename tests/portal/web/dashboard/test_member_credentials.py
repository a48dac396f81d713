"""Keys and webhooks that somebody made are named where their access to the firm ends, and closed in the same step."""

import re

import pytest
from sqlalchemy import select

from portal.core.extensions import db
from portal.core.models import ApiKey, AuditEntry, Membership, OffReason, Provider, Role, User, WebhookEndpoint
from tests import make
from tests.portal.api.programs import BASE, Program
from tests.portal.web.dashboard.staff import signed_in

pytestmark = pytest.mark.slow

BURAK = "burak@example.com"
KEY = {"name": "Rapor", "scopes": ["exports:read", "events:read"], "lifetime": ""}
WEBHOOK = {"url": "https://burak.example.net/hook?token=t0k3n", "types": ["decision.made"], "algorithm": "hmac"}
CHECKED = re.compile(r'<input checked id="(\w+)-credential-\d" name="credentials" type="checkbox" value="([\w-]+)">')


@pytest.fixture
def leaver(app, ayse):
    """Burak, an owner who made a key and a webhook; his membership's id and the key's text."""
    with app.app_context():
        user = make.person(db.session.scalar(select(Provider)), BURAK, Role.OWNER, name="Burak")
        member_id = db.session.scalar(select(Membership.id).where(Membership.user_id == user.id))
    burak = signed_in(app, BURAK)
    [text] = set(re.findall(r"izl_live_\w{38}", burak.posts("/dashboard/keys", KEY).text))
    assert burak.posts("/dashboard/webhooks", WEBHOOK).status_code == 200
    ayse.posts("/dashboard/keys", KEY | {"name": "Kasa"})
    return member_id, text


def ticked(ayse, member_id: int, where: str) -> list[str]:
    page = ayse.opens(f"/dashboard/people/{member_id}").text
    return [value for its, value in CHECKED.findall(page) if its == where]


def is_open(app, text: str) -> bool:
    return Program(app, text).get(f"{BASE}/me").status_code == 200


def test_the_page_of_a_person_names_what_they_made_and_no_others(ayse, leaver):
    member_id, _ = leaver
    page = ayse.opens(f"/dashboard/people/{member_id}").text

    assert "API anahtarı: Rapor …" in page and "Webhook: burak.example.net" in page
    assert "Kasa" not in page and "t0k3n" not in page
    assert all(len(ticked(ayse, member_id, where)) == 2 for where in ("role", "suspend", "remove"))


@pytest.mark.parametrize(("act", "data"), [("remove", {}), ("suspend", {}), ("role", {"role": "agent"})])
def test_what_is_ticked_ends_with_their_access(app, ayse, leaver, rows, act, data):
    member_id, text = leaver
    chosen = ticked(ayse, member_id, act)
    assert is_open(app, text)

    ayse.posts(f"/dashboard/people/{member_id}/{act}", data | {"credentials": chosen})

    assert not is_open(app, text)
    assert rows.one(WebhookEndpoint).off_reason == OffReason.PAUSED
    assert [key.name for key in rows(ApiKey) if key.revoked_at] == ["Rapor"]
    assert "Oluşturduğu 2 anahtar ya da webhook kapatıldı." in ayse.opens("/dashboard/people").text
    ended = {"api_key.revoked", "webhook.paused"}
    assert {entry.act for entry in rows(AuditEntry)} & ended == ended


def test_what_is_not_ticked_goes_on_and_is_told(app, ayse, leaver):
    member_id, text = leaver
    ayse.posts(f"/dashboard/people/{member_id}/remove", {"credentials": ["key-1", "nonsense"]})

    assert is_open(app, text)
    assert "Oluşturduğu 2 anahtar ya da webhook açık." in ayse.opens("/dashboard/people").text


def test_a_role_that_manages_keys_keeps_them(app, ayse, leaver):
    member_id, text = leaver
    chosen = ticked(ayse, member_id, "role")

    ayse.posts(f"/dashboard/people/{member_id}/role", {"role": "owner", "credentials": chosen})

    assert is_open(app, text)


def test_a_change_that_is_not_allowed_closes_nothing(app, ayse, leaver):
    with app.app_context():
        own = select(Membership.id).join(User, User.id == Membership.user_id).where(User.name == "Ayşe")
        mine = db.session.scalar(own)
    _, text = leaver
    keys = [f"key-{each}" for each in range(9)]

    ayse.posts(f"/dashboard/people/{mine}/remove", {"credentials": keys})

    assert is_open(app, text)
    assert "anahtar ya da webhook" not in ayse.opens("/dashboard/people").text


def test_lists_name_who_made_each(ayse, leaver):
    assert {"Ayşe", "Burak"} <= set(re.findall(r"<td[^>]*>(Ayşe|Burak)</td>", ayse.opens("/dashboard/keys").text))
    assert re.search(r"<td[^>]*>Burak</td>", ayse.opens("/dashboard/webhooks").text)
