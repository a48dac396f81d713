"""A reply that nobody has read holds its sender's messages also after a restore; one that was read does not."""

import pytest
from sqlalchemy import delete, select, update

from portal.core.extensions import db
from portal.core.models import EventOutcome, GatewayEvent, MessageGateway, Recipient, may_have_refused
from portal.services.messaging import event_contents
from tests import make
from tests.portal.services.backups.test_replay import kept as kept
from tests.portal.services.backups.test_replay import restore
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.vendor_pushes import Vendor, work
from tests.portal.web.dashboard.staff import signed_in

SAID = "artık mesaj atmayın rica ederim"


@pytest.fixture
def told(app, browser, kept, rows):
    """Fatma's reply, pushed by a vendor that tells it once, waits at the desk."""
    make.codes(app, make.PHONE)
    with app.app_context():
        gateway_id = delivery.add("verimor")
    Vendor(app, browser, gateway_id).brings(SAID)
    work(app)
    (reply,) = news(rows)
    assert reply.outcome == EventOutcome.LIKELY_REFUSAL and is_held(app)
    return reply


def news(rows) -> list[GatewayEvent]:
    return rows(GatewayEvent, GatewayEvent.kind == "reply")


def is_held(app) -> bool:
    with app.app_context():
        return db.session.scalar(select(Recipient.id).where(may_have_refused(Recipient.id))) is not None


def execute(app, *statements) -> None:
    with app.app_context():
        for each in statements:
            db.session.execute(each)
        db.session.commit()


def test_an_unread_reply_that_a_backup_lacks_holds_and_is_read_anew(app, kept, rows, told):
    execute(app, delete(GatewayEvent))

    assert "gateway_event: 1 in the journal, 0 were there, 1 added" in restore(app, kept).output

    assert is_held(app)
    work(app)
    (again,) = news(rows)
    assert (again.id, again.outcome, again.due_at) == (told.id, EventOutcome.LIKELY_REFUSAL, None) and is_held(app)
    with app.app_context():
        assert event_contents.read_reply(again).text == SAID
    assert "0 of" in restore(app, kept).output and len(news(rows)) == 1


@pytest.mark.parametrize(("act", "is_in_backup"), [("reading", True), ("refusal", False)])
def test_a_reply_that_was_read_holds_nobody_after_a_restore(app, kept, rows, told, act, is_in_backup):
    assert signed_in(app).posts(f"/desk/replies/{told.id}/{act}").status_code == 303
    execute(app, update(GatewayEvent).values(settled_at=None) if is_in_backup else delete(GatewayEvent))

    assert restore(app, kept).exit_code == 0

    work(app)
    (read,) = news(rows)
    assert read.user_id and read.settled_at and read.due_at is None and not is_held(app)


def test_a_reply_to_an_account_that_a_backup_lacks_is_named_as_missing(app, kept, told):
    execute(app, delete(GatewayEvent), delete(MessageGateway))

    assert "INCOMPLETE: 1 of" in restore(app, kept).output
