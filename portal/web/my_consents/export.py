"""Taking all of it along: everything that the overview and its histories show, as JSON or as PDF."""

import json
from datetime import datetime
from enum import StrEnum

from flask import Response
from flask_babel import format_datetime, get_locale
from flask_babel import gettext as _

from portal.core import addresses, clock
from portal.core.extensions import limiter, read_session
from portal.services.documents import consent_overview
from portal.web.my_consents import history, sentences
from portal.web.my_consents.blueprint import blueprint
from portal.web.my_consents.history import Told
from portal.web.my_consents.holdings import Head, Held, Holdings
from portal.web.my_consents.overview import mine
from portal.web.shared import decision_status, limits
from portal.web.shared.labels import label

NAME = "izinlerim"


@blueprint.get("/izinlerim/izinlerim.json", endpoint="as_json")
def as_json():
    """For a machine: İYS's own words, times in Turkey."""
    held, at = mine(), clock.now()
    told = _by_brand(held)
    content = {
        "address": addresses.mask(held.address.text),
        "made_at": _iso(at),
        "brands": [_brand(each, told.get(each.brand.id, [])) for each in held.shown],
    }
    text = json.dumps(content, ensure_ascii=False, indent=2)
    return _file(text.encode(), "application/json", "json")


@blueprint.get("/izinlerim/izinlerim.pdf", endpoint="as_pdf")
@limiter.limit(limits.RECEIPT_PAPER)
def as_pdf():
    """For a person, in the language of the page."""
    held, at = mine(), clock.now()
    told = _by_brand(held)
    paper = consent_overview.Paper(
        title=_("İzinlerim"),
        language=get_locale().language,
        lines=(
            _("Adres: %(address)s", address=addresses.mask(held.address.text)),
            _("Alındığı an: %(at)s (Türkiye saati)", at=_moment(at)),
            _("İzinlink'i kullanan firmalardaki kayıtlardır. İYS'deki bütün kayıtlarınızı e-Devlet'te görebilirsiniz."),
        ),
        sections=tuple(_section(each, told.get(each.brand.id, [])) for each in held.shown),
    )
    return _file(consent_overview.drawn(paper), "application/pdf", "pdf")


def _by_brand(held: Holdings) -> dict[int, list[Told]]:
    found: dict[int, list[Told]] = {}
    for told in history.decisions(read_session(), held.shown):
        found.setdefault(told.brand_id, []).append(told)
    return found


def _brand(held: Held, told: list[Told]) -> dict:
    return {
        "name": held.brand.name,
        "sender": held.provider.title,
        "sender_number": held.provider.number,
        "is_practice": held.hearer == "sandbox",
        "consents": [_spelled(head, ("channel", "recipient_type", "status", "since", "origin", "outcome", "accepted_at",
                                     "iys_status", "iys_as_of")) for head in held.heads],
        "history": [_spelled(each, ("decided_at", "channel", "recipient_type", "status", "origin", "outcome",
                                    "accepted_at", "transaction_id")) for each in told],
    }  # fmt: skip


def _section(held: Held, told: list[Told]) -> consent_overview.Section:
    heads = [
        (_type(each), f"{sentences.stands(each)}. {sentences.at_iys(each, held.hearer)}".strip()) for each in held.heads
    ]
    past = [
        (
            _moment(each.decided_at),
            f"{_type(each)}: {label(each.status)}. {decision_status.origin_text(each.origin)}. {sentences.outcome(each)}",
        )
        for each in told
    ]
    practice = _("Deneme")
    return consent_overview.Section(
        title=f"{held.brand.name} ({practice})" if held.hearer == "sandbox" else held.brand.name,
        under=f"{held.provider.title}, MERSİS {held.provider.mersis}" if held.provider.mersis else held.provider.title,
        rows=tuple(heads or [(_("Karar"), _("Kayıtlı bir kararınız yok."))]),
        past_title=_("Geçmiş"),
        past=tuple(past),
    )


def _type(of: Head | Told) -> str:
    as_merchant = _("tacir olarak")
    return f"{label(of.channel)} ({as_merchant})" if of.recipient_type == "TACIR" else label(of.channel)


def _spelled(of: Head | Told, names: tuple[str, ...]) -> dict:
    return {name: _plain(getattr(of, name)) for name in names}


def _plain(value):
    if isinstance(value, datetime):
        return _iso(value)
    return value.value if isinstance(value, StrEnum) else value


def _iso(at: datetime) -> str:
    return clock.istanbul(at).isoformat(timespec="seconds")


def _moment(at: datetime) -> str:
    return format_datetime(at, "d MMMM yyyy HH:mm:ss")


def _file(content: bytes, media_type: str, ending: str) -> Response:
    return Response(
        content, mimetype=media_type, headers={"Content-Disposition": f'attachment; filename="{NAME}.{ending}"'}
    )
