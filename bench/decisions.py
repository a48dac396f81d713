"""Decision POST: each request decides another link with a form of its own, and is durable before it is answered."""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import func, select

from bench import environments, load, servers
from bench.load import Answered, Request, WrongAnswer
from bench.rounds import Effort, Goal, Result, in_turn
from portal.core import clock
from portal.core.extensions import db
from portal.core.models import ConsentText, Receipt
from portal.domain.consents.recipients import chunks
from portal.web.recipient import posted_form
from shortlinks import Codes
from tests import make

GOALS = {environments.SQLITE: Goal(0.08), environments.POSTGRESQL: Goal(0.08)}
SLOWEST = 2.5  # Times the median, for 99 of 100.
MAX_PER_SECOND = 1500  # Decisions a second that the prepared links must last for.
CHOICES = {
    "phone": ("MESAJ=ONAY&ARAMA=ONAY", "MESAJ=RET&ARAMA=RET", "MESAJ=ONAY&ARAMA=RET"),  # Two decisions each.
    "e-mail": ("EPOSTA=ONAY", "EPOSTA=RET"),
}
ADDRESSES = {"phone": environments.phone_list, "e-mail": environments.email_list}


def measure(database: str, effort: Effort) -> list[Result]:
    """POST against bare Flask under the very same requests, in posts a second, by kind of address; and how long one of
    a hundred waits beside the median."""
    return [result for kind in CHOICES for result in _measure(database, effort, kind)]


def _measure(database: str, effort: Effort, kind: str) -> list[Result]:
    size = MAX_PER_SECOND * effort.seconds
    with environments.new_portal_settings(database) as environ:
        with environments.portal(environ) as app:
            codes = make.codes(app, ADDRESSES[kind](size * (effort.rounds + 1)))
            posts = list(decision_posts(codes.values(), app.config["LINK_SALT"], CHOICES[kind]))
        folder = Path(environ["INSTANCE"])
        files = [
            load.write_requests(folder / f"posts-{number}", piece) for number, piece in enumerate(chunks(posts, size))
        ]
        with servers.yardstick(environ) as bare, servers.product(environ) as ours:
            load.send_requests(bare, files[-1], 1, answer=200)  # So that both are warm.
            load.send_requests(ours, files[-1], 1, answer=303, once=True)
            answered: list[Answered] = []

            def decide(number: int) -> float:
                answered.append(load.send_all(ours, files[number], effort.seconds, answer=303, once=True))
                return answered[-1].a_second

            figures = in_turn(
                effort.rounds,
                lambda number: load.send_requests(bare, files[number], effort.seconds, answer=200),
                decide,
            )
        with environments.portal(environ):
            require_all_stored(sum(figures[1]) * effort.seconds)
    waits = [each.p50 for each in answered], [each.p99 for each in answered]
    return [
        Result(f"decision POST, {kind}", database, "posts/s", *figures, GOALS[database]),
        Result(f"decision POST, {kind}, p99 of p50", database, "ms", *waits, Goal(SLOWEST, at_most=True)),
    ]


def decision_posts(codes, salt: str, choices: tuple[str, ...]) -> Iterator[Request]:
    """A request for each code with a form of its own, as if its page had just been served; the choices in turn."""
    text_id, at = db.session.scalar(select(ConsentText.id)), clock.now()
    for number, code in enumerate(codes):
        decoded = Codes(salt).decode(code)
        assert decoded and text_id
        form = posted_form.sign_token(decoded[0], text_id, "tr", at)
        yield Request("POST", f"/k/{code}", f"{choices[number % len(choices)]}&form={form}")


def require_all_stored(answered: float) -> None:
    """Raises WrongAnswer."""
    kept = db.session.scalar(select(func.count()).select_from(Receipt)) or 0
    if kept < round(answered):
        raise WrongAnswer(f"{answered:.0f} decisions were answered, and {kept} stand in the database.")
