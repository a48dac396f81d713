"""What is wrong with an installation, and the cure: for /readyz, `flask doctor`, the health page and the start of
programs. Each check finds at most one fault."""

import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache, partial
from typing import Any

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from portal.core import clock, clock_check, iys_clock_difference, leases
from portal.core.extensions import close_reader, db, limiter, read_session, vault
from portal.core.lazy_text import N_
from portal.core.models import Egress, EgressState, JournalGap, Mail, Message, Outcome, Provider, Submission
from portal.core.models.row_tally import TALLY_TRIGGERS
from portal.core.paths import MIGRATIONS, ROOT
from portal.services.readiness import forwarded_headers, heartbeats, inflow, postgresql, settings
from portal.services.readiness.fault import Fault

BEAT_TOLD = 5.0  # Seconds for which a probe trusts the last write of this process.
# Whose rows stay as they are, and whose changes are events.
GUARDED = (
    "address_check", "annulment", "api_request", "attempt", "audit_entry", "complaint_step", "consent_text", "decision",
    "import_chunk", "leaf", "message_text", "own_confirmation", "receipt", "receipt_decision", "reported_send",
    "retention_run",
)  # fmt: skip
WITH_EVENTS = ("annulment", "decision", "submission")
TRIGGERS_OF_SQLITE = text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
TRIGGERS_OF_POSTGRESQL = text("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')")
QUEUES = ((Submission, Submission.payload), (Message, Message.facts), (Mail, Mail.facts))


def _check_schema() -> Fault | None:
    """Older than this version's. A newer one is none: a version runs on the schema of the next."""
    newest, known = _revisions()
    found = MigrationContext.configure(read_session().connection()).get_current_revision()
    if found == newest or (found and found not in known):
        return None
    return Fault(
        N_("Veritabanının şeması eski: %(found)s yerine %(newest)s olmalı."), N_("“flask db upgrade” çalıştırın."),
        {"found": found or "–", "newest": newest}, stops=True,
    )  # fmt: skip


@cache
def _revisions() -> tuple[str | None, set[str]]:
    """The newest one of this version, and all; once per process, as each migration is a module that is executed."""
    script = ScriptDirectory(str(MIGRATIONS))
    return script.get_current_head(), {each.revision for each in script.walk_revisions()}


def _check_database() -> Fault | None:
    """Whether it can be written; told from a beat of the last seconds, since a durable write per probe is dear."""
    if time.monotonic() >= current_app.extensions.get("beat_told_until", 0.0):
        heartbeats.beat()
        current_app.extensions["beat_told_until"] = time.monotonic() + BEAT_TOLD
    return None


def _check_keys() -> Fault | None:
    if wrong := heartbeats.wrong_keys(read_session(), vault()):
        return Fault(
            N_(
                "VAULT_KEYS içindeki anahtar veritabanınınki ya da öbür programlarınki değil: %(generations)s. kuşak."
            ),
            N_("Bir şey yazılmadan önce doğru anahtarı geri koyun."), {"generations": ", ".join(map(str, wrong))},
        )  # fmt: skip
    if not (missing := heartbeats.missing_keys(read_session(), vault())):
        return None
    return Fault(
        N_("VAULT_KEYS içinde %(generations)s. kuşağın anahtarı yok; %(count)s karar ve ileti onu bekliyor."),
        N_("O anahtarı ekleyip bu programı yeniden başlatın; bekleyenler kendiliğinden gider."),
        {"generations": ", ".join(map(str, missing)), "count": sum(map(_count_waiting_for_keys, QUEUES))},
    )  # fmt: skip


def _check_salt() -> Fault | None:
    if not heartbeats.is_salt_wrong(read_session()):
        return None
    return Fault(
        N_("LINK_SALT veritabanındaki bağlantıları yapan değer değil; gönderilmiş hiçbir bağlantı ve alındı açılmaz."),
        N_("Eski değeri geri koyun; bilerek değiştirdiyseniz “flask secrets note” anlatır."),
    )


def _count_waiting_for_keys(queue: tuple[Any, Any]) -> int:
    """Rows of a queue that are sealed with a generation that this process does not know."""
    model, column = queue
    known = [bytes((generation,)) for generation in vault().keys]
    unknown = func.substr(column, 2, 1).not_in(known)
    return read_session().scalars(select(func.count(model.id)).where(model.due_at.is_not(None), unknown)).one()


def _check_clock() -> Fault | None:
    apart = clock_check.difference(read_session())
    if apart <= clock_check.APART:
        return None
    return Fault(
        N_("Saat, veritabanınınkinden %(seconds)s saniye farklı."), N_("İki makinenin de saatini eşitleyin (NTP)."),
        {"seconds": int(apart.total_seconds())},
    )  # fmt: skip


def _check_iys_clock() -> Fault | None:
    """By what the forwarder learnt from İYS's answers (services/iys/iys_clock.py)."""
    apart = abs(iys_clock_difference.ahead(read_session()))
    if apart <= clock_check.APART:
        return None
    return Fault(
        N_("Saat, İYS'ninkinden %(seconds)s saniye farklı; ileri giden saat kararları bekletir."),
        N_("İleticinin makinesinin saatini eşitleyin (NTP)."), {"seconds": int(apart.total_seconds())},
    )  # fmt: skip


def _check_triggers() -> Fault | None:
    is_sqlite = read_session().get_bind().dialect.name == "sqlite"
    found = set(read_session().scalars(TRIGGERS_OF_SQLITE if is_sqlite else TRIGGERS_OF_POSTGRESQL))
    expected = {f"{table}_no_{act}" for table in GUARDED for act in ("update", "delete")}
    expected |= {f"{table}_event" for table in WITH_EVENTS} | TALLY_TRIGGERS
    if not (missing := sorted(expected - found)):
        return None
    return Fault(
        N_("Tetikleyici yok ya da kapalı: %(names)s. Kayıtlar değiştirilebilir, olaylar yazılmayabilir."),
        N_("“ALTER TABLE … ENABLE TRIGGER” ile açın; yoksa yedekten geri yükleyin."), {"names": ", ".join(missing)},
    )  # fmt: skip


def _check_program(role: str, command: str) -> Fault | None:
    seen_at = heartbeats.last_seen(read_session(), role)
    if seen_at and clock.now() - seen_at <= heartbeats.SILENCE:
        return None
    return Fault(
        N_("“flask %(command)s” çalışmıyor."), N_("Başlatın; çalışıyorsa günlüğüne bakın."), {"command": command}
    )


def _check_forwarder() -> Fault | None:
    if silent := _check_program("forwarder", "iys forward"):
        return silent
    is_unserved = leases.is_free(Egress, clock.now() - heartbeats.SILENCE)
    if not (
        names := read_session().scalars(select(Egress.name).where(Egress.state != EgressState.OFF, is_unserved)).all()
    ):
        return None
    return Fault(
        N_("“flask iys forward” çalışıyor, ama şu çıkışlara bir dakikadır hizmet etmiyor: %(names)s."),
        N_("İletici günlüğüne ve veritabanının kilitlerine bakın (docs/runbook.md)."), {"names": ", ".join(names)},
    )  # fmt: skip


def _check_journal() -> Fault | None:
    """Whether this machine's journal can be written, and all processes wrote all of it, or it was appended since. A
    disk that hangs is not asked."""
    kept = current_app.extensions["journal"]
    if kept is None:
        return None
    has_failed = kept.has_failed or kept.is_paused or bool(read_session().scalar(select(JournalGap.failures)))
    if not has_failed and os.access(kept.folder, os.W_OK | os.X_OK):
        return None
    return Fault(
        N_("JOURNAL_DIR klasörüne yazılamıyor ya da yazılamadı; bazı kararlar yalnızca veritabanında."),
        N_("Klasörün diskini düzeltin; eksik kalanları “jobs work” bir dakika içinde kendisi ekler."),
    )


def _check_journal_setting() -> Fault | None:
    if current_app.config["JOURNAL_DIR"] or current_app.config["DEVELOPMENT"]:
        return None
    return Fault(
        N_("JOURNAL_DIR boş; bir yedekten dönülürse yedekten sonraki retler kaybolur."),
        N_("Veritabanınınkinden başka bir diskte bir klasör verin."),
    )


def _check_limits() -> Fault | None:
    if limiter.storage.check():
        return None
    return Fault(
        N_("RATELIMIT_STORAGE_URI cevap vermiyor; her program sınırları kendisi sayıyor."),
        N_("O sunucuyu (Redis ya da Valkey) çalıştırın."),
    )


def _check_translations() -> Fault | None:
    if list((ROOT / "translations").glob("*/LC_MESSAGES/messages.mo")):
        return None
    return Fault(
        N_("Çeviriler derlenmemiş; sayfalar yalnızca Türkçe."),
        N_("“pybabel compile -d translations” çalıştırın ya da wheel paketini kurun."),
    )


def _check_parked() -> Fault | None:
    all_providers = Submission.provider_id.in_(select(Provider.id))  # So that the index by provider and outcome serves.
    parked = select(func.count(Submission.id)).where(
        all_providers, Submission.outcome == Outcome.PARKED, Submission.closed_at.is_(None)
    )
    if not (count := read_session().scalars(parked).one()):
        return None
    return Fault(
        N_("%(count)s karar elle bakılmayı bekliyor."),
        N_("Nedeni giderildiyse “flask iys resend” hepsini yeniden gönderir."), {"count": count},
    )  # fmt: skip


Check = Callable[[], Fault | None]
READY: dict[str, Check] = {
    "schema": _check_schema,
    "database": _check_database,
    "keys": _check_keys,
    "salt": _check_salt,
    "clock": _check_clock,
    "iys_clock": _check_iys_clock,
    "worker": partial(_check_program, "worker", "jobs work"),
    "forwarder": _check_forwarder,
    "journal": _check_journal,
}
ALL = READY | {
    "sender": partial(_check_program, "sender", "messages send"),
    "webhooks": partial(_check_program, "webhooks", "webhooks send"),
    "limits": _check_limits,
    "translations": _check_translations,
    "hosts": settings.check_hosts,
    "links": settings.check_links,
    "development": settings.check_development,
    "pace": settings.check_pace,
    "undo": settings.check_undo,
    "operator": settings.check_operator,
    "mail": settings.check_mail,
    "triggers": _check_triggers,
    "server": postgresql.check_server,
    "role": postgresql.check_role,
    "connections": postgresql.check_connections,
    "disk": settings.check_disk,
    "proxies": forwarded_headers.check_proxies,
    "parked": _check_parked,
    "pulls": inflow.check_pulls,
    "reconciliation": inflow.check_reconciliation,
    "unreadable_rows": inflow.check_unreadable_rows,
    "journal_dir": _check_journal_setting,
}
# Of READY; without these a web process may get requests all the same. A refusal counts without a journal, too.
NOT_TO_ANSWER = ("iys_clock", "worker", "forwarder", "journal")
PROGRAMS = ("worker", "forwarder", "sender", "webhooks")
TO_START = ("schema", "keys", "salt")  # Without these a program would do harm.


def find_faults(checks: Iterable[str], known: Mapping[str, Check] = ALL) -> list[Fault]:
    """What these checks of `known` find, in their order. Where the database fails, the last one is that."""
    faults: list[Fault] = []
    for name in checks:
        try:
            fault = known[name]()
        except (SQLAlchemyError, TimeoutError) as failure:
            db.session.rollback()
            close_reader()
            finding = N_("Veritabanı okunamıyor ya da yazılamıyor (%(error)s).")
            cure = N_("Sunucusuna, diskine ve haklarına bakın; DATABASE_URL salt okunur bir kopya olmasın.")
            error = type(getattr(failure, "orig", None) or failure).__name__
            return [*faults, Fault(finding, cure, {"error": error}, name, stops=True)]
        if fault:
            faults.append(replace(fault, check=name))
        if fault and fault.stops:
            break
    return faults
