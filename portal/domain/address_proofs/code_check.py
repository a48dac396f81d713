"""Checking a code: it is valid once, for 10 minutes, 5 attempts and its purpose (KVKK 2025/1072)."""

import hmac
import json
import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.addresses import Address, parse
from portal.core.addresses.normalization import normalize_spelling
from portal.core.models import NO_PROVIDER, AddressProof
from portal.core.vault import Vault
from portal.domain.address_proofs import digests

MOST_TRIES = 5
SEPARATORS = re.compile(r"[\s.\-]")
CODE = re.compile(r"[0-9]{6,8}")
CODES_IN_TEXT = re.compile(r"(?<![0-9])[0-9]{6,8}(?![0-9])")
LABELLED_CODE = re.compile(r"(?:kodunuz|code):? ([0-9]{6,8})(?![0-9])", re.IGNORECASE)  # As our messages say it.
LINK = re.compile(r"(?<!\S)\S*[a-z]\S*/\S*", re.IGNORECASE)  # Digits in links are no codes.
LONGEST_PASTED = 500


class CodeResult(StrEnum):
    """The result of checking a code."""

    PROVED = "proved"
    WRONG = "wrong"
    OVER = "over"  # Expired, tried too often, used already, or replaced by a newer code.


def read_code(text: str) -> str | None:
    """The digits of a code that was typed, with or without spaces, or pasted within its message."""
    text = LINK.sub(" ", normalize_spelling(text[:LONGEST_PASTED]))
    joined = SEPARATORS.sub("", text)
    found = [joined] if CODE.fullmatch(joined) else LABELLED_CODE.findall(text) or CODES_IN_TEXT.findall(text)
    return found[0] if len(found) == 1 else None


def is_open(proof: AddressProof, at: datetime) -> bool:
    """Whether a proof still takes codes."""
    is_over = proof.ended_at or proof.proved_at or proof.tries >= MOST_TRIES
    return not is_over and at < proof.expires_at


def check_code(session: Session, secret: str, proof: AddressProof, code: str, at: datetime) -> CodeResult:
    """Check a code. Commit before answering, or the attempt would not count. Concurrent attempts queue up."""
    if not is_open(proof, at):
        return CodeResult.OVER
    locked = select(AddressProof).where(AddressProof.id == proof.id).with_for_update()
    proof = session.scalars(locked.execution_options(populate_existing=True)).one()
    if not is_open(proof, at):
        return CodeResult.OVER
    proof.tries += 1
    fits = hmac.compare_digest(proof.code_digest, digests.code_digest(secret, proof, code))
    if not (fits and proof.was_sent):  # A code that was not sent proves nothing.
        return CodeResult.OVER if proof.tries >= MOST_TRIES else CodeResult.WRONG
    proof.proved_at = at
    return CodeResult.PROVED


def read_address(vault: Vault, proof: AddressProof) -> Address:
    """The address of a proof. Raises CannotOpen."""
    return parse(vault.read(proof.address, AddressProof.ADDRESS, NO_PROVIDER, proof.id))


def store_facts(vault: Vault, proof: AddressProof, facts: Mapping[str, Any]) -> None:
    """Replace the facts of a proof by what came of it, for whoever returns to the page."""
    proof.facts = vault.seal(json.dumps(facts), AddressProof.FACTS, NO_PROVIDER, proof.id)


def read_facts(vault: Vault, proof: AddressProof) -> dict[str, Any]:
    """What was chosen before the code was requested. Raises CannotOpen."""
    if not proof.facts:
        return {}
    return cast(dict[str, Any], json.loads(vault.open(proof.facts, AddressProof.FACTS, NO_PROVIDER, proof.id)))
