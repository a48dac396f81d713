"""A list brought into a campaign's audience: good rows become recipients, bad ones are kept with their problem."""

from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from portal import audit, campaigns, recipients
from portal.imports.reading import Reading
from portal.models import Campaign, ImportBatch, ImportRow
from portal.models.ids import new_id, new_ids
from portal.vault import Vault

CHUNK = 5000  # Addresses a transaction, so that no recipient's decision waits long for the writer.
KEPT = 80  # Characters of a bad value: enough to find it again.


def bring(
    session: Session, vault: Vault, campaign: Campaign, reading: Reading, user_id: int | None, at: datetime
) -> int:
    """Write a reading into the audience, a chunk a transaction. Returns the batch's id. Raises AudienceClosed."""
    batch_id = _open_batch(session, vault, campaign, reading, user_id, at)
    session.commit()
    for piece in recipients.chunks([address for _, address in reading.good], CHUNK):
        found = recipients.gather(session, vault, campaign.provider_id, piece, at)
        campaigns.add_audience(session, campaign, found, piece)
        session.commit()
    return batch_id


def _open_batch(session: Session, vault: Vault, campaign: Campaign, reading: Reading, user_id, at: datetime) -> int:
    campaigns.keep_open(session, campaign)
    batch = ImportBatch(
        id=new_id(),
        provider_id=campaign.provider_id,
        campaign_id=campaign.id,
        user_id=user_id,
        encoding=reading.encoding,
        separator=reading.separator,
        good=len(reading.good),
        bad=len(reading.bad),
        repeated=reading.repeated,
        created_at=at,
    )
    session.add(batch)
    session.flush()
    if reading.bad:
        session.execute(insert(ImportRow.__table__), _bad_rows(vault, batch, reading))
    counts = {"good": batch.good, "bad": batch.bad, "repeated": batch.repeated}
    audit.note(
        session, "audience.brought", "campaign", campaign.id, provider_id=batch.provider_id, at=at, user_id=user_id,
        facts=counts,
    )  # fmt: skip
    return batch.id


def _bad_rows(vault: Vault, batch: ImportBatch, reading: Reading) -> list[dict]:
    return [
        {
            "id": row_id,
            "provider_id": batch.provider_id,
            "batch_id": batch.id,
            "line": row.line,
            "value": vault.seal(row.value[:KEPT], ImportRow.PLACE, batch.provider_id, row_id),
            "problem": row.problem,
        }
        for row, row_id in zip(reading.bad, new_ids(len(reading.bad)), strict=True)
    ]
