"""Answering: the code comes back, within its time, its tries and its purpose, and is good once (KVKK 2025/1072)."""

import hmac
import json
import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.addresses import Address, parse
from portal.core.addresses.normalization import normalize_spelling
from portal.core.models import NO_PROVIDER, AddressProof
from portal.core.vault import Vault
from portal.domain.address_proofs import digests

MOST_TRIES = 5
SEPARATORS = re.compile(r"[\s.\-]")
A_CODE = re.compile(r"[0-9]{6,8}")
CODES_IN_TEXT = re.compile(r"(?<![0-9])[0-9]{6,8}(?![0-9])")
CALLED_A_CODE = re.compile(r"(?:kodunuz|code):? ([0-9]{6,8})(?![0-9])", re.IGNORECASE)  # As our messages do.
IN_A_LINK = re.compile(r"(?<!\S)\S*[a-z]\S*/\S*", re.IGNORECASE)  # Digits in it are no code.
LONGEST_PASTED = 500


class CodeResult(StrEnum):
    """What came of an answer."""

    PROVED = "proved"
    WRONG = "wrong"
    OVER = "over"  # Too late, too often, used already, or another code was asked for since.


def read_code(text: str) -> str | None:
    """The digits that somebody typed, with or without spaces, or pasted with the message around them."""
    text = IN_A_LINK.sub(" ", normalize_spelling(text[:LONGEST_PASTED]))
    together = SEPARATORS.sub("", text)
    found = [together] if A_CODE.fullmatch(together) else CALLED_A_CODE.findall(text) or CODES_IN_TEXT.findall(text)
    return found[0] if len(found) == 1 else None


def is_open(proof: AddressProof, at: datetime) -> bool:
    """Whether a code can still be right."""
    is_over = proof.ended_at or proof.proved_at or proof.tries >= MOST_TRIES
    return not is_over and at < proof.expires_at


def check_code(session: Session, secret: str, proof: AddressProof, code: str, at: datetime) -> CodeResult:
    """Try a code. Commit before telling what came of it, or the try would not count. Two at once come one by one."""
    if not is_open(proof, at):
        return CodeResult.OVER
    locked = select(AddressProof).where(AddressProof.id == proof.id).with_for_update()
    proof = session.scalars(locked.execution_options(populate_existing=True)).one()
    if not is_open(proof, at):
        return CodeResult.OVER
    proof.tries += 1
    fits = hmac.compare_digest(proof.code_digest, digests.code_digest(secret, proof, code))
    if not (fits and proof.was_sent):  # A code that went nowhere proves nothing.
        return CodeResult.OVER if proof.tries >= MOST_TRIES else CodeResult.WRONG
    proof.proved_at = at
    return CodeResult.PROVED


def read_address(vault: Vault, proof: AddressProof) -> Address:
    """The address that it is about. Raises CannotOpen."""
    return parse(vault.read(proof.address, AddressProof.ADDRESS, NO_PROVIDER, proof.id))


def store_facts(vault: Vault, proof: AddressProof, facts: Mapping) -> None:
    """Keep others in their place: what came of it, for whoever comes back to the page."""
    proof.facts = vault.seal(json.dumps(facts), AddressProof.FACTS, NO_PROVIDER, proof.id)


def read_facts(vault: Vault, proof: AddressProof) -> dict:
    """What was chosen before the code was asked for. Raises CannotOpen."""
    return json.loads(vault.open(proof.facts, AddressProof.FACTS, NO_PROVIDER, proof.id)) if proof.facts else {}
