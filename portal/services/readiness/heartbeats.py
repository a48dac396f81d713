"""Signs of life of the programs, and whether the keys and the LINK_SALT of this one are those of the database."""

import contextlib
import hashlib
import os
import socket
import threading
import time
from datetime import datetime, timedelta

import structlog
from flask import Flask, current_app
from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from portal.core import clock, clock_check, ids, loops
from portal.core.extensions import db, vault
from portal.core.models import NO_PROVIDER, KeyGeneration, NotedSetting, Process, User
from portal.core.models.inserts import insert_missing
from portal.core.vault import Vault

EVERY = 10.0  # Seconds.
SILENCE = timedelta(minutes=1)  # After which a program counts as stopped.
LOOKED_AT = 5  # Sealed values.
CHECK_VALUE_DIGITS = 8  # Digits of a check value that programs tell each other.

log = structlog.get_logger()


def start_heartbeats(app: Flask) -> None:
    """Beat until this program ends."""
    threading.Thread(target=_beat_on, args=(app,), name="heartbeat", daemon=True).start()


def _beat_on(app: Flask) -> None:
    while True:
        try:
            with app.app_context():
                beat_if_working()
        except Exception:  # The database may be away.
            log.exception("heartbeat.failed")
        time.sleep(EVERY)


def beat_if_working() -> None:
    """A program with a loop that hangs counts as stopped: this thread would go on for ever."""
    if hanging := loops.hanging_loops():
        log.error("loops.hang", loops=hanging)
    else:
        beat()


def beat() -> None:
    """Tell that this program runs, what its requests say of proxies, and which keys it knows, but for wrong ones, which
    would make others doubt theirs; note the key that it seals with, unless any is wrong, and LINK_SALT, unless one is
    noted. Commits. Raises the database's errors."""
    if not clock_check.may_write():  # It would seem to run until tomorrow.
        return
    mine = update(Process).where(Process.node == ids.own_node())
    values, generation, wrong = vault().check_values(), vault().generation, wrong_keys(db.session, vault())
    known = ",".join(f"{each}:{value[:CHECK_VALUE_DIGITS]}" for each, value in values.items() if each not in wrong)
    proxies = current_app.extensions["forwarded_headers"].contradiction
    db.session.execute(mine.values(seen_at=clock.now(), generations=known, proxies=proxies))
    if not wrong:
        insert_missing(db.session, KeyGeneration, [{"generation": generation, "check_value": values[generation]}])
    salt = {"name": NotedSetting.LINK_SALT, "check_value": salt_check_value()}
    insert_missing(db.session, NotedSetting, [salt])
    db.session.commit()


def last_seen(session: Session, role: str) -> datetime | None:
    """When a program of this role (core/programs.py) last told that it runs."""
    told = Process.generations.is_not(None)
    return session.scalar(select(func.max(Process.seen_at)).where(Process.role == role, told))


def running_programs(session: Session) -> list[str]:
    """Programs, as role and process id, that told lately that they run, or whose process is still there: a web process
    that no probe asks tells nothing."""
    at = clock.now()
    leased = session.scalars(select(Process).where(or_(Process.leased_until > at, Process.seen_at > at - SILENCE)))
    return [f"{each.role} {each.pid}" for each in leased if each.seen_at > at - SILENCE or _is_alive(each)]


def _is_alive(process: Process) -> bool:
    if process.host != socket.gethostname()[:60] or process.pid == os.getpid():
        return False
    with contextlib.suppress(PermissionError):  # It is there, as another user's.
        try:
            os.kill(process.pid, 0)
        except ProcessLookupError:
            return False
    return True


def wrong_keys(session: Session, keys: Vault) -> list[int]:
    """The key generations for which this process has another key than the database was sealed with, or than a program
    that runs: so a new key that is wrong somewhere is found before anything is sealed with it. Of a generation that no
    program noted, sealed e-mail addresses tell."""
    told = session.scalars(
        select(Process.generations).where(Process.seen_at > clock.now() - SILENCE, Process.generations.is_not(None))
    )
    of_others = (each.split(":") for text in told if text for each in text.split(","))
    of_database = session.execute(select(KeyGeneration.generation, KeyGeneration.check_value)).all()
    own = keys.check_values()
    theirs = [*((int(generation), value) for generation, value in of_others), *of_database]
    others = {each for each, value in theirs if not own.get(each, value).startswith(value)}
    unnoted = own.keys() - dict(of_database).keys()
    return sorted(others | {each for each in unnoted if not _opens_what_is_sealed(session, keys, each)})


def _opens_what_is_sealed(session: Session, keys: Vault, generation: int) -> bool:
    """Whether this key opens one of the first addresses of users, each of which may be damaged; True without any."""
    of_generation = func.substr(User.email, 2, 1) == bytes((generation,))
    some = session.execute(select(User.id, User.email).where(of_generation).order_by(User.id).limit(LOOKED_AT)).all()
    return not some or any(keys.can_open(email, User.PLACE, NO_PROVIDER, user_id) for user_id, email in some)


def missing_keys(session: Session, keys: Vault) -> list[int]:
    """The key generations that seal something here and that this process does not know."""
    unknown = select(KeyGeneration.generation).where(KeyGeneration.generation.not_in(keys.keys))
    return list(session.scalars(unknown.order_by(KeyGeneration.generation)))


def is_salt_wrong(session: Session) -> bool:
    """Whether links were made with another LINK_SALT than this process has."""
    noted = session.scalar(select(NotedSetting.check_value).where(NotedSetting.name == NotedSetting.LINK_SALT))
    return noted is not None and noted != salt_check_value()


def salt_check_value() -> str:
    """By which LINK_SALT is known again. Whoever has the database and one link can try salts anyway."""
    return hashlib.sha256(f"izinlink|link salt|{current_app.config['LINK_SALT']}".encode()).hexdigest()[:32]
