"""Outboxes, sent by lease: SMS and e-mails to recipients, with their delivery state; and mails to users, never to
recipients."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    Index,
    Integer,
    SmallInteger,
    SQLColumnExpression,
    String,
    exists,
    func,
    literal_column,
)
from sqlalchemy.orm import Mapped, aliased, mapped_column

from portal.core.addresses import AddressKind
from portal.core.models.base import BigId, Entity, foreign_key, partial_index


class MessageKind(StrEnum):
    """Each has a folder in templates/messages/."""

    INVITATION = "invitation"  # With a link of a campaign; its launch writes the text.
    CONFIRMATION = "confirmation"  # Of an act with a grant, on the same day (Regulation art. 7).
    REFUSAL = "refusal"  # Confirms an act that only refuses.
    CODE = "code"  # Six digits to prove an address.
    COMPLAINT_SETTLED = "complaint_settled"


class MessageState(StrEnum):
    """Only forward, as the gateway reports; a report of delivery overrules any other."""

    WAITING = "waiting"
    ACCEPTED = "accepted"  # The gateway has it.
    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"  # Not delivered in time.
    BLOCKED = "blocked"  # By the vendor's list of refusals, or by İYS there.
    UNCERTAIN = "uncertain"  # The gateway's answer was lost; it may have it.
    NOT_NEEDED = "not_needed"


class UnsentReason(StrEnum):
    """Why a message was not needed."""

    REFUSED = "refused"  # Refused meanwhile, may be sent nothing any more, or had a campaign of that kind lately.
    EXPIRED = "expired"
    LANDLINE = "landline"  # None goes to the address: a landline, a satellite, or abroad by the operator's accounts.
    UNDONE = "undone"  # The grant that it confirms was taken back.
    REASSIGNED = "reassigned"  # Somebody else may have the address by now.
    PROVIDER = "provider"  # The provider confirmed it itself.
    STOPPED = "stopped"  # Its campaign was, before it left.
    SANDBOX = "sandbox"  # A stranger's address, before the provider or brand is admitted.


class Message(Entity):
    """To a recipient of a provider, or from the portal itself to an `address`."""

    __table_args__ = (
        # Messages that people wait for go before the links of campaigns.
        partial_index("ix_message_due", "provider_id", "address_kind", "rank", "due_at", where="due_at IS NOT NULL"),
        Index("ix_message_of_campaign", "campaign_id", "kind", "state", "unsent_reason", "reason"),
        Index("ix_message_vendor_ref", "gateway_id", "vendor_ref"),
        partial_index("ix_message_unreported", "gateway_id", "called_at", where="state = 'accepted'"),
        partial_index("uq_message_carried", "link_id", unique=True, where="kind = 'invitation'"),
        partial_index("ix_message_bad_address", "recipient_id", where="reason = 'bad_address'"),
        partial_index("ix_message_confirmation", "provider_id", "created_at", where="receipt_id IS NOT NULL"),
    )

    PLACE = "message.text"
    ADDRESS = "message.address"
    FACTS = "message.facts"

    kind: Mapped[MessageKind] = mapped_column(default=MessageKind.INVITATION)
    rank: Mapped[int] = mapped_column(Integer, default=1)  # 0: somebody waits for it; 1: nobody does.
    language: Mapped[str] = mapped_column(String(2), default="tr")
    provider_id: Mapped[int | None] = foreign_key("provider.id", index=False)  # None: from the portal itself.
    campaign_id: Mapped[int | None] = foreign_key("campaign.id", index=False)
    # For which it speaks, where neither a campaign nor an act says that; None: for the whole firm, or the portal.
    brand_id: Mapped[int | None] = mapped_column(BigId)
    recipient_id: Mapped[int | None] = foreign_key("recipient.id")
    link_id: Mapped[int | None] = mapped_column(BigId)
    receipt_id: Mapped[int | None] = mapped_column(BigId)  # Of the act that it confirms.
    address: Mapped[bytes | None]  # Encrypted: the destination if there is no recipient.
    facts: Mapped[bytes | None]  # Encrypted JSON: the template's variables, until it is rendered.
    text: Mapped[bytes | None]  # Encrypted, since it holds the link. Never stored for codes.
    state: Mapped[MessageState] = mapped_column(default=MessageState.WAITING)
    unsent_reason: Mapped[UnsentReason | None]  # Of one that is not needed; those from before have none.
    address_kind: Mapped[AddressKind | None]  # None: unknown until its address is opened.
    gateway_id: Mapped[int | None] = foreign_key("message_gateway.id", index=False)  # Of the last attempt,
    batch_id: Mapped[int | None] = mapped_column(BigId)  # which was this call; None once it is known to have failed.
    called_at: Mapped[datetime | None]  # When that call began.
    vendor_ref: Mapped[str] = mapped_column(String(80), default="", server_default="")
    reason: Mapped[str | None] = mapped_column(String(20))  # Of a failure, in our terms,
    code: Mapped[str | None] = mapped_column(String(60))  # and the vendor's own word.
    parts: Mapped[int | None] = mapped_column(SmallInteger)  # Of an SMS: as we count, then as the vendor reports.
    cost: Mapped[str | None] = mapped_column(String(20))  # A decimal number in the vendor's unit.
    reported_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]  # Not sent later.
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


def is_undeliverable(recipient_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
    """The condition that a message to a recipient failed since there is no such address, and none was taken since."""
    failed, later = aliased(Message), aliased(Message)
    taken = exists().where(
        later.recipient_id == failed.recipient_id, later.state.in_((MessageState.ACCEPTED, MessageState.DELIVERED)),
        later.ended_at > func.coalesce(failed.reported_at, failed.ended_at),
    )  # fmt: skip
    return exists().where(
        failed.recipient_id == recipient_id, failed.reason == literal_column("'bad_address'"),
        failed.state == MessageState.FAILED, ~taken,
    )  # fmt: skip


class MailKind(StrEnum):
    """Each has a folder in templates/mails/."""

    CONFIRMATION = "confirmation"
    ALREADY_HERE = "already_here"  # A sign-up with an address that has an account.
    INVITATION = "invitation"
    RESET = "reset"
    NEW_DEVICE = "new_device"
    FACTOR_CHANGED = "factor_changed"
    PASSWORD_CHANGED = "password_changed"
    NEW_OWNER = "new_owner"
    ADMITTED = "admitted"
    SENT_BACK = "sent_back"
    SUSPENDED = "suspended"
    ANSWERED = "answered"  # The operator answered a question from the onboarding page.
    ORDER_SETTLED = "order_settled"
    IMPORT_ASKED = "import_asked"  # The operator imports a file and needs information.
    IMPORT_ENDED = "import_ended"  # To whoever started it: what came of a file.
    POINT_BUDGET = "point_budget"  # A consent point has used (nearly) all its codes of the day.
    NAME_SETTLED = "name_settled"  # The operator decided on a brand's new name or contact line.
    SUBMISSIONS_WAIT = "submissions_wait"  # İYS has not taken decisions, tells none, or holds others.
    GATEWAY_STOPPED = "gateway_stopped"  # Its vendor refuses the account: nothing leaves.
    INBOX_UNREAD = "inbox_unread"  # Its vendor or mailbox hands out no replies and refusals.
    REPLY_NUMBER_LOST = "reply_number_lost"  # No account brings replies to a brand's number.
    HOST_LOST = "host_lost"  # A brand's own host begins no links any more; or does so again.
    LAUNCH_REFUSED = "launch_refused"  # A campaign could not be launched at its time.
    CAMPAIGN_PAUSED = "campaign_paused"  # Its budget is used up.
    CASES_WAIT = "cases_wait"  # Complaints at the desk: new, nearly due or overdue.
    CONFIRMATIONS_WAIT = "confirmations_wait"  # Consents of the day are not confirmed, or were not.
    REPLIES_WAIT = "replies_wait"  # Replies that may refuse, which nobody has read yet.
    KEY_ENDS = "key_ends"  # A key of the API that programs use ends soon, or has ended.
    WEBHOOK_FAILS = "webhook_fails"  # An endpoint takes no events, or is off for that.
    CHECK_FAILS = "check_fails"  # To the operator: a readiness check fails, or is well again.


class MailState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


class Mail(Entity):
    """Encrypted for no provider (0). The text is rendered when it is sent."""

    __table_args__ = (Index("ix_mail_due", "due_at"),)

    ADDRESS = "mail.address"
    FACTS = "mail.facts"

    kind: Mapped[MailKind]
    language: Mapped[str] = mapped_column(String(2))
    address: Mapped[bytes]  # Encrypted.
    facts: Mapped[bytes]  # Encrypted JSON: the template's variables, including links with tokens.
    state: Mapped[MailState] = mapped_column(default=MailState.WAITING)
    due_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
