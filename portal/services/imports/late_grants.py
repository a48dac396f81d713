"""Recipients whose grants in a file came too late for İYS, and whom the provider may ask again."""

from collections.abc import Mapping

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from portal.core.iys_protocol import Channel, Status
from portal.core.models import Consent, Decision, ImportBatch, Submission, is_void


def late_recipients(session: Session, batch: ImportBatch) -> Mapping[int, list[Channel]]:
    """Recipients by id with the channels of their late grants, without those who have refused or granted since."""
    submitted = exists().where(Submission.decision_id == Decision.id)
    late = (
        select(Decision.recipient_id, Decision.channel)
        .join(Consent, Consent.id == Decision.consent_id)
        .where(
            Decision.batch_id == batch.id,
            Decision.status == Status.GRANTED,
            Consent.status.is_(None),
            ~submitted,
            ~is_void(),
        )
    )
    found: dict[int, list[Channel]] = {}
    for recipient_id, channel in session.execute(late):
        channels = found.setdefault(recipient_id, [])
        if channel not in channels:
            channels.append(channel)
    return found
