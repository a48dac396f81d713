"""Bounces, complaints and refusals by mail, in the forms that mail systems give them; and mails that mean harm."""

import base64
import random
import re
import time
from datetime import UTC, datetime
from email.header import Header

import pytest

from portal.core.paths import ROOT
from portal.domain.campaigns import message_texts
from portal.services.messaging.gateways import mail_reports, own_words
from portal.services.messaging.gateways.bounces import parse_returned_mail
from portal.services.messaging.gateways.mail_tokens import TokenPurpose, find_messages, mail_id, token_address
from portal.services.messaging.gateways.protocol import DOUBTFUL_ANSWER, BlockedAddress, Feedback, MailClue
from tests.portal.services.messaging.gateways import bounce_samples
from tests.portal.services.messaging.gateways.bounce_samples import COMPLAINT, ORIGINAL, SAMPLES, plain

KEY = b"k" * 32
DOMAIN = "posta.ornek.com.tr"
TO, HEADER = (token_address(KEY, purpose, 81, DOMAIN) for purpose in (TokenPurpose.BOUNCE, TokenPurpose.UNSUBSCRIBE))
AT = datetime(2026, 11, 28, 18, 2, 11, tzinfo=UTC)
LONG_ANSWER = (
    "550 5.7.1 <ayse@example.com>: Message rejected by the recipient's filter on mx3.mail.example.com. The owner of "
    "this mailbox gave the following explanation, which our mail system passes on to you word for word and without any "
    "change:"
)


def filled(text: str, **values: str) -> bytes:
    """CRLF, as on the wire."""
    for name, value in (values | {"to": TO, "header": HEADER}).items():
        text = text.replace(f"{{{name}}}", value)
    return text.replace("\r\n", "\n").replace("\n", "\r\n").encode()


LINK_CODES = "7Kq3XbM4Rt", "7Kq2XbM4Rt"


def parse(text: str, to: str = TO, **values: str) -> Feedback:
    return parse_returned_mail(filled(text, **values), to, [KEY], [DOMAIN], LINK_CODES.__contains__)


QMAIL = SAMPLES["qmail"][0].partition("\n\n")[2]


def named(text: str, *keys: bytes) -> list[tuple[TokenPurpose, int]]:
    return list(find_messages(keys or [KEY], text))


def test_a_token_names_one_message_for_one_purpose_and_cannot_be_made_up():
    assert named(f"{TO} {HEADER}") == [(TokenPurpose.BOUNCE, 81), (TokenPurpose.UNSUBSCRIBE, 81)]
    assert named(f"x {TO.upper()} y", b"other" * 8, KEY) == [(TokenPurpose.BOUNCE, 81)]
    assert len(TO.partition("@")[0]) <= 64
    assert named(TO, b"other" * 8) == named(TO.replace("bounce", "unsubscribe")) == []
    flipped = TO.replace(TO[-30], "a" if TO[-30] != "a" else "b", 1)
    assert named(f"{flipped} {TO}") == [(TokenPurpose.BOUNCE, 81)]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_bounce_is_read_in_its_own_form(name):
    text, expected = SAMPLES[name]
    feedback = parse(text)

    assert [(each.state, each.reason, each.code) for each in feedback.reports] == expected
    assert all(each.message_id == 81 and each.at == AT for each in feedback.reports)
    assert feedback.blocked == ()
    assert len(feedback.replies) == (name in ("a form that nobody knows", "an absence notice"))


@pytest.mark.parametrize("in_field", [True, False])
@pytest.mark.parametrize(
    "said",
    [
        "550 5.7.1 Recipient has opted out of mails from this sender", "550 5.7.1 <a@b.example>: user unsubscribed",
        "550 5.7.1 This sender has been blocked by the recipient", "606 Not delivering to unsubscribed address",
        "607 Not delivering to a user who marked your messages as spam", "550 5.7.1 RET",
        "550 5.7.1 Mesajlarinizi istemiyorum, beni listeden cikarin",
        f"{LONG_ANSWER} Mesajlarinizi istemiyorum.",
    ],
)  # fmt: skip
def test_a_bounce_that_says_that_its_recipient_refuses_waits_to_be_read_as_well(said, in_field):
    block = bounce_samples.block("failed", "5.7.1", f"smtp; {said}" if in_field else "")
    told = parse(bounce_samples.dsn("MAILER-DAEMON@x", "x" if in_field else f"It said:\n  {said}", block))

    (likely,) = told.blocked
    assert (likely.address, likely.source, likely.message_id) == ("", DOUBTFUL_ANSWER, 81)
    assert said[4:20].lower() in likely.word.lower() and said[-12:].lower() in likely.word.lower()
    assert [each.state for each in told.reports] == ["failed"]


@pytest.mark.parametrize(
    "said",
    [
        "550 5.7.1 No one-click List-Unsubscribe header", "550 5.1.1 No such user", "554 5.7.1 Rejected as spam",
        "550 5.7.1 Service unavailable; client host [192.0.2.1] blocked using Spamhaus blocklist",
        "550 5.7.1 Rejected by recipient's mail server", "552 5.2.2 Mailbox full, 550 5.7.1 Mesaj reddedildi",
    ],
)  # fmt: skip
def test_a_bounce_for_another_reason_refuses_nothing(said):
    block = bounce_samples.block("failed", "5.7.1", f"smtp; {said}")
    quoted = "RET 530 yazarak reddedebilirsiniz. Ticari ileti istemiyorsanız 0850 444 5.5.5"

    assert parse(bounce_samples.dsn("MAILER-DAEMON@x", f"{said}\n{quoted}", block)).blocked == ()


MAIL_ID = mail_id(KEY, 81, "ornek.com.tr")
CHANGED = "In-Reply-To: <0102018f-abc@eu-west-1.amazonses.com>\n"  # By a relay.
BARE = "<m81@ornek.com.tr>"  # Of an older release.
QUOTED = "<p>Beni çıkarın</p><blockquote><a href='https://izin.example/u/7Kq3XbM4Rt'>Ret</a></blockquote>"


@pytest.mark.parametrize(
    ("header", "text", "known_by"),
    [
        (f"In-Reply-To: {MAIL_ID}", "", 81), (f"References: <x@y>\n {MAIL_ID}", "", 81),
        (f"In-Reply-To: {MAIL_ID.upper()}", "", 81), (f"In-Reply-To: {MAIL_ID[:20]}\n {MAIL_ID[20:]}", "", 81),
        (f"In-Reply-To: {BARE}", "", None), (f"References: <x@y>\n {BARE}", "", None),
        (f"In-Reply-To: {BARE.upper()}", "", None), ("In-Reply-To: < m81@ornek.com.tr >", "", None),
        ("In-Reply-To: m81@ornek.com.tr", "", None), (f"In-Reply-To: {mail_id(b'other' * 8, 81, 'x')}", "", None),
        (f"{CHANGED}X: y", "> https://izin.example/u/7Kq3XbM4Rt.", None),
        (f"{CHANGED}Content-Type: text/html", QUOTED, None),
        (f"{CHANGED}Content-Transfer-Encoding: base64", base64.encodebytes(QUOTED.encode()).decode(), None),
        ("Subject: YNT: x\nContent-Transfer-Encoding: quoted-printable", "https://izin.example/u/7Kq3=\nXbM4Rt", None),
        ("References: <x@y>", "https://t.example/?u=https%3A%2F%2Fizin.example%2Fk%2F7Kq3XbM4Rt", None),
    ],
)  # fmt: skip
def test_a_reply_to_our_mail_that_came_to_another_address_names_it_or_says_so(header, text, known_by):
    """What a token does not prove is ours only if the id or the link is one of the account's owner's."""
    told = parse(f"{header}\n{BY_PERSON}{text or 'Beni çıkarın'}", "bilgi@ornek.com.tr")

    (answer,) = told.replies
    assert (answer.sender, answer.is_sender_proved, answer.is_whole) == ("burak@example.net", False, False)
    assert (answer.clue.message_ids, answer.clue.is_ours) == ((known_by,) if known_by else (), known_by is not None)
    assert known_by or answer.clue.replied_id == 81 or list(answer.clue.codes) == ["7Kq3XbM4Rt"]
    away = f"Auto-Submitted: auto-replied\n{header}\n{BY_PERSON.replace('ret', 'Re: x')}İzindeyim"
    automatic = [each.is_automatic for each in parse(away, "bilgi@ornek.com.tr").replies]
    assert automatic == ([] if answer.clue.codes else [True])


@pytest.mark.parametrize("sample", [SAMPLES["gmail, no such mailbox"][0], COMPLAINT])
def test_what_tells_of_a_mail_in_our_thread_tells_nothing_of_ours(sample):
    """Such as of what somebody at the firm answered to whom our mail was forwarded."""
    original = ORIGINAL.replace("{header}", "x@y.z") + f"References: {MAIL_ID}\n"
    text = sample.replace(ORIGINAL, original).replace("{original}", original).replace("{to}", "bilgi@ornek.com.tr")

    assert MAIL_ID in text and parse(text, "bilgi@ornek.com.tr", kind="abuse") == Feedback()


OURS = "Ticari e-postalarımızı istemiyorsanız ücretsiz reddedebilirsiniz.\nReddetmek için: https://izin.example/u/abc\n"


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Otomatik yanıt: Marka: e-postalarımızı reddedebilirsiniz", "Tatildeyim."), ("Automatic reply: RET", "Away."),
        ("=?utf-8?q?Otomatik_yan=C4=B1t=3A_RET?=", "Tatildeyim."),
        ("Ticket 12", f"Talebiniz alındı.\n\n-----Original Message-----\nFrom: Marka\n{OURS}"),
        ("Otomatik yanıt", f"Talebiniz alındı.\nKimden: Marka\nKonu: Reklam izni\n{OURS}"),
    ],
)  # fmt: skip
def test_what_a_machine_repeats_of_our_mail_is_no_word_that_may_refuse(subject, text):
    head = f"Auto-Submitted: auto-replied\nFrom: ayse@example.com\nSubject: {subject}\n"
    head += "Content-Type: text/plain; charset=utf-8\n\n"

    assert [each.is_automatic for each in parse(head + text).replies] == [True]
    assert [each.is_automatic for each in parse(f"{head}Beni listeden çıkarın\n{text}").replies] == [False]


@pytest.mark.parametrize(
    "subject",
    [
        "Re: RET",
        "RE: Kampanya - beni listeden çıkarın",
        "YNT: Re: abonelikten çıkmak istiyorum",
        "Re: Marka: istemiyorum",
        "Re: Marka: beni listeden çıkarın",
    ],
)
def test_words_of_ones_own_behind_re_are_heard_in_a_mail_marked_as_automatic(subject):
    mail = f"Auto-Submitted: auto-replied\nFrom: ayse@example.com\nSubject: {Header(subject).encode()}\n\nTatildeyim."

    assert [(each.clue.message_ids, each.is_automatic) for each in parse(mail).replies] == [((81,), False)]


@pytest.mark.parametrize("template", sorted((ROOT / "templates/messages").glob("*/*/*mail.txt")), ids=str)
def test_no_subject_of_ours_refuses_in_the_answer_of_a_machine(template):
    line = next(line for line in template.read_text().splitlines() if "sender" in line and not line.startswith("{%"))
    usual = [each.subject_tr for each in message_texts.USUAL.values()]

    for each in usual if "subject_tr" in line else [""]:
        subject = re.sub(r"{{ subject.*}}", each, re.sub(r"{{ sender[^}]*}}", "Marka", line))
        assert subject.startswith("Marka: ") and not own_words.may_refuse([f"Re: {subject}"], "")


def test_a_bounce_that_came_to_another_address_is_known_by_the_returned_header():
    text, expected = SAMPLES["gmail, no such mailbox"]

    assert [each.code for each in parse(text, to="bilgi@ornek.com.tr").reports] == [expected[0][2]]
    unknown = text.replace("{header}", "x@y.z").replace("{to}", "bilgi@ornek.com.tr")
    assert parse(unknown, to="bilgi@ornek.com.tr") == Feedback()


@pytest.mark.parametrize(
    ("kind", "is_refusal"),
    [("abuse", True), ("fraud", True), ("other", True), ("not-spam", False), ("auth-failure", False)],
)
def test_a_complaint_is_a_refusal_where_it_holds_a_token(kind, is_refusal):
    refusal = (BlockedAddress("", AT, f"complaint {kind}", 81),) if is_refusal else ()

    assert parse(COMPLAINT, "sikayet@ornek.com.tr", kind=kind, original=ORIGINAL).blocked == refusal
    forged = ORIGINAL.replace("{header}", f"unsubscribe+{'a' * 32}@{DOMAIN}")
    linked = parse(COMPLAINT, "sikayet@ornek.com.tr", kind=kind, original=forged).blocked  # Where the link is true.
    assert [(each.message_id, each.mail.clue) for each in linked] == [
        (None, MailClue(codes=("7Kq2XbM4Rt",), is_ours=False)) for _ in refusal
    ]
    without_addresses = f"From: Marka <x@y.z>\nMessage-ID: {MAIL_ID}\n"
    assert parse(COMPLAINT, "sikayet@ornek.com.tr", kind=kind, original=without_addresses).blocked == refusal
    assert parse(f"Return-Path: <>\n{COMPLAINT}", "sikayet@ornek.com.tr", kind="", original=ORIGINAL).replies


@pytest.mark.parametrize("coding", ["8bit", "base64"])
@pytest.mark.parametrize("sender", ["<>", "<x@example.net>"])
def test_a_mail_to_others_in_which_an_address_of_ours_stands_waits_whoever_sent_it(sender, coding):
    text = f"ali@example.com wrote to {HEADER}: RET\n"
    body = text if coding == "8bit" else base64.encodebytes(text.encode()).decode()
    head = f"Return-Path: {sender}\nFrom: fbl@example.net\nMIME-Version: 1.0\nContent-Type: text/plain\n"
    (waiting,) = parse(f"{head}Content-Transfer-Encoding: {coding}\n\n{body}", "sikayet@ornek.com.tr").replies
    assert waiting.clue.message_ids == (81,)


BY_PERSON = "From: Burak <burak@example.net>\nDate: Sat, 28 Nov 2026 21:02:11 +0300\nSubject: ret\n\n"
ENCODED = f"=?utf-8?q?{HEADER.replace('+', '=2B').replace('@', '=40')}?="


@pytest.mark.parametrize(
    ("to", "headers"),
    [
        (HEADER, ""), (HEADER, "Auto-Submitted: auto-replied\n"), (HEADER, "Return-Path: <>\n"),
        ("bilgi@ornek.com.tr", f"To: bilgi@ornek.com.tr\nCc: <{HEADER}>\n"), ("", f"To: {ENCODED}\n"),
        ("", f"Received: from x by y\n\tfor <{HEADER}>; Sun, 29 Nov 2026 10:00:00 +0300\n"),
        ("", f"Delivered-To: {TO}\nTo: {HEADER}\n"), ("", f"To: {HEADER.replace('+', '%2B')}\n"),
        (HEADER.replace("+", " "), ""), ("", f"To: {HEADER.replace('+', '').upper()}\n"),
        ("", f"To: {HEADER.replace('@', '%')}@relay.example\n"), ("", f"To: {HEADER.upper().replace('I', 'İ')}\n"),
        ("", f"Resent-To: <{HEADER[:30]}\n {HEADER[30:]}>\n"), ("", f"X-Forwarded-To: {HEADER}\n"),
        *(("", f"{line}To: {HEADER}\n") for line in ("X Y: z\n", "\ufeff", "\n", "X-Türk: x\n", ">From a\n")),
        ("", f"X: y\nHTTP/1.1 200 OK\nTo: {HEADER}\n"),
    ],
)  # fmt: skip
def test_a_mail_to_the_address_of_the_header_is_a_refusal_whoever_wrote_it_however(to, headers):
    assert parse(headers + BY_PERSON, to) == Feedback(blocked=(BlockedAddress("", AT, "mailto", 81),))


@pytest.mark.parametrize(
    ("to", "text", "message_ids"),
    [
        (f"unsubscribe+{'a' * 32}@{DOMAIN}", BY_PERSON, ()),  # Of a key that was changed.
        (f"unsubscribe+cut@{DOMAIN.upper()}", "Return-Path: <>\n" + BY_PERSON, ()),
        (TO, BY_PERSON + "Beni listeden çıkarın", (81,)),
    ],
)
def test_what_nobody_can_attribute_and_what_a_person_answers_to_the_bounces_address_is_to_be_read(
    to, text, message_ids
):
    told = parse(text, to)

    (reply,) = told.replies
    assert (reply.sender, reply.is_whole, reply.clue.message_ids) == ("burak@example.net", False, message_ids)
    assert reply.text.startswith("ret") and told.blocked == told.reports == ()


@pytest.mark.parametrize(
    "header",
    [
        "Date: Fri, 31 Dec 9999 23:59:59 -1200", "Date: Mon, 01 Jan 1901 00:00:00 +1400", "Date: x +99999999999999",
        "Content-Type: multipart/mixed; boundary*=undefined''x", "Content-Type: multipart/mixed; boundary*=idna''x",
        "Content-Type: text/plain; charset*=undefined''x", "X: \0", "Cc: =?ut\xff-8?q?Info?= <info@ornek.com.tr>",
    ],
)  # fmt: skip
def test_no_odd_header_takes_a_mail_away_or_a_moment_from_another_age(header):
    by_person = f"{header}\nFrom: burak@example.net\nSubject: \0ret\n\nBeni çıkarın"

    (answer,) = parse(by_person).replies
    assert (answer.text, answer.sender, answer.is_dated) == ("ret\nBeni çıkarın", "burak@example.net", False)
    assert parse(by_person, HEADER).blocked == (BlockedAddress("", None, "mailto", 81),)
    assert parse(by_person, "bilgi@ornek.com.tr") == Feedback()


def test_a_sender_of_many_brackets_takes_no_mail_away():
    assert parse(f"From: {'(' * 50_000}\nSubject: ret\n\n").replies[0].text == "ret"


def test_mails_to_other_addresses_say_nothing_unless_ours_stands_in_them():
    for to in ("bilgi@ornek.com.tr", f"bounce+{'a' * 32}@{DOMAIN}", f"unsubscribe+{'a' * 32}@other.example"):
        assert parse(BY_PERSON + "Merhaba", to) == Feedback()
        (answer,) = parse(f"Auto-Submitted: auto-replied\n{BY_PERSON}{ORIGINAL}", to).replies
        assert answer.clue.message_ids == (81,) and answer.text.startswith("ret\nFrom: Marka")


@pytest.mark.parametrize(
    "said",
    [
        "Beni listeden çıkarın", "İstemiyorum, beni listeden çıkarabilirsiniz.",
        "1 Ara 2026 Sal, 08:00 tarihinde Marka <bilgi@marka.com> şunları yazdı:\n> Merhaba\n\nRET",
    ],
)  # fmt: skip
def test_a_refusal_in_a_mail_that_is_marked_as_a_machines_waits_for_a_person(said):
    """Some mail systems mark what people write; a quotation of ours is none of it."""
    head = "Auto-Submitted: auto-replied\nFrom: ayse@example.com\nSubject: Re: x\n"
    head += "Content-Type: text/plain; charset=utf-8\n\n"

    (answer,) = parse(f"{head}{said}").replies
    assert answer.clue.message_ids == (81,) and not answer.is_automatic
    assert parse(f"{head}İzindeyim.\n> RET yazın").replies[0].is_automatic


@pytest.mark.parametrize(
    ("head", "said", "states"),
    [
        ("Return-Path: <>", "RET", ["accepted"]),
        ("Return-Path: <>\nAuto-Submitted: auto-generated\nX-Auto-Response-Suppress: All", "Yazmayin", ["accepted"]),
        ("Return-Path: <>", f"RET\n{QMAIL}", ["failed"]),
        ("Return-Path: <>\nAuto-Submitted: auto-replied", "RET", []),
        ("Return-Path: <>", "Merhaba", ["accepted"]), ("From: MAILER-DAEMON@mx.example", QMAIL, None),
    ],
)  # fmt: skip
def test_refusing_words_of_a_machine_wait_beside_what_it_reports(head, said, states):
    told = parse(f"{head}\nFrom: ayse@example.com\nSubject: Re: x\n\n{said}")

    assert [each.clue.message_ids for each in told.replies] == ([] if states is None else [(81,)])
    assert states is None or [each.state for each in told.reports] == states


QUOTING = {
    "bounce": SAMPLES["gmail, no such mailbox"][0],
    "bounce of an answer": SAMPLES["gmail, no such mailbox"][0].replace("{header}", "x@y.z"),
    "complaint": COMPLAINT.replace("{original}", ORIGINAL).replace("{kind}", "abuse"),
}


@pytest.mark.parametrize("to", [TO, "bilgi@ornek.com.tr"])
@pytest.mark.parametrize("name", [*QUOTING, "text"])
def test_what_a_person_writes_beside_a_report_is_no_report(to, name):
    """Such as of how their first refusal came back."""
    by_person = f"From: ayse@example.com\nTo: {to}\nReferences: {MAIL_ID}\n"
    carried = "Content-Type: multipart/mixed; boundary=p\n\n--p\n\nYazmayin\n--p\nContent-Type: message/rfc822\n\n"
    text = f"\nYazmayin\n{QMAIL}" if name == "text" else f"{carried}{QUOTING[name]}\n--p--\n"
    told = parse(f"{by_person}{text}", to)

    assert [each.clue.message_ids for each in told.replies] == [(81,)] and told.reports == ()
    assert [each.message_id for each in told.blocked] == ([81] if name == "complaint" else [])


@pytest.mark.parametrize("mark", ["generated", "forwarded"])
@pytest.mark.parametrize("to", [TO, "bilgi@ornek.com.tr"])
def test_an_answer_that_a_rule_passed_on_waits_whatever_its_words(to, mark):
    """Exchange marks it. What only may name ours waits where it does."""
    head = f"Return-Path: <bilgi@ornek.com.tr>\nAuto-Submitted: auto-{mark}\nFrom: ayse@example.com\n"
    (answer,) = parse(f"{head}References: {MAIL_ID} <x@y>\n\nBana reklam yollamayin", to).replies
    assert not answer.clue.needs_proof

    (linked,) = parse(f"{head}\nOnayimi geri aliyorum\n> https://x.y/u/7Kq3XbM4Rt", "bilgi@ornek.com.tr").replies
    assert linked.clue.needs_proof and linked.clue.codes == ("7Kq3XbM4Rt",)


def test_a_complaint_and_a_bounce_whose_parts_are_in_base64_count():
    original = base64.encodebytes(f"Return-Path: <{TO}>\nSubject: x\n\nMerhaba\n".encode()).decode()
    told = {
        "message/feedback-report": b"Feedback-Type: abuse\nVersion: 1\n",
        "message/delivery-status": b"Reporting-MTA: dns; x\n\nAction: failed\nStatus: 5.1.1\n",
    }
    complaint, status = (
        parse(
            "From: fbl@mail.example\nContent-Type: multipart/report; boundary=b\n\n"
            f"--b\nContent-Type: {kind}\nContent-Transfer-Encoding: base64\n\n{base64.encodebytes(fields).decode()}\n"
            f"--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{original}\n--b--\n",
            to="sikayet@ornek.com.tr",
        )
        for kind, fields in told.items()
    )

    assert complaint.blocked == (BlockedAddress("", None, "complaint abuse", 81),)
    assert [(each.state, each.code, each.message_id) for each in status.reports] == [("failed", "5.1.1", 81)]


NESTED = "".join(f'Content-Type: multipart/mixed; boundary="{n}"\n\n--{n}\n' for n in range(300))
HOSTILE = {
    "parts within parts": NESTED + "\n" * 100_000,
    "mails within mails": "Content-Type: message/rfc822\n\n" * 9000,
    "a type of many parameters": 'Content-Type: multipart/mixed; a="' + ";" * 250_000,
    "folded": 'x: y\rContent-Type: multipart/mixed; a="' + ";\r\n ;" * 60_000,
    "one long line": plain("x", "x", "Hi. This is the\n\n" + "<" * 250_000),
    "long lines": plain("x", "x", "did not reach the following recipient\n" + ("[a@" + "<a@" * 330 + "\n") * 260),
    "each line a beginning": plain("x", "x", "following recipients\nfailed\nThe following addresses\n<x\n" * 4000),
    "far too long": plain("x", "x", "a b\n" * 5_000_000),
    "no mail": "\0\n\xff" * 80_000,
    **{
        f"a page of {tag}": f"Content-Type: text/html\n\n{tag * (250_000 // len(tag))}"
        for tag in ("<a ", "<!--", "<style>", "<script></", "<a b='", "</style")
    },
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_mail_that_means_harm_is_soon_done_with(name):
    raw = HOSTILE[name].encode("latin-1")
    begun = time.thread_time()
    feedback = parse_returned_mail(raw, TO, [KEY])

    assert time.thread_time() - begun < 8  # Quadratic, these would take minutes.
    assert feedback.blocked == () and all(each.state == "accepted" for each in feedback.reports)


@pytest.mark.parametrize("name", ["parts within parts", "mails within mails", "a type of many parameters", "folded"])
def test_a_mail_that_refuses_counts_whatever_it_carries(name):
    refusal = parse_returned_mail(f"From: burak@example.net\n{HOSTILE[name]}".encode(), HEADER, [KEY])

    assert [each.message_id for each in refusal.blocked] == [81]


@pytest.mark.slow
def test_no_damage_raises():
    chance = random.Random(7)
    for text in [text for text, _ in SAMPLES.values()] + [COMPLAINT]:
        raw = bytearray(filled(text))
        for _ in range(40):
            damaged = raw[:]
            for _ in range(chance.randrange(1, 30)):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            parse_returned_mail(bytes(damaged[: chance.randrange(len(damaged))]), TO, [KEY])


@pytest.mark.slow
def test_no_mail_that_holds_a_true_address_for_refusals_is_for_nobody():
    chance = random.Random(7)
    types = "html", "plain; charset=utf-7", "x", "rfc822", "feedback-report", "delivery-status"
    lines = [
        f"To: <{HEADER}>", f"X: {HEADER}", "From: a@b.example", "Subject: =?x\xff?q?y?=", "", "RET", "X y: z",
        "=?utf-8?b?=?=", "Content-Type: multipart/mixed; boundary=b", "--b", "<style>", HEADER, "Date: x", " ", "\xff:",
        "Content-Transfer-Encoding: base64", "Auto-Submitted: auto-replied", "Return-Path: <>", "Status: 5.0",
        *(f"Content-Type: {group}/{kind}" for group in ("text", "message") for kind in types),
    ]  # fmt: skip
    for _ in range(500):
        mail = "\n".join(chance.choices(lines, k=chance.randrange(1, 12)))
        told = parse_returned_mail(mail.encode("latin-1"), "", [KEY], [DOMAIN])
        assert HEADER not in mail or told != Feedback(), mail


def test_no_address_and_no_word_of_a_mail_is_logged(caplog, monkeypatch):
    caplog.set_level("DEBUG")
    monkeypatch.setattr(mail_reports, "all_failures", lambda mail: 1 / 0)
    parse(SAMPLES["qmail"][0])

    assert "ayse" not in caplog.text and "Sorry" not in caplog.text


@pytest.mark.parametrize("sender", ["postmaster@example.com", "Microsoft Outlook <exchange@example.com>"])
def test_a_failure_that_a_scanner_wrapped_is_one_and_its_words_wait(sender):
    failed = bounce_samples.block("failed", "5.7.1", "smtp; 550 5.7.1 recipient unsubscribed, istemiyorum")
    head, _, body = bounce_samples.dsn(sender, "x", failed).replace("Return-Path: <>\n", "").partition("\n\n")
    outer, _, kind = head.partition("Content-Type:")
    wrapped = f"{outer}Content-Type: multipart/mixed; boundary=OUT\n\n--OUT\nContent-Type:{kind}\n\n{body}\n--OUT--\n"

    told = parse(wrapped)

    assert "auto-replied" in outer and [str(each.state) for each in told.reports] == ["failed"]
    assert [each.source for each in told.blocked] == [DOUBTFUL_ANSWER]
