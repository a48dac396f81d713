"""A gateway of mails over SMTP: a relay of the provider's or the operator's own.

SMTP knows no look-up: where the answer to a mail was lost, it is sent again with the same Message-ID. What became of
it comes back as mail (bounces), in a mailbox or pushed, or by the webhook of the relay's vendor (mail_webhooks).
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from email.errors import HeaderParseError

from portal.core import addresses, clock
from portal.services.messaging.gateways import bounces, dkim, mail_webhooks, smtp_connection
from portal.services.messaging.gateways.mail_message import split_mailbox, write_mail
from portal.services.messaging.gateways.mail_tokens import TokenPurpose, token_address
from portal.services.messaging.gateways.mailbox import Mailbox, MailboxVisit, Place
from portal.services.messaging.gateways.protocol import (
    Batch,
    Capabilities,
    ErrorClass,
    Feedback,
    Gateway,
    GatewayError,
    OutgoingMessage,
    Reason,
    SendError,
    SendResult,
)
from portal.services.messaging.gateways.vendor_push import VendorPush

CAPABILITIES = Capabilities(most_messages=50, finds_calls=False)
BAD_HEADER = SendError(ErrorClass.CONFIG, Reason.HEADER, "bad_mail_header")


class NoMailHost(ValueError):
    """What is stored as the host of what comes back is none."""


@dataclass
class SmtpGateway(Gateway):
    """An account at an SMTP server (docs/mail-sending.md). A batch's header is the sender's mailbox."""

    url: str = field(repr=False)  # smtps://user:password@host:465, or smtp:// with STARTTLS.
    # Secrets of at least 16 bytes (mail_tokens): its own first, by which it writes, then those of its owner's others.
    token_keys: Sequence[bytes] = field(repr=False)
    # Where bounces and refusals by mail arrive; without it, bounces go to the sender's mailbox.
    bounce_domain: str = ""
    former_domains: Collection[str] = ()  # Where they still arrive, of all of its owner's accounts.
    is_code: Callable[[str], bool] = lambda _: False  # Whether a text may be the code of a link of ours.
    shows_bounce_domain: bool = False  # Whether readers see it: its owner has proved it.
    feedback: str = "post"  # How we hear what became of mails: "post", "imap", "ses", "brevo", or not at all.
    mailbox: Mailbox | None = None
    topic: str = ""  # The ARN of the topic at Amazon SNS.
    keys: Sequence[dkim.DkimKey] = ()  # Those of the sender's domain sign; without any, the relay must.
    name: str = "localhost"  # Of ours, in EHLO.
    is_trusted: bool = False  # Whether the URL is the operator's own, so that it may lead to a private address.
    capabilities: Capabilities = CAPABILITIES

    def check(self) -> SendError | None:
        """Connect and log in, to the mailbox as well."""
        try:
            with smtp_connection.connect(self.url, self.name, is_trusted=self.is_trusted):
                return self.mailbox.check() if self.mailbox else None
        except GatewayError as failure:
            return failure.error

    def send(self, batch: Batch) -> list[SendResult]:
        """Each mail in a transaction of its own, over one connection; once it is lost, or the turn is over, the rest
        is not tried."""
        results: list[SendResult] = []
        try:
            with smtp_connection.connect(self.url, self.name, is_trusted=self.is_trusted) as server:
                for result in self._deliver(server, batch):
                    results.append(result)
        except smtp_connection.Disconnected as failure:
            if not results:
                return [SendResult(each.id, error=failure.error) for each in batch.messages]
        return results

    def read_push(self, push: VendorPush) -> Feedback:
        """Reports, complaints and refusals by mail in a push: an event of the relay's vendor; or a mail that came back,
        its body as it is, its envelope's recipient as "to" in the query. What is about mails of before still comes by
        the way that the account had then: its refusals wait, but for those with a token of ours. Raises ValueError and
        GatewayError."""
        looks_like, own_way = mail_webhooks.way_of(push), self.feedback
        if (
            looks_like == "post" or own_way not in mail_webhooks.VENDORS
        ):  # By a token in it an event names whom it is of, too.
            to = push.query.get("to", "")
            told = self._parse(push.body, to)
            if told != Feedback():
                return told
        match own_way if looks_like == "post" else looks_like:
            case "ses":
                return mail_webhooks.read_ses_push(push, self.topic if own_way == "ses" else "", self.token_keys)
            case "brevo":
                said = mail_webhooks.parse_brevo_push(push)
                return said if own_way == "brevo" else mail_webhooks.as_doubtful(said)
        return Feedback()

    def read_unproved(self, push: VendorPush) -> Feedback:
        """What may refuse in a push of SNS's that read_push() could not verify. Raises ValueError."""
        return mail_webhooks.read_unproved_ses_push(push, self.token_keys)

    def tells_only_reports(self, push: VendorPush) -> bool:
        match mail_webhooks.way_of(push) if self.feedback in mail_webhooks.VENDORS else "post":
            case "ses":
                return mail_webhooks.read_unproved_ses_push(push, self.token_keys).only_reports
            case "brevo":
                return mail_webhooks.parse_brevo_push(push).only_reports
        return False

    def read_mailbox(self, inbox: Place, junk: Place) -> tuple[Feedback, MailboxVisit]:
        """What came back into the mailbox after its places, and how far it was read. Raises GatewayError."""
        assert self.mailbox is not None
        visit = self.mailbox.read(*inbox, junk)
        mails = [*visit.mails, *(visit.junk.mails if visit.junk else ())]
        told = [self._parse(each, "") for each in mails]
        feedback = Feedback(
            tuple(report for each in told for report in each.reports),
            tuple(refusal for each in told for refusal in each.blocked),
            tuple(reply for each in told for reply in each.replies),
        )
        return feedback, visit

    def _parse(self, raw: bytes, to: str) -> Feedback:
        return bounces.parse_returned_mail(raw, to, self.token_keys, self._domains(), self.is_code)

    def _deliver(self, server: smtp_connection.SmtpConnection, batch: Batch) -> Iterator[SendResult]:
        for place, message in enumerate(batch.messages):
            if place and batch.is_over(clock.now()):
                return
            try:
                sender = self._address(TokenPurpose.BOUNCE, message) or split_mailbox(batch.header)[1]
                content = self._content(message, batch.header)
            except (HeaderParseError, NoMailHost):
                yield SendResult(message.id, error=BAD_HEADER)
                continue
            try:
                smtp_connection.deliver(server, sender, message.to, content, asks_reports=True)
                yield SendResult(message.id)
            except smtp_connection.Disconnected as failure:
                yield SendResult(message.id, error=failure.error)
                return
            except GatewayError as failure:
                yield SendResult(message.id, error=failure.error)

    def _content(self, message: OutgoingMessage, mailbox: str) -> bytes:
        takes_refusals = self.shows_bounce_domain and (self.feedback == "post" or self.mailbox is not None)
        purposes = (TokenPurpose.UNSUBSCRIBE, TokenPurpose.BOUNCE)
        refusal, reply = (self._address(each, message) if takes_refusals else "" for each in purposes)
        content = write_mail(message, mailbox, clock.now(), self.token_keys[0], refusal, reply)
        domain = split_mailbox(mailbox)[1].rpartition("@")[2]
        return dkim.sign(content, [key for key in self.keys if key.domain == domain])

    def _domains(self) -> set[str]:
        return {*self.former_domains, self.bounce_domain} - {""}

    def _address(self, purpose: TokenPurpose, message: OutgoingMessage) -> str:
        if not self.bounce_domain:
            return ""
        address = token_address(self.token_keys[0], purpose, message.id, self.bounce_domain)
        if not addresses.is_email(address):
            raise NoMailHost
        return address
