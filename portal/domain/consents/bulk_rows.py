"""The rows that a file's decisions leave behind, made for many keys together: decisions with their leaves, and what
İYS must hear of them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.core import business_days, clock, iys_protocol
from portal.core.iys_protocol import Status
from portal.core.models import DecisionOrigin, Lane, Outcome, Submission
from portal.core.models.decision import CANONICAL_FIELDS, digest_canonical
from portal.core.models.ids import new_ids
from portal.core.vault import Vault
from portal.domain.consents.bulk_locking import Head
from portal.domain.consents.effects import MOVE_THE_HEAD, REFUSALS, Effect, Entry, is_bound
from portal.domain.consents.writer import SALT_BYTES
from portal.domain.providers import sandbox_mode

CONSENT_DATE, RECORDED_AT = CANONICAL_FIELDS.index("consent_date"), CANONICAL_FIELDS.index("recorded_at")
APART = timedelta(milliseconds=250)  # Refusals that İYS is told one by one leave room for people's own.
CLOSE = timedelta(hours=1)  # A grant whose last minute is so near waits for nobody who might undo it.
NEVER = timedelta(days=3650)  # What İYS takes at any age is never too late.


@dataclass(slots=True)
class Move:
    """A decision that is to be made, and the head of its key. `is_of_line` says that its line spoke of this very key: a
    refusal applies to others too, which are no entries of the file."""

    decision_id: int
    head: Head
    entry: Entry
    effect: Effect
    consent_date: datetime
    is_of_line: bool


@dataclass(frozen=True)
class Bringing:
    """Who brings, for whom, and when it is told: the same for all decisions of one call."""

    provider_id: int
    iys_code: int
    brand_code: int
    batch_id: int
    user_id: int | None
    grants_due_at: datetime
    refusals_due_at: datetime
    at: datetime


def decisions(moves: Sequence[Move], of: Bringing) -> list[dict]:
    """The decisions, as complete rows."""
    salts = os.urandom(SALT_BYTES * len(moves))
    return [
        {
            "id": move.decision_id,
            "provider_id": of.provider_id,
            "brand_id": move.head.brand_id,
            "recipient_id": move.head.recipient_id,
            "consent_id": move.head.id,
            "channel": move.head.channel,
            "recipient_type": move.head.recipient_type,
            "status": move.entry.status,
            "consent_date": move.consent_date,
            "recorded_at": of.at,
            "effective_at": move.consent_date,
            "source": move.entry.source.value,
            "origin": DecisionOrigin.IMPORT,
            "text_id": None,
            "user_id": of.user_id,
            "salt": salts[place * SALT_BYTES : (place + 1) * SALT_BYTES],
            "renews_id": None,
            "batch_id": of.batch_id,
            "line": move.entry.line,
        }
        for place, move in enumerate(moves)
    ]


def leaves(made: Sequence[dict], of: Bringing) -> list[dict]:
    """Their salted hashes."""
    day = clock.day(of.at)
    spelled = {moment: moment.isoformat() for moment in {of.at, *(each["consent_date"] for each in made)}}
    return [
        {"decision_id": each["id"], "provider_id": of.provider_id, "day": day, "digest": _digest(each, spelled)}
        for each in made
    ]


def _digest(decision: dict, spelled: dict[datetime, str]) -> bytes:
    values = [decision[name] for name in CANONICAL_FIELDS]
    values[CONSENT_DATE], values[RECORDED_AT] = spelled[values[CONSENT_DATE]], spelled[values[RECORDED_AT]]
    return digest_canonical(values, decision["salt"])


def submissions(vault: Vault, moves: Sequence[Move], of: Bringing) -> list[dict]:
    """What İYS must hear of them, with its payload and endpoint frozen.

    Refusals of keys that İYS is not known to hold are all due at once: it is asked about them by the thousand. One that
    is too old for İYS has the deadlines of one that is made now: it is said anew when its turn comes.
    """
    told = [move for move in moves if move.effect in MOVE_THE_HEAD]
    ways = {status: _Way(status, of) for status in Status}
    unsent = sandbox_mode.why_unsent(of.iys_code, of.brand_code)
    known = {date: _both(date) for date in {of.at, *(move.consent_date for move in told)}}
    rows, one_by_one = [], 0
    for submission_id, move in zip(new_ids(len(told)), told, strict=True):
        origin, deadlines = ways[move.entry.status], _deadlines(move, of, known)
        due_at = max(origin.due_at, move.consent_date)  # İYS refuses a date that is still to come.
        if move.entry.status == Status.GRANTED and deadlines[1] < of.grants_due_at + CLOSE:
            due_at = max(of.at, move.consent_date)
        if move.effect in REFUSALS and move.head.iys_status == Status.GRANTED:
            due_at += one_by_one * APART
            one_by_one += 1
        rows.append(
            {
                "id": submission_id,
                "provider_id": of.provider_id,
                "consent_id": move.head.id,
                "decision_id": move.decision_id,
                "lane": origin.lane,
                "status": move.entry.status,
                "consent_date": move.consent_date,
                "endpoint": origin.endpoint,
                "payload": vault.seal(_payload(move), Submission.PLACE, of.provider_id, submission_id),
                "outcome": Outcome.NOT_NEEDED if unsent else Outcome.WAITING,
                "due_at": None if unsent else due_at,
                "attempts": 0,
                "code": unsent,
                "batch_id": of.batch_id if move.is_of_line else None,
                "ended_at": of.at if unsent else None,
                "safe_deadline": deadlines[0],
                "lenient_deadline": deadlines[1],
                "created_at": of.at,
            }
        )
    return rows


class _Way:
    """By which lane and to which endpoint decisions of one status go."""

    def __init__(self, status: Status, of: Bringing):
        is_refusal = status == Status.REFUSED
        self.lane = Lane.REFUSALS if is_refusal else Lane.BULK
        self.due_at = of.refusals_due_at if is_refusal else of.grants_due_at
        path = iys_protocol.add_path if is_refusal else iys_protocol.bulk_add_path
        self.endpoint = path(of.iys_code, of.brand_code)


def _deadlines(move: Move, of: Bringing, known: dict[datetime, tuple]) -> tuple[datetime, datetime]:
    """Safe and lenient. An old refusal is held to those of today; what İYS takes at any age has no last minute."""
    today = known[of.at]
    if not is_bound(move.head.recipient_type, move.entry.source):
        return today[0], today[1] + NEVER
    its = known[move.consent_date]
    return its if its[1] >= of.at else today


def _both(date: datetime) -> tuple[datetime, datetime]:
    return business_days.safe_deadline(date), business_days.lenient_deadline(date)


def _payload(move: Move) -> bytes:
    return iys_protocol.freeze_payload(
        recipient=move.entry.address.text,
        channel=move.head.channel,
        recipient_type=move.head.recipient_type,
        status=move.entry.status,
        source=move.entry.source,
        consent_date=move.consent_date,
    )
