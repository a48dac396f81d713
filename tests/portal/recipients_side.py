"""A row at each sealed place of the recipient's side, as the first generation of keys left it."""

from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.ids import new_ids
from portal.core.models import AddressProof, Complaint, ComplaintStep, Message, Receipt, Recipient, SigningKey
from tests import make


def keep(provider) -> None:
    """A receipt with a name, a message and a proof of an address nobody may know, a case with a step, and a key."""
    at, recipient_id = clock.now(), db.session.scalar(select(Recipient.id))
    receipt_id, message_id, proof_id, complaint_id, step_id, key_id = new_ids(6)

    def sealed(text: str, place: str, row_id: int, owner: int = 0) -> bytes:
        return vault().seal(text, place, owner, row_id)

    for row in (
        Receipt(
            id=receipt_id, nonce=1, number="0" * 16, origin="mine", provider_id=provider.id, recipient_id=recipient_id,
            language="tr", decided_at=at, choices="MESAJ=RET",
            request_metadata=sealed("{}", Receipt.PLACE, receipt_id, provider.id),
            name=sealed("Fatma", Receipt.NAME, receipt_id, provider.id),
        ),
        Message(
            id=message_id, kind="code", created_at=at, address=sealed(make.PHONE, Message.ADDRESS, message_id),
            facts=sealed("{}", Message.FACTS, message_id),
        ),
        AddressProof(
            id=proof_id, nonce=1, purpose="mine", kind="phone", language="tr", code_digest=b"digest", created_at=at,
            prefix_digest=b"digest", network_digest=b"digest", was_sent=True, expires_at=at,
            address=sealed(make.PHONE, AddressProof.ADDRESS, proof_id),
            facts=sealed("{}", AddressProof.FACTS, proof_id),
            **vault().indexes(0, make.PHONE),
        ),
        Complaint(
            id=complaint_id, nonce=1, kind="still_receiving", provider_id=provider.id, recipient_id=recipient_id,
            language="tr", due_at=at, created_at=at, header=sealed("X", Complaint.HEADER, complaint_id, provider.id),
            text=sealed("x", Complaint.TEXT, complaint_id, provider.id),
            picture=sealed("x", Complaint.PICTURE, complaint_id, provider.id),
        ),
        ComplaintStep(
            id=step_id, provider_id=provider.id, complaint_id=complaint_id, at=at, act="answered",
            text=sealed("x", ComplaintStep.PLACE, step_id, provider.id),
        ),
        SigningKey(
            id=key_id, name="key", public="{}", private=sealed("{}", SigningKey.PLACE, key_id), created_at=at,
        ),
    ):  # fmt: skip
        db.session.add(row)
        db.session.flush()
