"""What grows with the database: every page without an id that people of a firm and of the operator open, and what
bench/growth_acts.py names, as one firm has more consents or brands, or as there are more firms.

`python -m bench.growth consents postgresql 10000 100000 1000000`, `… brands sqlite 1 100 1000 5000` and `… firms …`
print the milliseconds of each at each size, slowest first: the median of three, in one process.
"""

import os
import secrets
import sys
import time
from statistics import median

from bench import environments, servers
from bench.brands import TOKEN_CALLS
from bench.growing import grow
from bench.growth_acts import OPERATOR, PEOPLE, TIMES, Act, People, acts_of
from portal.app import create_app
from portal.core.extensions import db
from portal.core.models import OperatorRole, Provider
from tests import make
from tests.portal.api.programs import make_key

DATABASES = {"sqlite": environments.SQLITE, "postgresql": environments.POSTGRESQL}
GOAL, GOAL_OF_SEARCH = 500, 300  # Milliseconds.
MEMORY = ("shared_buffers = 2GB", "maintenance_work_mem = 1GB", "max_wal_size = 8GB")  # As a machine of 8 GB has it.


def main(axis: str, database: str, *sizes: str) -> None:
    found: dict[str, list[float]] = {}
    with environments.new_portal_settings(DATABASES[database], *MEMORY) as settings, servers.stub() as iys:
        environ = settings | {"IYS_BASE_URL": iys, "IYS_TOKEN_CALLS_PER_HOUR": TOKEN_CALLS}
        environ["METRICS_TOKEN"] = secrets.token_urlsafe(32)
        with environments.portal(environ) as app:
            codes = list(make.codes(app, environments.email_list(PEOPLE)).values())
            make.staff(OPERATOR, OperatorRole.ADMIN)
            people = People(codes, make_key(db.session.get_one(Provider, make.brand().provider_id)), iys)
        grown = 0
        for size in map(int, sizes):
            with environments.portal(environ):
                grow(axis, range(grown, size))
            grown = size
            app = create_app(environ)
            for name, act in acts_of(app, axis, people, size):
                found.setdefault(name, []).append(_milliseconds(act))
            app.extensions["visit_recorder"].stop()
            print(f"{size:,} {axis}, load average {os.getloadavg()[0]:.0f}", file=sys.stderr, flush=True)
    print(table(sizes, found))


def table(sizes: tuple[str, ...], found: dict[str, list[float]]) -> str:
    lines = [f"| | {' | '.join(f'{int(size):,}' for size in sizes)} |", f"| --- |{' --- |' * len(sizes)}"]
    for name, times in sorted(found.items(), key=lambda each: -each[1][-1]):
        goal = GOAL_OF_SEARCH if name.startswith("desk") else GOAL
        over = "" if times[-1] < goal else " **over**"
        lines.append(f"| {name} | {' | '.join(f'{each:.0f}' for each in times)} |{over}")
    return "\n".join(lines)


def _milliseconds(act: Act) -> float:
    """The median, after a first time. A server's error stops all."""
    times = []
    for _ in range(TIMES + 1):
        began = time.perf_counter()
        answer = act()
        if answer is not None:
            answer.get_data()
        times.append(1000 * (time.perf_counter() - began))
        if answer is not None and answer.status_code >= 500 and answer.status_code != 503:
            raise RuntimeError(f"{answer.request.path}: {answer.status_code}")
    return median(times[1:])


if __name__ == "__main__":
    main(*sys.argv[1:])
