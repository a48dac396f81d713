"""Each person's last word holds, here and at İYS, whatever else was said, in whichever order it was heard.

Thousands of histories (histories.py): links and their forms, one click, the overview, staff, "not me", files, citizens
at İYS, other senders, closed lines, undo; İYS fails at times, pulls come hours late, pushes twice and in any order.

SEED=… PERSON=… replays one history alone, WITHOUT=2,5 leaves some of its acts out, PEOPLE=… makes a run larger.
"""

import itertools
import os
import random
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.core.extensions import db
from portal.core.iys_protocol import Status
from portal.core.models import Annulment, Consent, Decision, ReceiptDecision, Submission
from tests import databases
from tests.stories import ledger_check
from tests.stories.another_sender import SOURCE
from tests.stories.histories import GRANT, RET, STARTS, Person, Word, World

SEED, PERSON, PEOPLE = (os.environ.get(name) for name in ("SEED", "PERSON", "PEOPLE"))
SEEDS = [int(SEED)] if SEED else [0, *(range(15, 21) if databases.SERVER else range(1, 15))]
MARKS = [pytest.mark.long, pytest.mark.lengthy]
LONG, SHORT = int(PEOPLE or 500), int(PEOPLE or 16)
CLOSE = timedelta(seconds=4)  # Dates are told to the second: what is so close on two sides may be either.


@pytest.mark.slow
@pytest.mark.parametrize("seed", [pytest.param(seed, marks=MARKS if seed else ()) for seed in SEEDS])
def test_the_last_word_of_each_person_holds_here_and_at_iys(app, tmp_path, seed):
    random.seed(seed)  # The forwarder's pauses are random, too.
    with time_machine.travel(STARTS, tick=False) as traveller:
        only = int(PERSON) if PERSON else None
        world = World(app, tmp_path / "sandbox.db", traveller, seed, LONG if seed else SHORT, only)
        world.run()
        assert ledger_check.count_open_submissions(app) == 0
        held = ledger(world)
        ours = ledger_check.decisions_by_key(app)
        with app.app_context():
            void = void_grants()
            wrong = [each for each in world.people if problems(each, held, ours, void)]
            if wrong:
                least = min(wrong, key=lambda each: len(each.log))
                pytest.fail(
                    f"{len(wrong)} histories; SEED={seed} PERSON={least.number}\n{told(least, held, ours, void)}"
                )
    acts = sum(len(words) for each in world.people for words in each.words.values())
    print(f"seed {seed}: {len(world.people)} histories, {acts} words, {sum(map(len, ours.values()))} decisions of ours")


def ledger(world: World) -> dict[tuple, list[dict]]:
    """İYS's movements by key, as it stored them."""
    by_key: dict[tuple, list[dict]] = {}
    for row in world.sandbox.test_client().get("/ledger.json").json["movements"]:
        by_key.setdefault((row["recipient"], row["type"], row["recipientType"]), []).append(row)
    return by_key


def void_grants() -> set[tuple[int, str]]:
    """(receipt, channel) of the grants that a refusal, or their own undo, made void."""
    rows = select(ReceiptDecision.receipt_id, Decision.channel).join(
        Decision, Decision.id == ReceiptDecision.decision_id
    )
    rows = rows.join(Annulment, Annulment.decision_id == Decision.id)
    assert db.session.scalars(rows.where(Decision.status == RET)).all() == [], "no receipt's refusal is ever void"
    return {tuple(row) for row in db.session.execute(rows)}


def problems(person: Person, held: dict, ours: dict, void: set) -> list[str]:
    found = []
    for channel, said in person.words.items():
        key = (person.address.text, channel.value, "BIREYSEL")
        movements = held.get(key, [])
        words = [word for word in said if word.status == RET or (word.act, channel) not in void]
        consent = db.session.scalars(
            select(Consent).where(Consent.recipient_id == person.recipient_id, Consent.channel == channel)
        ).one_or_none()
        here, there = consent and consent.status, movements[-1]["status"] if movements else None
        if words:
            found += compare(channel, words, here, there, person)
        is_ours = [row["source"].startswith("HS_") and row["source"] != SOURCE for row in movements]
        dated = [(row["status"], row["consentDate"]) for row in movements]
        told_iys = list(itertools.compress(dated, is_ours))
        same = {each for each, ours_too in zip(dated, is_ours, strict=True) if not ours_too}  # Taken for ours.
        sent = [each.as_movement[3:5] for each in ours.get(key, []) if each.outcome in ledger_check.HELD]
        mine = [each for each in sent if each in told_iys or each not in same]
        if mine != told_iys:
            found.append(f"{channel}: İYS holds of ours {told_iys}, told were {mine}")
    return found


def compare(channel, words: list[Word], here, there, person: Person) -> list[str]:
    """Whether what stands here and at İYS is the last word: of those of one second here, what was said last."""
    last = max(enumerate(words), key=lambda each: (each[1].at, each[0]))[1]
    close = (word for word in words if word.at >= last.at - CLOSE)
    may = {last.status} | {word.status for word in close if {word.by, last.by} != {"here"}}
    may |= of_late_refusal(words, last)
    is_closed = person.line_closed_at is not None and last.at <= person.line_closed_at + CLOSE
    if is_closed:  # Whoever has the number then has granted nothing; what İYS still holds by then is found by a sweep.
        may.add(RET)
    found = [] if here in may else [f"{channel}: {here} stands here, {last} was said last"]
    at_iys = {GRANT} if may == {GRANT} else {RET, None} if may == {RET} else {GRANT, RET, None}
    if there not in at_iys and not is_closed:
        found.append(f"{channel}: İYS holds {there}, {last} was said last")
    return found


def of_late_refusal(words: list[Word], last: Word) -> set[Status]:
    """What may stand where a file's grant is the last word, over a refusal that was said at İYS and heard afterwards.
    What another sender told between the two may be heard before it, or after it."""
    if (last.by, last.status) != ("file", GRANT):
        return set()
    own = [word for word in words if word.at <= last.at and word.by not in ("file", "sender")]
    newest = max(own, key=lambda word: word.at, default=last)
    return {RET} if (newest.by, newest.status) == ("iys", RET) else set()


def told(person: Person, held: dict, ours: dict, void: set) -> str:
    """The history, what we made of it, and what İYS holds."""
    lines = [str(person.address.text), *problems(person, held, ours, void), *person.log]
    for channel, words in person.words.items():
        key = (person.address.text, channel.value, "BIREYSEL")
        lines += [f"said of {channel}:", *(f"  {word}" for word in words)]
        rows = select(Decision, Submission, Annulment.at).outerjoin(Submission, Submission.decision_id == Decision.id)
        rows = rows.outerjoin(Annulment, Annulment.decision_id == Decision.id).order_by(Decision.recorded_at)
        for decision, sent, annulled in db.session.execute(
            rows.where(Decision.recipient_id == person.recipient_id, Decision.channel == channel)
        ):
            outcome = f"{sent.outcome} {sent.code} {sent.ended_at}" if sent else "-"
            lines.append(
                f"  decision {decision.recorded_at:%d %H:%M:%S} {decision.origin} {decision.status} "
                f"effective {decision.effective_at:%d %H:%M:%S} {outcome} {'void' if annulled else ''}"
            )
        lines += [
            f"  İYS {row['creationDate']} {row['status']} {row['source']} of {row['consentDate']}"
            for row in held.get(key, [])
        ]
    return "\n".join(lines)
