"""Webhooks: events a second at endpoints of as many firms, one of which never answers, by two senders on this machine:
1,000 take some 0.6 s of CPU, and a process has one core.

`python -m bench.webhooks sqlite|postgresql [ENDPOINTS PER_SECOND SECONDS]` prints the figures of one run.
"""

import os
import random
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from statistics import quantiles
from typing import Any

import requests
from sqlalchemy import insert, select

from bench import environments, report, servers
from bench.rounds import Effort, Goal, Result
from bench.webhook_stub import HANGING
from portal.core import clock, loops
from portal.core.addresses import parse
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import Brand, Consent, Decision, DecisionOrigin, Event, EventType, Provider, WebhookAlgorithm
from portal.domain.consents import recipients
from portal.domain.identity import accounts
from portal.domain.webhooks import endpoints
from portal.domain.webhooks.endpoints import Choices
from portal.services import event_sequencer
from tests import make

SENDER = [sys.executable, "-m", "flask", "--app", "wsgi", "webhooks", "send"]
SENDERS = 2
BATCHES = 10  # Transactions a second, in which events are written.
Row = dict[str, Any]  # An event's columns.
PROMISE = 2.0  # Seconds from an event to its receiver, for 99 of 100.
CPU = "s for 1,000 events"
GRACE = 30.0  # Seconds after the last event until the count is taken.


def measure(database: str, effort: Effort) -> list[Result]:
    """What is promised of webhooks."""
    return measure_run(database, *((200, 1000, 60) if effort.rounds > 1 else (20, 50, 5)))


def measure_run(database: str, firms: int, per_second: int, seconds: int) -> list[Result]:
    """One run; the first firm's endpoint hangs."""
    with (
        environments.new_portal_settings(database) as environ,
        servers.webhook_receivers() as (receivers, receiver),
        environments.portal(environ) as app,
    ):
        outcomes = _open_firms(firms, receivers)
        stop = threading.Event()
        numbering = threading.Thread(target=loops.run_loops, args=(app.app_context, stop, [event_sequencer.LOOP]))
        numbering.start()
        with ExitStack() as running:
            senders = [running.enter_context(servers.running(SENDER, os.environ | environ)) for _ in range(SENDERS)]
            early = _wait_until_all_heard(receivers, firms - 1)
            processes = [each.pid for each in senders], [receiver], [os.getpid()]
            before = [servers.cpu_seconds(*each) for each in processes]
            written = _write_events(outcomes, per_second, seconds)
            time.sleep(GRACE)
            taken = [servers.cpu_seconds(*each) - cpu for each, cpu in zip(processes, before, strict=True)]
            arrived = requests.get(receivers, timeout=60).json()
        stop.set()
        numbering.join()
    waits = sorted(ms / 1000 for each in arrived.values() for id_, ms in each.items() if id_ not in early)
    p99 = quantiles(waits, n=100)[-1]
    sending, receiving, numbered = (seconds / written * 1000 for seconds in taken)
    return [
        Result("webhooks: arrived", database, "events", [written], [len(waits)], Goal(1)),
        Result("webhooks: from event to receiver, 99 %", database, "s", [PROMISE], [p99], Goal(1, at_most=True)),
        Result("webhooks: from event to receiver, the last", database, "s", [PROMISE], [waits[-1]]),
        Result("webhooks: CPU of both senders, beside receivers'", database, CPU, [receiving], [sending]),
        Result("webhooks: CPU of writing and numbering, likewise", database, CPU, [receiving], [numbered]),
    ]


def _open_firms(count: int, receivers: str) -> list[Row]:
    """Firms with an endpoint and a decision each."""
    made = []
    for number in range(count):
        at, code = clock.now(), 700_000 + number
        firm = accounts.open_provider(
            db.session, iys_code=code, title=f"Firma {number}", mersis="0123456789012345", contact="0850 123 45 67",
            notice_url=make.NOTICE, brands={code: f"Marka {number}"}, at=at,
        )  # fmt: skip
        choices = Choices(receivers + (f"/{number}" if number else HANGING), list(EventType), None, False)
        endpoints.create(db.session, vault(), firm, choices, WebhookAlgorithm.HMAC, user_id=1, at=at)
        made.append(_decide(firm, f"+90532{number:07}"))
    db.session.commit()
    return made


def _decide(firm: Provider, phone: str) -> Row:
    at = clock.now().replace(microsecond=0)
    brand = db.session.scalars(select(Brand).where(Brand.provider_id == firm.id)).one()
    [recipient_id] = recipients.gather(db.session, vault(), firm.id, [parse(phone)], at).values()
    key = {
        "provider_id": firm.id, "brand_id": brand.id, "recipient_id": recipient_id, "channel": Channel.SMS,
        "recipient_type": RecipientType.INDIVIDUAL,
    }  # fmt: skip
    consent = Consent(**key)
    db.session.add(consent)
    db.session.flush()
    decision = Decision(
        **key, consent_id=consent.id, status=Status.REFUSED, consent_date=at, recorded_at=at, effective_at=at,
        source="HS_WEB", origin=DecisionOrigin.STAFF, salt=os.urandom(16),
    )  # fmt: skip
    db.session.add(decision)
    db.session.flush()
    facts = {"provider_id": firm.id, "brand_id": brand.id, "subject_id": decision.id}
    return facts | {"type": EventType.IYS_OUTCOME, "facts": {"outcome": "accepted", "code": None}}


def _wait_until_all_heard(receivers: str, count: int) -> set[str]:
    """Until each but the hanging one has the event of its firm's decision, as the sender is up; those events' ids."""
    give_up_at = time.monotonic() + 120
    while len(heard := requests.get(receivers, timeout=60).json()) < count:
        if time.monotonic() > give_up_at:
            raise TimeoutError("The webhooks did not get on.")
        time.sleep(0.5)
    return {id_ for each in heard.values() for id_ in each}


def _write_events(outcomes: Sequence[Row], per_second: int, seconds: int) -> int:
    """Write events of random firms at an even pace; how many are not for the one that hangs."""
    begins, size, heard = time.monotonic(), per_second // BATCHES, 0
    for number in range(seconds * BATCHES):
        chosen, at = random.choices(outcomes, k=size), clock.now()
        db.session.execute(insert(Event), [each | {"at": at} for each in chosen])
        db.session.commit()
        heard += sum(each is not outcomes[0] for each in chosen)
        time.sleep(max(0.0, begins + (number + 1) / BATCHES - time.monotonic()))
    return heard


if __name__ == "__main__":
    chosen_database = {"sqlite": environments.SQLITE, "postgresql": environments.POSTGRESQL}[sys.argv[1]]
    print(report.table(measure_run(chosen_database, *([int(word) for word in sys.argv[2:]] or [200, 1000, 60]))))
