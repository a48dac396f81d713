"""What pushes and sweeps note of an account at one time, in one row."""

import threading
import time

import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Status
from portal.core.models import Decision, EventKind, EventOutcome, GatewayEvent, MessageGateway
from portal.services.messaging import gateway_sweeps, sweep_rows
from portal.services.messaging.gateways.protocol import Feedback
from tests import databases
from tests.portal.services.messaging.test_listed_refusals import GRANTED, REFUSED, ListOfRefusals

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not databases.SERVER, reason="SQLite has a single writer.")]


@pytest.mark.parametrize("is_after", [False, True])
def test_what_a_push_notes_beside_a_sweep_takes_nothing_from_what_the_sweep_noted(app, rows, monkeypatch, is_after):
    """Either before the sweep has kept what it heard, or after it, while it has not ended: an entry of its list that is
    forgotten would refuse anew."""
    listing, keep_news, pushes = (
        ListOfRefusals(app, rows, monkeypatch),
        gateway_sweeps.keep_news,
        list[threading.Thread](),
    )

    def push() -> None:
        with app.app_context():
            account = db.session.get_one(MessageGateway, listing.gateway_id)
            sweep_rows.note_report(account, EventOutcome.READ, "delivered", clock.now())
            db.session.commit()

    def keep(gateway: MessageGateway, news: Feedback, *more, **named) -> None:
        kept = keep_news(gateway, news, *more, **named) if is_after else None
        if news.blocked and not pushes:
            db.session.flush()
            pushes.append(threading.Thread(target=push))
            pushes[0].start()
            time.sleep(0.5)
        return kept if is_after else keep_news(gateway, news, *more, **named)

    assert listing.is_swept(0.2, 0.29) == GRANTED
    monkeypatch.setattr(gateway_sweeps, "keep_news", keep)
    listing.refuses(0.3)
    assert listing.is_swept(0.34, 0.34) == REFUSED
    pushes[0].join(10)
    listing.grants(0.36)

    assert listing.is_swept(0.38, 0.46) == GRANTED
    assert len(rows(Decision, Decision.status == Status.REFUSED)) == 1
    with app.app_context():
        assert sweep_rows.find_last_reports(listing.gateway_id)[EventOutcome.READ][1] == "delivered"
    assert len(rows(GatewayEvent, GatewayEvent.kind == EventKind.SWEEP)) == 1
