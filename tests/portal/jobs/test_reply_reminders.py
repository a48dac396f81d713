"""A desk hears of replies that may refuse when they come, and again each business day while nobody has read them."""

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import EventOutcome, GatewayEvent, Mail, MailKind
from portal.domain.notifications import mails
from portal.jobs import desk_notifications
from tests import make
from tests.portal.domain.consents.test_may_send import add_reply

pytestmark = pytest.mark.slow

# Monday to Wednesday; 29 October is a holiday.
MORNING, NOON, AFTERNOON, EVENING = (f"2026-10-27T{hour}:00:00+03:00" for hour in ("09", "12", "16", "18"))
HOLIDAY, FRIDAY = "2026-10-29T17:00:00+03:00", "2026-10-30T16:30:00+03:00"


def counts(app, rows, moment: str) -> list[int]:
    """How many replies each mail of this moment tells of."""
    before = {each.id for each in rows(Mail)}
    with time_machine.travel(moment, tick=False), app.app_context():
        desk_notifications.notify_desks()
    with app.app_context():
        told = [each for each in rows(Mail, Mail.kind == MailKind.REPLIES_WAIT) if each.id not in before]
        return [mails.read_facts(vault(), each)["count"] for each in told]


def test_a_reply_that_may_refuse_is_told_at_once_and_in_the_afternoon(app, rows):
    with app.app_context(), time_machine.travel(MORNING, tick=False):
        make.brand()
        first = add_reply(None).id
        add_reply(None, EventOutcome.REVIEW)
        db.session.commit()

    assert [counts(app, rows, at) for at in (MORNING, NOON)] == [[1], []]
    with app.app_context():
        add_reply(None)
        db.session.commit()
    assert [counts(app, rows, at) for at in (NOON, AFTERNOON, EVENING)] == [[2], [2], []]
    with app.app_context():
        db.session.get_one(GatewayEvent, first).settled_at = clock.now()
        db.session.commit()
    assert [counts(app, rows, at) for at in (HOLIDAY, FRIDAY)] == [[], [1]]
