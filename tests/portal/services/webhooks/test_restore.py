"""After a restore webhooks rest until their firm turns them on: whoever has one may have left since the backup."""

import pytest
from sqlalchemy import select

from portal.cli import restored_hold
from portal.core import clock
from portal.core.extensions import db
from portal.core.models import AuditEntry, OffReason, WebhookEndpoint
from portal.domain.webhooks import endpoints
from tests import make
from tests.make import Person

pytestmark = pytest.mark.slow


def test_after_a_restore_a_webhook_is_told_nothing_before_it_is_turned_on(
    app, browser, rows, webhooks, receiver, transport
):
    code = make.codes(app)[make.PHONE]
    webhooks.add(receiver.url, in_full=True)
    with app.app_context():
        assert restored_hold.hold(db.session, clock.now()).webhooks == 1
        db.session.commit()
    Person(browser, code).decides(MESAJ="RET")
    webhooks.number()
    webhooks.deliver(transport)

    assert receiver.requests == [] and rows.one(WebhookEndpoint).off_reason == OffReason.PAUSED
    assert len(rows(AuditEntry, AuditEntry.act == "webhook.paused")) == 1

    with app.app_context():
        assert restored_hold.hold(db.session, clock.now()).webhooks == 0
        endpoints.turn_on(db.session, db.session.scalars(select(WebhookEndpoint)).one(), clock.now())
        db.session.commit()
    webhooks.deliver(transport)
    assert [each.json["data"]["status"] for each in receiver.requests] == ["RET"]
