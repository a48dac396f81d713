"""What programs call recipients (C-1042), by brand: each brand's may number people in its own way. It may tell who
somebody is, so it is sealed."""

import json
from collections.abc import Mapping
from contextlib import suppress

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core.models import Brand, Recipient
from portal.core.vault import CannotOpen, Vault
from portal.domain.consents import recipients

BY_BRAND = "\0"  # Before a JSON object; without it stands the one reference that an earlier release kept,
EACH_BRAND = ""  # which counts for each brand until that gives one.


def open_reference(
    vault: Vault, provider_id: int, brand_id: int, recipient_id: int, sealed: bytes | None
) -> str | None:  # fmt: skip
    """What programs call a recipient at a brand: each brand's may number people in its own way. None where they have
    not said, or the seal is damaged."""
    names = _open_references(vault, provider_id, recipient_id, sealed)
    return names.get(str(brand_id), names.get(EACH_BRAND))


def save_references(session: Session, vault: Vault, brand: Brand, references: Mapping[str, str]) -> None:
    """Keep what programs call recipients at a brand, by canonical address, of those that its provider has; ≤ 5,000."""
    provider_id = brand.provider_id
    indexes = recipients.blind_indexes(vault, provider_id, references)
    known = recipients.find_known_ids(session, vault, provider_id, indexes)
    by_id = {its_id: references[text] for text, its_id in known.items()}
    before = select(Recipient.id, Recipient.reference).where(Recipient.id.in_(by_id)).order_by(Recipient.id)
    rows = []
    for its_id, sealed in session.execute(before).all():
        names = _open_references(vault, provider_id, its_id, sealed)
        if names.get(str(brand.id)) != by_id[its_id]:
            told = BY_BRAND + json.dumps(names | {str(brand.id): by_id[its_id]}, ensure_ascii=False)
            rows.append({"id": its_id, "reference": vault.seal(told, Recipient.REFERENCE, provider_id, its_id)})
    if rows:
        session.execute(update(Recipient), rows)


def _open_references(vault: Vault, provider_id: int, recipient_id: int, sealed: bytes | None) -> dict[str, str]:
    """By the ids of brands."""
    told = ""
    if sealed is not None:
        with suppress(CannotOpen):
            told = vault.read(sealed, Recipient.REFERENCE, provider_id, recipient_id)
    if told.startswith(BY_BRAND):
        names: dict[str, str] = json.loads(told.removeprefix(BY_BRAND))
        return names
    return {EACH_BRAND: told} if told else {}
