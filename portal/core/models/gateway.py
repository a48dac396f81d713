"""Gateways of messages: accounts at vendors of SMS and at mail servers, and which brands send through them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Integer, LargeBinary, SmallInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.addresses import AddressKind
from portal.core.models.base import Base, BigId, Entity, foreign_key


class GatewayState(StrEnum):
    UNTESTED = "untested"  # Nothing leaves before a test message was accepted.
    WORKING = "working"
    STOPPED = "stopped"  # The vendor refuses our account: a person must act.
    REMOVED = "removed"


class MessageGateway(Entity):
    """An account at a vendor. Several brands of a provider may send through it."""

    CREDENTIALS = "message_gateway.credentials"
    SECRET = "message_gateway.secret"

    provider_id: Mapped[int | None] = foreign_key("provider.id")  # None: the operator's.
    carries: Mapped[AddressKind]
    vendor: Mapped[str] = mapped_column(String(20))  # A name of services.messaging.gateways.vendors.
    header: Mapped[str] = mapped_column(String(254))  # What recipients see as the sender.
    former_headers: Mapped[str] = mapped_column(Text, default="", server_default="")  # A line each.
    credentials: Mapped[bytes]  # Encrypted JSON: the fields that the vendor asks for.
    secret: Mapped[bytes]  # Encrypted: the part of the callback URL that nobody can guess,
    secret_digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)  # and its SHA-256.
    per_second: Mapped[int] = mapped_column(Integer)  # Messages.
    state: Mapped[GatewayState] = mapped_column(default=GatewayState.UNTESTED)
    stopped_code: Mapped[str | None] = mapped_column(String(60))  # The vendor's word for why.
    stopped_reason: Mapped[str | None] = mapped_column(String(20))  # The same in our terms: a Reason of protocol.py.
    stop_mailed_at: Mapped[datetime | None]  # Its owners were mailed that it stopped or tells nothing.
    next_at: Mapped[datetime | None]  # No message leaves before: its pace.
    resting_until: Mapped[datetime | None]  # After failed calls.
    failures: Mapped[int] = mapped_column(Integer, default=0)  # In a row.
    # Messages in a row that the vendor took for ones to people on its list of refusals; of a single one, which.
    refused_in_a_row: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    refused_message_id: Mapped[int | None] = mapped_column(BigId)
    served_at: Mapped[datetime | None]  # Its last turn.
    swept_at: Mapped[datetime | None]  # Reports, replies and refusals were fetched.
    reports_unread_since: Mapped[datetime | None]  # Its reports have been asked for in vain since.
    news_read_at: Mapped[datetime | None]  # Something that it told was read: accounts take turns.
    mailbox_position: Mapped[str | None] = mapped_column(String(40))  # Mails that came back were read up to here,
    junk_position: Mapped[str | None] = mapped_column(String(40))  # and in the folder for spam.
    tested_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class BrandGateway(Base):
    """A brand sends through this gateway to addresses of this kind; where it has two, the second one stands in."""

    brand_id: Mapped[int] = mapped_column(BigId, ForeignKey("brand.id"), primary_key=True)
    carries: Mapped[AddressKind] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(SmallInteger, primary_key=True)  # 1 or 2.
    gateway_id: Mapped[int] = foreign_key("message_gateway.id")
    share: Mapped[int] = mapped_column(SmallInteger)  # Percent of the brand's batches that go this way now.


class FormerBrandGateway(Base):
    """A brand had chosen this gateway before: what it is answered may still come by that."""

    brand_id: Mapped[int] = mapped_column(BigId, ForeignKey("brand.id"), primary_key=True)
    gateway_id: Mapped[int] = mapped_column(BigId, ForeignKey("message_gateway.id"), primary_key=True)
    left_at: Mapped[datetime]
