"""A reply that nobody has read holds its sender's messages also after a restore; one that was read does not."""

from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, select, update

from portal.core import clock
from portal.core.extensions import db
from portal.core.journal import Journal, list_files
from portal.core.models import (
    Decision,
    EventKind,
    EventOutcome,
    GatewayEvent,
    Message,
    MessageGateway,
    OperatorRole,
    Recipient,
    may_have_refused,
)
from portal.services.backups.journal_index import JournalIndex
from portal.services.messaging import event_contents
from portal.services.messaging.gateways.protocol import InboundMessage
from tests import grants, make
from tests.portal.domain.consents.iys_movements import MovementReceiver, row
from tests.portal.services.backups.test_replay import kept as kept
from tests.portal.services.backups.test_replay import lose_decisions, restore
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.test_reply_consents import answers, asked
from tests.portal.services.messaging.vendor_pushes import NUMBER, Vendor, operators_vendor, work
from tests.portal.web.dashboard.staff import signed_in

SAID = "artık mesaj atmayın rica ederim"
AS_IT_CAME = {"outcome": None, "recipient_id": None, "due_at": datetime(2026, 11, 20, tzinfo=UTC)}


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
    return count_held(app) > 0


def count_held(app) -> int:
    with app.app_context():
        return len(db.session.scalars(select(Recipient.id).where(may_have_refused(Recipient.id))).all())


def execute(app, *statements) -> None:
    with app.app_context():
        for each in statements:
            db.session.execute(each)
        db.session.commit()


def test_a_reply_that_waits_at_the_desk_and_that_a_backup_lacks_waits_and_holds_again(app, kept, rows, told):
    execute(app, delete(GatewayEvent))

    assert "gateway_event: 1 in the journal, 0 were there, 1 added" in restore(app, kept).output

    (again,) = news(rows)
    assert (again.id, again.outcome, again.due_at) == (told.id, EventOutcome.LIKELY_REFUSAL, None) and is_held(app)
    with app.app_context():
        assert event_contents.read_reply(again).text == SAID
    assert "0 of" in restore(app, kept).output and len(news(rows)) == 1


def test_who_wrote_first_after_a_backup_is_held_again_once_the_worker_has_read_it(app, kept, rows, told):
    with app.app_context():
        gateway = db.session.scalars(select(MessageGateway)).one()
        event_contents.keep(
            gateway, "secret", EventKind.REPLY, ["new"],
            asdict(InboundMessage("new", "+905329999999", NUMBER, SAID, clock.now())), clock.now(),
        )  # fmt: skip
        db.session.commit()
    work(app)
    newest = news(rows)[-1]
    execute(app, delete(GatewayEvent), delete(Recipient).where(Recipient.id == newest.recipient_id))

    assert restore(app, kept).exit_code == 0

    work(app)
    again = rows.one(GatewayEvent, GatewayEvent.id == newest.id)
    assert again.outcome == EventOutcome.LIKELY_REFUSAL and again.recipient_id


@pytest.mark.parametrize("before", [None, AS_IT_CAME])
@pytest.mark.parametrize("is_read", [True, False])
def test_no_yes_becomes_a_consent_by_a_restore(app, browser, kept, rows, before, is_read):
    """A refusal at İYS, which the firm's people saw it beside, is in no journal. The backup lacks the reply, or has it
    as it came."""
    with app.app_context():
        gateway_id = delivery.add("verimor")
    vendor = Vendor(app, browser, gateway_id)
    asked(app, vendor, rows)
    MovementReceiver(app).receives(row("RET"))
    answers(vendor)
    work(app, *(EventKind.PUSH, EventKind.REPLY)[: 1 + is_read])
    (reply,) = news(rows)
    assert reply.outcome == (EventOutcome.REVIEW if is_read else None)
    lose_decisions(app)
    its = update(GatewayEvent).where(GatewayEvent.id == reply.id)
    execute(app, delete(GatewayEvent) if before is None else its.values(before))

    assert restore(app, kept).exit_code == 0

    work(app)
    (again,) = news(rows)
    assert (again.id, again.outcome, again.due_at) == (reply.id, EventOutcome.REVIEW, None)
    assert rows(Decision) == [] and is_held(app)


@pytest.mark.parametrize("is_passed_on", [False, True])
def test_an_unclear_reply_to_the_operators_number_holds_whom_it_held(app, browser, kept, rows, is_passed_on):
    """Also where the messages to them left after the backup. One that a firm was given to read is there for it."""
    operators_vendor(app, browser).brings(SAID, grants.phones(1, 1_000_100)[0])
    work(app)
    (shared,) = rows(GatewayEvent, GatewayEvent.kind == "reply", GatewayEvent.provider_id.is_(None))
    if is_passed_on:
        firm = rows(GatewayEvent, GatewayEvent.provider_id.is_not(None))[0].provider_id
        with app.app_context():
            make.staff("derya@example.com", OperatorRole.ADMIN)
        derya = signed_in(app, "derya@example.com")
        assert derya.posts(f"/operator/replies/{shared.id}/reading", {"firm": firm}).status_code == 303
    before = count_held(app)
    as_it_was = update(GatewayEvent).where(GatewayEvent.kind == "reply").values(settled_at=None)
    without_text = update(GatewayEvent).where(GatewayEvent.provider_id.is_not(None)).values(body=None)
    execute(app, *([as_it_was, without_text] if is_passed_on else [delete(GatewayEvent)]), delete(Message))

    assert restore(app, kept).exit_code == 0

    assert count_held(app) == before == (1 if is_passed_on else 2)
    work(app)
    assert count_held(app) == before
    again = rows.one(GatewayEvent, GatewayEvent.id == shared.id)
    assert (again.outcome, again.due_at) == (EventOutcome.LIKELY_REFUSAL, None)
    theirs = rows(
        GatewayEvent, GatewayEvent.kind == "reply", GatewayEvent.settled_at.is_(None), GatewayEvent.body.is_not(None)
    )
    assert [each.provider_id for each in theirs] == ([firm] if is_passed_on else [None])


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_a_reply_is_there_for_the_firm_that_was_given_it_by_another_process(app, browser, kept, rows, names):
    """Whose file of the day may come before the worker's, which held the firm's messages."""
    operators_vendor(app, browser).brings(SAID, grants.phones(1, 1_000_100)[0])
    work(app)
    ((_, workers),) = list_files([kept.folder])
    (shared,) = rows(GatewayEvent, GatewayEvent.kind == "reply", GatewayEvent.provider_id.is_(None))
    firm = rows(GatewayEvent, GatewayEvent.provider_id.is_not(None))[0].provider_id
    with app.app_context():
        make.staff("derya@example.com", OperatorRole.ADMIN)
    app.extensions["journal"] = Journal(kept.folder, kept.vault, 30)
    signed_in(app, "derya@example.com").posts(f"/operator/replies/{shared.id}/reading", {"firm": firm})
    (webs,) = [path for _, path in list_files([kept.folder]) if path != workers]
    for path, name in zip((workers, webs), names, strict=True):
        path.rename(path.with_name(f"{path.name[:10]}-{name}.journal"))
    execute(app, delete(GatewayEvent), delete(Message))

    assert restore(app, kept).exit_code == 0

    theirs = rows(GatewayEvent, GatewayEvent.kind == "reply", GatewayEvent.settled_at.is_(None))
    assert [(each.provider_id, each.body is not None) for each in theirs] == [(firm, True)]


def test_whom_a_reply_to_the_operators_number_held_and_a_backup_lacks_is_named_as_missing(app, browser, kept, rows):
    operators_vendor(app, browser).brings(SAID, grants.phones(1, 1_000_100)[0])
    work(app)
    held = rows(GatewayEvent, GatewayEvent.recipient_id.is_not(None))
    whose = max(held, key=lambda each: each.provider_id).recipient_id  # The other firm's, whom no link names.
    execute(app, delete(GatewayEvent), delete(Message), delete(Recipient).where(Recipient.id == whose))

    assert "INCOMPLETE: 1 of" in restore(app, kept).output


@pytest.mark.parametrize(("act", "is_in_backup"), [("reading", True), ("refusal", False)])
def test_a_reply_that_was_read_holds_nobody_after_a_restore(app, kept, rows, told, act, is_in_backup):
    assert signed_in(app).posts(f"/desk/replies/{told.id}/{act}", {"channels": "MESAJ"}).status_code == 303
    execute(app, update(GatewayEvent).values(settled_at=None) if is_in_backup else delete(GatewayEvent))

    assert restore(app, kept).exit_code == 0

    work(app)
    (read,) = news(rows)
    assert read.user_id and read.settled_at and read.due_at is None and not is_held(app)


def test_a_reply_to_an_account_that_a_backup_lacks_is_named_as_missing(app, kept, told):
    execute(app, delete(GatewayEvent), delete(MessageGateway))

    assert "INCOMPLETE: 1 of" in restore(app, kept).output


def test_a_vendors_whole_list_is_opened_once_for_all_numbers_of_a_part(app, kept):
    """Which it told at once, so that they are in one record."""

    class CountedIndex(JournalIndex):
        opened = 0

        def open_rows(self, indexed, *tables):
            self.opened += 1
            return super().open_rows(indexed, *tables)

    as_usual = {each.name: None for each in GatewayEvent.__table__.c}
    kept.append({"gateway_event": [as_usual | {"id": number, "kind": "blocked"} for number in range(50)]})

    files = [path for _, path in list_files([kept.folder])]
    with closing(CountedIndex(kept.vault, files, print)) as index:
        assert [len(each) for each in index.news(25)] == [25, 25] and index.opened == 2
