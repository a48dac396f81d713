"""Sentences on a consent and its state at İYS, for the page and the PDF."""

from flask_babel import format_datetime
from flask_babel import gettext as _

from portal.core.iys_protocol import Status
from portal.core.models import TAKEN_OUTCOMES, DecisionOrigin, Outcome
from portal.domain.providers.sandbox_mode import Destination
from portal.web.my_consents.history import HistoryEntry
from portal.web.my_consents.holdings import HeldConsent
from portal.web.shared import decision_status

MOMENT = "d MMMM yyyy HH:mm"
UNSETTLED = (Outcome.WAITING, Outcome.SENT, Outcome.BLOCKED, Outcome.PARKED)


def status_sentence(consent: HeldConsent) -> str:
    since = format_datetime(consent.since, MOMENT)
    if consent.status == Status.GRANTED:
        return _("İzinli, %(since)s tarihinden beri", since=since)
    if consent.is_stated_refusal:
        return _("Reddedildi: firma bildirdi (%(since)s)", since=since)
    return _("Reddedildi (%(since)s)", since=since)  # Of the last refusal, where there were several.


def iys_sentence(consent: HeldConsent, destination: Destination) -> str:
    """Who told İYS, and what İYS holds as far as we know."""
    if destination == Destination.NOBODY:
        return _("Bu firma İYS'ye kayıt yapmak zorunda değil; kararınız burada geçerli.")
    if consent.status == Status.REFUSED and consent.iys_status is None:
        return _source_sentence(consent)  # It says already what İYS is told.
    return f"{_source_sentence(consent)} {_registered_sentence(consent)}"


def outcome_sentence(entry: HistoryEntry) -> str:
    """State of one decision at İYS."""
    if entry.origin == DecisionOrigin.AT_IYS:
        return _("İYS'de siz verdiniz.")
    if entry.outcome == Outcome.ANNULLED:
        return _("Geri alındı; İYS'ye bildirilmedi.") if entry.is_for_iys else _("Geri alındı.")
    return _progress_sentence(entry)


def _source_sentence(consent: HeldConsent) -> str:
    if consent.origin == DecisionOrigin.AT_IYS:
        return _("Bu kararı İYS'de siz verdiniz.")
    if consent.origin == DecisionOrigin.OTHER_SENDER:
        return _("İYS'ye firma başka bir yoldan bildirmiş.")
    return _progress_sentence(consent)


def _progress_sentence(of: HistoryEntry | HeldConsent) -> str:
    if of.outcome in TAKEN_OUTCOMES:
        text = _("İYS'ye İzinlink bildirdi, İYS kabul etti")
        return f"{text} ({format_datetime(of.accepted_at, MOMENT)})." if of.accepted_at else f"{text}."
    if of.outcome in UNSETTLED and of.status == Status.GRANTED:
        return _("İYS'ye İzinlink bildirecek.")
    return decision_status.iys_state_text(of.outcome, of.status) if of.outcome else ""


def _registered_sentence(consent: HeldConsent) -> str:
    as_of = format_datetime(consent.iys_as_of, MOMENT) if consent.iys_as_of else None
    if consent.iys_status is None:
        return _("İYS'de şu an ne göründüğünü bilmiyoruz.")
    held = _("İYS'de görünen: onay") if consent.iys_status == Status.GRANTED else _("İYS'de görünen: ret")
    return f"{held} ({as_of})." if as_of else f"{held}."
