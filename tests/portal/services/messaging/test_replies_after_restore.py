"""A reply to the operator's number may answer a message that a restored backup lacks."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from portal.cli import restored_hold
from portal.core import address_holders, clock
from portal.core.addresses import parse
from portal.core.extensions import db, vault
from portal.core.models import Decision, EventOutcome, GatewayEvent, Message, Recipient, may_have_refused
from tests import grants
from tests.portal.services.messaging.test_replies import operators, rival  # noqa: F401
from tests.portal.services.messaging.vendor_pushes import work

pytestmark = pytest.mark.slow

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PHONE = grants.phones(1, 1_000_100)[0]
OURS, BOTH, NOBODY = {"ours"}, {"ours", "theirs"}, set()
# What somebody writes; how long ago the backup was restored, and the known message left; who is refused, and held.
SAID = {
    "what it answers may be lost": ("RET", HOUR, 20 * DAY, NOBODY, BOTH),
    "it was said before the restore": ("RET", -HOUR, 20 * DAY, NOBODY, BOTH),
    "it names the firm": ("Örnek Mağaza RET", HOUR, 20 * DAY, OURS, NOBODY),
    "its firm wrote since": ("RET", HOUR, HOUR / 2, OURS, NOBODY),
    "it was restored long ago": ("RET", 8 * DAY, 20 * DAY, OURS, NOBODY),
}


@pytest.mark.parametrize("case", SAID)
def test_all_firms_are_held_where_what_a_reply_answers_may_be_lost(operators, app, rows, rival, case):  # noqa: F811
    text, restored_ago, left_ago, refused, held = SAID[case]
    at = clock.now()
    with app.app_context():
        db.session.execute(delete(Message).where(Message.provider_id == rival))  # The newer one, which was lost.
        db.session.execute(update(Message).values(called_at=at - left_ago))
        restored_hold.hold(db.session, at - restored_ago)
        db.session.commit()

    operators.brings(text, PHONE, received_at=f"{clock.istanbul(at):%Y-%m-%d %H:%M:%S}")
    work(app)

    def firms(condition) -> set[str]:
        stopped = set(db.session.scalars(select(Recipient.id).where(condition)))
        theirs = address_holders.find_holders(db.session, vault(), parse(PHONE))
        return {"theirs" if each.provider_id == rival else "ours" for each in theirs if each.id in stopped}

    with app.app_context():
        assert firms(Recipient.id.in_(select(Decision.recipient_id))) == refused
        assert firms(may_have_refused(Recipient.id)) == held
    waits = rows(GatewayEvent, GatewayEvent.provider_id.is_(None), GatewayEvent.settled_at.is_(None))
    assert [each.outcome for each in waits] == ([EventOutcome.LIKELY_REFUSAL] if held else [])
