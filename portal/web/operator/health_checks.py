"""How the house is: each sign of life in one sentence, with what to do where it is not well."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from flask_babel import format_datetime
from flask_babel import gettext as _
from sqlalchemy import func, select

from portal.core import clock
from portal.core.extensions import reading
from portal.core.iys_protocol import Question
from portal.core.models import (
    OPEN,
    CallTally,
    Connection,
    Lane,
    Mail,
    MailState,
    Message,
    MessageState,
    Outcome,
    Provider,
    Submission,
)
from portal.domain import consent_points
from portal.domain.consents.deadlines import AMBER, RED
from portal.domain.identity import login_throttle
from portal.domain.notifications.messages import AT_ONCE
from portal.services.iys import circuit_breaker, hourly_budgets, success_rate
from portal.services.iys.success_rate import Level
from portal.web.shared.labels import label

GOOD, AMBER_TONE, BAD = "good", "amber", "bad"
QUIET = timedelta(minutes=30)  # With something due, the forwarder calls far more often.
LATE = timedelta(minutes=10)  # A mail that is well leaves within a minute.
LATELY = timedelta(days=7)
LITTLE, VERY_LITTLE = 0.15, 0.05  # Of the disk that is free.
MANY_TASKS = 100
FEW_CALLS = 0.2  # Of an hour's budget that is left.


@dataclass(frozen=True)
class Vital:
    """One sign: what it is, how it is, and what to do about it."""

    name: str
    said: str
    tone: str = GOOD
    cure: str = ""


def all_of(at: datetime) -> list[Vital]:
    """Everything the operator should see at a glance, what is bad first."""
    found = [
        _host(at), _last_call(at), _ratio(at), *_budgets(at), *_lanes(at), _blocked(at), _mails(at), _messages(at),
        _spraying(at), _points(at), _disk(), _queue(),
    ]  # fmt: skip
    return sorted(found, key=lambda vital: (BAD, AMBER_TONE, GOOD).index(vital.tone))


def _host(at: datetime) -> Vital:
    host = circuit_breaker.state(reading(), at)
    if not host.resting:
        return Vital(_("İYS"), _("Cevap veriyor."))
    said = _(
        "Cevap vermiyor; %(failures)s deneme sonuçsuz kaldı, sonraki deneme %(until)s.", failures=host.failures,
        until=_when(host.until),
    )  # fmt: skip
    return Vital(_("İYS"), said, BAD, _("İYS'nin duyurularına bakın; kararlar burada geçerli, geldiğinde iletilir."))


def _last_call(at: datetime) -> Vital:
    name, span = _("İletici"), reading().scalar(select(func.max(CallTally.span)))
    due = reading().scalar(_told().where(Submission.outcome == Outcome.WAITING, Submission.due_at < at - QUIET))
    said = _("Son çağrısı: %(at)s sularında.", at=_when(span)) if span else _("Henüz hiç çağrı yapmadı.")
    if due and (span is None or at - span > QUIET):
        return Vital(name, said, BAD, _("İletici duruyor: flask iys forward çalışıyor mu, bakın."))
    return Vital(name, said)


def _ratio(at: datetime) -> Vital:
    name, kept = _("Kabul edilen istekler, son 24 saat"), success_rate.ratio(reading(), at)
    if kept.ratio is None:
        return Vital(name, _("Oranı hesaplamak için istek az: %(calls)s.", calls=kept.calls))
    tone = {Level.OK: GOOD, Level.WARN: AMBER_TONE, Level.PAUSED: BAD}[kept.level]
    cure = (
        ""
        if kept.level == Level.OK
        else _("Elle bakılacak kayıtların nedenlerine bakın; oran düşerse İYS erişimi kapatabilir.")
    )
    said = _("%%%(ratio)s (%(calls)s istek)", ratio=int(kept.ratio * 1000) / 10, calls=kept.calls)
    return Vital(name, said, tone, cure)


def _budgets(at: datetime) -> Iterator[Vital]:
    names = {
        Question.TOKEN: _("İYS oturum bütçesi"), Question.STATUS: _("İYS sorgu bütçesi"),
        Question.HISTORY: _("İYS karar geçmişi bütçesi"),
    }  # fmt: skip
    for question, name in names.items():
        left, limit = hourly_budgets.left(reading(), question, at), hourly_budgets.PER_HOUR[question]
        tone = AMBER_TONE if left < limit * FEW_CALLS else GOOD
        cure = _("Bir saat içinde kendiliğinden dolar; sık tükeniyorsa nedenine bakın.") if tone != GOOD else ""
        yield Vital(name, _("Bu saatte kalan: %(left)s / %(limit)s", left=left, limit=limit), tone, cure)


def _lanes(at: datetime) -> Iterator[Vital]:
    rows = reading().execute(
        select(Submission.lane, func.count(), func.min(Submission.created_at))
        .join(Provider, Provider.id == Submission.provider_id)
        .where(Submission.outcome.in_(OPEN), Provider.admitted_at.is_not(None))
        .group_by(Submission.lane)
    )
    waiting = {lane: (count, oldest) for lane, count, oldest in rows}
    for lane in Lane:
        count, oldest = waiting.get(lane, (0, None))
        name = _("Sıra: %(lane)s", lane=label(lane))
        if oldest is None:
            yield Vital(name, _("Bekleyen yok."))
            continue
        age = at - oldest
        tone = BAD if age >= RED else AMBER_TONE if age >= AMBER else GOOD
        cure = _("Üç iş günü dolmadan gitmeli: İYS'ye ve hizmet sağlayıcının hesabına bakın.") if tone != GOOD else ""
        yield Vital(name, _("%(count)s karar bekliyor; en eskisi %(at)s.", count=count, at=_when(oldest)), tone, cure)


def _blocked(at: datetime) -> Vital:
    name = _("İYS'nin durdurduğu hesaplar")
    count = reading().scalar(select(func.count()).select_from(Connection).where(Connection.blocked_until > at))
    if not count:
        return Vital(name, _("Yok."))
    said = _("%(count)s hizmet sağlayıcı.", count=count)
    return Vital(name, said, AMBER_TONE, _("Bağlantı sayfalarında ne yapacakları yazar; gerekirse arayın."))


def _mails(at: datetime) -> Vital:
    name, waits = _("E-postalar"), Mail.state == MailState.WAITING
    count, oldest = reading().execute(select(func.count(), func.min(Mail.created_at)).where(waits)).one()
    failed = reading().scalar(
        select(func.count()).select_from(Mail).where(Mail.state == MailState.FAILED, Mail.created_at > at - LATELY)
    )
    said = _("%(count)s bekliyor, son 7 günde %(failed)s gönderilemedi.", count=count, failed=failed)
    if oldest and at - oldest > LATE:
        return Vital(name, said, BAD, _("E-posta sunucusuna (SMTP_URL) ve iş kuyruğuna bakın."))
    return Vital(name, said, AMBER_TONE if failed else GOOD, _("Adresleri yanlış olabilir.") if failed else "")


def _messages(at: datetime) -> Vital:
    name, waits = _("Gönderilecek iletiler"), (Message.state == MessageState.WAITING, Message.due_at.is_not(None))
    count, oldest = reading().execute(select(func.count(), func.min(Message.created_at)).where(*waits)).one()
    if not oldest:
        return Vital(name, _("Bekleyen yok."))
    said = _("%(count)s ileti bekliyor; en eskisi %(at)s.", count=count, at=_when(oldest))
    awaited = reading().scalar(select(func.min(Message.created_at)).where(*waits, Message.rank == AT_ONCE))
    if awaited and at - awaited > LATE:  # Codes, and what the law wants to be said on the same day.
        return Vital(name, said, BAD, _("İleti geçidine bakın."))
    is_late = at - oldest > AMBER
    return Vital(name, said, AMBER_TONE if is_late else GOOD, _("İleti geçidine bakın.") if is_late else "")


def _spraying(at: datetime) -> Vital:
    name, alarm = _("Parola denemeleri"), login_throttle.alarm(reading(), at)
    if alarm is None:
        return Vital(name, _("Olağan."))
    said = _(
        "%(accounts)s hesapta, %(networks)s ağdan %(tries)s yanlış parola denendi; ilki %(since)s.",
        accounts=alarm.accounts, networks=alarm.networks, tries=alarm.tries, since=_when(alarm.since),
    )  # fmt: skip
    return Vital(
        name,
        said,
        BAD,
        _("Biri birçok hesapta birer ikişer parola deniyor. Ağ düzeyinde engelleyin, hesap sahiplerini uyarın."),
    )


def _points(at: datetime) -> Vital:
    name, told = _("İzin noktaları"), consent_points.alarmed_on(reading(), clock.day(at))
    if not told:
        return Vital(name, _("Olağan."))
    used_up = sum(is_used_up for _point, _name, is_used_up in told)
    said = _(
        "Bugün %(count)s noktanın günlük kodları azaldı; %(used_up)s tanesinde bitti.", count=len(told),
        used_up=used_up,
    )  # fmt: skip
    cure = _(
        "Biri SMS kodu isteterek masraf çıkarıyor olabilir. Sahiplerine e-posta gitti; sayılar birden artıyorsa arayın."
    )
    return Vital(name, said, BAD if used_up else AMBER_TONE, cure)


def _disk() -> Vital:
    disk = shutil.disk_usage(current_app.config["INSTANCE"])
    free = disk.free / disk.total
    tone = BAD if free < VERY_LITTLE else AMBER_TONE if free < LITTLE else GOOD
    said = _("%%%(free)s boş (%(gigabytes)s GB).", free=int(free * 100), gigabytes=disk.free // 10**9)
    return Vital(
        _("Disk"), said, tone, _("Yer açın ya da diski büyütün; dolarsa karar kaydedilemez.") if tone != GOOD else ""
    )


def _queue() -> Vital:
    name = _("İş kuyruğu")
    try:
        count = (
            current_app.extensions["queue"].pending_count() if os.path.exists(current_app.config["QUEUE_FILE"]) else 0
        )
    except (OSError, sqlite3.Error):
        return Vital(name, _("Okunamıyor."), BAD, _("Kuyruk dosyasına bakın; işler her dakika yine de yapılır."))
    said = _("%(count)s iş bekliyor.", count=count)
    if count > MANY_TASKS:
        return Vital(name, said, AMBER_TONE, _("İşçi duruyor olabilir: flask jobs run çalışıyor mu, bakın."))
    return Vital(name, said)


def _told():
    """How many submissions of admitted providers, by conditions to come."""
    return (
        select(func.count())
        .select_from(Submission)
        .join(Provider, Provider.id == Submission.provider_id)
        .where(Provider.admitted_at.is_not(None))
    )


def _when(at: datetime) -> str:
    return format_datetime(at, "d MMMM HH:mm")
