"""Links: 100,000 made in one call, and by launches in their pieces, beside hashids and the database driver alone."""

import secrets
import time
from datetime import datetime, timedelta

from hashids import Hashids
from sqlalchemy import func, select, text

import shortlinks
from bench import campaign_setup, environments
from bench.rounds import Effort, Goal, Result, in_turn
from portal.core import clock
from portal.core.extensions import db
from portal.core.models import AudienceEntry, Campaign
from portal.services import launches
from shortlinks.codes import ALPHABET, NONCE_BITS, SHORTEST
from tests import make

GOAL, LAUNCH_GOAL = Goal(2.5, at_most=True), Goal(1.5, at_most=True)
LIFE = timedelta(days=30)
PHONE = ("MESAJ", "ARAMA")  # The channels a mobile number is asked for.
MARKS = {"sqlite": "?", "postgresql": "%s"}


def measure(database: str, effort: Effort) -> list[Result]:
    """Seconds for create_many and for launches, each against an encode loop and a raw insert of the same rows."""
    return [_measure_create_many(database, effort), _measure_launch(database, effort)]


def _measure_create_many(database: str, effort: Effort) -> Result:
    with environments.new_portal_settings(database) as environ, environments.portal(environ) as app:
        salt, owner = app.config["LINK_SALT"], make.provider().id

        def bare(_round: int) -> float:
            return _time(lambda at: _insert_links(_make_codes(salt, _reserve_ids(effort.links)), owner, at))

        def ours(_round: int) -> float:
            return _time(lambda at: shortlinks.create_many(db.session, salt, owner, effort.links, at, at + LIFE))

        ours(0)  # So that the counter and the table are there and warm.
        figures = in_turn(effort.rounds, bare, ours)
    return Result("links, create_many", database, f"s for {effort.links:,}", *figures, GOAL)


def _measure_launch(database: str, effort: Effort) -> Result:
    with environments.new_portal_settings(database) as environ, environments.portal(environ) as app:
        salt = app.config["LINK_SALT"]
        waiting = campaign_setup.campaigns_over(environments.phone_list(effort.links), 2 * effort.rounds)
        shortlinks.create(db.session, salt, waiting[0].provider_id, clock.now())  # So that the counter is there.
        db.session.commit()
        pairs = list(zip(waiting[::2], waiting[1::2], strict=True))

        def bare(number: int) -> float:
            return _time(lambda at: _insert_links_and_questions(salt, pairs[number][0], at))

        def ours(number: int) -> float:
            return _time(lambda _: launches.run(campaign_setup.launched(pairs[number][1]), salt))

        figures = in_turn(effort.rounds, bare, ours)
        _require_all_linked(effort)
    return Result("links, launch", database, f"s for {effort.links:,}", *figures, LAUNCH_GOAL)


def _time(act) -> float:
    began = time.perf_counter()
    act(clock.now())
    db.session.commit()
    return time.perf_counter() - began


def _require_all_linked(effort: Effort) -> None:
    linked = db.session.scalar(select(func.count(AudienceEntry.link_id)))
    if linked != effort.rounds * effort.links:
        raise RuntimeError(f"The launches made {linked} links instead of {effort.rounds} × {effort.links}.")


def _insert_links_and_questions(salt: str, campaign: Campaign, at: datetime) -> None:
    """The rows that a launch inserts; what it reads and updates besides is its own cost."""
    entries = db.session.execute(
        select(AudienceEntry.id, AudienceEntry.recipient_id).where(AudienceEntry.campaign_id == campaign.id)
    ).all()
    _insert_links(_make_codes(salt, _reserve_ids(len(entries))), campaign.provider_id, at)
    asked = [(campaign.brand_id, each.recipient_id, channel, each.id) for each in entries for channel in PHONE]
    _insert_rows("consent_request", ("brand_id", "recipient_id", "channel", "entry_id"), asked)


def _reserve_ids(count: int) -> range:
    taken = text("UPDATE link_counter SET last_id = last_id + :count RETURNING last_id")
    last = db.session.scalar(taken, {"count": count})
    return range(last - count + 1, last + 1)


def _make_codes(salt: str, ids: range) -> list[tuple[int, int, str]]:
    """The bare loop: (id, nonce, code)."""
    hashids = Hashids(salt=salt, min_length=SHORTEST, alphabet=ALPHABET)
    nonces = [secrets.randbits(NONCE_BITS) for _ in ids]
    return [(link_id, nonce, hashids.encode(link_id, nonce)) for link_id, nonce in zip(ids, nonces, strict=True)]


def _insert_links(made: list[tuple[int, int, str]], owner: int, at: datetime) -> None:
    created_at, expires_at = str(at.replace(tzinfo=None)), str((at + LIFE).replace(tzinfo=None))
    rows = [(link_id, nonce, owner, created_at, expires_at) for link_id, nonce, _ in made]
    _insert_rows("link", ("id", "nonce", "owner", "created_at", "expires_at"), rows)


def _insert_rows(table: str, columns: tuple[str, ...], rows: list[tuple]) -> None:
    connection = db.session.connection()
    marks = ", ".join([MARKS[connection.dialect.name]] * len(columns))
    cursor = connection.connection.cursor()
    cursor.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)
    cursor.close()
