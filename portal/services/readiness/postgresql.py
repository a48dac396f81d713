"""Checks of the PostgreSQL server: its version, what it promises of a commit, our rights, its connections."""

from typing import Any

from flask import current_app
from sqlalchemy import Row, func, select, text

from portal.core import clock
from portal.core.extensions import read_session
from portal.core.lazy_text import N_
from portal.core.models import Process
from portal.services.readiness.fault import Fault
from portal.services.readiness.heartbeats import SILENCE

OLDEST = 15
DURABILITY = ("fsync", "full_page_writes", "synchronous_commit")
THREADS = {"web": 4, "forwarder": 20, "worker": 9, "sender": 9, "webhooks": 2}  # docs/operators.md has the table.
SETTINGS = text(
    "SELECT current_setting('server_version_num')::int / 10000 AS version, "
    "current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS connections, "
    "current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes, "
    "current_setting('synchronous_commit') AS synchronous_commit"
)
# By each of which somebody can get past the triggers that keep decisions as they were made.
PAST_TRIGGERS = text(
    "SELECT count(*) > 0 OR has_parameter_privilege('session_replication_role', 'SET') FROM pg_class"
    " WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
    " AND (pg_has_role(relowner, 'USAGE') OR has_table_privilege(oid, 'TRUNCATE, TRIGGER'))"
)


def check_server() -> Fault | None:
    if current_app.config["DEVELOPMENT"] or not (found := _settings()):
        return None
    if found.version < OLDEST:
        return Fault(
            N_("PostgreSQL %(version)s çok eski."), N_("15 ya da daha yeni bir sürüme geçin."),
            {"version": found.version},
        )  # fmt: skip
    if off := [name for name in DURABILITY if getattr(found, name) == "off"]:
        return Fault(
            N_("PostgreSQL'de %(names)s kapalı; elektrik kesilirse alınmış kararlar kaybolur."),
            N_("postgresql.conf içinde, veritabanında ve rolde açın."), {"names": ", ".join(off)},
        )  # fmt: skip
    return None


def check_role() -> Fault | None:
    """Whether the programs' role can get past the triggers; the owner's, which only migrates, can."""
    if current_app.config["DEVELOPMENT"] or not (found := _settings()) or found.version < OLDEST:
        return None
    if not read_session().scalar(PAST_TRIGGERS):
        return None
    return Fault(
        N_("DATABASE_URL'in rolü tabloların sahibi ya da onları boşaltabilir; tetikleyiciler kararları ondan korumaz."),
        N_("Programlar “izinlink” rolüyle bağlansın: deploy/postgresql/roles.sql."),
    )


def check_connections() -> Fault | None:
    """Of all programs that told lately that they run, as many as their threads and pools take. A pooler has others."""
    config = current_app.config
    if config["DATABASE_POOLING"] == "transaction" or not (found := _settings()):
        return None
    most = config["DATABASE_POOL_SIZE"] + config["DATABASE_POOL_OVERFLOW"]
    running = select(Process.role, func.count()).where(Process.seen_at > clock.now() - SILENCE).group_by(Process.role)
    counts = dict(read_session().execute(running).all())
    threads = THREADS | {"web": min(THREADS["web"], most)}
    needed = sum(
        counts.get(role, 0) * (2 * each + 1) for role, each in threads.items()
    )  # Two pools; one for node numbers.
    if needed <= found.connections:
        return None
    return Fault(
        N_("Programlar %(needed)s bağlantı açabilir; PostgreSQL %(connections)s verir."),
        N_("max_connections değerini artırın ya da araya PgBouncer koyun."),
        {"needed": needed, "connections": found.connections},
    )  # fmt: skip


def _settings() -> Row[Any] | None:
    """None on SQLite."""
    if read_session().get_bind().dialect.name == "sqlite":
        return None
    return read_session().execute(SETTINGS).one()
