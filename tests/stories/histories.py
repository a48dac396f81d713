"""Histories of many people at once, drawn from a seed: what each does here and at İYS, what others say of them, and
when we hear of it. İYS is the sandbox, in this process; time is moved from act to act.

Each person remembers their words, by channel: what was said, when it counts from, and by whom.
"""

import heapq
import itertools
import os
import random
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import SimpleNamespace

from sqlalchemy import select

import shortlinks
from iys_sandbox import controls, create_sandbox
from iys_sandbox.faults import parse_fault
from iys_sandbox.movements import as_feed_item
from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, Source, Status
from portal.core.models import Brand, Decision, DecisionOrigin, FeedSource, Receipt, ReceivedVia, Recipient
from portal.domain import consents
from portal.domain.consents import annulments, bulk_import, movement_rows, movements, refusals
from portal.domain.consents.bulk_import import Effect, Entry
from portal.domain.consents.link_contexts import load_link_context
from portal.services.iys import forwarder
from portal.services.iys.client import Client, IysAnswer
from portal.services.iys.forwarding import single_dispatch
from portal.services.iys.inflow import feeds
from tests import grants, make
from tests.portal.domain.consents.import_entries import entry, import_run
from tests.stories.another_sender import tells_iys

STARTS = datetime.fromisoformat("2026-11-23 08:00:00+00:00")  # A Monday: no weekend brings a deadline nearer.
LASTS, SETTLES = timedelta(hours=40), timedelta(hours=50)
UNDO = timedelta(minutes=5)
GAPS = (0, 0.4, 1, 5, 5, 40, 90, 600, 600, 4200, 4200, 18_000, 40_000)  # Seconds between two acts of a person.
AGES = (0, 30, 600, 7200, 100_000)  # How many seconds ago a file or another sender says that it was.
FAULTS = ("500", "500-after-apply", "503", "H123", "empty")
GRANT, RET = Status.GRANTED, Status.REFUSED
SAID = (Effect.GRANT, Effect.REFUSAL, Effect.FIRST_REFUSAL, Effect.OLD_REFUSAL)
STOOD = 0  # The act of a file's refusal that stood already: it goes with the file of that one.
WITHOUT = {int(each) for each in os.environ.get("WITHOUT", "").split(",") if each}  # Acts to leave out of a replay.


@dataclass
class Word:
    """What was said of one channel. `by`: here, iys, sender or line; `act`: the receipt's id or the file's."""

    at: datetime
    status: Status
    by: str
    act: int | None = None


@dataclass
class Person:
    """One address with its link, what is known to have been said of it, and a log for whoever reads a failure."""

    number: int
    address: addresses.Address
    link_id: int
    recipient_id: int
    words: dict[Channel, list[Word]] = field(default_factory=lambda: defaultdict(list))
    log: list[str] = field(default_factory=list)
    receipts: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    posted: tuple | None = None  # The last form: its choices and digest.
    entries: list = field(default_factory=list)  # Of the last file.
    told_iys: set = field(default_factory=set)  # By another sender: channel and second.
    line_closed_at: datetime | None = None

    def say(self, at: datetime, channels, status: Status, by: str = "here", act: int | None = None) -> None:
        for channel in channels:
            self.words[channel].append(Word(at.replace(microsecond=0), status, by, act))

    def refused_here_before(self, grant: Entry) -> bool:
        """Whether nothing but refusals that were stated for this person came between their own and this grant."""
        before = [word for word in self.words[grant.channel] if word.at < grant.consent_date]
        before = [word for word in before if word.status == GRANT or word.by not in ("file", "sender")]
        last = max(enumerate(before), key=lambda each: (each[1].at, each[0]), default=(0, None))[1]
        return last is not None and (last.by, last.status) == ("here", RET)

    def take_back(self, channels, act: int) -> None:
        for channel in channels:
            self.words[channel] = [word for word in self.words[channel] if word.act != act]


class SandboxClient(Client):
    """İYS in this process: a call is a function call."""

    def __init__(self, sandbox):
        super().__init__("http://sandbox.invalid")
        self.browser = sandbox.test_client()

    def ask(self, method, path, *, body=None, bearer=None, **_more) -> IysAnswer:
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        answer = self.browser.open(path, method=method, data=body, content_type="application/json", headers=headers)
        return IysAnswer(answer.status_code, answer.data)


class World:
    """So many people of a seed; `only` replays one of them."""

    def __init__(self, app, file, traveller, seed: int, people: int, only: int | None = None):
        self.app, self.traveller, self.seed = app, traveller, seed
        self.sandbox = create_sandbox(file, requests_per_second=0)
        store = self.sandbox.extensions["sandbox"].store
        store.add_account(make.USERNAME, make.PASSWORD, make.IYS_CODE, [make.BRAND_CODE])
        with store.reading() as db_of_sandbox:
            db_of_sandbox.execute("PRAGMA synchronous = OFF")
        self.iys, self.files = SandboxClient(self.sandbox), itertools.count(1)
        phones = grants.phones(people)
        texts = [phone if number % 3 else f"kisi{number}@example.com" for number, phone in enumerate(phones)]
        codes = make.codes(app, "\n".join(texts), expires=timedelta(days=365))
        with app.app_context():
            self.brand_id = make.brand().id
            salt = app.config["LINK_SALT"]
            self.people = [self._person(number, text, codes[text], salt) for number, text in enumerate(texts)]
            db.session.rollback()
        self.people = [each for each in self.people if only in (None, each.number)]
        self.events, self.order = [], itertools.count()
        self.weights = {
            self.post: 12, self.post_again: 3, self.one_click: 5, self.overview: 3, self.staff: 3, self.not_me: 0.3,
            self.file: 5, self.file_again: 1, self.undo_file: 1.5, self.undo_grant: 2, self.citizen: 6,
            self.other_sender: 6, self.close_line: 0.5,
        }  # fmt: skip

    def run(self) -> None:
        """Everything that the seed says, then as long as it takes until nothing is left to be told or heard."""
        for person in self.people:
            self._plan(person)
        dice = random.Random(f"{self.seed}-world")
        for minute in range(0, int(LASTS.total_seconds() / 60), 60):
            at = STARTS + timedelta(minutes=minute, seconds=dice.random() * 60)
            self._at(at, dice.choice((self.work, self.work, self.pull, self.fail, lambda: None)))
        for hour in range(0, int(SETTLES.total_seconds() / 3600), 3):
            self._at(STARTS + LASTS + timedelta(hours=hour), self.settle)
        while self.events:
            at, _, act = heapq.heappop(self.events)
            self.traveller.move_to(max(at, clock.now()))
            with self.app.app_context():
                act()
                db.session.rollback()

    def forward(self) -> None:
        while single_dispatch.forward_next(self.iys):
            pass

    def work(self) -> None:
        for _ in range(50_000):
            if not forwarder.forward_one(self.iys):
                break

    def pull(self) -> None:
        while feeds.pull_next_page(self.iys):
            pass

    def fail(self) -> None:
        dice = random.Random(f"{self.seed}-{clock.now()}")
        fields = {"endpoint": dice.choice(("add", "multi_status", "bulk_add")), "kind": dice.choice(FAULTS)}
        self.sandbox.extensions["sandbox"].faults.add(parse_fault(fields | {"rate": 0.5, "count": 4, "seed": 1}))
        self.work()

    def settle(self) -> None:
        self.sandbox.extensions["sandbox"].faults.clear()
        self.pull()
        self.work()

    # What a person does, or what is said of them. Each draws from dice of its own, so that others can be left out.

    def post(self, person: Person, dice: random.Random) -> None:
        channels = dice.sample(person.address.channels, dice.randint(1, len(person.address.channels)))
        person.posted = {each: dice.choice((GRANT, RET)) for each in channels}, dice.randbytes(32)
        self._decide(person, person.posted[0], person.posted[1] if dice.random() < 0.8 else None)

    def post_again(self, person: Person, _dice: random.Random) -> None:
        if person.posted:
            self._decide(person, *person.posted)

    def one_click(self, person: Person, _dice: random.Random) -> None:
        self._withdraw(person, (Channel.EMAIL,), DecisionOrigin.ONE_CLICK, person.link_id)

    def overview(self, person: Person, dice: random.Random) -> None:
        self._withdraw(person, [dice.choice(person.address.channels)], DecisionOrigin.MINE)

    def staff(self, person: Person, dice: random.Random) -> None:
        channels, at = [dice.choice(person.address.channels)], clock.now()
        made = refusals.refuse(
            db.session, vault(), self._recipient(person), [self._brand()], channels, address=person.address,
            source=Source.CALL_CENTRE, user_id=1, at=at,
        )  # fmt: skip
        db.session.commit()
        person.say(at, channels if made.refused else (), RET)

    def not_me(self, person: Person, _dice: random.Random) -> None:
        told = {"language": "tr", "request_metadata": "", "at": clock.now(), "link_id": person.link_id}
        done = refusals.refuse_not_mine(db.session, vault(), self._recipient(person), person.address, **told)
        db.session.commit()
        person.say(clock.now(), person.address.channels if done.refused else (), RET, act=done.receipt_id)

    def file(self, person: Person, dice: random.Random) -> None:
        date = clock.now() - timedelta(seconds=dice.choice(AGES))
        status = dice.choice((GRANT, RET, RET))
        person.entries = [
            entry(person.address.text, status, date, channel=each)
            for each in person.address.channels
            if dice.random() < 0.7
        ]
        if dice.random() < 0.3:
            person.entries = [replace(each, is_vouched=True) for each in person.entries]
        self.file_again(person, dice)

    def file_again(self, person: Person, _dice: random.Random) -> None:
        if person.entries:
            number = next(self.files)
            run = import_run(batch_id=number, grants_due_at=clock.now() + 2 * UNDO)
            effects = bulk_import.apply_import(db.session, vault(), self._brand(), person.entries, run).effects
            db.session.commit()
            person.files.append(number)
            person.log.append(f"  file {number}: {[effect.value for effect in effects]}")
            for each, effect in zip(person.entries, effects, strict=True):
                assert effect != Effect.GRANT or each.is_vouched or not person.refused_here_before(each)
                if effect in SAID or each.status == RET:
                    act = STOOD if effect in (Effect.SAME, Effect.KNOWN) else -number
                    person.say(each.consent_date, [each.channel], each.status, "file", act)

    def undo_file(self, person: Person, _dice: random.Random) -> None:
        if person.files:
            number = person.files[-1]
            theirs = select(Decision.id).where(Decision.batch_id == number)
            void = annulments.annul_decisions(db.session, vault(), db.session.scalars(theirs).all(), 1, clock.now())
            channels = db.session.scalars(select(Decision.channel).where(Decision.id.in_(void))).all()
            db.session.commit()
            person.take_back(channels, -number)
            person.take_back(channels, STOOD)

    def undo_grant(self, person: Person, _dice: random.Random) -> None:
        if person.receipts:
            receipt = db.session.get_one(Receipt, person.receipts[-1])
            told = {"language": "tr", "request_metadata": "", "at": clock.now()}
            done = refusals.take_back_grants(db.session, vault(), receipt, **told)
            db.session.commit()
            if done and done.refused:
                granted = [each.split("=")[0] for each in receipt.choices.split() if each.endswith(GRANT)]
                person.say(told["at"], map(Channel, granted), RET, act=done.receipt_id)
                person.receipts.append(done.receipt_id)

    def citizen(self, person: Person, dice: random.Random) -> None:
        channel, status = dice.choice(person.address.channels), dice.choice((GRANT, RET))
        made = self._act_at_iys(type=channel.value, status=status.value, recipient=person.address.text)
        person.say(clock.now(), [channel] if made else (), status, "iys")
        self._push(made, dice)

    def other_sender(self, person: Person, dice: random.Random) -> None:
        date = clock.now() - timedelta(seconds=dice.choice(AGES))
        channel, status = dice.choice(person.address.channels), dice.choice((GRANT, GRANT, RET))
        second = channel, clock.now().replace(microsecond=0)
        if second in person.told_iys:  # İYS gives two of a second one transactionId, and asks senders not to do so.
            return
        person.told_iys.add(second)
        codes = tells_iys(SimpleNamespace(app=self.sandbox), person.address.text, channel.value, status.value, date)
        person.log.append(f"  another sender: {channel} {status} of {date:%d %H:%M:%S} {codes}")
        person.say(date, () if codes else [channel], status, "sender")

    def close_line(self, person: Person, dice: random.Random) -> None:
        if Channel.CALL in person.address.channels:
            made = self._act_at_iys(recipient=person.address.text, close_line=True)
            person.say(clock.now(), [Channel(row["type"]) for row in made], RET, "line")
            person.line_closed_at = clock.now() if made else person.line_closed_at
            self._push(made, dice)

    def _decide(self, person: Person, choices: dict, digest: bytes | None) -> None:
        context, at = load_link_context(db.session, person.link_id), clock.now()
        form = consents.ServedForm(context.text_id, "tr", at, digest) if digest else None
        try:
            act = consents.decide(
                db.session, vault(), context, choices, form, is_live=context.closure is None, language="tr",
                request_metadata="", at=at, undo_period=UNDO,
            )  # fmt: skip
        except (consents.TooSoon, consents.TooMany):
            db.session.rollback()
            return
        db.session.commit()
        person.log.append(f"  {choices} receipt {act.receipt_id}, not {act.asks_again}")
        if act.receipt_id and act.receipt_id not in person.receipts:
            person.receipts.append(act.receipt_id)
            for channel in choices.keys() - set(act.asks_again):
                person.say(at, [channel], choices[channel], act=act.receipt_id)

    def _withdraw(self, person: Person, channels, origin: DecisionOrigin, link_id: int | None = None) -> None:
        if set(channels) <= set(person.address.channels):
            part, at = (
                refusals.RefusalScope(self._recipient(person), person.address, [self._brand()], channels),
                clock.now(),
            )
            told = {"origin": origin, "language": "tr", "request_metadata": "", "at": at, "link_id": link_id}
            done = refusals.withdraw(db.session, vault(), [part], **told)
            db.session.commit()
            assert done.refused or done.receipt_id in person.receipts, "a repeat has the receipt of the act it repeats"
            person.receipts.append(done.receipt_id)
            person.say(at, channels if done.refused else (), RET, act=done.receipt_id)

    def _act_at_iys(self, **fields) -> list:
        with self.sandbox.app_context():
            return controls.apply_citizen_action(fields)

    def _push(self, made: list, dice: random.Random) -> None:
        """Some are pushed: late, twice, and in any order."""
        for _ in range(dice.choice((0, 1, 2))):
            listed = [as_feed_item(row) for row in dice.sample(made, len(made))]
            rows, _unread = movement_rows.read_rows(listed, clock.now())
            self._at(clock.now() + timedelta(seconds=dice.random() * 2000), lambda rows=rows: self._hear(rows))

    def _hear(self, rows: list) -> None:
        told = {"by": ReceivedVia.PUSH, "feed": FeedSource.PEOPLE, "at": clock.now()}
        movements.apply_movements(db.session, vault(), self._brand(), rows, **told)
        db.session.commit()

    def _plan(self, person: Person) -> None:
        dice = random.Random(f"{self.seed}-{person.number}")
        at = STARTS + timedelta(seconds=dice.random() * 20_000)
        for place in range(dice.randint(2, 9)):
            (act,) = dice.choices(list(self.weights), list(self.weights.values()))
            own = random.Random(f"{self.seed}-{person.number}-{place}")
            if place not in WITHOUT and at < STARTS + LASTS:
                self._at(at, lambda place=place, act=act, own=own: self._do(person, place, act, own))
                if own.random() < 0.1:
                    self._at(at + timedelta(seconds=own.choice((0.2, 2, 30))), self.forward)
            at += timedelta(seconds=dice.choice(GAPS) * (0.7 + 0.6 * dice.random()))

    def _do(self, person: Person, place: int, act, dice: random.Random) -> None:
        person.log.append(f"{place}. {clock.now():%d %H:%M:%S.%f} {act.__name__}")
        act(person, dice)

    def _at(self, at: datetime, act) -> None:
        heapq.heappush(self.events, (at, next(self.order), act))

    def _brand(self) -> Brand:
        return db.session.get_one(Brand, self.brand_id)

    def _recipient(self, person: Person) -> Recipient:
        return db.session.get_one(Recipient, person.recipient_id)

    def _person(self, number: int, text: str, code: str, salt: str) -> Person:
        link_id = shortlinks.Codes(salt).decode(code)[0]
        context = load_link_context(db.session, link_id)
        return Person(number, addresses.parse(text), link_id, context.recipient_id)
