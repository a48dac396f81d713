"""Compares İYS's movements with our decisions, key by key: all that İYS can hold, in order and exactly once."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.extensions import db, vault
from portal.core.models import Decision, Outcome, Recipient, Submission

TURKEY = timedelta(hours=3)
SHOWN = ("recipient", "type", "recipientType", "status", "consentDate", "source")
HELD = (Outcome.ACCEPTED, Outcome.VERIFIED)
Key = tuple[str, str, str]  # Recipient, channel, recipient type.


@dataclass(frozen=True)
class DecisionRecord:
    """A decision and what came of it."""

    recipient: str
    channel: str
    recipient_type: str
    status: str
    consent_date: datetime
    source: str
    outcome: str
    is_due: bool
    request: tuple[str, bytes]  # Frozen: endpoint and payload.

    @property
    def key(self) -> Key:
        return self.recipient, self.channel, self.recipient_type

    @property
    def as_movement(self) -> tuple:
        wall_clock = (self.consent_date + TURKEY).strftime("%Y-%m-%d %H:%M:%S")
        return self.recipient, self.channel, self.recipient_type, self.status, wall_clock, self.source


def decisions_by_key(app) -> dict[Key, list[DecisionRecord]]:
    """Every decision of the database by key, oldest first."""
    rows = select(Decision, Recipient, Submission).join(Recipient, Recipient.id == Decision.recipient_id)
    rows = rows.join(Submission, Submission.decision_id == Decision.id).order_by(Decision.consent_date)
    keys: dict[Key, list[DecisionRecord]] = defaultdict(list)
    with app.app_context(), Session(db.engines["reader"]) as session:
        for decision, recipient, submission in session.execute(rows):
            each = _decision_record(decision, recipient, submission)
            keys[each.key].append(each)
    return keys


def count_open_submissions(app) -> int:
    """How many submissions something is still to be done for."""
    with app.app_context(), Session(db.engines["reader"]) as session:
        return len(session.scalars(select(Submission.id).where(Submission.due_at.is_not(None))).all())


def assert_ledger_matches(
    keys: dict[Key, list[DecisionRecord]], movements: list[dict], may_be_overtaken: bool = False
) -> Counter:
    """Fail where İYS holds anything else than it should. How often each outcome came.

    With `may_be_overtaken` a later refusal may have gone past a grant that had failed: İYS holds it only where all that
    failed was its answer.
    """
    held = defaultdict(list)
    for movement in movements:
        shown = tuple(movement[name] for name in SHOWN)
        held[shown[:3]].append(shown)
    wrong = {}
    for key in keys.keys() | held.keys():
        ours = keys.get(key, [])
        expected = [each.as_movement for each in _held_by_iys(ours, held[key] if may_be_overtaken else None)]
        if held[key] != expected:
            outcomes = [(each.status, each.outcome) for each in ours]
            wrong[key] = {"held": held[key], "expected": expected, "outcomes": outcomes}
    assert not wrong, dict(list(wrong.items())[:3])
    return Counter(each.outcome for decisions in keys.values() for each in decisions)


def _held_by_iys(decisions: list[DecisionRecord], overtaken: list[tuple] | None) -> list[DecisionRecord]:
    """Those that İYS stores; the others must have the outcome that says why not. Of grants that a refusal overtook it
    stores those among the movements `overtaken`; None where no grant may be."""
    held = []
    for place, each in enumerate(decisions):
        last = held[-1].status if held else None
        if each.outcome in HELD:
            held.append(each)
        elif each.outcome == Outcome.NOT_NEEDED:
            assert each.status == "RET" and last != "ONAY", (each, held)
        elif each.outcome == Outcome.ANNULLED:  # It still waited when the refusal came, perhaps beside a second one.
            stands = (after.status for after in decisions[place + 1 :] if after.outcome != Outcome.ANNULLED)
            assert each.status == "ONAY" and next(stands, None) == "RET", decisions
        else:
            later = any(another.outcome in HELD for another in decisions[place + 1 :])
            may_be = overtaken is not None and each.outcome == Outcome.OVERTAKEN and each.status == "ONAY" and later
            assert may_be, each
            held += [each] if each.as_movement in overtaken else []
    return held


def _decision_record(decision: Decision, recipient: Recipient, submission: Submission) -> DecisionRecord:
    return DecisionRecord(
        recipient=vault().read(recipient.address, Recipient.PLACE, recipient.provider_id, recipient.id),
        channel=decision.channel.value,
        recipient_type=decision.recipient_type.value,
        status=decision.status.value,
        consent_date=decision.consent_date,
        source=decision.source,
        outcome=submission.outcome.value,
        is_due=submission.due_at is not None,
        request=(
            submission.endpoint,
            vault().open(submission.payload, Submission.PLACE, submission.provider_id, submission.id),
        ),
    )
