"""A list brought into a campaign's audience: good rows become recipients, bad ones are kept with their problem."""

from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from portal.core.models import AudienceLine, AudienceList, Campaign, CampaignKind, Provider
from portal.core.models.ids import new_id, new_ids
from portal.core.vault import Vault
from portal.domain import audit, campaigns, packages
from portal.domain.consents import recipients
from portal.services.imports.reading import Reading

CHUNK = 5000  # Addresses a transaction, so that no recipient's decision waits long for the writer.
KEPT = 80  # Characters of a bad value: enough to find it again.


def bring(
    session: Session, vault: Vault, campaign: Campaign, reading: Reading, user_id: int | None, at: datetime
) -> int:
    """Write a reading into the audience, a chunk a transaction. Returns the list's id.

    Raises AudienceClosed, and NoRoom where the package takes no new addresses.
    """
    require_room(session, vault, campaign.provider_id, campaign.kind, reading, at)
    list_id = _open_list(session, vault, campaign, reading, user_id, at)
    session.commit()
    for piece in recipients.chunks([address for _, address in reading.good], CHUNK):
        found = recipients.gather(session, vault, campaign.provider_id, piece, at)
        campaigns.add_audience(session, campaign, found, piece)
        session.commit()
    return list_id


def require_room(
    session: Session, vault: Vault, provider_id: int, kind: CampaignKind, reading: Reading, at: datetime
) -> None:
    """A package limits whom one may ask. To offer a refusal is free; practising, a list of anybody takes room.

    Raises NoRoom.
    """
    provider = session.get_one(Provider, provider_id)
    if kind == CampaignKind.ASK or provider.is_practising:
        new = len(reading.good)
        if provider.is_practising and new <= packages.FREE:  # A longer one has no room, whoever is known of it.
            addresses = [address for _, address in reading.good]
            new = recipients.count_unknown(session, vault, provider.id, addresses)
        packages.require_room(session, provider, new, at)


def _open_list(session: Session, vault: Vault, campaign: Campaign, reading: Reading, user_id, at: datetime) -> int:
    campaigns.keep_open(session, campaign)
    brought = AudienceList(
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
    session.add(brought)
    session.flush()
    if reading.bad:
        session.execute(insert(AudienceLine.__table__), _bad_rows(vault, brought, reading))
    counts = {"good": brought.good, "bad": brought.bad, "repeated": brought.repeated}
    audit.note(
        session, "audience.brought", "campaign", campaign.id, provider_id=brought.provider_id, at=at, user_id=user_id,
        facts=counts,
    )  # fmt: skip
    return brought.id


def _bad_rows(vault: Vault, brought: AudienceList, reading: Reading) -> list[dict]:
    return [
        {
            "id": row_id,
            "provider_id": brought.provider_id,
            "list_id": brought.id,
            "line": row.line,
            "value": vault.seal(row.value[:KEPT], AudienceLine.PLACE, brought.provider_id, row_id),
            "problem": row.problem,
        }
        for row, row_id in zip(reading.bad, new_ids(len(reading.bad)), strict=True)
    ]
