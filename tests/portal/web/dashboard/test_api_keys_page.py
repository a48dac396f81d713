"""The page of API keys: a key is seen once, ends at once, and leaves its name in the audit."""

import html
import re
from datetime import timedelta

import pytest
from sqlalchemy import update

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import ApiCall, ApiKey, AuditEntry, Provider
from portal.domain.identity import api_calls
from tests.portal.api.programs import BASE, CONSENTS, Program

pytestmark = pytest.mark.alike

FORM = {"name": "Kasalar", "scopes": ["consents:refuse", "consents:read"], "lifetime": "365"}


def shown_key(answer) -> str:
    [text] = re.findall(r"<code>(izl_live_\w{38})</code>\s*<button[^>]* data-copy hidden>", answer.text)
    return text


def status(app, text: str) -> int:
    return Program(app, text).get(f"{BASE}/me").status_code


def test_a_key_is_shown_once_replaced_and_revoked_at_once(app, ayse, rows):
    first = shown_key(ayse.posts("/dashboard/keys", FORM))
    key = rows.one(ApiKey)
    assert status(app, first) == 200
    assert first not in ayse.opens("/dashboard/keys").text + ayse.opens(f"/dashboard/keys/{key.id}").text
    assert first.encode() not in key.digest and key.hint == first[-4:]

    second = shown_key(ayse.posts(f"/dashboard/keys/{key.id}/replace", {"overlap": "0"}))
    assert (status(app, first), status(app, second)) == (401, 200)
    assert ayse.posts(f"/dashboard/keys/{key.id}/replace", {"overlap": "0"}).status_code == 404
    new = rows(ApiKey)[-1]
    assert (new.scopes, new.replaces_id) == (key.scopes, key.id)
    assert ayse.posts(f"/dashboard/keys/{new.id}/revoke").status_code == 303

    assert status(app, second) == 401
    acts = [each for each in rows(AuditEntry) if each.act.startswith("api_key.")]
    assert [each.act for each in acts] == ["api_key.made", "api_key.replaced", "api_key.revoked"]
    assert not any(text in str(each.facts) for each in acts for text in (first, second))


def test_a_key_is_replaced_once(ayse, rows):
    ayse.posts("/dashboard/keys", FORM)
    key = rows.one(ApiKey)

    answers = [ayse.posts(f"/dashboard/keys/{key.id}/replace", {"overlap": "1"}) for _ in range(2)]

    assert [each.status_code for each in answers] == [200, 303]
    assert "Bu arada durumu değişmiş" in ayse.opens("/dashboard/keys").text
    assert rows.count(ApiKey) == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "Anahtara bir ad verin"),
        ({"scopes": []}, "En az birini seçin"),
        ({"scopes": ["self"]}, "geçerli"),
        ({"scopes": ["consents:grant"]}, "ret de bildirmelidir"),
        ({"brands": ["1"]}, "geçerli"),
        ({"lifetime": "9999"}, "geçerli"),
    ],
)
def test_a_wrong_form_makes_no_key(ayse, rows, change, words):
    answer = ayse.posts("/dashboard/keys", FORM | change)

    assert answer.status_code == 422
    assert words in answer.text
    assert rows.count(ApiKey) == 0


def test_test_keys_of_an_admitted_firm_are_shown_as_ended(app, ayse, rows):
    ayse.posts("/dashboard/keys", FORM | {"lifetime": ""})
    with app.app_context():
        db.session.execute(update(ApiKey).values(is_test=True))
        db.session.commit()

    assert "deneme modu bitince kapandı" in ayse.opens("/dashboard/keys").text
    assert ayse.posts(f"/dashboard/keys/{rows.one(ApiKey).id}/revoke").status_code == 303
    assert ayse.posts(f"/dashboard/keys/{rows.one(ApiKey).id}/replace", {"overlap": "0"}).status_code == 404


def test_what_a_test_key_sent_is_shown_to_its_firm_for_a_week(app, ayse, rows):
    with app.app_context():
        db.session.execute(update(Provider).values(admitted_at=None))
        db.session.commit()
    [key] = re.findall(r"izl_test_\w{38}", ayse.posts("/dashboard/keys", FORM).text)
    program = Program(app, key)
    program.get(f"{CONSENTS}/MESAJ/+905321234567?recipientType=BIREYSEL")
    program.post(CONSENTS, {"recipient": "0532 çok kötü", "type": "MESAJ", "status": "RET"})

    page = html.unescape(ayse.opens("/dashboard/keys/calls").text)
    assert "/consents/MESAJ/+905321234567?recipientType=BIREYSEL" in page and "0532 çok kötü" in page
    assert [(each.method, each.status) for each in rows(ApiCall)] == [("GET", 404), ("POST", 422)]
    assert all(b"532" not in each.content for each in rows(ApiCall)) and key not in page
    with app.app_context():
        for days, left in ((6, 2), (8, 0)):
            api_calls.delete_old(db.session, clock.now() + timedelta(days=days))
            assert db.session.query(ApiCall).count() == left


def test_of_many_calls_the_last_ones_are_kept(app, ayse, rows, monkeypatch):
    monkeypatch.setattr(api_calls, "MAX_CALLS", 3)
    with app.app_context():
        db.session.execute(update(Provider).values(admitted_at=None))
        db.session.commit()
    [key] = re.findall(r"izl_test_\w{38}", ayse.posts("/dashboard/keys", FORM).text)
    for number in range(5):
        Program(app, key).get(f"{BASE}/me?{number}")

    page = ayse.opens("/dashboard/keys/calls").text
    assert [f"/me?{number}" in page for number in range(5)] == [False, False, True, True, True]


def test_nothing_that_a_live_key_sent_is_shown(app, ayse, rows):
    program = Program(app, shown_key(ayse.posts("/dashboard/keys", FORM)))
    assert program.get(f"{CONSENTS}/MESAJ/+905321234567").status_code == 404
    assert rows.count(ApiCall) == 0 and "Henüz bir istek gelmedi" in ayse.opens("/dashboard/keys/calls").text
