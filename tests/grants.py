"""Insert decisions in bulk, as an import does, with their consents and submissions."""

from datetime import datetime

from portal.core import addresses
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, RecipientType, Source, Status
from portal.core.models import Brand, DecisionOrigin, Lane
from portal.domain.consents import locking, recipients, writer
from portal.domain.consents.writer import BrandEndpoints, DecisionRows
from tests import make

CHUNK = 5000


def insert_decisions(
    brand: Brand, texts: list[str], at: datetime, *, lane: Lane | None = Lane.BULK, channel: Channel = Channel.SMS,
    status: Status = Status.GRANTED, held: str | None = None,
    origin: DecisionOrigin = DecisionOrigin.IMPORT, codes: tuple = (make.IYS_CODE, make.BRAND_CODE),
) -> None:  # fmt: skip
    """Insert one decision per address; `held` is the status known at İYS. Commits."""
    endpoints = BrandEndpoints.of(*codes)
    for start in range(0, len(texts), CHUNK):
        known = [addresses.parse(text) for text in texts[start : start + CHUNK]]
        ids = recipients.gather(db.session, vault(), brand.provider_id, known, at)
        keys = [(ids[address.text], channel, RecipientType.INDIVIDUAL) for address in known]
        consents = [locking.new_consent(brand.provider_id, brand.id, key) for key in keys]
        rows = DecisionRows()
        for address, consent in zip(known, consents, strict=True):
            consent.iys_status, consent.iys_as_of = held, at if held else None
            decision = writer.decide_now(
                consent, status, source=Source.SIGNED_FORM, origin=origin, at=at
            )  # fmt: skip
            rows.add(decision, writer.submission_row(vault(), decision, endpoints, address=address.text, lane=lane))
        writer.write_decisions(db.session, consents, rows)
        db.session.commit()


def phones(count: int, first: int = 0) -> list[str]:
    """`count` mobile numbers."""
    return [f"+90532{number:07}" for number in range(first, first + count)]
