"""Data export for the person: everything that the overview and its histories show, as JSON or as PDF."""

import json
from datetime import datetime
from enum import StrEnum
from typing import Any

from flask import Response
from flask_babel import format_datetime, get_locale
from flask_babel import gettext as _

from portal.core import addresses, clock
from portal.core.extensions import limiter, read_session
from portal.domain.providers.sandbox_mode import Destination
from portal.services.documents import consent_overview
from portal.web.my_consents import history, sentences
from portal.web.my_consents.blueprint import blueprint
from portal.web.my_consents.history import HistoryEntry
from portal.web.my_consents.holdings import HeldBrand, HeldConsent, Holdings
from portal.web.my_consents.overview import my_holdings
from portal.web.shared import decision_status, limits
from portal.web.shared.downloads import attachment
from portal.web.shared.labels import label

CONSENT_FIELDS = (
    "channel", "recipient_type", "status", "since", "origin", "outcome", "accepted_at", "iys_status", "iys_as_of",
)  # fmt: skip
HISTORY_FIELDS = (
    "decided_at", "channel", "recipient_type", "status", "origin", "outcome", "accepted_at", "transaction_id",
)  # fmt: skip


@blueprint.get("/izinlerim/izinlerim.json", endpoint="as_json")
def as_json() -> Response:
    """İYS's own words, Turkey time."""
    held, at = my_holdings(), clock.now()
    history_of = _by_brand(held)
    content = {
        "address": addresses.mask(held.address.text),
        "made_at": _iso_text(at),
        "shown_since": _json_value(held.changed_hands_at),  # What is from before is another person's.
        "brands": [_brand_json(each, history_of.get(each.brand.id, [])) for each in held.shown],
    }
    text = json.dumps(content, ensure_ascii=False, indent=2)
    return attachment(text, "application/json", "izinlerim.json")


@blueprint.get("/izinlerim/izinlerim.pdf", endpoint="as_pdf")
@limiter.limit(limits.RECEIPT_PAPER)
def as_pdf() -> Response:
    """In the language of the page."""
    held, at = my_holdings(), clock.now()
    history_of = _by_brand(held)
    paper = consent_overview.OverviewContent(
        title=_("İzinlerim"),
        language=get_locale().language,
        lines=(
            _("Adres: %(address)s", address=addresses.mask(held.address.text)),
            _("Alındığı an: %(at)s (Türkiye saati)", at=_moment_text(at)),
            _("İzinlink'i kullanan firmalardaki kayıtlardır. İYS'deki bütün kayıtlarınızı e-Devlet'te görebilirsiniz."),
            *([_("Adres el değiştirmeden önceki kayıtlar gösterilmez.")] if held.changed_hands_at else ()),
        ),
        sections=tuple(_brand_section(each, history_of.get(each.brand.id, [])) for each in held.shown),
    )
    return attachment(consent_overview.render_pdf(paper), "application/pdf", "izinlerim.pdf")


def _by_brand(held: Holdings) -> dict[int, list[HistoryEntry]]:
    found: dict[int, list[HistoryEntry]] = {}
    for entry in history.read_history(read_session(), held.shown):
        found.setdefault(entry.brand_id, []).append(entry)
    return found


def _brand_json(held: HeldBrand, entries: list[HistoryEntry]) -> dict[str, Any]:
    is_sandbox = held.destination == Destination.SANDBOX
    return {
        "name": held.name,
        "sender": None if is_sandbox else held.provider.title,
        "sender_number": None if is_sandbox else held.provider.number,
        "is_sandbox": is_sandbox,
        "consents": [_fields_json(each, CONSENT_FIELDS) for each in held.consents],
        "history": [_fields_json(each, HISTORY_FIELDS) for each in entries],
    }


def _brand_section(held: HeldBrand, entries: list[HistoryEntry]) -> consent_overview.BrandSection:
    consents = [(_channel_text(each), _consent_text(each, held.destination)) for each in held.consents]
    return consent_overview.BrandSection(
        title=held.name,
        under=held.sender,
        rows=tuple(consents or [(_("Karar"), _("Kayıtlı bir kararınız yok."))]),
        past_title=_("Geçmiş"),
        past=tuple((_decided_text(each), _entry_text(each)) for each in entries),
    )


def _consent_text(consent: HeldConsent, destination: Destination) -> str:
    return f"{sentences.status_sentence(consent)}. {sentences.iys_sentence(consent, destination)}".strip()


def _decided_text(entry: HistoryEntry) -> str:
    return _moment_text(entry.decided_at) if entry.decided_at else _("Tarihi bildirilmedi")


def _entry_text(entry: HistoryEntry) -> str:
    origin = decision_status.origin_text(entry.origin)
    return f"{_channel_text(entry)}: {label(entry.status)}. {origin}. {sentences.outcome_sentence(entry)}"


def _channel_text(of: HeldConsent | HistoryEntry) -> str:
    as_merchant = _("tacir olarak")
    return f"{label(of.channel)} ({as_merchant})" if of.recipient_type == "TACIR" else label(of.channel)


def _fields_json(of: HeldConsent | HistoryEntry, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: _json_value(getattr(of, name)) for name in names}


def _json_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return _iso_text(value)
    return value.value if isinstance(value, StrEnum) else value


def _iso_text(at: datetime) -> str:
    return clock.istanbul(at).isoformat(timespec="seconds")


def _moment_text(at: datetime) -> str:
    return format_datetime(at, "d MMMM yyyy HH:mm:ss")
