"""What vendors of mail push to us: Amazon SES (by SNS, signed) and Brevo (unsigned: known by the secret in our URL)."""

import base64
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256

from portal.core import addresses
from portal.core.ids import parse_id
from portal.services.messaging.gateways import http_call, json_values, own_words, push_text
from portal.services.messaging.gateways.json_values import read, read_text
from portal.services.messaging.gateways.mail_reports import NO_COMPLAINT
from portal.services.messaging.gateways.mail_status import CODE, enhanced_status, reason_of
from portal.services.messaging.gateways.mail_system_words import unfamiliar_answer
from portal.services.messaging.gateways.mail_tokens import MAIL_ID, find_messages
from portal.services.messaging.gateways.protocol import (
    DOUBTFUL_ANSWER,
    BlockedAddress,
    ErrorClass,
    Feedback,
    GatewayError,
    Reason,
    Report,
    ReportState,
    SendError,
)
from portal.services.messaging.gateways.push_document import DEEPEST
from portal.services.messaging.gateways.sample_words import names_list
from portal.services.messaging.gateways.unknown_events import find_beside_events, read_unknown_events
from portal.services.messaging.gateways.vendor_push import MAX_PUSH_BYTES, VendorPush
from portal.services.messaging.gateways.vendor_rows import guess_address, parse_time, safe_code

CERTIFICATE_URL = re.compile(r"https://sns\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/[\w./-]+\.pem")
SUBSCRIBE_URL = re.compile(r"https://sns\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/\?\S+")
SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
# Bounces and complaints of SES are read by themselves. Its Delivery: the recipient's mail system took the mail.
SES_STATES = {
    "Send": ReportState.ACCEPTED,
    "DeliveryDelay": ReportState.ACCEPTED,
    "Delivery": ReportState.DELIVERED,
    "Reject": ReportState.FAILED,
}
BREVO_STATES: dict[str, tuple[ReportState, Reason | None]] = {
    "request": (ReportState.ACCEPTED, None),
    "deferred": (ReportState.ACCEPTED, None),
    "delivered": (ReportState.DELIVERED, None),
    "soft_bounce": (ReportState.EXPIRED, Reason.UNREACHABLE),
    "hard_bounce": (ReportState.FAILED, Reason.BAD_ADDRESS),
    "invalid_email": (ReportState.FAILED, Reason.BAD_ADDRESS),
    "blocked": (ReportState.FAILED, Reason.UNREACHABLE),
    "error": (ReportState.FAILED, None),
}
LEFT = re.compile(r"\b(?:unsubscribed|opt(?:ed)?[ _-]?out)\b", re.IGNORECASE)  # No mail system's "List-Unsubscribe".
REFUSING = re.compile(r"unsub|spam|complain", re.IGNORECASE)  # Brevo has more such events than it documents.
MAY_REFUSE = re.compile(rf"{REFUSING.pattern}|black.?list|block.?list|suppress|abuse|opt.?out", re.IGNORECASE)
OPENINGS = ("opened", "unique_opened", "proxy_open", "unique_proxy_open", "click", "Open", "Click")  # No evidence.
FIRST_NOTE = "AmazonSnsSubscriptionSucceeded"  # What SES writes to a new topic.
KNOWN_KEYS: dict[str, CertificatePublicKeyTypes] = {}  # That this process has fetched, by the certificate's URL.
VENDORS = ("ses", "brevo")
LONGEST_HEAD = 400  # Bytes of a push that say what it is.
LONGEST_KIND = 60  # Characters of an event.
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECONDS = re.compile(r"[0-9]{1,10}")


def fetch_from_amazon(url: str) -> bytes:
    """A certificate of SNS's (PEM), or what confirms a subscription when called. Raises GatewayError."""
    answer = http_call.call("GET", url)
    if answer.status != 200:
        raise GatewayError(SendError(ErrorClass.TEMPORARY, Reason.UNAVAILABLE, str(answer.status)))
    return answer.body


def read_ses_push(
    push: VendorPush, topic: str, keys: Sequence[bytes], fetch: Callable[[str], bytes] = fetch_from_amazon
) -> Feedback:  # fmt: skip
    """Read a notification of SES, or confirm the subscription to our topic; empty where it is something else. Raises
    ValueError where SNS did not sign it, and GatewayError.

    `topic` is its ARN: anybody at Amazon has signed topics, so what comes by another one, which may have been ours,
    waits (as_doubtful). `fetch` gets URLs of SNS's and no others.
    """
    message = _signed_by_sns(push.body, fetch)
    is_ours = message["TopicArn"] == topic
    if message["Type"] == "SubscriptionConfirmation":
        if is_ours and SUBSCRIBE_URL.fullmatch(message.get("SubscribeURL", "")):
            fetch(message["SubscribeURL"])
        return Feedback()
    told = _read_note(message, keys)
    return told if is_ours else as_doubtful(told)


def read_unproved_ses_push(push: VendorPush, keys: Sequence[bytes]) -> Feedback:
    """What may refuse in a notification of SES whose signature is not valid, or cannot be verified yet. Raises
    ValueError where it is no message of SNS's."""
    message = _message_of_topic(push.body)
    return as_doubtful(_read_note(message, keys)) if message["Type"] == "Notification" else Feedback()


def way_of(push: VendorPush) -> str:
    """By which way of an account's feedback a push came, as it looks: "ses", "brevo", or "post" of all but JSON."""
    text = push_text.decode(push.body[:LONGEST_HEAD], push.content_type).lstrip()
    if text[:1] not in ("{", "["):
        return "post"
    return "ses" if "TopicArn" in push_text.decode(push.body[:MAX_PUSH_BYTES]) else "brevo"


def as_doubtful(told: Feedback) -> Feedback:
    """Its refusals alone, which a person reads first, while nothing is sent to whom they name. A message that it names
    beside an address may be anybody's."""
    reported = (
        BlockedAddress(each.to, each.at, word=each.code, message_id=each.message_id) for each in told.reports
        if each.names_refusal
    )  # fmt: skip
    blocked = (
        replace(each, source=DOUBTFUL_ANSWER, word=each.word or each.source,
                message_id=None if each.address else each.message_id)
        for each in (*told.blocked, *reported)
    )  # fmt: skip
    return Feedback(blocked=tuple(blocked), replies=told.replies)


def _read_note(message: dict[str, str], keys: Sequence[bytes]) -> Feedback:
    """What SNS brings of SES."""
    note = json_values.parse(message["Message"])
    kind = read_text(note, ("/notificationType", "/eventType"))
    named = next(find_messages(keys, read_text(note, "/mail/source")), None)
    ours: dict[str, Any] = {"ref": read_text(note, "/mail/messageId"), "message_id": named[1] if named else None}
    if kind == "Bounce":
        return _ses_bounce(note, ours)
    if kind == "Complaint":
        return _ses_complaint(note, ours)
    if kind == "Subscription":
        return _ses_subscription(note, ours)
    if kind in (*OPENINGS, FIRST_NOTE):
        return Feedback()
    if kind not in SES_STATES:
        to = read(note, "/mail/destination")  # Beside it stand our own addresses.
        return Feedback(replies=tuple(read_unknown_events([note | {"mail": to} if to else note], ours["message_id"])))
    reason = Reason.CONTENT if kind == "Reject" else None
    at = parse_time(read_text(note, f"/{kind[0].lower()}{kind[1:]}/timestamp"))
    return Feedback((Report(SES_STATES[kind], **ours, reason=reason, code=kind, at=at),))


def parse_brevo_push(push: VendorPush) -> Feedback:
    """Read one event of Brevo, or several. Raises ValueError."""
    events, reports, blocked = json_values.lower_names(_json(push.body)), list[Report](), list[BlockedAddress]()
    if json_values.is_deeper(events, DEEPEST):
        raise ValueError("nested too deeply")
    found = list(json_values.objects_with(events, "event"))
    rows = events if isinstance(events, list) else [events]
    unknown = [each for row in rows for each in find_beside_events(row)]
    for event in found:
        kind, ref, seconds = (read_text(event, f"/{name}") for name in ("event", "message-id", "ts_event"))
        to, own = guess_address(read_text(event, "/email")), MAIL_ID.search(ref)
        message_id = parse_id(own[1]) if own else None
        whom = to if addresses.is_email(to) else json.dumps(event, ensure_ascii=False)
        at = EPOCH + timedelta(seconds=int(seconds)) if SECONDS.fullmatch(seconds) else None
        if REFUSING.search(kind[:LONGEST_KIND]):
            blocked.append(BlockedAddress(whom, at, kind[:LONGEST_KIND], message_id))
        elif kind not in OPENINGS:
            state, reason = BREVO_STATES.get(kind, (ReportState.ACCEPTED, Reason.UNKNOWN))
            has_failed, told = state in (ReportState.FAILED, ReportState.EXPIRED), read_text(event, "/reason")
            why = told if has_failed else ""
            said = reason_of(enhanced_status(why))
            may_refuse = _names_vendors_list(kind, told)
            if kind in ("blocked", "error") and LEFT.search(why[:LONGEST_KIND]):
                said = Reason.BLOCKED_BY_VENDOR
            elif kind not in BREVO_STATES:
                unknown.append(event)
            elif word := told[:LONGEST_HEAD] if may_refuse else _words_to_read(state, why):
                blocked.append(BlockedAddress(whom, at, DOUBTFUL_ANSWER, message_id, word))
            reports.append(Report(state, ref, message_id, to, said or reason, safe_code(kind), at))
    return Feedback(tuple(reports), tuple(blocked), tuple(read_unknown_events(unknown)))


def _names_vendors_list(kind: str, why: str) -> bool:
    """Whether Brevo says that somebody is on a list of refusals; a mail system's words have a code."""
    is_blocked = kind == "blocked" and MAY_REFUSE.search(why[:LONGEST_KIND]) is not None
    return is_blocked or (not CODE.search(why) and names_list(why[:LONGEST_HEAD]))


def _words_to_read(state: ReportState, said: str, status: str = "") -> str:
    """Those by which a mail system may quote its user; what it may take later, it refuses for itself."""
    has_failed = state == ReportState.FAILED or own_words.FAILED.search(f"{status} {said}")
    return own_words.refusing_diagnostic([said]) or (unfamiliar_answer(said, status) if has_failed else "")


def _ses_bounce(note: Any, ours: dict[str, Any]) -> Feedback:
    """Failures; of who left a list of SES's, or whose mail system says that they refuse, somebody reads it."""
    kind, at = read_text(note, "/bounce/bounceType"), parse_time(read_text(note, "/bounce/timestamp"))
    left = "unsubscribed" if read_text(note, "/bounce/bounceSubType") == "UnsubscribedRecipient" else ""
    state = ReportState.FAILED if kind == "Permanent" else ReportState.EXPIRED
    reports, likely = list[Report](), list[BlockedAddress]()
    for recipient in json_values.objects_with(read(note, "/bounce/bouncedRecipients"), "emailAddress"):
        diagnostic, to = read_text(recipient, "/diagnosticCode"), guess_address(read_text(recipient, "/emailAddress"))
        status = enhanced_status(f"{read_text(recipient, '/status')} {diagnostic}")
        code = f"{safe_code(kind)} {status}".strip()
        reports.append(Report(state, **ours, to=to, reason=reason_of(status), code=code, at=at))
        if said := left or _words_to_read(state, diagnostic, read_text(recipient, "/status")):
            likely.append(BlockedAddress(to, at, DOUBTFUL_ANSWER, ours["message_id"], said))
    return Feedback(tuple(reports), tuple(likely))


def _ses_complaint(note: Any, ours: dict[str, Any]) -> Feedback:
    """A refusal. Where SES only found the address on its list of who complained before, maybe about another sender's
    mail, it has failed, and somebody reads whether it is one."""
    kind = read_text(note, "/complaint/complaintFeedbackType") or "abuse"
    at = parse_time(read_text(note, "/complaint/timestamp"))
    recipients = json_values.objects_with(read(note, "/complaint/complainedRecipients"), "emailAddress")
    addresses = [guess_address(read_text(each, "/emailAddress")) for each in recipients]
    if read_text(note, "/complaint/complaintSubType") == "OnAccountSuppressionList":
        failed = partial(Report, ReportState.FAILED, **ours, reason=Reason.UNREACHABLE, code="suppressed", at=at)
        likely = partial(BlockedAddress, at=at, source=DOUBTFUL_ANSWER, message_id=ours["message_id"], word="complaint")
        return Feedback(tuple(failed(to=to) for to in addresses), tuple(map(likely, addresses or [""])))
    told = [] if kind in NO_COMPLAINT else addresses or [""]
    source = f"complaint {safe_code(kind)}"
    return Feedback(blocked=tuple(BlockedAddress(to, at, source, ours["message_id"]) for to in told))


def _ses_subscription(note: Any, ours: dict[str, Any]) -> Feedback:
    """A refusal by the link or header of SES's own lists."""
    wanted = read(note, "/subscription/newTopicPreferences")
    if read_text(wanted, "/unsubscribeAll").lower() != "true" and "OptOut" not in json_values.strings(wanted):
        return Feedback()
    at, to = parse_time(read_text(note, "/subscription/timestamp")), read_text(note, "/mail/destination/0")
    return Feedback(blocked=(BlockedAddress(guess_address(to), at, "subscription", ours["message_id"]),))


def _signed_by_sns(body: bytes, fetch: Callable[[str], bytes]) -> dict[str, str]:
    """The message, once its signature is verified. Version 1 signs with SHA-1 and is refused."""
    message = _message_of_topic(body)
    if message.get("SignatureVersion") != "2":
        raise ValueError("not signed by version 2")
    url, names = message.get("SigningCertURL", ""), SIGNED[message["Type"]]
    if not CERTIFICATE_URL.fullmatch(url):
        raise ValueError("no certificate of Amazon's")
    if url not in KNOWN_KEYS:
        KNOWN_KEYS[url] = x509.load_pem_x509_certificate(fetch(url)).public_key()
    public = KNOWN_KEYS[url]
    text = "".join(f"{name}\n{message[name]}\n" for name in names if name in message)
    if not isinstance(public, RSAPublicKey):
        raise ValueError("no certificate of Amazon's")
    try:
        public.verify(base64.b64decode(message["Signature"]), text.encode(), PKCS1v15(), SHA256())
    except (KeyError, InvalidSignature):
        raise ValueError("not signed") from None
    return message


def _message_of_topic(body: bytes) -> dict[str, str]:
    pushed = _json(body)
    fields = pushed.items() if isinstance(pushed, dict) else ()
    message = {name: text for name, text in fields if isinstance(text, str)}
    if message.get("Type") not in SIGNED or not message.get("TopicArn"):
        raise ValueError("no message of a topic")
    return message


def _json(body: bytes) -> Any:
    if len(body) > MAX_PUSH_BYTES:
        raise ValueError("too long")
    return json_values.parse(push_text.decode(body))
