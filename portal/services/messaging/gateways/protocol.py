"""What every gateway of messages can do, in one language: vendors' words, codes and states are translated by adapters.

An adapter makes calls and reads answers; it holds no rows and decides no retry. Whoever calls it does (outbox).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from portal.core.iys_protocol import RecipientType
from portal.services.messaging.gateways.vendor_push import VendorPush

LONGEST_TURN = timedelta(seconds=10)  # From a look at who may get a message: then they may have refused.


@dataclass(frozen=True)
class OutgoingMessage:
    """One message for a gateway. `to` is canonical and in clear: +905…, or a mailbox. A mail has a subject and the URL
    of one-click unsubscribe (RFC 8058)."""

    id: int  # Ours; the same at each attempt.
    to: str
    text: str = field(repr=False)
    subject: str = ""
    one_click: str = ""
    is_commercial: bool = False  # Whether the vendor is to ask İYS; never for what asks, confirms or informs.
    recipient_type: RecipientType = RecipientType.INDIVIDUAL
    expires_at: datetime | None = None
    language: str = "tr"  # Of the text.


@dataclass(frozen=True)
class Batch:
    """Messages of one call: each address once, all commercial for one recipient type or none. `id` stays at repeats."""

    id: int
    header: str  # The name that phones show as sender (başlık); or the sender's mailbox: "Marka <bilgi@marka.com>".
    messages: Sequence[OutgoingMessage]
    # When it was looked at who may get a message; the call was, or is, made after that. lookup() asks from then on.
    attempted_at: datetime | None = None

    def is_over(self, at: datetime) -> bool:
        """Whether its turn is over, of which log-ins and failed calls are a part: who got none yet is looked at anew.
        The first call, or mail, is made all the same, so that each turn settles some."""
        return self.attempted_at is not None and at >= self.attempted_at + LONGEST_TURN

    @property
    def commercial_to(self) -> RecipientType | None:
        """Of whom the vendor is to ask İYS, if at all. Raises ValueError where the messages differ."""
        (kind,) = {each.recipient_type if each.is_commercial else None for each in self.messages}
        return kind


class ErrorClass(StrEnum):
    """What is to be done about a failure."""

    PERMANENT = "permanent"  # This message never goes; the others do.
    TEMPORARY = "temporary"  # Again later.
    CONFIG = "config"  # Nothing goes through this gateway until a person has put it right; no attempt is counted.
    UNCERTAIN = "uncertain"  # The vendor may have it: lookup() before anything else.


class Reason(StrEnum):
    """Why a message failed, as far as the vendor says."""

    BAD_ADDRESS = "bad_address"
    BLOCKED_BY_VENDOR = "blocked_by_vendor"  # The person left by the vendor's own list: a refusal.
    BLOCKED_BY_IYS = "blocked_by_iys"
    DUPLICATE = "duplicate"  # The vendor had this text for this address already.
    CONTENT = "content"
    NO_CREDIT = "no_credit"
    CREDENTIALS = "credentials"
    HEADER = "header"  # Not registered, or not ours.
    NETWORK_ADDRESS = "network_address"  # The vendor does not let calls in from our IP address.
    IYS_SETUP = "iys_setup"  # The vendor's account has no İYS brand.
    RATE = "rate"
    UNREACHABLE = "unreachable"  # Phone off, mailbox full, line closed.
    UNAVAILABLE = "unavailable"  # The vendor is down, or gave no answer.
    UNKNOWN = "unknown"  # A code that the adapter does not know: an alarm.


BLOCKED = (Reason.BLOCKED_BY_VENDOR, Reason.BLOCKED_BY_IYS)  # A list of refusals has the person.


@dataclass(frozen=True)
class SendError:
    """A failure in our terms; `code` is the vendor's own word, and holds nothing of the message."""

    error_class: ErrorClass
    reason: Reason = Reason.UNKNOWN
    code: str = ""
    retry_after: timedelta | None = None
    said: str = field(default="", repr=False)  # By a mail system that may quote a person: somebody reads it.


@dataclass(frozen=True)
class SendResult:
    """What came of one message of a batch: accepted where there is no error."""

    message_id: int
    ref: str = ""  # The vendor's id; of a whole batch with some vendors.
    error: SendError | None = None
    is_alone: bool = field(default=False, compare=False)  # Answered to a call of its own, of a batch that was halved.


class ReportState(StrEnum):
    """Of a message at the vendor. Only forward: ACCEPTED, then one of the others; DELIVERED may replace any."""

    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Report:
    """A delivery report. It names its message by our id, or else by the vendor's and the address."""

    state: ReportState
    ref: str = ""
    message_id: int | None = None
    to: str = ""  # Canonical.
    reason: Reason | None = None
    code: str = ""
    at: datetime | None = None
    parts: int | None = None
    cost: str = ""  # A decimal number, in the vendor's unit.
    may_refuse: bool = False  # It names a list of refusals, or something else, though its state means another.

    @property
    def is_known(self) -> bool:
        """Whether its state is one that the adapter knows."""
        return (self.state, self.reason) != (ReportState.ACCEPTED, Reason.UNKNOWN)

    @property
    def names_refusal(self) -> bool:
        """Whether it says, or may, that its person is on the vendor's list of refusals."""
        return self.may_refuse or self.reason == Reason.BLOCKED_BY_VENDOR


@dataclass(frozen=True)
class MailClue:
    """By what a mail may answer one of ours (mail_answers). What anybody could name is no proof."""

    message_ids: Sequence[int] = ()  # Of ours, by tokens.
    replied_id: int | None = None  # Of ours, as it says: anybody could name it.
    codes: Sequence[str] = ()  # In what may be links of ours in it.
    says_it_answers: bool = True  # Whichever message.
    senders: Sequence[str] = ()  # Beside From: who wrote it, or gets replies.
    is_ours: bool = True  # Else only where one of these is true,
    needs_proof: bool = False  # and only a token or a link: it is marked as no person's.


@dataclass(frozen=True)
class InboundMessage:
    """What somebody wrote back. `id` is the vendor's, which may not tell replies apart; empty where it gives none."""

    id: str
    sender: str  # Canonical, as far as it is an address.
    to: str  # A number or a short code of the provider's.
    text: str = field(repr=False)
    received_at: datetime  # By the vendor; or when we heard of it, where no time was told that we can read.
    keyword: str = ""
    is_dated: bool = True  # Whether it was told.
    is_whole: bool = True  # Else `text` is what could not be read, and `sender` a number that stands in it, if any.
    is_sender_proved: bool = True  # Else it is what a mail calls itself.
    others: Sequence[str] = ()  # Canonical: whose word it may be beside the sender's.
    # Of a mail: to which recipients, and for which brands, what was written that it surely answers.
    answers: Sequence[tuple[int, int]] = ()
    izinlink_wrote_to: Sequence[str] = ()  # By Address.reaches: where İzinlink's own went that it surely answers.
    clue: MailClue = MailClue()  # Of a mail, until it is known whose word it is.
    alike_before: int = 0  # How many rows of the same list say the same, and stand before it.
    is_new: bool = False  # It was not in the list a minute ago, which the vendor gives whole.
    tells_seconds: bool = field(default=False, compare=False)  # Whether its time is written with seconds.
    is_automatic: bool = False  # A machine's answer in words that are on no list of refusals: an absence, mostly.

    @property
    def is_alike(self) -> bool:
        return self.alike_before > 0

    @property
    def said(self) -> str:
        """The text with the keyword, which some vendors cut off."""
        return self.text if self.keyword in self.text else f"{self.keyword} {self.text}"


# Sources of a refusal that a vendor answers to the call that sends; the second may be of the account.
ANSWER, DOUBTFUL_ANSWER = "answer", "answer?"


@dataclass(frozen=True)
class BlockedAddress:
    """An address to which the vendor sends no more, as its person wants. A complaint may name the mail (our id)."""

    address: str  # Canonical.
    at: datetime | None
    source: str = ""
    message_id: int | None = None
    word: str = ""  # The vendor's own, as a code.
    mail: InboundMessage | None = field(default=None, compare=False, repr=False)  # Read if nobody knows the message.
    is_new: bool = False  # It came to the list since the answer before.


@dataclass(frozen=True)
class Feedback:
    """What a vendor or a mail system told us."""

    reports: tuple[Report, ...] = ()
    blocked: tuple[BlockedAddress, ...] = ()
    replies: tuple[InboundMessage, ...] = ()

    @property
    def only_reports(self) -> bool:
        """Whether nobody refuses in it: it tells no more than what became of messages."""
        return not (self.blocked or self.replies or any(each.names_refusal for each in self.reports))


class LookupOutcome(StrEnum):
    FOUND = "found"
    ABSENT = "absent"  # The vendor never had it: it may be sent again.
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True)
class Lookup:
    """What the vendor knows of a batch whose answer was lost."""

    outcome: LookupOutcome
    ref: str = ""


@dataclass(frozen=True)
class Capabilities:
    """What a vendor's interface has."""

    most_messages: int  # In one call.
    pulls_reports: bool = False
    may_repeat: bool = False  # A repeated message is known by its id and shown once.
    lookup_after: timedelta = timedelta(minutes=1)  # Before, a vendor may not know yet what it has taken.
    finds_calls: bool = True  # By lookup().
    lists_whole_inbox: bool = False  # Asked for replies it has no range of times.
    lists_since: bool = False  # Asked for its list of refusals it tells, without times, what came to it since a time.


class GatewayError(Exception):
    """A call other than send() failed; `found`: what was read of a list until then."""

    def __init__(self, error: SendError, found: Sequence[Any] = ()):
        super().__init__(error.error_class.value)
        self.error, self.found = error, found


class Gateway:
    """An account at a vendor. All but send() and check() tell nothing unless an adapter overrides them, and then raise
    GatewayError; none raises for what a vendor says."""

    capabilities: Capabilities

    def check(self) -> SendError | None:
        """Whether credentials and header are right, by a call that costs nothing."""
        raise NotImplementedError

    def send(self, batch: Batch) -> list[SendResult]:
        """One result per message that was tried, in their order. A failure of the whole call is that of each."""
        raise NotImplementedError

    def lookup(self, batch: Batch) -> Lookup:
        """Whether a batch whose answer was lost has arrived."""
        return Lookup(LookupOutcome.CANNOT_TELL)

    def reports(self, refs: Sequence[str], since: datetime) -> list[Report]:
        """Delivery reports of these refs, by pull. The oldest was sent at `since` or later."""
        return []

    def read_push(self, push: VendorPush) -> Feedback:
        """What a request of the vendor tells. Raises ValueError, and GatewayError where it cannot be verified yet."""
        return Feedback()

    def read_unproved(self, push: VendorPush) -> Feedback:
        """What may refuse in a request that is not verified. Raises ValueError."""
        raise ValueError("nothing is signed")

    def tells_only_reports(self, push: VendorPush) -> bool:
        """Whether nobody refuses in a request, if it is genuine. Asks nobody. Raises ValueError."""
        return self.read_push(push).only_reports

    def inbound(self, since: datetime, until: datetime) -> list[InboundMessage]:
        """What people wrote back, by pull."""
        return []

    def blocked(self, since: datetime) -> list[BlockedAddress]:
        """Addresses on the vendor's own list of refusals."""
        return []
