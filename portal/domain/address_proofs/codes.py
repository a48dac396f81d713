"""Request, send and check a code: it is valid once, for 10 minutes, 5 attempts and its purpose (KVKK 2025/1072)."""

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.orm import Session

import shortlinks
from portal.core.addresses import Address, AddressKind, read_canonical
from portal.core.addresses.normalization import normalize_spelling
from portal.core.client_network import network_of
from portal.core.database import changed_rows
from portal.core.ids import new_id
from portal.core.models import (
    NO_PROVIDER,
    AddressProof,
    EventKind,
    GatewayEvent,
    Message,
    MessageGateway,
    MessageKind,
    MessageState,
    Purpose,
)
from portal.core.vault import Vault
from portal.domain.address_proofs import code_limits
from portal.domain.notifications import messages

NONCE_BITS = 63


def request_code(
    session: Session, vault: Vault, secret: str, address: Address, purpose: Purpose, *, sends: bool, language: str,
    network: str, at: datetime, brand_id: int | None = None, campaign_id: int | None = None,
    facts: Mapping[str, Any] | None = None, budget: int | None = None, sender: str = "", notice: str = "",
    sandbox_provider_id: int | None = None, deliver: Callable[[Mapping[str, Any]], object] | None = None,
) -> AddressProof:  # fmt: skip
    """Request a code to an address, which ends earlier codes for the same purpose. Raises TooManyRequests.

    With `sends` False nobody here knows the address, and everything but the message is as if somebody did. `network` is
    the network address of the request. `facts` are kept sealed until the code is checked. `sender` is the brand that
    the message names, or empty for the portal; `notice` is the address of the privacy notice (KVKK 2025/1072);
    `budget` is how many codes a day, by SMS or by mail, its consent point pays for. `deliver` is given what the message
    says, where the outbox is not to send it.
    """
    indexes = mailbox_indexes(vault, address)
    proof = _new_proof(vault, secret, address, purpose, indexes, language, network, at)
    proof.brand_id, proof.campaign_id, proof.was_sent = brand_id, campaign_id, sends
    proof.sandbox_provider_id = sandbox_provider_id
    digits = code_limits.check(session, proof, indexes, budget)
    code = f"{secrets.randbelow(10**digits):0{digits}d}"
    proof.code_digest = code_digest(secret, proof, code)
    if facts is not None:
        proof.facts = vault.seal(json.dumps(facts), AddressProof.FACTS, NO_PROVIDER, proof.id)
    _end_earlier(session, proof, indexes)
    session.add(proof)
    said = {
        "code": code, "purpose": purpose.value, "sender": sender, "notice": notice, "brand_id": str(brand_id or "")
    }  # fmt: skip
    if deliver:
        deliver(said)
        return proof
    messages.write_message(
        session, vault, MessageKind.CODE, facts=said, address=address.text, language=language, at=at,
        expires_at=proof.expires_at, is_sent=sends, message_id=proof.id,
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
        expires_at=at + AddressProof.CODE_LIFETIME, prefix_digest=block_digest(secret, address),
        network_digest=network_digest(secret, network), tries=0, **indexes,
    )  # fmt: skip


def _end_earlier(session: Session, proof: AddressProof, indexes: dict[str, bytes]) -> None:
    """One code at a time, since two would be twice as easy to guess."""
    theirs = (AddressProof.has_index(indexes), AddressProof.purpose == proof.purpose)
    still_open = (AddressProof.proved_at.is_(None), AddressProof.ended_at.is_(None))
    ended = update(AddressProof).where(*theirs, *still_open).values(ended_at=proof.created_at)
    session.execute(ended.execution_options(synchronize_session=False))


MOST_TRIES = 5
SEPARATORS = re.compile(r"[\s.\-]")
CODE = re.compile(r"[0-9]{6,8}")
CODES_IN_TEXT = re.compile(r"(?<![0-9])[0-9]{6,8}(?![0-9])")
LABELLED_CODE = re.compile(r"(?:kodunuz|code):? ([0-9]{6,8})(?![0-9])", re.IGNORECASE)  # As our messages say it.
LINK = re.compile(r"(?<!\S)[^\sa-z]*[a-z][^\s/]*/\S*", re.IGNORECASE)  # Digits in links are no codes.
LONGEST_PASTED = 500


class CodeResult(StrEnum):
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
    fits = hmac.compare_digest(proof.code_digest, code_digest(secret, proof, code))
    if not (fits and proof.was_sent):  # A code that was not sent proves nothing.
        return CodeResult.OVER if proof.tries >= MOST_TRIES else CodeResult.WRONG
    proof.proved_at = at
    return CodeResult.PROVED


def read_address(vault: Vault, proof: AddressProof) -> Address:
    """The address of a proof. Raises CannotOpen."""
    return read_canonical(vault.read(proof.address, AddressProof.ADDRESS, NO_PROVIDER, proof.id))


def store_facts(vault: Vault, proof: AddressProof, facts: Mapping[str, Any]) -> None:
    """Replace the facts of a proof by what came of it, for whoever returns to the page."""
    proof.facts = vault.seal(json.dumps(facts), AddressProof.FACTS, NO_PROVIDER, proof.id)


def read_facts(vault: Vault, proof: AddressProof) -> dict[str, Any]:
    """What was chosen before the code was requested. Raises CannotOpen."""
    if not proof.facts:
        return {}
    return cast(dict[str, Any], json.loads(vault.open(proof.facts, AddressProof.FACTS, NO_PROVIDER, proof.id)))


BLOCK_DIGITS = 4  # Last digits of a number; SMS pumpers rent blocks of ten thousand numbers.


def mailbox_indexes(vault: Vault, address: Address) -> dict[str, bytes]:
    """The blind indexes by which codes are counted: a mailbox with many addresses counts as one."""
    return vault.indexes(NO_PROVIDER, address.reaches)


def code_digest(secret: str, proof: AddressProof, code: str) -> bytes:
    """The digest of a code, bound to its proof and purpose."""
    return keyed_digest(secret, f"code|{proof.id}|{proof.nonce}|{proof.purpose}|{code}")


def block_digest(secret: str, address: Address) -> bytes:
    """The digest of a number's block of ten thousand, or of a mail domain."""
    is_phone = address.kind == AddressKind.PHONE
    block = address.text[:-BLOCK_DIGITS] if is_phone else address.text.rpartition("@")[2]
    return keyed_digest(secret, f"block|{address.kind}|{block}")


def network_digest(secret: str, address: str) -> bytes:
    """The digest of the /24 or /64 around a network address."""
    return keyed_digest(secret, f"network|{network_of(address)}")


def token_digest(token: str) -> bytes:
    """The digest of a token, whose 256 random bits need no key."""
    return hashlib.sha256(token.encode()).digest()


def keyed_digest(secret: str, text: str) -> bytes:
    """HMAC-SHA-256 of a text under the portal's secret."""
    return hmac.digest(secret.encode(), f"proof|{text}".encode(), "sha256")


def page_code(salt: str, proof: AddressProof) -> str:
    """The part of a proof's page address that cannot be guessed."""
    return shortlinks.Codes(salt).encode_long(proof.id, proof.nonce)


def find_proof(session: Session, salt: str, code: str, purpose: Purpose) -> AddressProof | None:
    """The proof of a page; whichever part of the code is wrong takes the same path."""
    proof_id, nonce = shortlinks.Codes(salt).decode_long(code) or (0, 0)
    proof = session.get(AddressProof, proof_id)
    fits = hmac.compare_digest((proof.nonce if proof else 0).to_bytes(8), nonce.to_bytes(8))
    return proof if proof and fits and proof.purpose == purpose else None


ANSWERED_WITHIN = timedelta(days=7)  # Somebody replies to a code: later nobody does. The longest limit counts a day.
# To compare with a gateway's bill; sent messages hold no code. Of a code that was sent its proof tells in whose name.
MESSAGES_KEPT = timedelta(days=30)


def delete_old_proofs(session: Session, at: datetime) -> int:
    """Delete old proofs and messages of codes; returns how many proofs.

    A proof by which somebody decided at a consent point stays as evidence, one for sandbox mode until removed, and one
    of a code that an unread reply may answer until that is read, with its message, which says how it left.
    """
    weeks = _find_answered_weeks(session, at)
    unsent = (Message.state == MessageState.NOT_NEEDED, Message.created_at < at - ANSWERED_WITHIN)
    is_code = (Message.campaign_id.is_(None), Message.kind == MessageKind.CODE)  # As ix_message_of_campaign has it.
    is_over = or_(Message.created_at < at - MESSAGES_KEPT, and_(*unsent))
    messages = delete(Message).where(*is_code, is_over, *(~Message.created_at.between(*week) for week in weeks))
    is_removed = and_(AddressProof.purpose == Purpose.SANDBOX, AddressProof.ended_at.is_not(None))
    decided_nothing = or_(AddressProof.purpose == Purpose.MINE, AddressProof.proved_at.is_(None), is_removed)
    never_sent = and_(~AddressProof.was_sent, AddressProof.created_at < at - ANSWERED_WITHIN)
    is_old = or_(AddressProof.created_at < at - MESSAGES_KEPT, never_sent)
    unanswered = (~AddressProof.created_at.between(*week) for week in weeks)
    proofs = delete(AddressProof).where(is_old, decided_nothing, *unanswered)
    session.execute(messages.execution_options(synchronize_session=False))
    return changed_rows(session, proofs.execution_options(synchronize_session=False))


def _find_answered_weeks(session: Session, at: datetime) -> list[tuple[datetime, datetime]]:
    """The week before each reply or vendor's word at the operator's accounts that nobody has read yet, if proofs of it
    would be deleted now. Those that overlap are one: there are few, however many replies wait."""
    heard_at = select(GatewayEvent.received_at).join(MessageGateway, MessageGateway.id == GatewayEvent.gateway_id)
    waits = GatewayEvent.settled_at.is_(None), GatewayEvent.kind != EventKind.SWEEP
    is_old = GatewayEvent.received_at < at - MESSAGES_KEPT + ANSWERED_WITHIN
    theirs = heard_at.where(MessageGateway.provider_id.is_(None), *waits, is_old)
    weeks: list[tuple[datetime, datetime]] = []
    for until in session.scalars(theirs.order_by(GatewayEvent.received_at)):
        since = until - ANSWERED_WITHIN
        is_joined = bool(weeks) and since <= weeks[-1][1]
        weeks = [*weeks[:-1], (weeks[-1][0], until)] if is_joined else [*weeks, (since, until)]
    return weeks
