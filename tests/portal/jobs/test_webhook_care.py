"""Endpoints hear from us each day, and their owners hear of those that fail, once."""

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import HEARTBEAT, Mail, MailKind, OffReason, WebhookDelivery
from portal.domain.notifications import mails
from portal.domain.webhooks import endpoints
from portal.jobs import webhook_care
from tests.portal.services.webhooks.conftest import A_DAY, A_MINUTE, AN_HOUR, receiver, transport, webhooks  # noqa: F401 - fixtures

# ruff: noqa: F811 - fixtures of another folder are asked for by their names.


@pytest.fixture
def care(app):
    def run() -> None:
        with app.app_context():
            webhook_care.care_for_webhooks()

    return run


def test_a_heartbeat_counts_the_day_once(app, webhooks, receiver, transport, care):
    start = clock.now()
    with time_machine.travel(start, tick=False):
        webhooks.add(receiver.url)
        webhooks.happen(2)
        receiver.answers = [(200, {}), (500, {})]
        webhooks.deliver(transport)
        care()
    with time_machine.travel(start + A_DAY, tick=False):
        for _ in range(2):
            care()
        webhooks.deliver(transport)

    [beat] = [each.json for each in receiver.requests if each.json["type"] == HEARTBEAT]
    counts = {name: beat["data"][name] for name in ("delivered", "waiting", "failed", "aborted", "lastSequence")}
    assert counts == {
        "delivered": 1,
        "waiting": 1,
        "failed": 0,
        "aborted": 0,
        "lastSequence": receiver.requests[1].sequence,
    }


def test_after_days_off_heartbeats_go_on_without_counting_twice(webhooks, receiver, transport, care):
    start = clock.now()
    with time_machine.travel(start, tick=False):
        endpoint_id = webhooks.add(receiver.url)
        webhooks.change(endpoint_id, lambda each: endpoints.turn_off(db.session, each.id, OffReason.PAUSED, start))
    for minutes in (0, 10, 12 * 60):
        with time_machine.travel(start + 3.5 * A_DAY + minutes * A_MINUTE, tick=False):
            webhooks.change(endpoint_id, lambda each: endpoints.turn_on(db.session, each, clock.now()))
            care()
            webhooks.deliver(transport)

    first, second = (each.json["data"] for each in receiver.requests)
    assert first["since"] == clock.istanbul(start).isoformat(timespec="seconds")
    assert first["until"] == second["since"] == clock.istanbul(start + 3 * A_DAY).isoformat(timespec="seconds")


def test_owners_hear_of_a_failing_endpoint_once_and_again_when_it_is_off(
    app, rows, webhooks, receiver, transport, care
):
    start, receiver.usual = clock.now(), 500
    with time_machine.travel(start, tick=False):
        webhooks.add(f"{receiver.url}/t0k3n")
        webhooks.happen()
        webhooks.deliver(transport)
        care()
    assert rows.count(Mail) == 0
    with time_machine.travel(start + AN_HOUR, tick=False):
        for _ in range(2):
            care()
    receiver.answers = [(410, {})]
    with time_machine.travel(start + AN_HOUR + A_MINUTE, tick=False):
        webhooks.deliver(transport)
        for _ in range(2):
            care()

    told = rows(Mail, Mail.kind == MailKind.WEBHOOK_FAILS)
    with app.app_context():
        facts = [mails.read_facts(vault(), each) for each in told]
    assert [each["reason"] for each in facts] == ["", "gone"]
    assert {each["host"] for each in facts} == {receiver.url.removeprefix("https://")}  # Not its path.


def test_the_log_is_kept_for_thirty_days(app, rows, webhooks, receiver, transport):
    start = clock.now()
    for days in (0, 20):
        with time_machine.travel(start + days * A_DAY, tick=False):
            if not days:
                webhooks.add(receiver.url)
            webhooks.happen()
            webhooks.deliver(transport)
    with time_machine.travel(start + 31 * A_DAY, tick=False), app.app_context():
        webhook_care.delete_old_deliveries()

    assert rows.one(WebhookDelivery).created_at == start + 20 * A_DAY


def test_what_waits_for_an_endpoint_that_is_off_stays_in_the_log(app, webhooks, receiver, transport):
    start, receiver.answers = clock.now(), [(500, {})]
    with time_machine.travel(start, tick=False):
        endpoint_id = webhooks.add(receiver.url)
        webhooks.happen()
        webhooks.deliver(transport)
        webhooks.change(endpoint_id, lambda each: endpoints.turn_off(db.session, each.id, OffReason.PAUSED, start))
    with time_machine.travel(start + 31 * A_DAY, tick=False), app.app_context():
        webhook_care.delete_old_deliveries()
        webhooks.change(endpoint_id, lambda each: endpoints.turn_on(db.session, each, clock.now()))
        webhooks.deliver(transport)

    assert [each.number for each in receiver.requests] == [1, 1]
