"""Signs of life of the programs, and whether the keys of this one are those of the database."""

import threading
import time
from datetime import datetime, timedelta

import structlog
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.core import clock, ids
from portal.core.extensions import db, vault
from portal.core.models import KeyGeneration, Process
from portal.core.models.inserts import insert_missing
from portal.core.vault import Vault

EVERY = 10.0  # Seconds.
SILENCE = timedelta(minutes=1)  # After which a program counts as stopped.

log = structlog.get_logger()


def start(app: Flask) -> None:
    """Beat until this program ends."""
    threading.Thread(target=_beat_on, args=(app,), name="heartbeat", daemon=True).start()


def _beat_on(app: Flask) -> None:
    while True:
        try:
            with app.app_context():
                beat()
        except Exception:  # The database may be away.
            log.exception("heartbeat.failed")
        time.sleep(EVERY)


def beat() -> None:
    """Tell that this program runs and which keys it knows, and note the key that it seals with. Commits. Raises the
    database's error where nothing can be written."""
    mine = update(Process).where(Process.node == ids.own_node())
    db.session.execute(mine.values(seen_at=clock.now(), generations=",".join(map(str, vault().keys))))
    generation = vault().generation
    row = {"generation": generation, "check_value": vault().check_values()[generation]}
    insert_missing(db.session, KeyGeneration, [row])
    db.session.commit()


def last_seen(session: Session, role: str) -> datetime | None:
    """When a program of this role (core/programs.py) last told that it runs."""
    told = Process.generations.is_not(None)
    return session.scalar(select(func.max(Process.seen_at)).where(Process.role == role, told))


def wrong_keys(session: Session, keys: Vault) -> list[int]:
    """The key generations for which this process has another key than the database was sealed with."""
    own = keys.check_values()
    sealed = session.execute(select(KeyGeneration.generation, KeyGeneration.check_value))
    return sorted(generation for generation, value in sealed if own.get(generation, value) != value)


def missing_keys(session: Session, keys: Vault) -> list[int]:
    """The key generations that seal something here and that this process does not know."""
    unknown = select(KeyGeneration.generation).where(KeyGeneration.generation.not_in(keys.keys))
    return list(session.scalars(unknown.order_by(KeyGeneration.generation)))
