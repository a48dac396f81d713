"""The health page of the installation: each check's finding in one sentence, and what to do about it."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from flask import current_app, render_template
from flask_babel import gettext as _
from sqlalchemy import func, select

from portal.core import clock, iys_clock_difference
from portal.core.extensions import read_session
from portal.core.iys_protocol import Operation
from portal.core.models import (
    OPEN_OUTCOMES,
    CallTally,
    Connection,
    Credential,
    CredentialKind,
    EgressState,
    ForwardingHold,
    Lane,
    Outcome,
    Provider,
    Submission,
)
from portal.domain import consent_points
from portal.domain.consents.urgency import AMBER, RED
from portal.domain.identity import login_throttle
from portal.domain.identity.permissions import Permission
from portal.services import readiness
from portal.services.iys import circuit_breaker, egresses, holds, iys_clock, rate_limit, success_rate
from portal.services.iys.egresses import EgressFacts
from portal.services.iys.success_rate import Level
from portal.web.operator import message_checks
from portal.web.operator.blueprint import blueprint
from portal.web.operator.health_check import AMBER_TONE, BAD, GOOD, HealthCheck, format_time
from portal.web.shared.access import needs
from portal.web.shared.labels import label

FORWARDER_SILENCE = timedelta(minutes=30)  # With something due, the forwarder calls far more often.
LOW_DISK = 0.15  # Share of the disk that is free; the doctor tells when it is as good as full.
LOW_BUDGET = 0.2  # Share of an hour's budget that is left.


@blueprint.get("/health")
@needs(Permission.HEALTH)
def health() -> str:
    return render_template("operator/health.html", checks=run_all(clock.now()), at=clock.now())


def run_all(at: datetime) -> list[HealthCheck]:
    """All checks, bad ones first."""
    found = [
        _check_forwarder(at),
        *_check_egresses(at),
        _check_own_accounts(at),
        _check_clock(),
        *_check_lanes(at),
        _check_blocked_accounts(at),
        *message_checks.run_all(at),
        _check_password_spraying(at),
        _check_consent_points(at),
        _check_disk(),
        *_check_installation(),
    ]
    return sorted(found, key=lambda check: (BAD, AMBER_TONE, GOOD).index(check.tone))


def _check_installation() -> Iterator[HealthCheck]:
    """What `flask doctor` would say."""
    name, faults = _("Kurulum"), readiness.find_faults(readiness.ALL)
    if not faults:
        yield HealthCheck(name, _("Olağan."))
    for each in faults:
        yield HealthCheck(name, _(each.finding, **each.facts), BAD, _(each.cure))


def _check_egresses(at: datetime) -> Iterator[HealthCheck]:
    """How İYS answers each address, named where there are several."""
    found, served = egresses.list_all(read_session()), egresses.served_ids(read_session(), at)
    for egress in found:
        with egresses.using(egress):
            checks = [_check_iys_host(at), _check_success_rate(at), *_check_budgets(at)]
        if len(found) == 1:
            yield from checks
            continue
        for check in (_check_service(egress, egress.id in served), *checks):
            yield replace(check, name=f"{check.name} ({egress.name})")


def _check_service(egress: EgressFacts, is_served: bool) -> HealthCheck:
    name = _("Çıkış adresi")
    if egress.state != EgressState.ON:
        cure = _("Firmalarını başka bir adrese alın: flask iys egress set.")
        return HealthCheck(name, _("Devreden çıkarılıyor ya da kapalı."), AMBER_TONE, cure)
    if is_served:
        return HealthCheck(name, _("Bir iletici bu adresten çalışıyor."))
    cure = _("İletici duruyor: flask iys forward çalışıyor mu, bakın.")
    return HealthCheck(name, _("Hiçbir iletici bu adresten çalışmıyor."), BAD, cure)


def _check_iys_host(at: datetime) -> HealthCheck:
    host = circuit_breaker.host_state(read_session(), at)
    if not host.resting:
        return HealthCheck(_("İYS"), _("Cevap veriyor."))
    finding = _(
        "Cevap vermiyor; %(failures)s deneme sonuçsuz kaldı, sonraki deneme %(until)s.", failures=host.failures,
        until=format_time(host.until or at),
    )  # fmt: skip
    cure = _("İYS'nin duyurularına bakın; kararlar burada geçerli, geldiğinde iletilir.")
    return HealthCheck(_("İYS"), finding, BAD, cure)


def _check_forwarder(at: datetime) -> HealthCheck:
    name, span = _("İletici"), read_session().scalar(select(func.max(CallTally.span)))
    submissions = select(Submission.id).join(Provider, Provider.id == Submission.provider_id)
    waiting = submissions.where(Provider.admitted_at.is_not(None), Submission.outcome == Outcome.WAITING)
    due = read_session().scalar(waiting.where(Submission.due_at < at - FORWARDER_SILENCE).limit(1))
    finding = _("Son çağrısı: %(at)s sularında.", at=format_time(span)) if span else _("Henüz hiç çağrı yapmadı.")
    if due and (span is None or at - span > FORWARDER_SILENCE):
        return HealthCheck(name, finding, BAD, _("İletici duruyor: flask iys forward çalışıyor mu, bakın."))
    return HealthCheck(name, finding)


def _check_success_rate(at: datetime) -> HealthCheck:
    name, kept = _("Kabul edilen istekler, son 24 saat"), success_rate.measure(read_session(), at)
    if kept.ratio is None:
        return HealthCheck(name, _("Oranı hesaplamak için istek az: %(calls)s.", calls=kept.calls))
    tone = {Level.OK: GOOD, Level.WARN: AMBER_TONE, Level.PAUSED: BAD}[kept.level]
    cure = _("Elle bakılacak kayıtların nedenlerine bakın; oran düşerse İYS erişimi kapatabilir.")
    finding = _("%%%(ratio)s (%(calls)s istek)", ratio=int(kept.ratio * 1000) / 10, calls=kept.calls)
    return HealthCheck(name, finding, tone, "" if kept.level == Level.OK else cure)


def _check_budgets(at: datetime) -> Iterator[HealthCheck]:
    names = {
        Operation.TOKEN: _("İYS oturum bütçesi"), Operation.STATUS: _("İYS sorgu bütçesi"),
        Operation.HISTORY: _("İYS karar geçmişi bütçesi"),
    }  # fmt: skip
    for operation, name in names.items():
        limit = rate_limit.calls_per_hour(operation) or 0
        left = rate_limit.calls_left(read_session(), operation, at) or 0
        tone = AMBER_TONE if left < limit * LOW_BUDGET else GOOD
        cure = _("Bir saat içinde kendiliğinden dolar; sık tükeniyorsa nedenine bakın.") if tone != GOOD else ""
        yield HealthCheck(name, _("Bu saatte kalan: %(left)s / %(limit)s", left=left, limit=limit), tone, cure)


def _check_own_accounts(at: datetime) -> HealthCheck:
    """Each İYS account needs a token every two hours; so many fit into the hourly budgets of our IP addresses."""
    addresses = sum(each.state == EgressState.ON for each in egresses.list_all(read_session()))
    name = _("Kendi İYS hesabıyla bağlı firmalar")
    most = addresses * 2 * (rate_limit.calls_per_hour(Operation.TOKEN) or 0)
    accounts = select(func.count()).select_from(Connection).join(Credential, Credential.id == Connection.credential_id)
    own = accounts.where(Credential.kind == CredentialKind.DIRECT, Connection.forwarding_enabled_at <= at)
    count = read_session().scalars(own).one()
    finding = _("%(count)s; İYS oturum bütçesi %(most)s firmaya yeter.", count=count, most=most)
    if count <= most:
        return HealthCheck(name, finding)
    cure = _("İYS'de olanlar geç öğrenilir: iş ortağı hesabına alın ya da İYS izin veriyorsa bütçeyi büyütün.")
    return HealthCheck(name, finding, AMBER_TONE, cure)


def _check_clock() -> HealthCheck:
    ahead = iys_clock_difference.ahead(read_session())
    finding = _("İYS'nin saatine göre %(seconds)s saniye.", seconds=f"{ahead.total_seconds():+.1f}")
    if abs(ahead) < iys_clock.WARNING:
        return HealthCheck(_("Saat"), finding)
    cure = _("Bu makinenin saatini eşitleyin (NTP); ileri giden saat kararları o kadar bekletir.")
    return HealthCheck(_("Saat"), finding, AMBER_TONE, cure)


def _check_lanes(at: datetime) -> Iterator[HealthCheck]:
    rows = read_session().execute(
        select(Submission.lane, func.count(), func.min(Submission.created_at))
        # Not by a join: SQLite would read every submission.
        .where(Submission.provider_id.in_(select(Provider.id).where(Provider.admitted_at.is_not(None))))
        .where(Submission.outcome.in_(OPEN_OUTCOMES))
        .group_by(Submission.lane)
    )
    waiting = {lane: (count, oldest) for lane, count, oldest in rows}
    for lane in Lane:
        count, oldest = waiting.get(lane, (0, None))
        name = _("Sıra: %(lane)s", lane=label(lane))
        if oldest is None:
            yield HealthCheck(name, _("Bekleyen yok."))
            continue
        age = at - oldest
        tone = BAD if age >= RED else AMBER_TONE if age >= AMBER else GOOD
        cure = _("Üç iş günü dolmadan gitmeli: İYS'ye ve hizmet sağlayıcının hesabına bakın.") if tone != GOOD else ""
        finding = _("%(count)s karar bekliyor; en eskisi %(at)s.", count=count, at=format_time(oldest))
        yield HealthCheck(name, finding, tone, cure)


def _check_blocked_accounts(at: datetime) -> HealthCheck:
    name = _("İYS'nin durdurduğu hesaplar")
    count = read_session().scalar(
        select(func.count(ForwardingHold.provider_id.distinct())).where(
            ForwardingHold.until > at, ForwardingHold.code.not_in(holds.NO_ANSWERS)
        )
    )
    if not count:
        return HealthCheck(name, _("Yok."))
    finding = _("%(count)s hizmet sağlayıcı.", count=count)
    return HealthCheck(name, finding, AMBER_TONE, _("Bağlantı sayfalarında ne yapacakları yazar; gerekirse arayın."))


def _check_password_spraying(at: datetime) -> HealthCheck:
    name, alarm = _("Parola denemeleri"), login_throttle.find_spraying(read_session(), at)
    if alarm is None:
        return HealthCheck(name, _("Olağan."))
    finding = _(
        "%(accounts)s hesapta, %(networks)s ağdan %(tries)s yanlış parola denendi; ilki %(since)s.",
        accounts=alarm.accounts, networks=alarm.networks, tries=alarm.attempts, since=format_time(alarm.since),
    )  # fmt: skip
    cure = _("Biri birçok hesapta birer ikişer parola deniyor. Ağ düzeyinde engelleyin, hesap sahiplerini uyarın.")
    return HealthCheck(name, finding, BAD, cure)


def _check_consent_points(at: datetime) -> HealthCheck:
    name, alarmed = _("İzin noktaları"), consent_points.list_alarmed_points(read_session(), clock.day(at))
    if not alarmed:
        return HealthCheck(name, _("Olağan."))
    used_up = sum(is_used_up for _point, _name, is_used_up in alarmed)
    finding = _(
        "Bugün %(count)s noktanın günlük kodları azaldı; %(used_up)s tanesinde bitti.", count=len(alarmed),
        used_up=used_up,
    )  # fmt: skip
    cure = _(
        "Biri SMS kodu isteterek masraf çıkarıyor olabilir. Sahiplerine e-posta gitti; sayılar birden artıyorsa arayın."
    )
    return HealthCheck(name, finding, BAD if used_up else AMBER_TONE, cure)


def _check_disk() -> HealthCheck:
    disk = shutil.disk_usage(current_app.config["INSTANCE"])
    free = disk.free / disk.total
    tone = AMBER_TONE if free < LOW_DISK else GOOD
    finding = _("%%%(free)s boş (%(gigabytes)s GB).", free=int(free * 100), gigabytes=disk.free // 10**9)
    cure = _("Yer açın ya da diski büyütün; dolarsa karar kaydedilemez.") if tone != GOOD else ""
    return HealthCheck(_("Disk"), finding, tone, cure)
