"""Requesting a code: a proof to check it by, and a message that sends it."""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.core.addresses import Address
from portal.core.models import NO_PROVIDER, AddressProof, MessageKind, Purpose
from portal.core.models.ids import new_id
from portal.core.vault import Vault
from portal.domain.address_proofs import code_limits, digests
from portal.domain.notifications import messages

CODE_LIFETIME = timedelta(minutes=10)
NONCE_BITS = 63


def request_code(
    session: Session, vault: Vault, secret: str, address: Address, purpose: Purpose, *, sends: bool, language: str,
    network: str, at: datetime, brand_id: int | None = None, campaign_id: int | None = None,
    facts: Mapping[str, Any] | None = None, budget: int | None = None, sender: str = "", notice: str = "",
) -> AddressProof:  # fmt: skip
    """Request a code to an address, which ends earlier codes for the same purpose. Raises TooManyRequests.

    With `sends` False nobody here knows the address, and everything but the message is as if somebody did. `network` is
    the network address of the request. `facts` are kept sealed until the code is checked. `sender` is the brand that
    the message names, or empty for the portal; `notice` is the address of the privacy notice (KVKK 2025/1072);
    `budget` is how many codes a day, by SMS or by mail, its consent point pays for.
    """
    indexes = digests.mailbox_indexes(vault, address)
    proof = _new_proof(vault, secret, address, purpose, indexes, language, network, at)
    proof.brand_id, proof.campaign_id, proof.was_sent = brand_id, campaign_id, sends
    code = digests.new_code(code_limits.check(session, proof, indexes, budget))
    proof.code_digest = digests.code_digest(secret, proof, code)
    if facts is not None:
        proof.facts = vault.seal(json.dumps(facts), AddressProof.FACTS, NO_PROVIDER, proof.id)
    _end_earlier(session, proof, indexes)
    session.add(proof)
    messages.write_message(
        session, vault, MessageKind.CODE,
        facts={"code": code, "purpose": purpose.value, "sender": sender, "notice": notice}, address=address.text,
        language=language, at=at, expires_at=proof.expires_at, is_sent=sends,
    )  # fmt: skip
    return proof


def _new_proof(
    vault: Vault, secret: str, address: Address, purpose: Purpose, indexes: dict[str, bytes], language: str,
    network: str, at: datetime,
) -> AddressProof:  # fmt: skip
    proof_id = new_id()
    return AddressProof(
        id=proof_id, nonce=secrets.randbits(NONCE_BITS), purpose=purpose, kind=address.kind, language=language,
        address=vault.seal(address.text, AddressProof.ADDRESS, NO_PROVIDER, proof_id), created_at=at,
        expires_at=at + CODE_LIFETIME, prefix_digest=digests.block_digest(secret, address),
        network_digest=digests.network_digest(secret, network), tries=0, **indexes,
    )  # fmt: skip


def _end_earlier(session: Session, proof: AddressProof, indexes: dict[str, bytes]) -> None:
    """One code at a time, since two would be twice as easy to guess."""
    theirs = (AddressProof.has_index(indexes), AddressProof.purpose == proof.purpose)
    still_open = (AddressProof.proved_at.is_(None), AddressProof.ended_at.is_(None))
    ended = update(AddressProof).where(*theirs, *still_open).values(ended_at=proof.created_at)
    session.execute(ended.execution_options(synchronize_session=False))
