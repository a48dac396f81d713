"""Decisions as an import would bring them: many at a time, in any lane, each with its head and its submission."""

from datetime import datetime

from sqlalchemy import insert

from portal.core import addresses
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, RecipientType, Source, Status
from portal.core.models import Brand, Consent, DecisionOrigin, Lane
from portal.core.models.ids import new_ids
from portal.domain.consents import recipients, writer
from tests import make

PIECE = 5000


def bring(
    brand: Brand, texts: list[str], at: datetime, *, lane: Lane | None = Lane.BULK, channel: Channel = Channel.SMS,
    status: Status = Status.GRANTED, held: str | None = None, codes: tuple = (make.IYS_CODE, make.BRAND_CODE),
) -> None:  # fmt: skip
    """One decision of that moment for each address; `held` is what İYS is known to hold. Commits."""
    for start in range(0, len(texts), PIECE):
        known = [addresses.parse(text) for text in texts[start : start + PIECE]]
        ids = recipients.gather(db.session, vault(), brand.provider_id, known, at)
        heads = [_head(brand, ids[address.text], channel, held, at) for address in known]
        for head, consent_id in zip(heads, new_ids(len(heads)), strict=True):
            head.id = consent_id
        made = [_decision(head, status, at.replace(microsecond=0)) for head in heads]
        told = [_told(each, address.text, codes, at, lane) for each, address in zip(made, known, strict=True)]
        db.session.execute(insert(Consent.__table__), [_row(*pair) for pair in zip(heads, made, strict=True)])
        writer.insert_decisions(db.session, made, told)
        db.session.commit()


def phones(count: int, first: int = 0) -> list[str]:
    """That many mobile numbers."""
    return [f"+90532{number:07}" for number in range(first, first + count)]


def _head(brand: Brand, recipient_id: int, channel: Channel, held: str | None, at: datetime) -> Consent:
    return Consent(
        provider_id=brand.provider_id, brand_id=brand.id, recipient_id=recipient_id, channel=channel,
        recipient_type=RecipientType.INDIVIDUAL, iys_status=held, iys_as_of=at if held else None,
    )  # fmt: skip


def _decision(head: Consent, status: Status, at: datetime) -> dict:
    return writer.decision(
        head,
        status,
        consent_date=at,
        effective_at=at,
        recorded_at=at,
        source=Source.SIGNED_FORM,
        origin=DecisionOrigin.IMPORT,
    )


def _told(made: dict, address: str, codes: tuple, at: datetime, lane: Lane | None) -> dict:
    return writer.submission_of(
        vault(), made, address=address, iys_code=codes[0], brand_code=codes[1], at=at, lane=lane
    )  # fmt: skip


def _row(head: Consent, made: dict) -> dict:
    names = ("id", "provider_id", "brand_id", "recipient_id", "channel", "recipient_type", "iys_status", "iys_as_of")
    stands = {"decision_id": made["id"], "status": made["status"], "consent_date": made["consent_date"]}
    return {name: getattr(head, name) for name in names} | stands | {"effective_at": made["effective_at"]}
