"""What an authorisation gave the partner, asked of a real box: rights by channel, İYS's title, and whose brands."""

import pytest
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import AuditEntry, User
from portal.domain.identity import accounts
from portal.domain.providers import onboarding
from portal.services.iys import rights
from portal.services.iys.client import Client
from tests import make
from tests.portal.domain.providers.test_onboarding import CODE, newcomer
from tests.portal.web.dashboard.staff import signed_in

TITLE = "YENİ MAĞAZACILIK ANONİM ŞİRKETİ"
ALL = dict.fromkeys(("ARAMA", "MESAJ", "EPOSTA"), "write")
NIL = "nil@example.com"


@pytest.fixture
def partner(app, sandbox):
    """The operator's account at İYS; the box is İYS."""
    app.config["IYS_BASE_URL"] = sandbox.url
    with app.app_context():
        accounts.store_partner_credential(
            db.session, vault(), integrator_code=700100, username="ortak", password="parola", at=clock.now()
        )
        db.session.commit()


def gives(sandbox, title: str = TITLE, given: dict | None = None) -> None:
    """The firm gives the partner rights in İYS's panel."""
    acts_for = {"iysCode": CODE, "brands": [CODE], "title": title, "rights": ALL if given is None else given}
    sandbox.add_account("ortak", "parola", 700100, [], kind="partner", integrator_code=700100, acts_for=[acts_for])


@pytest.fixture
def firm(app):
    """The id of a provider in sandbox mode that has entered its code."""
    with app.app_context():
        provider = newcomer(NIL)
        onboarding.enter_code(db.session, provider, CODE, clock.now())
        db.session.commit()
        return provider.id


def look(app, firm: int) -> rights.Rights:
    with app.app_context():
        (partner,) = accounts.partner_credentials(db.session)
        db.session.rollback()
        return rights.ask_for_rights(Client(app.config["IYS_BASE_URL"]), firm, partner)


def test_all_rights_and_the_same_title_are_clear(app, sandbox, partner, firm):
    gives(sandbox)

    found = look(app, firm)

    assert found.are_clear and found.title_agrees and found.lacking == {}
    assert [brand.code for brand in found.brands] == [CODE]


def test_a_channel_without_the_right_is_named(app, sandbox, partner, firm):
    gives(sandbox, given={"MESAJ": "write", "ARAMA": "read"})

    found = look(app, firm)

    assert not found.are_clear
    assert sorted(found.lacking[CODE]) == ["ARAMA", "EPOSTA"]


def test_another_title_is_seen(app, sandbox, partner, firm):
    gives(sandbox, title="Başka Ticaret Limited Şirketi")

    found = look(app, firm)

    assert (found.title_agrees, found.are_clear) == (False, False)


def test_nothing_given_is_no_right(app, sandbox, partner, firm):
    sandbox.add_account("ortak", "parola", 700100, [], kind="partner", integrator_code=700100, acts_for=[])

    assert not look(app, firm).are_clear


def test_an_iys_that_is_away_is_a_problem(app, partner, firm):
    app.config["IYS_BASE_URL"] = "http://127.0.0.1:9"

    found = look(app, firm)

    assert found.brands is None and found.trouble is not None and not found.are_clear


def test_the_page_keeps_showing_what_iys_listed(app, sandbox, partner, firm, rows):
    gives(sandbox, title="Başka Ticaret Limited Şirketi", given={"MESAJ": "write"})
    with app.app_context():
        make.enrol_app(db.session.scalars(select(User)).one())
    nil = signed_in(app, NIL)

    assert nil.posts("/dashboard/start/rights").status_code == 303

    page = nil.opens("/dashboard/start").text
    assert "Başka Ticaret Limited Şirketi" in page and "SMS var" in page and "E-posta yok" in page
    facts = rows.one(AuditEntry, AuditEntry.act == "rights.looked_at").facts
    assert (facts["clear"], facts["brands"]) == (False, {str(CODE): ["MESAJ"]})
