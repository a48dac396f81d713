"""A campaign is closed and opened again: nobody is asked meanwhile, nothing is lost, and a refusal always counts."""

import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import AudienceEntry, Campaign, Consent, Delivery, Message, Provider
from portal.services import launches
from portal.services.messaging import message_outcomes
from tests import make
from tests.make import Person

pytestmark = [pytest.mark.slow, pytest.mark.alike]


@pytest.fixture
def sent(app, ayse, rows) -> tuple[str, int]:
    """A launched campaign whose messages wait: Fatma's code, and its id."""
    code = make.codes(app, make.PHONE, delivery=Delivery.GATEWAY)[make.PHONE]
    return code, rows.one(Campaign).id


def closes(staff, campaign_id: int, origin: str = "close"):
    return staff.posts(f"/dashboard/campaigns/{campaign_id}/{origin}")


def test_closed_it_asks_nobody_and_takes_refusals(ayse, browser, sent, rows):
    code, campaign_id = sent
    fatma = Person(browser, code)
    form = fatma.form()

    closes(ayse, campaign_id)

    assert rows.one(Campaign).closed_at and rows.one(Message).due_at is None
    assert "sormayı bitirdi" in fatma.opens().text
    assert fatma.posts(form, MESAJ="ONAY", ARAMA="RET").status_code == 409
    assert [(each.channel, each.status) for each in rows(Consent)] == [("ARAMA", "RET")]


def test_opened_again_it_goes_on(ayse, browser, sent, rows):
    code, campaign_id = sent
    for origin in ("close", "close", "reopen", "reopen"):
        assert closes(ayse, campaign_id, origin).status_code == 303

    assert rows.one(Campaign).closed_at is None and rows.one(Message).due_at is not None
    assert Person(browser, code).decides(MESAJ="ONAY").status_code == 303


def test_what_was_sent_is_not_sent_again(app, ayse, sent, rows):
    _, campaign_id = sent
    with app.app_context():
        message = db.session.query(Message).one()
        message_outcomes.end(message, "accepted", clock.now())
        db.session.commit()

    closes(ayse, campaign_id)
    closes(ayse, campaign_id, "reopen")

    assert rows.one(Message).due_at is None


def test_links_are_made_on_only_once_it_is_open_again(app, ayse, rows):
    with app.app_context():
        made = make.campaign()
        make.add_to_audience(made, make.PHONE)
        made.launched_at = clock.now()
        db.session.commit()
        campaign_id = made.id
    closes(ayse, campaign_id)
    with app.app_context():
        assert campaign_id not in launches.unfinished()
        launches.run(campaign_id, app.config["LINK_SALT"])
    assert rows.one(AudienceEntry).link_id is None

    closes(ayse, campaign_id, "reopen")
    with app.app_context():
        launches.run(campaign_id, app.config["LINK_SALT"])

    assert rows.one(AudienceEntry).link_id


def test_a_draft_is_not_closed(ayse, draft, rows):
    page = ayse.opens(f"/dashboard/campaigns/{draft}").text

    closes(ayse, draft)

    assert "Kampanyayı kapat" not in page
    assert rows.one(Campaign).closed_at is None


def test_it_says_that_it_is_closed_and_offers_to_open_it(ayse, sent):
    _, campaign_id = sent
    path = f"/dashboard/campaigns/{campaign_id}"
    assert "Kampanyayı kapat" in ayse.opens(path).text

    closes(ayse, campaign_id)

    assert "Kampanyayı yeniden aç" in ayse.opens(path).text
    assert "Kapalı" in ayse.opens("/dashboard/campaigns").text


def test_a_suspended_firm_may_close_what_asks_and_take_no_links(app, ayse, sent, rows):
    """Links are messages in waiting; closing protects people only."""
    _, campaign_id = sent
    with app.app_context():
        db.session.query(Provider).one().suspended_at = clock.now()
        db.session.commit()
    page = ayse.opens(f"/dashboard/campaigns/{campaign_id}").text

    answers = [ayse.opens(f"/dashboard/campaigns/{campaign_id}/links.{each}").status_code for each in ("csv", "xlsx")]
    closed = closes(ayse, campaign_id).status_code

    assert "/close" in page and "links.csv" not in page
    assert (answers, closed) == ([403, 403], 303)
    assert rows.one(Campaign).closed_at and closes(ayse, campaign_id, "reopen").status_code == 403
