"""What grows with the database: every page without an id that people of a firm and of the operator open, a search at
the desk, a call of the API, a link's page and a decision, as one firm has more and more consents.

`python -m bench.growth postgresql 10000 100000 1000000` prints the milliseconds of each at each size, slowest first:
the median of three, in one process. All decisions have been accepted; `MESAJ` of one number each. They are of one day,
but on PostgreSQL those beyond 100,000 are of the 300 days before (bench/copies.py).
"""

import sys
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from statistics import median
from typing import Any

from flask import Flask
from sqlalchemy import text, update

from bench import copies, environments
from bench.decisions import CHOICES, decision_posts
from portal.app import create_app
from portal.core import clock
from portal.core.extensions import db
from portal.core.models import OperatorRole, Outcome, Provider, Submission
from portal.web.shared.access import ACCESS_RULES
from tests import make
from tests.grants import insert_decisions, phones
from tests.portal.api.programs import CONSENTS, make_key
from tests.portal.web.dashboard.staff import StaffBrowser, signed_in

DATABASES = {"sqlite": environments.SQLITE, "postgresql": environments.POSTGRESQL}
OF_STAFF = {"of a provider": make.AYSE, "of the operator": "derya@operator.example"}
TIMES, PEOPLE, AT_ONCE = 3, 300, 50_000
MADE = 100_000  # As an import makes them; larger sizes are multiples of it.
FILES = (".csv", ".xlsx", ".pdf", "/file")  # They hold everything.
FORM = "application/x-www-form-urlencoded"
GOAL, GOAL_OF_SEARCH = 500, 300  # Milliseconds.
Act = Callable[[], Any]


def main(database: str, *sizes: str) -> None:
    found: dict[str, list[float]] = {}
    with environments.new_portal_settings(DATABASES[database]) as environ:
        with environments.portal(environ) as app:
            codes = list(make.codes(app, environments.email_list(PEOPLE)).values())
            make.staff(OF_STAFF["of the operator"], OperatorRole.ADMIN)
            key = make_key(db.session.get_one(Provider, make.brand().provider_id))
        grown = 0
        for size in map(int, sizes):
            with environments.portal(environ):
                _grow(range(grown, size))
            grown = size
            app = create_app(environ)
            for name, act in _acts(app, codes, key, phones(1, min(size, MADE) // 2)[0]):
                found.setdefault(name, []).append(_milliseconds(act))
            app.extensions["visit_recorder"].stop()
            print(f"{size:,} consents", file=sys.stderr, flush=True)
    print(f"| | {' | '.join(f'{int(size):,}' for size in sizes)} |\n| --- |{' --- |' * len(sizes)}")
    for name, times in sorted(found.items(), key=lambda each: -each[1][-1]):
        goal = GOAL_OF_SEARCH if name.startswith("desk") else GOAL
        print(f"| {name} | {' | '.join(f'{each:.0f}' for each in times)} |{'' if times[-1] < goal else ' **over**'}")


def _grow(numbers: range) -> None:
    """Add consents, accepted by İYS, in steps that memory holds; on PostgreSQL those beyond MADE as copies."""
    is_postgresql = db.session.get_bind().dialect.name == "postgresql"
    made = min(numbers.stop, MADE) if is_postgresql else numbers.stop
    for first in range(numbers.start, made, AT_ONCE):
        people = phones(min(AT_ONCE, made - first), first)
        insert_decisions(make.brand(), people, clock.now() - timedelta(hours=1), held="ONAY")
        ended = {"outcome": Outcome.ACCEPTED, "due_at": None, "ended_at": clock.now()}
        db.session.execute(update(Submission).where(Submission.outcome == Outcome.WAITING).values(ended))
        db.session.commit()
    if made < numbers.stop:
        copies.add_copies(range(max(numbers.start // MADE, 1), numbers.stop // MADE))
    if is_postgresql:
        db.session.execute(text("ANALYZE"))  # As the server itself does within a minute.
        db.session.commit()


def _acts(app: Flask, codes: list[str], key: str, number: str) -> Iterable[tuple[str, Act]]:
    """What is done at each size, by its name."""
    staff = {rule: signed_in(app, email) for rule, email in OF_STAFF.items()}
    for rule in sorted(app.url_map.iter_rules(), key=str):
        whose = ACCESS_RULES.get(rule.endpoint.partition(".")[0], "")
        is_page = "GET" in (rule.methods or ()) and not rule.arguments and not rule.rule.endswith(FILES)
        if whose in staff and is_page:
            yield f"{rule.rule}{' (operator)' * (whose == 'of the operator')}", _opening(staff[whose], rule.rule)
    desk, client = staff["of a provider"], app.test_client()
    yield "desk, search of a number", lambda: desk.opens(desk.posts("/desk/search", {"address": number}).location)
    headers = {"Authorization": f"Bearer {key}"}
    yield "API, consent of a number", lambda: client.get(f"{CONSENTS}/MESAJ/{number}", headers=headers)
    yield "a link's page", lambda: client.get(f"/k/{codes[0]}")
    with app.app_context():
        posts = iter(
            list(decision_posts([codes.pop() for _ in range(TIMES + 1)], app.config["LINK_SALT"], CHOICES["e-mail"]))
        )

    def decide() -> Any:
        post = next(posts)
        return client.post(post.path, data=post.body, content_type=FORM)

    yield "a decision", decide


def _opening(browser: StaffBrowser, path: str) -> Act:
    return lambda: browser.opens(path)


def _milliseconds(act: Act) -> float:
    """The median, after a first time. A server's error stops all."""
    times = []
    for _ in range(TIMES + 1):
        began = time.perf_counter()
        answer = act()
        answer.get_data()
        times.append(1000 * (time.perf_counter() - began))
        if answer.status_code >= 500 and answer.status_code != 503:
            raise RuntimeError(f"{answer.request.path}: {answer.status_code}")
    return median(times[1:])


if __name__ == "__main__":
    main(*sys.argv[1:])
