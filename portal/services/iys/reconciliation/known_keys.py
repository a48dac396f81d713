"""Whose rows of a file are: the keys of a brand that we know, found by the blind index of each row's address."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.models import Consent, Recipient
from portal.core.vault import Vault, index_column
from portal.services.iys.reconciliation.comparison import BrandDay
from portal.services.iys.reconciliation.day_file import Line


def find_known_consents(session: Session, vault: Vault, side: BrandDay, lines: Iterable[Line]) -> dict[Line, int]:
    """Consent ids by row, for the rows of keys that are known here; a few thousand at once."""
    indexes = {line: vault.indexes(side.provider_id, line.recipient.lower()) for line in lines}
    found = {}
    if not indexes:
        return found
    for column in map(index_column, vault.keys):
        indexed = getattr(Recipient, column)
        theirs = (
            select(indexed.label("index"), Consent.channel, Consent.recipient_type, Consent.id)
            .join(Consent, Consent.recipient_id == Recipient.id)
            .where(
                Recipient.provider_id == side.provider_id, Consent.brand_id == side.brand_id,
                indexed.in_({each[column] for each in indexes.values()}),
            )
        )  # fmt: skip
        keys = {(row.index, row.channel, row.recipient_type): row.id for row in session.execute(theirs)}
        for line, each in indexes.items():
            key = (each[column], line.channel, line.recipient_type)
            if key in keys:
                found.setdefault(line, keys[key])
    return found
