"""Vendors' words of refusals while an earlier refusal stands: a grant from between does not stand over them."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Status
from portal.core.models import Consent, Decision, MessageGateway
from portal.services.messaging.feedback import TOLD_WITHIN
from portal.services.messaging.gateways.protocol import BlockedAddress, Feedback
from portal.services.messaging.news_keeping import keep_news
from tests import make
from tests.portal.domain.consents.import_entries import bring, entry
from tests.portal.domain.consents.iys_movements import MovementReceiver, row
from tests.portal.services.messaging.vendor_pushes import Vendor, work

pytestmark = pytest.mark.slow
AN_HOUR = timedelta(hours=1)


def refuses(app, vendor: Vendor) -> None:
    with app.app_context():
        bring(make.brand(), entry(make.PHONE, Status.GRANTED, clock.now() - 24 * AN_HOUR))
    vendor.brings("RET", received_at=f"{clock.istanbul(clock.now()):%Y-%m-%d %H:%M:%S}")
    work(app)


def is_listed(app, vendor: Vendor, *, is_dated: bool = False) -> None:
    with app.app_context():
        gateway = db.session.get_one(MessageGateway, vendor.gateway_id)
        blocked = BlockedAddress(make.PHONE, clock.now() if is_dated else None)
        keep_news(gateway, Feedback(blocked=(blocked,)), clock.now())
        db.session.commit()
    work(app)


@pytest.mark.parametrize("told_by", ["till", "İYS"])
@pytest.mark.parametrize("is_dated", [True, False])
def test_a_grant_from_before_a_second_refusal_does_not_stand(app, vendor, rows, is_dated, told_by):
    at = clock.now().replace(microsecond=0)
    refuses(app, vendor)
    with time_machine.travel(at + 10 * AN_HOUR):
        is_listed(app, vendor, is_dated=is_dated)
    with time_machine.travel(at + 11 * AN_HOUR), app.app_context():
        if told_by == "İYS":
            MovementReceiver(app).receives(row("ONAY", at=at + 5 * AN_HOUR))
        else:
            bring(make.brand(), replace(entry(make.PHONE, Status.GRANTED, at + 5 * AN_HOUR), is_vouched=True))

    assert rows.one(Consent, Consent.channel == "MESAJ").status == Status.REFUSED


def test_what_a_list_tells_right_after_a_reply_is_the_same_refusal(app, vendor, rows):
    at = clock.now().replace(microsecond=0)
    refuses(app, vendor)
    with time_machine.travel(at + TOLD_WITHIN / 2):
        is_listed(app, vendor)

    assert len(rows(Decision, Decision.status == Status.REFUSED)) == 1
