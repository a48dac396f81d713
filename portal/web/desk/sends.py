"""Messages that the provider sent by other systems, as it reported them: was each allowed then, and asked about?"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select

from portal.core.addresses import HIDDEN
from portal.core.extensions import read_session, vault
from portal.core.models import AddressCheck, Brand, Complaint, Recipient, ReportedSend
from portal.core.vault import CannotOpen
from portal.domain import complaints
from portal.domain.complaints import Comparison

NEAR = timedelta(days=1)  # Between a report of a message and the hour that a person remembers.
MAX_SENDS = 1000  # Of a person.


@dataclass(frozen=True)
class ShownSend:
    """A send with its brand, and when a check asked about it before."""

    send: ReportedSend
    brand: Brand
    recipient: Recipient
    checked_at: datetime | None

    def campaign(self) -> str:
        """The provider's name or reference; "" where there is none."""
        sealed = self.send.campaign
        try:
            return vault().read(sealed, ReportedSend.CAMPAIGN, self.send.provider_id, self.send.id) if sealed else ""
        except CannotOpen:
            return HIDDEN

    def compare(self) -> Comparison:
        """What the decisions of then say of it."""
        return complaints.compare_with_refusal(
            read_session(), self.recipient, brand_id=self.brand.id, channel=self.send.channel,
            came_at=self.send.sent_at, held_at=self.send.sent_at, is_to_second=True,
        )  # fmt: skip


def list_sends(recipient: Recipient, *conditions: ColumnElement[bool]) -> list[ShownSend]:
    """Sends to a person, the newest first."""
    rows = (
        select(ReportedSend, Brand, AddressCheck.checked_at)
        .join(Brand, Brand.id == ReportedSend.brand_id)
        .outerjoin(AddressCheck, AddressCheck.id == ReportedSend.check_id)
        .where(ReportedSend.recipient_id == recipient.id, *conditions)
        .order_by(ReportedSend.sent_at.desc())
        .limit(MAX_SENDS)
    )
    return [ShownSend(send, brand, recipient, checked_at) for send, brand, checked_at in read_session().execute(rows)]


def list_sends_near(case: Complaint, recipient: Recipient) -> list[ShownSend]:
    """Sends that may be the message of a case: of its brand and channel, within NEAR of its hour."""
    if case.came_at is None:
        return []
    return list_sends(
        recipient, ReportedSend.brand_id == case.brand_id, ReportedSend.channel == case.channel,
        ReportedSend.sent_at.between(case.came_at - NEAR, case.came_at + NEAR),
    )  # fmt: skip
