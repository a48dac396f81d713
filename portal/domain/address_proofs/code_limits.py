"""What limits how many codes may be asked for, and how long they are.

Every proof counts, whether its code was sent or not, so a refusal does not tell who is known. docs/address-proofs.md
has the odds of guessing.
"""

import hashlib
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from portal.core import clock, throttle
from portal.core.addresses import AddressKind
from portal.core.models import AddressProof, Purpose
from portal.core.throttle import Counted, Limit, Rate

# While so many codes are unanswered (Limit.UNANSWERED_CODES) new ones have two digits more: guessing has a hundredth of
# the chance, and nobody is turned away.
DIGITS, MORE_DIGITS = 6, 8


def check(session: Session, proof: AddressProof, indexes: dict[str, bytes], budget: int | None) -> int:
    """How many digits the code of a new proof has. `budget` is how many codes its consent point pays for today, by SMS
    or by mail. Raises TooManyRequests."""
    keys = [*indexes.values(), proof.prefix_digest, proof.network_digest]
    if proof.brand_id is not None:
        keys.append(hashlib.sha256(b"brand %d" % proof.brand_id).digest())
    unanswered = Counted(Limit.UNANSWERED_CODES, AddressProof.created_at, AddressProof.proved_at.is_(None))
    counted = [*_counted(proof, indexes, budget), unanswered]
    reached = throttle.check(session, counted, proof.created_at, keys=keys, tolerated=[Limit.UNANSWERED_CODES])
    return MORE_DIGITS if reached else DIGITS


def count_today(session: Session, brand_id: int, campaign_id: int, kind: AddressKind, at: datetime) -> int:
    """How many codes a consent point has asked for since midnight in Istanbul, by SMS or by mail."""
    proof = AddressProof(brand_id=brand_id, campaign_id=campaign_id, kind=kind, created_at=at)
    return session.scalars(select(func.count()).select_from(AddressProof).where(_is_of_point_today(proof))).one()


def _counted(proof: AddressProof, indexes: dict[str, bytes], budget: int | None) -> list[Counted]:
    """Blocks and networks count for each purpose apart: who floods consent points does not close the overview."""
    is_same_purpose = AddressProof.purpose == proof.purpose
    is_of_block = AddressProof.prefix_digest == proof.prefix_digest
    is_of_network = AddressProof.network_digest == proof.network_digest
    counted = [Counted(Limit.CODES_OF_ADDRESS, AddressProof.created_at, AddressProof.has_index(indexes))]
    if proof.kind == AddressKind.PHONE:
        counted.append(Counted(Limit.CODES_OF_BLOCK, AddressProof.created_at, is_of_block, is_same_purpose))
    elif proof.purpose != Purpose.MINE:  # Not at the overview, where unknown addresses get no mail.
        counted.append(Counted(Limit.CODES_OF_MAIL_DOMAIN, AddressProof.created_at, is_of_block, is_same_purpose))
    counted.append(Counted(Limit.CODES_OF_NETWORK, AddressProof.created_at, is_of_network, is_same_purpose))
    if budget is not None:
        is_of_point, daily = _is_of_point_today(proof), Rate(max(budget, 1), within=None)
        counted.append(Counted(Limit.CODES_OF_CONSENT_POINT, AddressProof.created_at, is_of_point, rates=[daily]))
    return counted


def _is_of_point_today(proof: AddressProof) -> ColumnElement[bool]:
    """Each point has its own budget, so flooding one poster does not close a brand's others; mail goes on after SMS."""
    return and_(
        AddressProof.brand_id == proof.brand_id,
        AddressProof.campaign_id == proof.campaign_id,
        AddressProof.kind == proof.kind,
        AddressProof.created_at >= clock.start_of_day(clock.day(proof.created_at)),
    )
