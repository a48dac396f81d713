"""Entries of a file as its lines would say them, and a look at what came of them."""

from datetime import datetime, timedelta

from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import NO_RETAILERS, Channel, RecipientType, Retailers, Source, Status
from portal.core.models import Brand
from portal.domain.consents import bulk_import
from portal.domain.consents.bulk_import import Entry, ImportRun

BATCH = 7


def entry(
    text: str, status: Status = Status.GRANTED, date: datetime | None = None, *, channel: Channel = Channel.SMS,
    recipient_type: RecipientType = RecipientType.INDIVIDUAL, source: Source = Source.SIGNED_FORM, line: int = 1,
    retailers: Retailers = NO_RETAILERS,
) -> Entry:  # fmt: skip
    """What one line says; of an hour ago where it says no date."""
    said = (date or clock.now() - timedelta(hours=1)).replace(microsecond=0)
    address = addresses.parse(text)
    return Entry(line, address, channel, recipient_type, status, source, said, retailers=retailers)


def import_run(**facts) -> ImportRun:
    """The run of an import whose decisions are due at once, or as the facts say."""
    at = facts.pop("at", None) or clock.now()
    usual = {"batch_id": BATCH, "user_id": None, "grants_due_at": at, "refusals_due_at": at, "at": at}
    return ImportRun(**usual | facts)


def bring(brand: Brand, *entries: Entry, **facts) -> list[str]:
    """Bring them and commit; the words of what came of each. A dry run just before says the same."""
    run = import_run(**facts)
    planned = bulk_import.dry_run(db.session, vault(), brand, entries, run.at).effects
    db.session.rollback()
    brand = db.session.merge(brand, load=False) if brand not in db.session else brand
    effects = bulk_import.apply_import(db.session, vault(), brand, entries, run).effects
    db.session.commit()
    assert effects == planned
    return [effect.value for effect in effects]
