"""Two readers follow the feed while four writers and an import commit and every process is killed: each has each event
once, in an order that leads to what stands."""

import json
import random
import sys
import time
from collections import Counter

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Annulment, BatchState, Consent, Decision, Event, Outcome, Provider, Submission
from portal.domain.events import feed
from portal.services import event_sequencer
from tests import make, processes
from tests.portal.api.programs import make_key
from tests.stories import feed_programs, import_stories, lists
from tests.stories.test_import_killed import ACCOUNT, bring, let_time_pass, wait_until, wait_until_state

pytestmark = [pytest.mark.long, pytest.mark.lengthy]

BROUGHT, DECIDING, WRITERS = 2_000, 40, 4
ROUNDS, MORE = 2, 60  # In each round every process is killed once, after so many more decisions.
OF_DECISIONS = ("decision.made", "decision.annulled", "iys.outcome")
SETTLED = [each for each in Outcome if each not in ("waiting", "sent", "blocked", "annulled")]


@pytest.fixture
def portal(app, environ, tmp_path):
    """The portal as bin/dev runs it, with one provider; its worker is not running yet."""
    with app.app_context():
        make.provider()
    settings = {**environ, "UNDO_SECONDS": "3", "IMPORT_UNDO_SECONDS": "5"}
    with processes.running(settings, ACCOUNT, tmp_path, "iys_sandbox:create_sandbox_from_environment()") as programs:
        yield programs


@pytest.fixture
def people(app) -> dict[str, str]:
    """Codes of links, by address; the file has lines of the same people."""
    mobiles = [each for each in lists.addresses(BROUGHT) if each.startswith("+905")]
    return make.codes(app, "\n".join(mobiles[:DECIDING]))


@pytest.fixture
def programs(app, portal, people, tmp_path):
    """Writers and readers, and a second sequencer."""
    environ = portal.environ | {"FEED_CODES": json.dumps(people), "FEED_URL": portal.web.url}
    run = [sys.executable, "-m", "tests.stories.feed_programs"]
    commands = [[*run, "write", str(number)] for number in range(WRITERS)]
    commands += [[*run, "read", str(tmp_path / f"reader{number}")] for number in range(2)]
    commands.append([sys.executable, "-m", "flask", "--app", "wsgi", "iys", "forward"])
    made = []
    for number, command in enumerate(commands):
        with app.app_context():
            key = make_key(db.session.get_one(Provider, make.brand().provider_id))
        log = tmp_path / f"program{number}.log"
        made.append(processes.Program(command, environ | {"FEED_KEY": key}, log))
    for program in made:
        program.start()
    yield made
    for program in made:
        program.kill()


def test_two_readers_have_each_event_once_in_an_order_that_leads_to_what_stands(app, portal, programs, tmp_path):
    begun = time.monotonic()
    batch_id = bring(app, portal, import_stories.make(lists.addresses(BROUGHT), clock.now()))
    for _ in range(ROUNDS):
        kill_each(app, portal, programs)
        portal.worker.kill()
        let_time_pass(app, batch_id)
        portal.worker.start()
    wait_until_state(app, batch_id, BatchState.DONE)
    for program in (*programs[:WRITERS], programs[-1], portal.forwarder, portal.worker):
        program.kill()
    with app.app_context():
        while event_sequencer.sequence_next_events():
            pass
        last = feed.find_last_sequence(db.session)
    journals = [tmp_path / f"reader{number}" for number in range(2)]
    wait_until(
        lambda: all(feed_programs.read_pages(each)[-1]["nextCursor"] == str(last) for each in journals), "readers"
    )

    with app.app_context(), Session(db.engines["reader"]) as session:
        assert_every_change_is_an_event(session)
        events = session.scalars(select(Event).order_by(Event.sequence)).all()
        for journal in journals:
            items = [item for page in feed_programs.read_pages(journal) for item in page["items"]]
            assert [each["sequence"] for each in items] == [each.sequence for each in events]
            told = [item for item in items if item["event"] in OF_DECISIONS]  # A package may run low meanwhile.
            assert_items_tell(session, told, [event for event in events if event.type in OF_DECISIONS])
            assert_leads_to_what_stands(session, told)
    print({"seconds": round(time.monotonic() - begun), **Counter(each.type.value for each in events)})


def kill_each(app, portal, programs) -> None:
    """In an order of chance, each after MORE decisions, at a moment of which nobody knows what it is doing."""
    dice = random.Random()
    for program in dice.sample([*programs, portal.forwarder, portal.web], len(programs) + 2):
        enough = count(app, Decision) + MORE // len(programs)
        wait_until(lambda enough=enough: count(app, Decision) >= enough, f"{enough} decisions")
        time.sleep(dice.uniform(0, 0.3))
        if program is portal.web:
            program.kill_a_child()
        else:
            program.kill()
            program.start()


def count(app, model) -> int:
    with app.app_context(), Session(db.engines["reader"]) as session:
        return session.scalar(select(func.count()).select_from(model))


def assert_every_change_is_an_event(session) -> None:
    """Each once, numbered without gaps, an annulment after its decision."""
    rows = session.execute(select(Event.type, Event.subject_id, Event.sequence).order_by(Event.sequence)).all()
    numbers = [row.sequence for row in rows]
    assert numbers == list(range(numbers[0], numbers[0] + len(rows)))
    made = {row.subject_id: row.sequence for row in rows if row.type == "decision.made"}
    annulled = {row.subject_id: row.sequence for row in rows if row.type == "decision.annulled"}
    assert sorted(row.subject_id for row in rows if row.type == "decision.made") == sorted(
        session.scalars(select(Decision.id))
    )
    assert sorted(row.subject_id for row in rows if row.type == "decision.annulled") == sorted(
        session.scalars(select(Annulment.decision_id))
    )
    assert annulled and all(sequence > made[decision_id] for decision_id, sequence in annulled.items())
    told = {row.subject_id for row in rows if row.type == "iys.outcome"}
    settled = select(Submission.decision_id).where(Submission.outcome.in_(SETTLED))
    assert told >= set(session.scalars(settled)) != set()


def assert_items_tell(session, items: list[dict], events) -> None:
    """Each item is of its event and its decision."""
    decisions = {each.id: each for each in session.scalars(select(Decision))}
    for item, event in zip(items, events, strict=True):
        decision = decisions[event.subject_id]
        assert (item["event"], item["decision"]["id"]) == (event.type, str(decision.id))
        assert (item["decision"]["status"], item["decision"]["origin"]) == (decision.status, decision.origin)


def assert_leads_to_what_stands(session, items: list[dict]) -> None:
    """Who writes each item's consent over what it had, and who replays the decisions themselves, has what stands."""
    codes = {each.id: each for each in session.scalars(select(Consent))}
    stands = {str(each.id): (each.status, each.decision_id) for each in codes.values()}
    of_decision = {each.id: str(each.consent_id) for each in session.scalars(select(Decision))}
    written = {
        of_decision[int(each["decision"]["id"])]: (
            each["consent"]["status"],
            int(each["consent"]["decisionId"] or 0) or None,
        )
        for each in items
    }
    assert written == stands
    assert replayed(session, items) == {key: decision_id for key, (_, decision_id) in stands.items()}


def replayed(session, items: list[dict]) -> dict[str, int | None]:
    """The decision on which each consent stands if one after the other is taken: a later effect wins, of two at one
    moment the refusal; an annulled one leaves the place to what it had taken it from."""
    decisions = {each.id: each for each in session.scalars(select(Decision))}
    counts = set(session.scalars(select(Submission.decision_id)))
    stack: dict[str, list[Decision]] = {}
    for item in items:
        decision = decisions[int(item["decision"]["id"])]
        held = stack.setdefault(str(decision.consent_id), [])
        if item["event"] == "decision.annulled":
            held.remove(decision)  # Raises ValueError where it came before its decision.
        elif item["event"] == "decision.made" and (decision.status == "RET" or decision.id in counts):
            held.append(decision)
    newest = {key: max(held, key=rank, default=None) for key, held in stack.items()}
    return {key: decision.id if decision else None for key, decision in newest.items()}


def rank(decision: Decision) -> tuple:
    return decision.effective_at, decision.status == "RET", decision.id
