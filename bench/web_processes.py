"""Pages and decisions by 1, 2, 4 and 8 web processes, each beside one."""

from pathlib import Path

from bench import decisions, environments, load, servers
from bench.load import Request
from bench.rounds import Effort, Result
from portal.domain.consents.recipients import chunks
from tests import make

COUNTS = (1, 2, 4, 8)
PEOPLE = 5000  # Whose pages are opened; others decide.


def measure(database: str, effort: Effort) -> list[Result]:
    """Answers a second by so many processes, each with the threads of the product, in turn."""
    opened: dict[int, list[float]] = {count: [] for count in COUNTS}
    decided: dict[int, list[float]] = {count: [] for count in COUNTS}
    with environments.new_portal_settings(database) as environ:
        file, posts = _write_requests(environ, effort)
        for _ in range(effort.rounds):
            for count in COUNTS:
                with servers.product(environ, f"--workers={count}") as ours:
                    load.send_requests(ours, file, 1, answer=200)  # So that it is warm.
                    opened[count].append(load.send_requests(ours, file, effort.seconds, answer=200))
                    done = load.send_requests(ours, posts.pop(), effort.seconds, answer=303, once=True)
                    decided[count].append(done)
    return [
        Result(f"{what} by {count} web processes", database, f"{what}/s", by_count[1], by_count[count])
        for what, by_count in (("pages", opened), ("decisions", decided))
        for count in COUNTS
    ]


def _write_requests(environ: dict[str, str], effort: Effort) -> tuple[Path, list[Path]]:
    """A file of pages, and one of decisions for each measurement."""
    size = decisions.MAX_PER_SECOND * effort.seconds
    with environments.portal(environ) as app:
        people = PEOPLE + size * effort.rounds * len(COUNTS)
        codes = list(make.codes(app, environments.phone_list(people)).values())
        posts = list(decisions.decision_posts(codes[PEOPLE:], app.config["LINK_SALT"], decisions.CHOICES["phone"]))
    folder = Path(environ["INSTANCE"])
    pages = load.write_requests(folder / "pages", (Request("GET", f"/k/{code}") for code in codes[:PEOPLE]))
    return pages, [
        load.write_requests(folder / f"posts-{number}", piece) for number, piece in enumerate(chunks(posts, size))
    ]
