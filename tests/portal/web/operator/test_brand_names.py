"""A new name of an admitted firm's brand stands in no message before the operator has agreed."""

import pytest

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import AuditEntry, Brand, Mail, MailKind, Provider
from portal.domain.notifications import mails
from portal.domain.providers import brands
from tests.make import AYSE

pytestmark = [pytest.mark.slow, pytest.mark.alike]


@pytest.fixture
def brand_id(app, ayses) -> int:
    """A brand that asks for another name."""
    with app.app_context():
        brand = db.session.query(Brand).filter_by(provider_id=ayses).one()
        brands.request_name(db.session.get_one(Provider, ayses), brand, "Yeni Mağaza", clock.now())
        db.session.commit()
        return brand.id


@pytest.fixture
def path(ayses, brand_id) -> str:
    return f"/operator/providers/{ayses}/brands/{brand_id}/name"


def test_the_operator_sees_the_request_and_approves_it_once(app, derya, ayses, path, rows):
    assert "Örnek Mağazacılık" in derya.opens("/operator/").text
    assert "Örnek Mağaza → Yeni Mağaza" in derya.opens(f"/operator/providers/{ayses}").text

    for _ in range(2):
        derya.posts(path, {"seen": "Yeni Mağaza", "approve": "y"})

    assert (rows.one(Brand).name, rows.one(Brand).requested_name) == ("Yeni Mağaza", None)
    assert [entry.act for entry in rows(AuditEntry, AuditEntry.subject == "brand")] == ["brand.name_approved"]
    with app.app_context():
        mail = rows.one(Mail, Mail.kind == MailKind.NAME_SETTLED)
        assert mails.read_address(vault(), mail) == AYSE


def test_declining_needs_a_reason_and_keeps_the_old_name(app, derya, path, rows):
    derya.posts(path, {"seen": "Yeni Mağaza"})
    assert rows.one(Brand).requested_name == "Yeni Mağaza"

    derya.posts(path, {"seen": "Yeni Mağaza", "reason": "Tescilli bir bankanın adı."})

    assert (rows.one(Brand).name, rows.one(Brand).requested_name) == ("Örnek Mağaza", None)
    with app.app_context():
        assert mails.read_facts(vault(), rows.one(Mail))["reason"] == "Tescilli bir bankanın adı."


def test_a_name_that_changed_since_the_page_was_served_is_not_approved(derya, path, rows):
    derya.posts(path, {"seen": "Yeni", "approve": "y"})

    assert (rows.one(Brand).name, rows.one(Brand).requested_name) == ("Örnek Mağaza", "Yeni Mağaza")


def test_support_decides_on_no_name(app, deniz, path):
    assert deniz.posts(path, {"seen": "Yeni Mağaza", "approve": "y"}).status_code == 403
