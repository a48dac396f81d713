"""Our page beside the redirect of Kutt, a link shortener of node and SQLite: `KUTT=folder bin/bench kutt`, where the
folder is a checkout of its repository after `npm ci --omit=dev`.

Its links are nobody's, so Kutt records no openings of them; it runs in one process, as it comes.
"""

import contextlib
import os
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

from bench import load, pages, servers
from bench.environments import new_portal_settings
from bench.load import Request
from bench.rounds import Effort, Goal, Result, in_turn

GOAL, LINKS = Goal(0.8), 10_000
HOST = "localhost"
ADD_LINK = "INSERT INTO links (address, target, uuid) VALUES (?, ?, ?)"
REDIRECT = 302


def measure(database: str, effort: Effort) -> list[Result]:
    """GET of our page against its redirect, in answers a second."""
    if not os.environ.get("KUTT"):
        sys.exit("Say where a checkout of Kutt is, with its packages installed: KUTT=folder bin/bench kutt")
    with new_portal_settings(database) as environ:
        folder, file = Path(environ["INSTANCE"]), pages.write_pages(environ)
        names = [f"link{number}" for number in range(LINKS)]
        links = load.write_requests(folder / "links", (Request("GET", f"/{name}") for name in names))
        with _kutt(Path(os.environ["KUTT"]), folder / "kutt.db", names) as theirs, servers.product(environ) as ours:
            load.send_requests(theirs, links, 1, answer=REDIRECT)  # So that both are warm.
            load.send_requests(ours, file, 1, answer=200)
            figures = in_turn(
                effort.rounds,
                lambda _: load.send_requests(theirs, links, effort.seconds, answer=REDIRECT),
                lambda _: load.send_requests(ours, file, effort.seconds, answer=200),
            )
    return [Result("recipient GET beside Kutt's redirect", database, "pages/s", *figures, GOAL)]


@contextlib.contextmanager
def _kutt(checkout: Path, data: Path, names: list[str]) -> Iterator[str]:
    """Kutt with a link of each of these names; its address."""
    port = servers.free_port()
    here = f"{HOST}:{port}"  # Another would be looked up as a domain of its own.
    environ = os.environ | {"PORT": str(port), "DEFAULT_DOMAIN": here, "DB_FILENAME": str(data), "JWT_SECRET": "bench"}
    migrate = ["node", "node_modules/knex/bin/cli.js", "migrate:latest"]
    subprocess.run(migrate, cwd=checkout, env=environ, stdout=sys.stderr, check=True)
    with contextlib.closing(sqlite3.connect(data)) as database, database:
        rows = ((name, f"https://example.com/{name}", str(uuid.uuid4())) for name in names)
        database.executemany(ADD_LINK, rows)
    with servers.running(["node", "server/server.js", "--production"], environ, checkout):
        servers.wait_until_up(f"http://{here}")
        yield f"http://{here}"
