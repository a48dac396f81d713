"""Checks of the health page about mails, messages and the gateways that send them."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import exists, func, or_, select

from portal.core.extensions import read_session
from portal.core.models import (
    EventOutcome,
    GatewayEvent,
    GatewayState,
    Mail,
    MailState,
    Message,
    MessageGateway,
    MessageState,
    Provider,
)
from portal.domain.consents.urgency import AMBER
from portal.domain.notifications.gateways import has_unread_reports, is_inbox_unread
from portal.domain.notifications.messages import HIGH_PRIORITY
from portal.services.messaging import event_turns, routing
from portal.services.messaging.sweep_rows import SWEEP
from portal.web.operator.health_check import AMBER_TONE, BAD, GOOD, HealthCheck, format_time

MAIL_DELAY = timedelta(minutes=10)  # A mail usually leaves within a minute.
READING_DELAY = timedelta(minutes=10)  # What accounts told is read within seconds,
REPORT_DELAY = timedelta(hours=1)  # and reports after it.
RECENT = timedelta(days=7)


def run_all(at: datetime) -> Iterator[HealthCheck]:
    yield _check_mails(at)
    yield _check_messages(at)
    yield _check_gateways(at)
    yield _check_news(at)
    yield _check_reports(at)
    if not current_app.config["DEVELOPMENT"]:  # There the demo gateway sends for all.
        yield _check_unrouted()


def _check_mails(at: datetime) -> HealthCheck:
    name, waits = _("E-postalar"), Mail.state == MailState.WAITING
    count, oldest = read_session().execute(select(func.count(), func.min(Mail.created_at)).where(waits)).one()
    failed = read_session().scalar(
        select(func.count()).select_from(Mail).where(Mail.state == MailState.FAILED, Mail.created_at > at - RECENT)
    )
    finding = _("%(count)s bekliyor, son 7 günde %(failed)s gönderilemedi.", count=count, failed=failed)
    if oldest and at - oldest > MAIL_DELAY:
        return HealthCheck(name, finding, BAD, _("E-posta sunucusuna (SMTP_URL) ve iş kuyruğuna bakın."))
    return HealthCheck(name, finding, AMBER_TONE if failed else GOOD, _("Adresleri yanlış olabilir.") if failed else "")


def _check_messages(at: datetime) -> HealthCheck:
    name, waits = _("Gönderilecek iletiler"), (Message.state == MessageState.WAITING, Message.due_at.is_not(None))
    count, oldest = read_session().execute(select(func.count(), func.min(Message.created_at)).where(*waits)).one()
    if not oldest:
        return HealthCheck(name, _("Bekleyen yok."))
    finding = _("%(count)s ileti bekliyor; en eskisi %(at)s.", count=count, at=format_time(oldest))
    awaited = select(func.min(Message.created_at)).where(*waits, Message.rank == HIGH_PRIORITY)
    since = read_session().scalar(awaited)
    if since and at - since > MAIL_DELAY:  # Codes, and messages that the law wants on the same day.
        return HealthCheck(name, finding, BAD, _("İleti geçidine bakın."))
    is_late = at - oldest > AMBER
    return HealthCheck(name, finding, AMBER_TONE if is_late else GOOD, _("İleti geçidine bakın.") if is_late else "")


def _check_gateways(at: datetime) -> HealthCheck:
    name = _("Gönderim hesapları")
    rows = read_session().scalars(
        select(MessageGateway).where(MessageGateway.state.in_((GatewayState.WORKING, GatewayState.STOPPED)))
    )
    found = [(row.provider_id is None, row.state == GatewayState.STOPPED, routing.is_resting(row, at)) for row in rows]
    stopped, resting = sum(each[1] for each in found), sum(each[2] for each in found)
    if not stopped + resting:
        return HealthCheck(name, _("Duran ya da dinlenen yok."))
    finding = _("%(stopped)s hesap durdu, %(resting)s hesap dinleniyor.", stopped=stopped, resting=resting)
    is_own = any(is_own and is_stopped for is_own, is_stopped, _rests in found)
    cure = _("Kendi hesabınız durduysa Gönderim sayfasına bakın; firmaların sahiplerine e-posta gitti.")
    return HealthCheck(name, finding, BAD if is_own else AMBER_TONE, cure)


def _check_news(at: datetime) -> HealthCheck:
    """What accounts told and nobody has read: messages go on to who refuses in it."""
    name = _("Gelen yanıt ve raporlar")
    refusing, reports = (event_turns.oldest_due(read_session(), at, only_reports=each) for each in (False, True))
    oldest = min((each for each in (refusing, reports) if each), default=None)
    if oldest is None:
        return HealthCheck(name, _("Okunmayı bekleyen yok."))
    finding = _("En eskisi %(at)s tarihinden beri okunmayı bekliyor.", at=format_time(oldest))
    cure = _("Gönderici yetişemiyor ya da çalışmıyor: kaydına bakın (messages send).")
    if refusing and at - refusing > READING_DELAY:
        risk = _("Bekleyenlerde ret olabilir; iletiler gitmeye devam eder.")
        return HealthCheck(name, finding, BAD, f"{cure} {risk}")
    is_late = reports is not None and at - reports > REPORT_DELAY
    return HealthCheck(name, finding, AMBER_TONE if is_late else GOOD, cure if is_late else "")


def _check_reports(at: datetime) -> HealthCheck:
    """Accounts whose inbox is not read, or whose vendor reports what nobody here understands: a change at the
    vendor, or a wrong description."""
    name, swept = _("Teslim raporları"), (GatewayEvent.digest == SWEEP, GatewayEvent.outcome == EventOutcome.UNREADABLE)
    theirs = select(func.count()).select_from(MessageGateway).join(GatewayEvent).where(*swept)
    count = read_session().scalars(theirs.where(MessageGateway.state != GatewayState.REMOVED)).one()
    in_vain = or_(is_inbox_unread(at), has_unread_reports(at))
    if unread := read_session().scalars(select(func.count()).where(in_vain)).one():
        finding = _("%(count)s hesabın yanıtları ya da raporları bir saattir okunmuyor.", count=unread)
        cure = _("Nedeni kayıtta, gateway.not_swept satırında yazar; yoksa gönderici yetişemiyor ya da çalışmıyordur.")
        return HealthCheck(name, finding, AMBER_TONE, cure)
    if not count:
        return HealthCheck(name, _("Hepsi okunuyor."))
    cure = _("Hesabın sayfasında raporun başına bakın; firmaların tariflerini kendileri düzeltir.")
    return HealthCheck(name, _("%(count)s hesabın son raporu okunamadı.", count=count), AMBER_TONE, cure)


def _check_unrouted() -> HealthCheck:
    """Messages of providers that have no gateway which works, and none stands in. What people wait for may leave by
    the operator's."""
    works = exists().where(
        MessageGateway.state == GatewayState.WORKING, MessageGateway.carries == Message.address_kind,
        MessageGateway.provider_id == Message.provider_id,
    )  # fmt: skip
    operators = exists().where(
        MessageGateway.state == GatewayState.WORKING, MessageGateway.carries == Message.address_kind,
        MessageGateway.provider_id.is_(None), Message.rank == HIGH_PRIORITY,
    )  # fmt: skip
    waiting = (
        select(func.count(), func.count(Message.provider_id.distinct()))
        .join(Provider, Provider.id == Message.provider_id)
        .where(Message.state == MessageState.WAITING, Message.due_at.is_not(None), Provider.admitted_at.is_not(None))
        .where(~works, ~operators)
    )
    count, providers = read_session().execute(waiting).one()
    name = _("Hesabı olmayan iletiler")
    if not count:
        return HealthCheck(name, _("Yok."))
    finding = _(
        "%(count)s ileti bekliyor; %(providers)s firmanın çalışan hesabı yok.", count=count, providers=providers
    )
    return HealthCheck(
        name, finding, AMBER_TONE, _("Firmaları arayın; onay bildirimleri için kendi hesabınızı ekleyin.")
    )
