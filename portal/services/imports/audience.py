"""Add a list to a campaign's audience: good rows become recipients, bad ones are kept with their problem."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from portal.core.models import AudienceLine, AudienceList, Campaign, CampaignKind, Provider
from portal.core.models.ids import new_id, new_ids
from portal.core.vault import Vault
from portal.domain import audit, campaigns, packages
from portal.domain.consents import recipients
from portal.services.imports.address_lists import AddressList

CHUNK = 5000  # Addresses a transaction, so that no recipient's decision waits long for the writer.
KEPT = 80  # Characters of a bad value: enough to find it again.


def add_list(
    session: Session, vault: Vault, campaign: Campaign, addresses: AddressList, user_id: int | None, at: datetime
) -> int:
    """Write the list into the audience, a chunk a transaction, and return its id.

    Raises AudienceClosed, and PackageFull where the package takes no new addresses.
    """
    require_room(session, vault, campaign.provider_id, campaign.kind, addresses, at)
    list_id = _insert_list(session, vault, campaign, addresses, user_id, at)
    session.commit()
    for chunk in recipients.chunks([address for _, address in addresses.good], CHUNK):
        found = recipients.gather(session, vault, campaign.provider_id, chunk, at)
        campaigns.add_addresses(session, campaign, found, chunk)
        session.commit()
    return list_id


def require_room(
    session: Session, vault: Vault, provider_id: int, kind: CampaignKind, addresses: AddressList, at: datetime
) -> None:
    """Check the package's limit of people to ask. Raises PackageFull.

    Offering a refusal is free, except in sandbox mode, where a list of any kind counts.
    """
    provider = session.get_one(Provider, provider_id)
    if kind == CampaignKind.ASK or provider.in_sandbox_mode:
        new = len(addresses.good)
        if provider.in_sandbox_mode and new <= packages.FREE:  # A longer one has no room, whoever is known of it.
            good = [address for _, address in addresses.good]
            new = recipients.count_unknown(session, vault, provider.id, good)
        packages.require_capacity(session, provider, new, at)


def _insert_list(
    session: Session, vault: Vault, campaign: Campaign, addresses: AddressList, user_id: int | None, at: datetime
) -> int:
    campaigns.lock_audience(session, campaign)
    audience_list = AudienceList(
        id=new_id(),
        provider_id=campaign.provider_id,
        campaign_id=campaign.id,
        user_id=user_id,
        encoding=addresses.encoding,
        separator=addresses.separator,
        good=len(addresses.good),
        bad=len(addresses.bad),
        repeated=len(addresses.repeats),
        created_at=at,
    )
    session.add(audience_list)
    session.flush()
    if addresses.bad:
        session.execute(insert(AudienceLine.__table__), _bad_rows(vault, audience_list, addresses))
    counts = {"good": audience_list.good, "bad": audience_list.bad, "repeated": audience_list.repeated}
    audit.note(
        session, "audience.brought", "campaign", campaign.id, provider_id=campaign.provider_id, at=at, user_id=user_id,
        facts=counts,
    )  # fmt: skip
    return audience_list.id


def _bad_rows(vault: Vault, audience_list: AudienceList, addresses: AddressList) -> list[dict[str, Any]]:
    return [
        {
            "id": row_id,
            "provider_id": audience_list.provider_id,
            "list_id": audience_list.id,
            "line": row.line,
            "value": vault.seal(row.value[:KEPT], AudienceLine.PLACE, audience_list.provider_id, row_id),
            "problem": row.problem,
        }
        for row, row_id in zip(addresses.bad, new_ids(len(addresses.bad)), strict=True)
    ]
