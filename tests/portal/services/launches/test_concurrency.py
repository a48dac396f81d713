"""Beside a launch, and beside whatever else locks several people, nobody's refusal is ended by the database."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import select, text

from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, Source, Status
from portal.core.models import CampaignKind, Consent, Delivery, Provider, Recipient, User
from portal.domain import campaigns
from portal.domain.consents import locking, recipients, refusals
from portal.services import consent_requests, launches
from tests import databases, make
from tests.grants import insert_decisions
from tests.portal.api.programs import BULK, Program, grant, make_key

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not databases.SERVER, reason="SQLite has one writer at a time")]
OLDER, NEWER, OTHER = "ayse@gmail.com", "ayse+izin@gmail.com", "burak@example.com"
IN_THIS_ORDER = (NEWER, OTHER, OLDER)


def recipient_id(address: str) -> int:
    return recipients.find(db.session, vault(), make.brand().provider_id, addresses.parse(address)).id


def wait_until_waiting(count: int, *futures: Future) -> None:
    while databases.count_waiting() < count and not any(each.done() for each in futures):
        time.sleep(0.01)


@contextmanager
def in_app(app):
    """Ends what the test itself locked, or others would wait for ever."""
    with app.app_context(), ThreadPoolExecutor(2) as pool:
        try:
            yield pool
        finally:
            db.session.rollback()


@pytest.mark.parametrize("beside", [CampaignKind.REFUSE, CampaignKind.RECONFIRM, "a program's list"])
def test_a_refusal_by_two_spellings_waits_in_no_circle(app, rows, monkeypatch, beside):
    """A launch, or a list that is written in parts, comes to the newer spelling, waits for somebody else's row, and
    comes to the older one then."""
    monkeypatch.setattr(consent_requests, "MAX_ENTRIES", 1)

    def refuse() -> int:
        with app.app_context():
            who, said = db.session.get_one(Recipient, older), addresses.parse(OLDER)
            facts = {"address": said, "source": Source.CALL_CENTRE, "user_id": user_id, "at": clock.now()}
            done = refusals.refuse(db.session, vault(), who, [make.brand()], [Channel.EMAIL], **facts)
            db.session.commit()
            return done.refused

    def reach_all() -> None:
        if isinstance(beside, CampaignKind):
            with app.app_context():
                launches.run(campaign_id, app.config["LINK_SALT"])
        else:
            program.post(BULK, {"consents": [grant(each) for each in IN_THIS_ORDER]})

    with in_app(app) as pool:
        insert_decisions(make.brand(), [OLDER], clock.now(), channel=Channel.EMAIL, held="ONAY")
        insert_decisions(make.brand(), [NEWER, OTHER], clock.now(), channel=Channel.EMAIL, held="ONAY")
        program = Program(app, make_key(db.session.scalars(select(Provider)).one()))
        kind = beside if isinstance(beside, CampaignKind) else CampaignKind.REFUSE
        made = make.campaign(kind=kind, channels=[Channel.EMAIL], delivery=Delivery.GATEWAY)
        for each in IN_THIS_ORDER:
            make.add_to_audience(made, f"{each}\n")
        campaigns.launch(db.session, made, clock.now())
        db.session.commit()
        campaign_id, older, user_id = made.id, recipient_id(OLDER), db.session.scalar(select(User.id).limit(1))
        locking.lock_recipients(db.session, [recipient_id(OTHER)])
        reached = pool.submit(reach_all)
        wait_until_waiting(1, reached)
        refused = pool.submit(refuse)
        wait_until_waiting(2, reached, refused)
        db.session.rollback()

        assert (reached.result(), refused.result()) == (None, 2)
    assert [each.status for each in rows(Consent)].count(Status.REFUSED) == 2


def test_a_form_whose_transaction_a_deadlock_ended_is_answered_again(app, rows):
    codes = make.codes(app, f"{OLDER}\n{NEWER}\n", channels=(Channel.EMAIL,))
    person = make.Person(app.test_client(), codes[OLDER])
    form = person.form()
    with in_app(app) as pool:
        older, newer = recipient_id(OLDER), recipient_id(NEWER)
        db.session.rollback()
        db.session.execute(text("SET LOCAL deadlock_timeout = '20s'"))  # Or the database may end this one instead.
        locking.lock_recipients(db.session, [newer])
        page = f"/k/{codes[OLDER]}/ben-degilim"
        refused = pool.submit(person.browser.post, page, data={"form": form})
        wait_until_waiting(1, refused)
        locking.lock_recipients(db.session, [older])  # Out of order: the form's transaction is ended.
        db.session.rollback()

        assert refused.result().status_code == 303
    assert {each.status for each in rows(Consent)} == {Status.REFUSED}
