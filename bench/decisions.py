"""Decision POST: each request decides another link with a form of its own, and is durable before it is answered."""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import func, select

from bench import ground, load, servers
from bench.load import Request, WrongAnswer
from bench.rounds import Effort, Goal, Result, in_turn
from portal.core import clock
from portal.core.extensions import db
from portal.core.models import ConsentText, Receipt
from portal.domain.consents.recipients import chunks
from portal.web.recipient import form_token
from shortlinks import Codes
from tests import make

GOALS = {ground.SQLITE: Goal(0.04), ground.POSTGRESQL: Goal(0.06)}
MOST = 1500  # Decisions a second that the prepared links must last for.
CHOICES = {
    "phone": ("MESAJ=ONAY&ARAMA=ONAY", "MESAJ=RET&ARAMA=RET", "MESAJ=ONAY&ARAMA=RET"),  # Two decisions each.
    "e-mail": ("EPOSTA=ONAY", "EPOSTA=RET"),
}
ADDRESSES = {"phone": ground.phones, "e-mail": ground.emails}


def measure(database: str, effort: Effort) -> list[Result]:
    """POST against bare Flask under the very same requests, in posts a second, by kind of address."""
    return [_measure(database, effort, kind) for kind in CHOICES]


def _measure(database: str, effort: Effort, kind: str) -> Result:
    size = MOST * effort.seconds
    with ground.settings(database) as environ:
        with ground.portal(environ) as app:
            codes = make.codes(app, ADDRESSES[kind](size * (effort.rounds + 1)))
            posts = list(posts_of(codes.values(), app.config["LINK_SALT"], CHOICES[kind]))
        folder = Path(environ["INSTANCE"])
        files = [load.write(folder / f"posts-{number}", piece) for number, piece in enumerate(chunks(posts, size))]
        with servers.yardstick(environ) as bare, servers.product(environ) as ours:
            load.send(bare, files[-1], 1, answer=200)  # So that both are warm.
            load.send(ours, files[-1], 1, answer=303, once=True)
            figures = in_turn(
                effort.rounds,
                lambda number: load.send(bare, files[number], effort.seconds, answer=200),
                lambda number: load.send(ours, files[number], effort.seconds, answer=303, once=True),
            )
        with ground.portal(environ):
            _require_kept(sum(figures[1]) * effort.seconds)
    return Result(f"decision POST, {kind}", database, "posts/s", *figures, GOALS[database])


def posts_of(codes, salt: str, choices: tuple[str, ...]) -> Iterator[Request]:
    """A request for each code with a form of its own, as if its page had just been served; the choices in turn."""
    text_id, at = db.session.scalar(select(ConsentText.id)), clock.now()
    for number, code in enumerate(codes):
        link_id, _ = Codes(salt).decode(code)
        form = form_token.sign(link_id, text_id, "tr", at)
        yield Request("POST", f"/k/{code}", f"{choices[number % len(choices)]}&form={form}")


def _require_kept(answered: float) -> None:
    kept = db.session.scalar(select(func.count()).select_from(Receipt))
    if kept < round(answered):
        raise WrongAnswer(f"{answered:.0f} decisions were answered, and {kept} stand in the database.")
