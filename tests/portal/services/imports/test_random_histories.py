"""Files of any lines, in any order of acts: what is counted always adds up, and each head is what its facts say."""

import io
import random
from collections import Counter, defaultdict
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Source, Status
from portal.core.models import (
    Annulment,
    BatchState,
    Consent,
    Decision,
    DecisionOrigin,
    ImportBatch,
    ImportChunk,
    Outcome,
    Recipient,
    Submission,
    is_void,
)
from portal.domain.consents import recipients, refusals
from portal.domain.consents.bulk_import import WRITTEN
from portal.domain.consents.import_plan import LONG_AGO
from portal.services.imports import batches, queries, uploads, worker
from portal.services.imports.batch_problems import Confirmation
from portal.services.imports.layout import Field, Layout
from portal.services.imports.reading.workbook_chunker import chunks
from tests import make

pytestmark = pytest.mark.slow

COLUMNS = {Field.PHONE: 0, Field.EMAIL: 1, Field.STATUS: 2, Field.DATE: 3, Field.TYPE: 4, Field.ORIGIN: 5}
LAYOUT = Layout(columns=COLUMNS, source=Source.WEB)
PEOPLE = 50
IN_A_CHUNK = 100
ODD = (
    "0532 1;;ONAY;01.01.2026;;Form",
    "yok;;ONAY;;;",
    ";a@@example.com;RET;01.06.2026;;",
    "0212 555 11 22;;ONAY;dün;;Form",
)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(chunks, "LINES", IN_A_CHUNK)


@pytest.fixture
def brand(app):
    with app.app_context():
        yield make.brand()


def line(dice: random.Random, at: datetime) -> str:
    """One of few people, so that many lines speak of one key."""
    number, what = dice.randrange(PEOPLE), dice.random()
    said = at - timedelta(days=60 if what < 0.1 else 0, seconds=dice.randrange(20_000))
    day = "" if what > 0.9 else clock.istanbul(said).strftime("%d.%m.%Y %H:%M:%S")
    phone, mail = f"0532 {number:07}" * (what < 0.7), f"kisi{number}@example.com" * (what > 0.4)
    kind, proof = dice.choice(("", "", "BIREYSEL", "TACIR")), "Form" * (dice.random() > 0.1)
    return f"{phone};{mail};{dice.choice(('ONAY', 'ONAY', 'RET'))};{day};{kind};{proof}"


def batch_after_dry_run(brand, dice: random.Random) -> ImportBatch:
    lines = [line(dice, clock.now()) for _ in range(dice.choice((40, 130, 210)))] + list(ODD)
    dice.shuffle(lines)
    header = "Telefon;E-posta;Durum;Tarih;Tip;Dayanak"
    batch = uploads.store_upload(
        db.session, vault(), provider_id=brand.provider_id, brand_id=brand.id, user_id=None, name="izinler.csv",
        stream=io.BytesIO("\n".join([header, *lines]).encode()), at=clock.now(),
    )  # fmt: skip
    finish(batch)
    batches.set_layout(db.session, vault(), batch, LAYOUT, clock.now())
    db.session.commit()
    finish(batch)
    assert batch.state == BatchState.DRY_RUN
    return batch


def finish(batch: ImportBatch, *, slices: int = 1000) -> None:
    while slices and worker.work(batch.id, seconds=5 if slices > 10 else 0):
        slices -= 1
    db.session.refresh(batch)


def begin(batch: ImportBatch, *, vouched: bool) -> None:
    batches.start(db.session, batch, 3, clock.now(), confirms=set(Confirmation) if vouched else {Confirmation.UNREAD})
    db.session.commit()


def refuse_somebody(brand, dice: random.Random) -> None:
    address = addresses.parse(f"+90532{dice.randrange(PEOPLE):07}")
    at = clock.now() + timedelta(seconds=dice.choice((3, -10_000, -15_000)))
    (recipient_id,) = recipients.gather(db.session, vault(), brand.provider_id, [address], at).values()
    person = db.session.get_one(Recipient, recipient_id)
    refusals.refuse(
        db.session, vault(), person, [brand], address.channels, address=address, source=Source.CALL_CENTRE, user_id=3,
        at=at,
    )  # fmt: skip
    db.session.commit()


def claim_some(dice: random.Random) -> None:
    """As a forwarder does."""
    waiting = select(Submission.id).where(Submission.outcome == Outcome.WAITING).limit(dice.randrange(20))
    ids = db.session.scalars(waiting).all()
    accepted = {"outcome": Outcome.ACCEPTED, "attempts": 1, "due_at": None}
    db.session.query(Submission).where(Submission.id.in_(ids)).update(accepted)
    db.session.commit()


def try_to(act, batch: ImportBatch) -> None:
    with suppress(batches.WrongState):
        act(db.session, batch, 3, clock.now())
    db.session.commit()


@pytest.mark.parametrize(
    "seed",
    [pytest.param(0, marks=pytest.mark.alike), *(pytest.param(seed, marks=pytest.mark.long) for seed in (1, 2, 3))],
)
def test_whatever_is_done_to_files_all_counts_add_up(brand, seed):
    dice = random.Random(seed)
    files: list[ImportBatch] = []
    for _ in range(3):
        files.append(batch_after_dry_run(brand, dice))
        for _ in range(12):
            refuse_somebody(brand, dice)
    for batch, vouched in zip(files, (False, True, False), strict=True):
        begin(batch, vouched=vouched)
    for _ in range(30):
        batch = dice.choice(files)
        match dice.randrange(6):
            case 0:
                refuse_somebody(brand, dice)
            case 1:
                claim_some(dice)
            case 2:
                try_to(dice.choice((batches.stop, batches.resume, batches.resume)), batch)
            case 3 if dice.random() < 0.3:
                try_to(batches.undo, batch)
            case _:
                finish(batch, slices=dice.randrange(1, 3))
        assert adds_up(batch)
    for batch in files:
        finish(batch)
        assert adds_up(batch)
    assert wrong_heads() == []
    assert not overruled()


def adds_up(batch: ImportBatch) -> bool:
    """Whether the counts of a batch are those of its rows and decisions."""
    db.session.refresh(batch)
    piles = queries.count_groups(db.session, batch)
    assert piles.total == sum(batch.tally.values()) and min(piles.__dict__.values()) >= 0, batch.state
    ran = Counter()
    for chunk in db.session.query(ImportChunk).filter(
        ImportChunk.batch_id == batch.id, ImportChunk.ran_at.is_not(None)
    ):
        ran.update(chunk.tally)
    is_beside = Submission.batch_id.is_(None), Submission.created_at == Decision.recorded_at
    besides = select(Submission.id).where(Submission.decision_id == Decision.id, *is_beside).exists()
    theirs = select(func.count()).select_from(Decision).where(Decision.batch_id == batch.id, ~besides)
    void = theirs.join(Annulment, Annulment.decision_id == Decision.id)
    assert db.session.scalar(theirs) == sum(ran[word] for word in WRITTEN)
    assert db.session.scalar(void) == batch.annulled == piles.annulled
    for pile in queries.RowGroup:
        listed = queries.group_rows(db.session, vault(), batch, pile, limit=30)
        assert len(listed) == min(30, getattr(piles, pile)) or pile == queries.RowGroup.NOT_NEEDED
    db.session.rollback()
    return True


def overruled() -> set[int]:
    """Grants of files for which nobody vouched that were written on top of what the person refused themselves."""
    vouched = select(ImportBatch.id).where(ImportBatch.after_refusal_confirmed_at.is_not(None))
    told = select(Submission.id).where(Submission.decision_id == Decision.id).exists()
    own, granted, found = {}, {}, set()
    for each, is_told in db.session.execute(select(Decision, told).where(~is_void()).order_by(Decision.id)):
        key = each.recipient_id, each.channel
        if each.origin == DecisionOrigin.STAFF:
            own[key] = each.effective_at
        elif is_told and each.status == Status.GRANTED:
            if granted.get(key, LONG_AGO) < own.get(key, LONG_AGO) < each.effective_at:
                found.add(each.batch_id)
            granted[key] = each.effective_at
    return found - set(db.session.scalars(vouched))


def wrong_heads() -> list[int]:
    """Consents that are not the newest of their facts that count, a refusal at the same moment."""
    told = select(Submission.id).where(Submission.decision_id == Decision.id).exists()
    facts = defaultdict(list)
    for fact, was_told in db.session.execute(select(Decision, told).where(~is_void())):
        if fact.origin != DecisionOrigin.IMPORT or fact.status == Status.REFUSED or was_told:
            facts[fact.consent_id].append((fact.effective_at, fact.status == Status.REFUSED, fact.status))
    wrong = []
    for head in db.session.query(Consent):
        at, _, status = max(facts[head.id], default=(None, None, None))
        if (head.status, head.effective_at) != (status, at):
            wrong.append(head.id)
    return wrong
