"""Ten thousand lines are brought while people decide and the worker is killed again and again; nothing is lost,
nothing said twice, and every line tells what became of it."""

import io
import random
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel
from portal.core.models import (
    BatchState,
    BulkRequest,
    BulkState,
    Decision,
    ImportBatch,
    ImportChunk,
    Lane,
    Outcome,
    Submission,
)
from portal.domain.consents.bulk_import import WRITTEN
from portal.services.imports import batches, layout, queries, row_results, store, uploads
from portal.services.imports.batch_problems import Confirmation
from portal.services.imports.layout import Layout
from tests import make, processes
from tests.conftest import ADDRESS_OR_CODE
from tests.servers import RunningSandbox
from tests.stories import crowd, import_stories, ledger_check, lists, recorded_sandbox

pytestmark = [pytest.mark.long, pytest.mark.lengthy]

ACCOUNT = f"{make.USERNAME}:{make.PASSWORD}:{make.IYS_CODE}:{make.BRAND_CODE}"
SANDBOX = "tests.stories.recorded_sandbox:create()"
BROUGHT, DECIDING, IN_BOTH = 9_700, 200, 125  # Addresses; a few of them stand in two lines.
KILLED_AT = (0, 1, 3, 5, 8)  # Pieces of the run that are behind it, at least.
WORST = 900.0  # Seconds for each part, on the slowest machine.
SETTLED = {"grant", "older", "same"}  # What may come of a line whose person decides meanwhile.


@pytest.fixture
def portal(app, environ, tmp_path):
    """The portal as bin/dev runs it, with one provider; its worker is not running yet."""
    with app.app_context():
        make.provider()
    settings = {**environ, "SENT_FILE": str(tmp_path / "sent"), "IMPORT_UNDO_SECONDS": "5"}
    with processes.running(settings, ACCOUNT, tmp_path, SANDBOX) as programs:
        yield programs


@pytest.fixture
def file():
    """Every line of it has the same fate each time."""
    return import_stories.make(lists.addresses(BROUGHT), clock.now())


@pytest.fixture
def members(app, portal):
    """People with links: some stand in the file as a grant, some in no file."""
    file = import_stories.make(lists.addresses(BROUGHT), clock.now())
    granted = list(dict.fromkeys(address for address, _ in file.movements))
    addresses = granted[:IN_BOTH] + [f"baska.{number}@example.com" for number in range(DECIDING - IN_BOTH)]
    codes = make.codes(app, "\n".join(addresses))
    return crowd.gather([(address, f"{portal.web.url}/k/{code}") for address, code in codes.items()], DECIDING)


def test_a_file_whose_worker_is_killed_five_times_is_brought_whole_and_once(
    app, portal, file, members, tmp_path, record_property
):
    begun = time.monotonic()
    batch_id = bring(app, portal, file)
    with ThreadPoolExecutor(1) as meanwhile:
        deciding = meanwhile.submit(crowd.decide, members)
        kill_again_and_again(app, portal, batch_id)
        deciding.result()
    wait_until_iys_knows(app, portal)

    decided = {member.address for member in members}
    assert_every_line_tells(app, batch_id, file, decided)
    assert_once(app, batch_id)
    figures = assert_held(app, portal, file, decided, tmp_path)
    assert not ADDRESS_OR_CODE.search(portal.logs()), "an address or a code stands in a log"
    record_property("figures", str(figures))
    print({"seconds": round(time.monotonic() - begun), **figures})


def bring(app, portal, file) -> int:
    """Upload it, let the worker read it and make the dry run, and start the run."""
    with app.app_context():
        brand = make.brand()
        batch = uploads.store_upload(
            db.session, vault(), provider_id=brand.provider_id, brand_id=brand.id, user_id=None, name="izinler.csv",
            stream=io.BytesIO(file.content()), at=clock.now(),
        )  # fmt: skip
        batch_id = batch.id
    portal.worker.start()
    wait_until_state(app, batch_id, BatchState.READ)
    act(app, batch_id, choose_as_guessed)
    wait_until_state(app, batch_id, BatchState.DRY_RUN)
    act(app, batch_id, lambda batch: batches.start(db.session, batch, None, clock.now(), confirms=set(Confirmation)))
    return batch_id


def choose_as_guessed(batch: ImportBatch) -> None:
    guessed = Layout.unpacked(vault().read(batch.layout, ImportBatch.LAYOUT, batch.provider_id, batch.id))
    assert layout.missing(guessed) == ["channels"]
    chosen = replace(guessed, channels=tuple(Channel))
    batches.set_layout(db.session, vault(), batch, chosen, clock.now())


def act(app, batch_id: int, what) -> None:
    """What a person says of the batch at the dashboard."""
    with app.app_context():
        what(db.session.get_one(ImportBatch, batch_id))
        db.session.commit()


def kill_again_and_again(app, portal, batch_id: int) -> None:
    """By kill -9, at a moment of which nobody knows what the worker is doing; then all its lease is over."""
    dice = random.Random()
    for pieces in KILLED_AT:
        wait_until(lambda pieces=pieces: position_of(app, batch_id) >= pieces, f"{pieces} pieces")
        time.sleep(dice.uniform(0, 0.4))
        portal.worker.kill()
        let_time_pass(app, batch_id)
        portal.worker.start()
    wait_until_state(app, batch_id, BatchState.DONE)


def let_time_pass(app, batch_id: int) -> None:
    """Until nobody has the batch in hand any more."""
    with app.app_context():
        db.session.execute(update(ImportBatch).where(ImportBatch.id == batch_id).values(lease_until=clock.now()))
        db.session.commit()


def assert_every_line_tells(app, batch_id: int, file, decided: set[str]) -> None:
    """Each line what its kind must come to; a key that its person decided meanwhile, what that leaves of it. The piles
    add up to the file."""
    said, cells = {}, {}
    with app.app_context():
        batch = db.session.get_one(ImportBatch, batch_id)
        pieces = db.session.scalars(select(ImportChunk).where(ImportChunk.batch_id == batch_id)).all()
        for piece in pieces:
            for place, (number, line) in enumerate(store.lines_of(vault(), piece)):
                cells[number] = line
                said[number] = dict(words_at(piece.row_results, place))
        piles = queries.count_groups(db.session, batch)
        tally = Counter(batch.tally)
        db.session.rollback()
    del said[1]  # The header says nothing.
    told = Counter(word for words in said.values() for word in words.values())
    assert tally == told
    assert piles.total == tally.total() == sum(map(len, file.words.values()))
    assert [cells[number][0] for number in said] == ["Şükrü Ünlü"] * len(file.rows)
    wrong = {
        number: (words, said.get(number))
        for number, words in file.words.items()
        if said.get(number) != words and not may_be(said.get(number), words, cells[number], decided)
    }
    assert not wrong, dict(list(wrong.items())[:5])


def words_at(verdict_bytes: bytes, place: int):
    width = len(row_results.SLOTS)
    for channel, byte in zip(row_results.SLOTS, verdict_bytes[place * width : (place + 1) * width], strict=True):
        if byte != row_results.NOTHING:
            yield channel.value, row_results.result_of(byte)


def may_be(said: dict[str, str] | None, words: dict[str, str], line: list[str], decided: set[str]) -> bool:
    """Whether a line of somebody who decided meanwhile came to what that leaves of it."""
    from portal.core.addresses import parse

    is_theirs = parse(line[1] or line[2]).text in decided
    return is_theirs and said is not None and said.keys() == words.keys() and set(said.values()) <= SETTLED | {"no_sms"}


def assert_once(app, batch_id: int) -> None:
    """One decision for each entry that was written, and none beside them."""
    with app.app_context(), Session(db.engines["reader"]) as session:
        mine = select(Decision.line, Decision.channel, func.count()).where(Decision.batch_id == batch_id)
        counted = session.execute(mine.group_by(Decision.line, Decision.channel)).all()
        tally = session.get_one(ImportBatch, batch_id).tally
    assert {count for _, _, count in counted} == {1}
    assert len(counted) == sum(tally.get(effect, 0) for effect in WRITTEN)


def assert_held(app, portal, file, decided: set[str], tmp_path) -> Counter:
    """İYS holds of each key what the file says it can, once; where people decided too, all in order."""
    ledger = iys(portal).ledger()
    held = defaultdict(list)
    for movement in ledger["movements"]:
        if movement["recipient"] not in decided:
            shown = (movement["status"], movement["consentDate"], movement["source"])
            held[movement["recipient"], movement["type"]].append(shown)
    expected = {key: rows for key, rows in file.movements.items() if key[0] not in decided}
    wrong = {
        key: (held[key], expected.get(key)) for key in held.keys() | expected.keys() if held[key] != expected.get(key)
    }
    assert not wrong, dict(list(wrong.items())[:5])
    keys = ledger_check.decisions_by_key(app)
    outcomes = ledger_check.assert_ledger_matches(keys, ledger["movements"], may_be_overtaken=True)
    frozen = {each.request for decisions in keys.values() for each in decisions}
    assert set(recorded_sandbox.sent(tmp_path / "sent")) <= frozen, "a decision was sent with another payload"
    return outcomes


def wait_until_iys_knows(app, portal) -> None:
    """Lists are judged at once, and asked for as if five minutes had passed."""
    iys(portal).set_list_timing(seconds=1)
    wait_until(lambda: waiting_for_lists(app) == 0, "the lists")
    iys(portal).move_clock(forward=301)
    wait_until(lambda: ask_for_results(app) or ledger_check.count_open_submissions(app) == 0, "the end of the outbox")


def ask_for_results(app) -> None:
    with app.app_context():
        sent = update(BulkRequest).where(BulkRequest.state == BulkState.SENT, BulkRequest.due_at > clock.now())
        db.session.execute(sent.values(due_at=clock.now()))
        db.session.commit()


def waiting_for_lists(app) -> int:
    waiting = select(func.count()).where(Submission.lane == Lane.BULK, Submission.outcome == Outcome.WAITING)
    with app.app_context(), Session(db.engines["reader"]) as session:
        return session.scalar(waiting)


def position_of(app, batch_id: int) -> int:
    with app.app_context(), Session(db.engines["reader"]) as session:
        batch = session.get_one(ImportBatch, batch_id)
        return batch.chunks if batch.state == BatchState.DONE else batch.position


def wait_until_state(app, batch_id: int, state: BatchState) -> None:
    def is_there() -> bool:
        with app.app_context(), Session(db.engines["reader"]) as session:
            batch = session.get_one(ImportBatch, batch_id)
            assert batch.state != BatchState.UNREADABLE, batch.problem
            return batch.state == state

    wait_until(is_there, state)


def wait_until(is_so, what: str) -> None:
    give_up_at = time.monotonic() + WORST
    while not is_so():
        assert time.monotonic() < give_up_at, f"waited too long for {what}"
        time.sleep(0.1)


def iys(portal) -> RunningSandbox:
    return RunningSandbox(portal.sandbox.url, None)
