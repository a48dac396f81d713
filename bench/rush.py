"""The minute after a campaign's messages went out: 50,000 pages and 10,000 decisions come, as they come in it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench import decisions, environments, load, servers
from bench.load import Answered, Request
from bench.rounds import Effort, Goal, Result
from tests import make

PAGES, DECISIONS = 50_000, 10_000  # In a minute.
# Also for SQLite: idle connections, which a proxy would hold, would keep its workers without threads from all others.
THREADS = ("--worker-class=gthread", "--threads=4")
MINUTE, WARM = 60, 2  # Seconds.
LONGEST = 250.0  # Milliseconds for 99 of 100 pages and decisions.
SPARE = 1.05  # The last second's requests may find their file at its end.
ON_TIME = 0.99  # Where answers are late, fewer than this share of the requests leave in time.


def measure(database: str, effort: Effort) -> list[Result]:
    """How many of the minute's pages and decisions were answered in it, and how long 99 of 100 took. Raises WrongAnswer
    where one was answered otherwise, or does not stand in the database."""
    seconds = MINUTE if effort.rounds > 1 else effort.seconds
    with environments.new_portal_settings(database) as environ:
        with environments.portal(environ) as app:
            codes = make.codes(app, environments.phone_list(round(PAGES * SPARE * seconds / MINUTE))).values()
            people = list(codes)[: round(DECISIONS * SPARE * seconds / MINUTE)]
            posts = list(decisions.decision_posts(people, app.config["LINK_SALT"], decisions.CHOICES["phone"]))
        folder = Path(environ["INSTANCE"])
        pages = load.write_requests(folder / "pages", (Request("GET", f"/k/{code}") for code in codes))
        file = load.write_requests(folder / "posts", posts)
        with servers.product(environ, *THREADS) as ours, ThreadPoolExecutor(1) as beside:
            load.send_requests(ours, pages, WARM, answer=200)
            asked = beside.submit(load.send_steadily, ours, pages, seconds, a_second=PAGES / MINUTE, answer=200)
            decided = load.send_steadily(ours, file, seconds, a_second=DECISIONS / MINUTE, answer=303)
            opened = asked.result()
        with environments.portal(environ):
            decisions.require_all_stored(decided.a_second * seconds)
    return [*_results("pages", database, opened, PAGES), *_results("decisions", database, decided, DECISIONS)]


def _results(what: str, database: str, answered: Answered, in_a_minute: int) -> list[Result]:
    wanted, found = [in_a_minute / MINUTE], [answered.a_second]
    return [
        Result(f"rush, {what} answered", database, "a second", wanted, found, Goal(ON_TIME)),
        Result(f"rush, {what}, p99", database, "ms", [LONGEST], [answered.p99], Goal(1, at_most=True)),
    ]
