"""What must be true at the end: every acknowledged decision in the database once and at İYS once, in order."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterator

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.chaos.people import Crowd
from bench.chaos.postgres import DECISIONS
from bench.chaos.timetable import World
from portal.core.extensions import db
from portal.core.models import Consent, Decision, Outcome, Receipt, ReceiptDecision, Submission
from portal.domain.receipts import lookup
from tests.stories.ledger_check import assert_ledger_matches, count_open_submissions, decisions_by_key

DRAINED = 4000.0  # Seconds in which the forwarders must have ended everything: İYS's calls of an hour may be spent.
GIVEN_UP = (Outcome.PARKED, Outcome.BLOCKED, Outcome.EXPIRED)
Promise = tuple[str, list]  # Its words, and what is wrong: nothing where it is kept.


def wait_until_drained(app: Flask) -> float:
    """Seconds until nothing waits for İYS, or DRAINED."""
    begun = time.monotonic()
    while count_open_submissions(app) and time.monotonic() < begun + DRAINED:
        time.sleep(2)
    return time.monotonic() - begun


def promises(app: Flask, world: World, crowd: Crowd) -> Iterator[Promise]:
    acts = sum(len(person.acts) for person in crowd.people)
    unfinished = [person.code for person in crowd.people if len(person.acts) < len(person.ways)]
    yield f"all {len(crowd.people):,} people had every act of theirs confirmed", unfinished
    with app.app_context(), Session(db.engines["reader"]) as session:
        lost, others, unconfirmed = _compare(session, app.config["LINK_SALT"], crowd)
        outcomes = Counter(session.scalars(select(Submission.outcome)))
    again = f"{unconfirmed} more of people who pressed again after a minute without an answer"
    yield f"{acts:,} receipts, {crowd.decided:,} decisions: each in the database once ({again})", lost
    yield "each person's last confirmed choice is their consent", others
    yield "nothing parked, blocked or expired", [each for each in GIVEN_UP if outcomes[each]]
    yield "nothing waits for İYS any more", [number for number in [count_open_submissions(app)] if number]
    yield _at_iys(app, world)
    yield "only honest pages: no stack trace, no raw error", [*crowd.wrong, *_unhandled(world)]
    yield "the replica holds the same decisions", _behind(world)


def _unhandled(world: World) -> list[str]:
    """The ends of what the web processes logged where gunicorn had to answer for them."""
    lines = (
        line for each in (world.first, world.second) for line in each.web.log.read_text("utf-8", "replace").split("\n")
    )
    return [line[-600:] for line in lines if "Error handling request" in line]


def _compare(session: Session, salt: str, crowd: Crowd) -> tuple[list[str], list[str], int]:
    """Acts without a receipt of just these decisions; consents other than the last act; receipts nobody was shown."""
    receipts = session.execute(select(Receipt.id, Receipt.nonce, Receipt.recipient_id))
    whose = {lookup.receipt_code(salt, id_, nonce): (id_, recipient) for id_, nonce, recipient in receipts}
    made = select(ReceiptDecision.receipt_id, Decision.channel, Decision.status)
    held = defaultdict(list)
    for receipt_id, channel, status in session.execute(made.join(Decision, Decision.id == ReceiptDecision.decision_id)):
        held[receipt_id].append((channel.value, status.value))
    stand = select(Consent.recipient_id, Consent.channel, Consent.status)
    stands = {
        (recipient, channel.value): status and status.value for recipient, channel, status in session.execute(stand)
    }
    lost, others, shown = [], [], Counter(code for person in crowd.people for _, code in person.acts)
    for person in crowd.people:
        for chosen, code in person.acts:
            receipt_id, recipient = whose.get(code, (0, 0))
            if sorted(held[receipt_id]) != sorted(chosen.items()) or shown[code] > 1:
                lost.append(f"{code}: {chosen}, in the database {held[receipt_id]}, shown {shown[code]} times")
        if person.acts and any(stands.get((recipient, channel)) != status for channel, status in chosen.items()):
            others.append(f"{code}: {chosen}")
    return lost, others, len(whose.keys() - shown.keys())


def _at_iys(app: Flask, world: World) -> Promise:
    movements = world.iys.movements()
    try:
        outcomes, wrong = assert_ledger_matches(decisions_by_key(app), movements, may_be_overtaken=True), []
    except AssertionError as failure:
        outcomes, wrong = Counter(), [str(failure)[:2000]]
    counted = ", ".join(f"{count:,} {name}" for name, count in outcomes.items())
    return f"İYS holds {len(movements):,} movements, each once and in order ({counted})", wrong


def _behind(world: World) -> list[tuple]:
    for _ in range(60):
        both = {world.primary.ask(DECISIONS), world.replica.ask(DECISIONS)}
        if len(both) == 1:
            return []
        time.sleep(1)
    return sorted(both)
