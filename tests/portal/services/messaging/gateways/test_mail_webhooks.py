"""What Amazon SES and Brevo push: read into our terms, and believed only where it is signed or well formed."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from portal.services.messaging.gateways import mail_webhooks
from portal.services.messaging.gateways.mail_tokens import TokenPurpose, mail_id, token_address
from portal.services.messaging.gateways.mail_webhooks import parse_brevo_push, read_ses_push
from portal.services.messaging.gateways.protocol import DOUBTFUL_ANSWER, BlockedAddress, Feedback, Report
from portal.services.messaging.gateways.vendor_push import VendorPush

KEY = b"k" * 32
MAIL_ID = mail_id(KEY, 81, "ornek.com.tr")
TOPIC = "arn:aws:sns:eu-central-1:123456789012:izinlink"
AT = datetime(2026, 11, 28, 18, 2, 11, tzinfo=UTC)
STAMP = "2026-11-28T18:02:11.000Z"
CERTIFICATE = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123.pem"
OURS = {"ref": "0107019a-ses", "message_id": 81, "at": AT}


@pytest.fixture(autouse=True)
def no_known_keys():
    mail_webhooks.KNOWN_KEYS.clear()


def private_key():
    return rsa.generate_private_key(65537, 2048)


AMAZONS, STRANGERS = private_key(), private_key()


def certificate_of(url: str) -> bytes:
    assert url == CERTIFICATE
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    made = x509.CertificateBuilder(name, name, AMAZONS.public_key(), 7, AT, AT + timedelta(days=9))
    return made.sign(AMAZONS, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def signed(kind="Notification", *, key=AMAZONS, changed=(), **fields) -> VendorPush:
    message = {
        "Type": kind, "MessageId": "22b80b92", "TopicArn": TOPIC, "Timestamp": STAMP, "SignatureVersion": "2",
        "SigningCertURL": CERTIFICATE, **fields,
    }  # fmt: skip
    names = sorted(message.keys() - {"SignatureVersion", "SigningCertURL"})
    text = "".join(f"{name}\n{message[name]}\n" for name in names)
    message["Signature"] = base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()
    return VendorPush(json.dumps(message | dict(changed)).encode(), "text/plain")


def ses(**note) -> str:
    source = token_address(KEY, TokenPurpose.BOUNCE, 81, "posta.ornek.com.tr")
    return json.dumps({"mail": {"messageId": "0107019a-ses", "source": source, "timestamp": STAMP}, **note})


def bounce(kind: str, status: str, **more) -> str:
    recipients = [{"emailAddress": "Ayşe <AYSE@example.com>", "status": status, **more}]
    return ses(
        notificationType="Bounce", bounce={"bounceType": kind, "bouncedRecipients": recipients, "timestamp": STAMP}
    )


def complaint(**more) -> str:
    recipients = [{"emailAddress": "ayse@example.com"}]
    return ses(eventType="Complaint", complaint={"complainedRecipients": recipients, "timestamp": STAMP, **more})


@pytest.mark.parametrize(
    ("note", "report"),
    [
        (bounce("Permanent", "5.1.1"), {"state": "failed", "reason": "bad_address", "code": "Permanent 5.1.1"}),
        (bounce("Transient", "4.2.2"), {"state": "expired", "reason": "unreachable", "code": "Transient 4.2.2"}),
        (
            bounce("Permanent", "", diagnosticCode="smtp; 550 5.7.26 unauthenticated"),
            {"state": "failed", "reason": "header", "code": "Permanent 5.7.26"},
        ),
        (bounce("Undetermined", ""), {"state": "expired", "reason": None, "code": "Undetermined"}),
        (
            complaint(complaintSubType="OnAccountSuppressionList"),
            {"state": "failed", "reason": "unreachable", "code": "suppressed"},
        ),
    ],
)
def test_what_ses_could_not_deliver_has_failed_for_its_reason(note, report):
    told = Report(to="ayse@example.com", **OURS, **report)

    assert read_ses_push(signed(Message=note), TOPIC, [KEY], certificate_of).reports == (told,)


@pytest.mark.parametrize(
    ("kind", "state"), [("Delivery", "delivered"), ("DeliveryDelay", "accepted"), ("Reject", "failed"), ("Open", None)]
)
def test_the_course_of_a_mail_is_told(kind, state):
    note = ses(eventType=kind, **{kind[0].lower() + kind[1:]: {"timestamp": STAMP}})
    feedback = read_ses_push(signed(Message=note, Subject="Amazon SES"), TOPIC, [KEY], certificate_of)

    assert [(each.state, each.at, each.message_id) for each in feedback.reports] == ([(state, AT, 81)] if state else [])


def test_a_complaint_is_a_refusal_unless_it_says_the_contrary():
    told = [
        read_ses_push(signed(Message=complaint(**more)), TOPIC, [KEY], certificate_of)
        for more in ({"complaintFeedbackType": "abuse"}, {}, {"complaintFeedbackType": "not-spam"})
    ]
    named = read_ses_push(signed(Message=complaint(complainedRecipients=[])), TOPIC, [KEY], certificate_of)
    assert named.blocked == (BlockedAddress("", AT, "complaint abuse", 81),)
    refusal = (BlockedAddress("ayse@example.com", AT, "complaint abuse", 81),)

    assert [each.blocked for each in told] == [refusal, refusal, ()] and not any(each.reports for each in told)


NOTE = bounce("Permanent", "5.1.1")
FORGED = {
    "signed by a stranger": signed(Message=NOTE, key=STRANGERS),
    "changed afterwards": signed(Message=NOTE, changed={"Message": bounce("Transient", "4.2.2")}),
    "with SHA-1": signed(Message=NOTE, changed={"SignatureVersion": "1"}),
    "without a signature": signed(Message=NOTE, changed={"Signature": ""}),
    "with a broken signature": signed(Message=NOTE, changed={"Signature": "é"}),
    "of an unknown type": signed(Message=NOTE, changed={"Type": "x"}),
    "no object": VendorPush(b"[1]"),
    "no JSON": VendorPush(b"{"),
    "nested": VendorPush(b"[" * 100_000),
    "too long": VendorPush(b'"' + b"x" * 300_000 + b'"'),
    **{
        url: signed(Message=NOTE, changed={"SigningCertURL": url})
        for url in (
            "http://sns.eu-central-1.amazonaws.com/a.pem",
            "https://sns.eu-central-1.amazonaws.com.evil.example/a.pem",
            "https://evil.example/sns.eu-central-1.amazonaws.com/a.pem",
            "https://sns.eu-central-1.amazonaws.com@evil.example/a.pem",
            "https://s3.amazonaws.com/sns/a.pem",
        )
    },
}


@pytest.mark.parametrize("name", FORGED)
def test_what_sns_did_not_sign_is_not_believed(name):
    with pytest.raises(ValueError):
        read_ses_push(FORGED[name], TOPIC, [KEY], certificate_of)


def test_what_comes_by_another_topic_waits_and_confirms_nothing():
    """It may have been the account's, or be a stranger's."""
    other = TOPIC.replace("1234", "9999")
    told = read_ses_push(
        signed(Message=complaint(complaintFeedbackType="abuse"), TopicArn=other), TOPIC, [KEY], certificate_of
    )
    url = "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=x&Token=y"
    asked = signed("SubscriptionConfirmation", SubscribeURL=url, Token="y", Message="x", TopicArn=other)

    assert [(each.source, each.address) for each in told.blocked] == [(DOUBTFUL_ANSWER, "ayse@example.com")]
    assert read_ses_push(asked, TOPIC, [KEY], certificate_of) == Feedback()  # It fetches the certificate alone.


def test_a_subscription_is_confirmed_at_amazon_only():
    url = "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=x&Token=y"
    asked = {"Token": "y", "Message": "You have chosen to subscribe"}
    fetched = []

    def fetch(where: str) -> bytes:
        fetched.append(where)
        return certificate_of(where) if where == CERTIFICATE else b""

    for where in (url, "https://evil.example/?Action=ConfirmSubscription"):
        push = signed("SubscriptionConfirmation", SubscribeURL=where, **asked)
        assert read_ses_push(push, TOPIC, [KEY], fetch) == Feedback()
    with pytest.raises(ValueError):
        read_ses_push(signed("SubscriptionConfirmation", SubscribeURL=url, key=STRANGERS, **asked), TOPIC, [KEY], fetch)

    assert fetched == [CERTIFICATE, url]


def brevo(event: str, **more) -> dict[str, object]:
    told = {"event": event, "email": "ayse@example.com", "id": 7, "date": "2026-11-28 19:02:11", "ts_event": 1796061731}
    return told | {"message-id": MAIL_ID, "tags": ["x"], **more}


def parsed(*events: dict[str, object]):
    return parse_brevo_push(
        VendorPush(json.dumps(events[0] if len(events) == 1 else events).encode(), "application/json")
    )


@pytest.mark.parametrize(
    ("event", "state", "reason"),
    [
        (brevo("request"), "accepted", None),
        (brevo("delivered"), "delivered", None),
        (brevo("deferred", reason="451 4.7.1 try later"), "accepted", None),
        (brevo("soft_bounce", reason="452 4.2.2 full"), "expired", "unreachable"),
        (brevo("hard_bounce", reason="550 5.1.1 nobody"), "failed", "bad_address"),
        (brevo("hard_bounce", reason="550 5.7.26 not authenticated"), "failed", "header"),
        (brevo("invalid_email"), "failed", "bad_address"),
        (brevo("blocked", reason="blocked : due to hard bounce"), "failed", "unreachable"),
        (brevo("blocked", reason="blocked : user unsubscribed"), "failed", "blocked_by_vendor"),
        (brevo("error", reason="Contact unsubscribed"), "failed", "blocked_by_vendor"),
        (brevo("error", reason="550 5.7.1 no List-Unsubscribe, blacklisted"), "failed", "content"),
        (brevo("error"), "failed", None),
        (brevo("of_tomorrow"), "accepted", "unknown"),
    ],
)
def test_an_event_of_brevo_is_a_report(event, state, reason):
    at = datetime.fromtimestamp(1796061731, UTC)
    told = Report(state, MAIL_ID, 81, "ayse@example.com", reason, event["event"], at)

    assert parsed(event).reports == (told,)


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ("blocked", "blocked : due to blacklist user"), ("error", "Recipient is blacklisted"),
        ("hard_bounce", "550 5.7.1 recipient has opted out"), ("soft_bounce", "user has unsubscribed"),
        ("error", "blacklisted"), ("deferred", "recipient unsubscribed"), ("deferred", "contact is blocklisted"),
    ],
)  # fmt: skip
def test_an_event_of_brevo_that_may_say_that_somebody_left_waits_beside_its_report(event, reason):
    told = parsed(brevo(event, reason=reason))

    (likely,) = told.blocked
    assert (likely.address, likely.source, likely.message_id) == ("ayse@example.com", DOUBTFUL_ANSWER, 81)
    assert likely.word == reason and len(told.reports) == 1 and told.replies == ()


def told_by_ses(*told, **more) -> Feedback:
    return read_ses_push(signed(Message=bounce(*told, **more)), TOPIC, [KEY], certificate_of)


def test_a_reason_that_may_quote_a_person_waits_and_one_of_mail_systems_does_not():
    quoting = [
        parsed(brevo("hard_bounce", reason="550 Mail atmayi kesin")),
        parsed(brevo("soft_bounce", reason="550 5.7.1 Mail atmayi kesin")),
        told_by_ses("Permanent", "5.7.1", diagnosticCode="smtp; 550 5.7.1 Mail atmayi kesin"),
        told_by_ses("Transient", "5.0.0", diagnosticCode="smtp; 550 Mail atmayi kesin"),
    ]
    assert ["Mail atmayi kesin" in each.word for told in quoting for each in told.blocked] == [True] * 4
    others = [
        parsed(brevo("hard_bounce", reason="550 5.7.1 Message rejected as spam")),
        parsed(brevo("soft_bounce", reason="451 Kota dolu")),
        parsed(brevo("hard_bounce", reason="554 5.7.1 Client host blocked using zen.spamhaus.org; blacklisted")),
        parsed(brevo("deferred", reason="421 mail server IP on block list")),
        told_by_ses("Permanent", "5.1.1", diagnosticCode="smtp; 550 5.1.1 Boyle biri yok"),
        told_by_ses("Transient", "4.2.2", diagnosticCode="smtp; 452 4.2.2 Kota dolu"),
    ]
    assert [told.blocked for told in others] == [()] * 6


def test_who_is_on_the_list_of_complaints_of_ses_waits_beside_the_failure():
    """It may have been a mail of another sender's. It was a failure alone: each campaign mailed them again."""
    note = complaint(complaintSubType="OnAccountSuppressionList")
    (likely,) = read_ses_push(signed(Message=note), TOPIC, [KEY], certificate_of).blocked

    assert likely == BlockedAddress("ayse@example.com", AT, DOUBTFUL_ANSWER, 81, "complaint")
    left = json.loads(bounce("Permanent", ""))
    left["bounce"]["bounceSubType"] = "UnsubscribedRecipient"
    said = bounce("Permanent", "5.7.1", diagnosticCode="smtp; 550 5.7.1 istemiyorum, yazmayin")
    for mail in (json.dumps(left), said):
        told = read_ses_push(signed(Message=mail), TOPIC, [KEY], certificate_of)
        assert [(each.address, each.source) for each in told.blocked] == [("ayse@example.com", DOUBTFUL_ANSWER)]
        assert [each.state for each in told.reports] == ["failed"]


def test_spam_and_unsubscribed_are_refusals_however_they_are_spelled_and_openings_nothing():
    kinds = ["spam", "unsubscribed", "unsubscribe", "Unsubscribed", "list_unsubscribe", "complaint"]
    openings = [brevo("opened"), brevo("click"), brevo("proxy_open")]
    for feedback in (
        parsed(*map(brevo, kinds), *openings),
        parsed({"items": [*map(brevo, kinds), *openings]}),  # Wherever they stand.
    ):
        assert [(each.address, each.source, each.message_id) for each in feedback.blocked] == [
            ("ayse@example.com", kind, 81) for kind in kinds
        ]
        assert feedback.reports == ()


@pytest.mark.parametrize(
    ("wanted", "is_refusal"),
    [
        ({"unsubscribeAll": True}, True),
        ({"unsubscribeAll": False, "topicSubscriptionStatus": [{"subscriptionStatus": "OptOut"}]}, True),
        ({"unsubscribeAll": False, "topicSubscriptionStatus": [{"subscriptionStatus": "OptIn"}]}, False),
    ],
)
def test_who_leaves_a_list_of_ses_has_refused(wanted, is_refusal):
    note = json.loads(ses(eventType="Subscription", subscription={"timestamp": STAMP, "newTopicPreferences": wanted}))
    note["mail"]["destination"] = ["ayse@example.com"]

    told = read_ses_push(signed(Message=json.dumps(note)), TOPIC, [KEY], certificate_of)
    refusal = BlockedAddress("ayse@example.com", AT, "subscription", 81)
    assert told == Feedback(blocked=(refusal,) if is_refusal else ())


def test_an_event_of_a_new_kind_waits_for_whom_a_mail_went_to_alone():
    """By what it names, and by our message."""
    note = json.loads(ses(eventType="OfTomorrow"))
    note["mail"]["destination"] = ["ayse@example.com"]
    note["mail"]["headers"] = [{"name": "List-Unsubscribe", "value": "<mailto:unsubscribe+a@geri.ornek.com.tr>"}]

    told = read_ses_push(signed(Message=json.dumps(note)), TOPIC, [KEY], certificate_of)
    whom = [(each.sender, list(each.clue.message_ids)) for each in told.replies]
    assert whom == [("", [81]), ("ayse@example.com", [])]


def test_the_first_note_of_a_new_topic_tells_nothing():
    note = {"notificationType": "AmazonSnsSubscriptionSucceeded", "message": "You have subscribed your topic."}

    assert read_ses_push(signed(Message=json.dumps(note)), TOPIC, [KEY], certificate_of) == Feedback()


@pytest.mark.parametrize(
    "odd", ["", "x", [], {}, {"event": {"a": 1}}, {"event": 7, "ts_event": -1, "email": [1]}, [[]]]
)
def test_odd_events_break_nothing(odd):
    feedback = parse_brevo_push(VendorPush(json.dumps(odd).encode()))

    assert feedback.blocked == () and all(each.reason == "unknown" for each in feedback.reports)


UNKNOWN = {
    "no name": {"status": "unsubscribed"},
    "no event": {"event": "", "reason": "lütfen artık yazmayın"},
    "unknown": {"event": "opt_out"},
    "unknown list": {"event": "contact_blacklisted"},
    "in a list": {"event": ["unsubscribed"]},
    "by a flag": {"event": "contact_updated", "content": [{"emailBlacklisted": True}]},
    "by a flag that is not set": {"event": "contact_updated", "content": [{"attributes": {"OPT_IN": False}}]},
    "by a word that is not true": {"event": "contact_updated", "SMS_IZNI": "H", "message-id": "<1@x.example>"},
    "without any word": {"event": "of_tomorrow", "is_test": False, "newsletter_opens": 0},
    "of nobody": {"event": "opt_out", "email": ""},
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_an_event_that_nobody_knows_is_read_for_each_person_whatever_its_words(name):
    told = [parsed({"email": each, **UNKNOWN[name]}).replies for each in ("ayse@example.com", "burcu@example.com")]
    several = parsed(*({"email": each, **UNKNOWN[name]} for each in ("ayse@example.com", "burcu@example.com"))).replies

    known = {"event": "delivered", "email": "can@example.com"}
    beside = parsed(
        known, {"email": "ayse@örnek.com.tr", **{each: its for each, its in UNKNOWN[name].items() if each != "event"}}
    )
    senders = [each.sender for (each,) in told]
    if name == "of nobody":  # Together.
        assert senders == ["", ""] and [each.sender for each in several] == [""]
    else:
        assert senders == [each.sender for each in several] and "" not in senders
        assert [each.sender for each in beside.replies] == ["ayse@xn--rnek-4qa.com.tr"]
