"""Find the consents that rows of a file belong to, by the blind index of each row's address."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.models import Consent, Recipient
from portal.core.vault import Vault, index_column
from portal.services.iys.reconciliation.day_file import Line
from portal.services.iys.reconciliation.window import BrandDay


def find_known_consents(session: Session, vault: Vault, brand_day: BrandDay, lines: Iterable[Line]) -> dict[Line, int]:
    """Consent ids by row, for rows of known keys; a few thousand at once."""
    indexes = {line: vault.indexes(brand_day.provider_id, line.recipient.lower()) for line in lines}
    found: dict[Line, int] = {}
    if not indexes:
        return found
    for column in map(index_column, vault.keys):
        indexed = getattr(Recipient, column)
        theirs = (
            select(indexed.label("index"), Consent.channel, Consent.recipient_type, Consent.id)
            .join(Consent, Consent.recipient_id == Recipient.id)
            .where(
                Recipient.provider_id == brand_day.provider_id, Consent.brand_id == brand_day.brand_id,
                indexed.in_({each[column] for each in indexes.values()}),
            )
        )  # fmt: skip
        keys: dict[tuple[bytes, str, str], int] = {row[:3]: row[3] for row in session.execute(theirs)}
        for line, each in indexes.items():
            key = (each[column], line.channel, line.recipient_type)
            if key in keys:
                found.setdefault(line, keys[key])
    return found
