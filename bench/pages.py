"""Recipient GET: the page of a link, over many links."""

from pathlib import Path

from bench import environments, load, servers
from bench.load import Request
from bench.rounds import Effort, Goal, Result, in_turn
from tests import make

GOALS = {environments.SQLITE: Goal(0.40), environments.POSTGRESQL: Goal(0.25)}
PEOPLE = 5000  # Of each kind of address.


def measure(database: str, effort: Effort) -> list[Result]:
    """GET against bare Flask, in pages a second."""
    with environments.new_portal_settings(database) as environ:
        file = write_pages(environ)
        with servers.yardstick(environ) as bare, servers.product(environ) as ours:
            for url in (bare, ours):
                load.send_requests(url, file, 1, answer=200)  # So that both are warm.
            figures = in_turn(
                effort.rounds,
                lambda _: load.send_requests(bare, file, effort.seconds, answer=200),
                lambda _: load.send_requests(ours, file, effort.seconds, answer=200),
            )
    return [Result("recipient GET", database, "pages/s", *figures, GOALS[database])]


def write_pages(environ: dict[str, str]) -> Path:
    """A file of requests for the pages of new people."""
    with environments.portal(environ) as app:
        codes = make.codes(app, environments.phone_list(PEOPLE) + environments.email_list(PEOPLE)).values()
    return load.write_requests(Path(environ["INSTANCE"]) / "pages", (Request("GET", f"/k/{code}") for code in codes))
