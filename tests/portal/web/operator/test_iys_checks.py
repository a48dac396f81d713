"""Asking İYS from the console: the partner's rights before a provider is admitted, its own account after."""

import pytest

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import AuditEntry, Connection
from portal.domain.identity import accounts
from tests.portal.web.operator.conftest import CODE
from tests.portal.web.operator.test_provider_page import seen

pytestmark = [pytest.mark.slow, pytest.mark.alike]

PARTNER = 700100
FACTS = {"iysCode": CODE, "title": "YENİ MAĞAZACILIK ANONİM ŞİRKETİ", "brands": [CODE]}


@pytest.fixture
def reached(app, sandbox):
    """The sandbox, which the portal takes for İYS, and a partner's account at both."""
    app.config["IYS_BASE_URL"] = sandbox.url
    with app.app_context():
        accounts.store_partner_credential(
            db.session, vault(), integrator_code=PARTNER, username="ortak", password="ortak-parola", at=clock.now()
        )
        db.session.commit()
    return sandbox


def acts_for(reached, **facts) -> None:
    reached.add_account(
        "ortak", "ortak-parola", PARTNER, [], kind="partner", integrator_code=PARTNER, acts_for=[FACTS | facts]
    )


def test_rights_that_are_all_there_are_shown(derya, newcomer, reached, rows):
    acts_for(reached)

    derya.posts(f"/operator/providers/{newcomer}/test")

    page = derya.opens(f"/operator/providers/{newcomer}").text
    assert "YENİ MAĞAZACILIK ANONİM ŞİRKETİ" in page and "Bütün yetkiler verilmiş" in page
    assert "SMS" in page and "MESAJ" not in page
    assert rows.one(AuditEntry, AuditEntry.act == "rights.looked_at").provider_id == newcomer


def test_a_title_that_differs_is_told(derya, newcomer, reached):
    acts_for(reached, title="BAŞKA TİCARET A.Ş.")

    derya.posts(f"/operator/providers/{newcomer}/test")

    page = derya.opens(f"/operator/providers/{newcomer}").text
    assert "BAŞKA TİCARET A.Ş." in page and "Farklı" in page and "Bütün yetkiler verilmiş" not in page


def test_rights_that_are_not_there_are_told(derya, newcomer, reached):
    acts_for(reached, iysCode=CODE + 1)

    derya.posts(f"/operator/providers/{newcomer}/test")

    assert "Bütün yetkiler verilmiş" not in derya.opens(f"/operator/providers/{newcomer}").text


def test_an_admitted_providers_own_account_is_tested(derya, ayses, reached, rows):
    derya.posts(f"/operator/providers/{ayses}/test")

    assert rows.one(Connection, Connection.provider_id == ayses).tested_at is not None
    assert rows.one(AuditEntry, AuditEntry.act == "connection.tested").provider_id == ayses


def test_a_provider_without_an_account_is_not_asked_about(app, derya, ayses, reached, rows):
    with app.app_context():
        db.session.delete(db.session.query(Connection).filter_by(provider_id=ayses).one())
        db.session.commit()

    assert derya.posts(f"/operator/providers/{ayses}/test").status_code == 303
    assert "Henüz bir İYS hesabı bağlanmadı" in derya.opens(f"/operator/providers/{ayses}").text


def test_who_is_admitted_writes_at_once_whatever_brand_it_practised_with(derya, newcomer, reached, rows):
    acts_for(reached)
    call = {"called_on": clock.day(clock.now()).isoformat(), "note": "Santralden arandı, doğruladı."}

    path = f"/operator/providers/{newcomer}"
    derya.posts(f"{path}/admission", call | seen(derya, path))

    connection = rows.one(Connection, Connection.provider_id == newcomer)
    assert connection.findings["missing"] == []
    assert connection.forwarding_enabled_at is not None
    assert rows.one(AuditEntry, AuditEntry.act == "connection.tested").provider_id == newcomer


def test_who_is_admitted_without_the_rights_tells_nothing_and_the_operator_reads_why(derya, newcomer, reached, rows):
    acts_for(reached, title="BAŞKA TİCARET A.Ş.")
    call = {"called_on": clock.day(clock.now()).isoformat(), "note": "Santralden arandı, doğruladı."}

    path = f"/operator/providers/{newcomer}"
    derya.posts(f"{path}/admission", call | seen(derya, path))

    assert rows.one(Connection, Connection.provider_id == newcomer).forwarding_enabled_at is None
    assert "BAŞKA TİCARET A.Ş." in derya.opens(f"/operator/providers/{newcomer}").text
