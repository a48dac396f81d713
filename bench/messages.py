"""Messages: one sender beside vendors on this machine. It is killed while answers get lost; it keeps a pace while pages
are opened; and it passes others by a long queue.

`python -m bench.messages sqlite|postgresql [KILLED SECONDS QUEUE]` prints the figures of one run.
"""

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count, islice
from statistics import quantiles

import requests
from flask import Flask
from sqlalchemy import func, insert, select

from bench import environments, report, servers
from bench.background_load import BackgroundLoad
from bench.rounds import Effort, Goal, Result
from portal.core import clock
from portal.core.addresses import AddressKind
from portal.core.extensions import db, vault
from portal.core.ids import new_ids
from portal.core.models import Delivery, Message, MessageKind, MessageState, Recipient
from portal.domain.notifications import gateways, messages
from portal.services import launches
from tests import make

SENDER = [sys.executable, "-m", "flask", "--app", "wsgi", "messages", "send"]
LOGIN = {"username": "908500000001", "password": "demo"}
OTHER_LOGIN = {"username": "8500000002", "password": "demo"}
FAULTS = {"lost": 0.05, "429": 0.05, "503": 0.05}  # Share of the vendor's calls that end so.
KILLS = 3
FAST, PACE = 1000, 100  # Messages a second.
BATCH = 100
WINDOW = 30.0  # Seconds over which the pace is looked at; messages leave a second's worth at a time.
PACE_IS_KEPT = 0.05
TRIES = 20  # Invitations and codes of another firm beside the queue.
PROMPT = {messages.NORMAL_PRIORITY: 5.0, messages.HIGH_PRIORITY: 2.0}  # Seconds for 95 of 100.
PAGES_P99 = 1000.0  # Milliseconds.
TIMEOUT = 1800  # Seconds after which a run is given up.
CHUNK = 5000
IS_SENT = Message.state.in_((MessageState.ACCEPTED, MessageState.DELIVERED))


@dataclass
class Run:
    """One database, one firm with an account at a vendor, and another one."""

    app: Flask
    vendors: str
    environ: dict[str, str]
    firm: int
    other: int
    recipients: Sequence[int] = ()

    def control(self, what: str, **fields: str | float) -> None:
        requests.post(f"{self.vendors}/control/{what}", json=fields, timeout=30).raise_for_status()

    def accepted(self) -> list[dict]:
        return requests.get(f"{self.vendors}/control/messages", timeout=60).json()["messages"]

    def set_pace(self, per_second: int) -> None:
        with self.app.app_context():
            for gateway in gateways.own_gateways(db.session, self.firm):
                gateway.per_second, gateway.next_at = per_second, None
            db.session.commit()

    def count(self, *conditions) -> int:
        with self.app.app_context():
            found = db.session.scalar(select(func.count()).select_from(Message).where(*conditions)) or 0
            db.session.rollback()
            return found

    def wait_until(self, reached: Callable[[], bool]) -> None:
        give_up_at = time.monotonic() + TIMEOUT
        while not reached():
            if time.monotonic() > give_up_at:
                raise TimeoutError("The messages did not get on.")
            time.sleep(0.5)

    def wait_until_sent(self, size: int) -> None:
        self.wait_until(lambda: self.count(IS_SENT) >= size)

    def wait_until_all_sent(self) -> None:
        self.wait_until(lambda: self.count(Message.due_at.is_not(None)) == 0)

    def seconds_until_sent(self, message_id: int) -> float:
        """How long a message waited until its vendor had it."""
        self.wait_until(lambda: self.count(Message.id == message_id, IS_SENT) == 1)
        with self.app.app_context():
            message = db.session.get_one(Message, message_id)
            assert message.ended_at is not None
            seconds = (message.ended_at - message.created_at).total_seconds()
            db.session.rollback()
        return seconds

    def queue(self, size: int, of: int, rank: int = messages.NORMAL_PRIORITY, first: int = 0) -> list[int]:
        """Write that many messages to the recipients in turn, each with a text of its own; their ids."""
        at, written = clock.now(), new_ids(size)
        with self.app.app_context():
            for start in range(0, size, CHUNK):
                rows = [
                    {
                        "id": message_id, "kind": MessageKind.COMPLAINT_SETTLED, "rank": rank, "language": "tr",
                        "provider_id": of, "recipient_id": self.recipients[(first + number) % len(self.recipients)],
                        "text": vault().seal(f"Ileti {first + number}", Message.PLACE, of, message_id),
                        "address_kind": AddressKind.PHONE, "state": MessageState.WAITING, "due_at": at, "attempts": 0,
                        "created_at": at,
                    }
                    for number, message_id in enumerate(written[start : start + CHUNK], start=start)
                ]  # fmt: skip
                db.session.execute(insert(Message.__table__), rows)
                db.session.commit()
        return list(written)


def measure(database: str, effort: Effort) -> list[Result]:
    """What is promised of messages, each beside its promise."""
    return measure_run(database, *((20_000, 300, 500_000) if effort.rounds > 1 else (1000, 10, 2000)))


def measure_run(database: str, killed: int, seconds: int, queue: int) -> list[Result]:
    """One run: messages sent by senders that are killed, seconds of steady pace, and a queue before another firm."""
    with environments.new_portal_settings(database) as settings, servers.vendors(settings["INSTANCE"]) as vendors:
        environ = settings | {"MESSAGE_GATEWAY_URL": vendors}
        with environments.portal(environ) as app:
            run = Run(app, vendors, environ, *_open_firms())
            run.control("settings", report_delay=0, hang_seconds=0)
            codes = _launch(run, killed)
            return [
                *_while_killed(database, run, killed),
                *_in_pace(database, run, seconds, codes),
                *_beside_a_queue(database, run, queue),
            ]


def _open_firms() -> tuple[int, int]:
    firms = make.provider(), make.provider(800001, 800001, "cem@example.com")
    for firm, vendor, login in zip(firms, ("verimor", "netgsm"), (LOGIN, OTHER_LOGIN), strict=True):
        gateway = gateways.add_gateway(
            db.session, vault(), provider_id=firm.id, carries=AddressKind.PHONE, vendor=vendor, header="DENEME",
            credentials=login, per_second=FAST, at=clock.now(),
        )  # fmt: skip
        gateways.mark_tested(gateway, clock.now())
    db.session.commit()
    return firms[0].id, firms[1].id


def _launch(run: Run, size: int) -> list[str]:
    """Write the messages of a campaign; the codes of its links."""
    campaign, salt = make.campaign(delivery=Delivery.GATEWAY), run.app.config["LINK_SALT"]
    make.add_to_audience(campaign, "\n".join(islice(_plain_phones(), size)))
    make.launch(campaign, salt)
    run.recipients = list(db.session.scalars(select(Recipient.id).where(Recipient.provider_id == run.firm)))
    codes = [link.rpartition("/")[2] for _, link in launches.links_of(db.session, campaign, salt, "")]
    db.session.rollback()
    return codes


def _plain_phones() -> Iterator[str]:
    """Numbers with whose end the vendors do nothing out of the ordinary."""
    return (f"+90532{number:07}" for number in count() if number % 10_000 > 100)


def _while_killed(database: str, run: Run, size: int) -> list[Result]:
    """Kill the sender three times while one call in seven fails."""
    for number, (code, rate) in enumerate(FAULTS.items()):
        run.control("faults", vendor="verimor", code=code, times=size, rate=rate, seed=number)
    begins = time.monotonic()
    for share in range(1, KILLS + 1):
        with servers.running(SENDER, os.environ | run.environ) as sender:
            run.wait_until_sent(round(size * share / (KILLS + 1)))
            sender.kill()
    with servers.running(SENDER, os.environ | run.environ):
        run.wait_until_all_sent()
    took = time.monotonic() - begins
    arrived = Counter(each["to"] for each in run.accepted())
    run.control("reset")
    run.control("settings", report_delay=0, hang_seconds=0)
    return [
        Result("messages: arrived while killed", database, "messages", [size], [len(arrived)], Goal(1)),
        _at_most("messages: arrivals, at most one each", database, "messages", size, sum(arrived.values())),
        Result("messages: known as accepted", database, "messages", [size], [run.count(IS_SENT)], Goal(1)),
        Result("messages: sent while killed", database, "messages/s", [1], [size / took]),
    ]


def _in_pace(database: str, run: Run, seconds: int, codes: list[str]) -> list[Result]:
    """A hundred a second while people open pages."""
    run.queue(PACE * seconds, run.firm)
    run.set_pace(PACE)
    with servers.product(run.environ) as web, servers.running(SENDER, os.environ | run.environ):
        times = BackgroundLoad(web, codes, ()).run_during(run.wait_until_all_sent)
    moments = sorted(datetime.fromisoformat(each["sent_at"]) for each in run.accepted())
    rates = _rates(moments)
    off = max(abs(each / PACE - 1) for each in rates)
    run.control("reset")
    return [
        Result("messages: pace", database, "messages/s", [PACE], [len(moments) / _length(moments)]),
        _at_most(f"messages: off the pace, over {WINDOW:.0f} s", database, "of it", PACE_IS_KEPT, off),
        _at_most("messages: pages meanwhile, p99", database, "ms", PAGES_P99, times.p99_get),
    ]


def _length(moments: Sequence[datetime]) -> float:
    """Seconds from the first message to the end of the last one's turn."""
    return (moments[-1] - moments[0]).total_seconds() + BATCH / PACE


def _rates(moments: Sequence[datetime]) -> list[float]:
    """Messages a second in each whole window but the first, in which programs start."""
    begin, whole = moments[0], int(_length(moments) // WINDOW)
    windows = Counter(int((each - begin) / timedelta(seconds=WINDOW)) for each in moments)
    return [windows[number] / WINDOW for number in range(min(1, whole - 1), whole)]


def _beside_a_queue(database: str, run: Run, size: int) -> list[Result]:
    """Another firm's invitation, and a message that somebody waits for, while one firm's queue is sent."""
    run.queue(size, run.firm, first=10**6)
    results = []
    with servers.running(SENDER, os.environ | run.environ):
        run.wait_until(lambda: len(run.accepted()) >= BATCH)
        for rank, promise in PROMPT.items():
            waits = []
            for number in range(TRIES):
                (its_id,) = run.queue(1, run.other, rank, first=2 * 10**6 + rank * TRIES + number)
                waits.append(run.seconds_until_sent(its_id))
            name = "a message that somebody waits for" if rank == messages.HIGH_PRIORITY else "another firm's message"
            results.append(_at_most(f"messages: {name}, 95 %", database, "s", promise, quantiles(waits, n=20)[-1]))
    return results


def _at_most(case: str, database: str, unit: str, promise: float, figure: float) -> Result:
    return Result(case, database, unit, [promise], [figure], Goal(1, at_most=True))


if __name__ == "__main__":
    chosen = {"sqlite": environments.SQLITE, "postgresql": environments.POSTGRESQL}[sys.argv[1]]
    sizes = [int(word) for word in sys.argv[2:]] or [20_000, 300, 500_000]
    print(report.table(measure_run(chosen, *sizes)))
