"""What holds, and what İYS knows of it, as sentences: the same on the page and on paper."""

from flask_babel import format_datetime
from flask_babel import gettext as _

from portal.core.iys_protocol import Status
from portal.core.models import DecisionOrigin, Outcome
from portal.domain.providers.sandbox_mode import Destination
from portal.web.my_consents.history import Told
from portal.web.my_consents.holdings import Head
from portal.web.shared import decision_status

MOMENT = "d MMMM yyyy HH:mm"
ON_ITS_WAY = (Outcome.WAITING, Outcome.SENT, Outcome.BLOCKED, Outcome.PARKED)


def stands(head: Head) -> str:
    """What holds since when."""
    since = format_datetime(head.since, MOMENT)
    if head.status == Status.GRANTED:
        return _("İzinli, %(since)s tarihinden beri", since=since)
    return _("Reddedildi, %(since)s tarihinden beri", since=since)


def at_iys(head: Head, hearer: Destination) -> str:
    """Who told İYS, and what İYS holds as far as we know; nothing where İYS need not hear of it."""
    if hearer == Destination.NOBODY:
        return _("Bu firma İYS'ye kayıt yapmak zorunda değil; kararınız burada geçerli.")
    if head.outcome == Outcome.NOT_NEEDED and head.iys_status is None:
        return _who_told(head)  # Which says already what İYS holds.
    return f"{_who_told(head)} {_held_there(head)}"


def outcome(told: Told) -> str:
    """How far one decision has come at İYS."""
    if told.origin == DecisionOrigin.AT_IYS:
        return _("İYS'de siz verdiniz.")
    if told.outcome == Outcome.ANNULLED:
        return _("Geri alındı; İYS'ye bildirilmedi.") if told.iys_hears else _("Geri alındı.")
    return _far(told)


def _who_told(head: Head) -> str:
    if head.origin == DecisionOrigin.AT_IYS:
        return _("Bu kararı İYS'de siz verdiniz.")
    if head.origin == DecisionOrigin.OTHER_SENDER:
        return _("İYS'ye firma başka bir yoldan bildirmiş.")
    return _far(head)


def _far(of: Told | Head) -> str:
    if of.outcome in (Outcome.ACCEPTED, Outcome.VERIFIED):
        told = _("İYS'ye İzinlink bildirdi, İYS kabul etti")
        return f"{told} ({format_datetime(of.accepted_at, MOMENT)})." if of.accepted_at else f"{told}."
    if of.outcome in ON_ITS_WAY:
        return _("İYS'ye İzinlink bildirecek.")
    return decision_status.at_iys(of.outcome, of.status) if of.outcome else ""


def _held_there(head: Head) -> str:
    as_of = format_datetime(head.iys_as_of, MOMENT) if head.iys_as_of else None
    if head.iys_status is None:
        return _("İYS'de şu an ne göründüğünü bilmiyoruz.")
    held = _("İYS'de görünen: onay") if head.iys_status == Status.GRANTED else _("İYS'de görünen: ret")
    return f"{held} ({as_of})." if as_of else f"{held}."
