"""Bounces, complaints and refusals by mail, in the forms that mail systems give them; and mails that mean harm."""

import random
import time
from datetime import UTC, datetime

import pytest

from portal.services.messaging.gateways import bounces
from portal.services.messaging.gateways.bounces import Feedback, parse_returned_mail
from portal.services.messaging.gateways.mail_tokens import TokenPurpose, find_message, token_address
from portal.services.messaging.gateways.protocol import BlockedAddress
from tests.portal.services.messaging.gateways.bounce_samples import COMPLAINT, ORIGINAL, SAMPLES, plain

KEY = b"k" * 32
DOMAIN = "posta.ornek.com.tr"
TO, HEADER = (token_address(KEY, purpose, 81, DOMAIN) for purpose in TokenPurpose)
AT = datetime(2026, 11, 28, 18, 2, 11, tzinfo=UTC)


def filled(text: str, **values: str) -> bytes:
    """CRLF, as on the wire."""
    for name, value in (values | {"to": TO, "header": HEADER}).items():
        text = text.replace(f"{{{name}}}", value)
    return text.replace("\r\n", "\n").replace("\n", "\r\n").encode()


def parse(text: str, to: str = TO, **values: str) -> Feedback:
    return parse_returned_mail(filled(text, **values), to, KEY)


def test_a_token_names_one_message_for_one_purpose_and_cannot_be_made_up():
    assert find_message(KEY, TO) == (TokenPurpose.BOUNCE, 81) and find_message(KEY, HEADER) == (
        TokenPurpose.UNSUBSCRIBE,
        81,
    )
    assert find_message(KEY, f"x {TO.upper()} y") == (TokenPurpose.BOUNCE, 81)
    assert len(TO.partition("@")[0]) <= 64
    assert find_message(b"other" * 8, TO) is None
    assert find_message(KEY, TO.replace("bounce", "unsubscribe")) is None
    flipped = TO.replace(TO[-30], "a" if TO[-30] != "a" else "b", 1)
    assert find_message(KEY, flipped) is None
    assert find_message(KEY, f"{flipped} {TO}") == (TokenPurpose.BOUNCE, 81)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_bounce_is_read_in_its_own_form(name):
    text, expected = SAMPLES[name]
    feedback = parse(text)

    assert [(each.state, each.reason, each.code) for each in feedback.reports] == expected
    assert all(each.message_id == 81 and each.at == AT for each in feedback.reports)
    assert (feedback.blocked, feedback.is_automatic) == ((), True)


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
    assert parse(COMPLAINT, "sikayet@ornek.com.tr", kind=kind, original=forged) == Feedback()


def test_a_mail_to_the_address_of_the_header_is_a_refusal_whoever_wrote_it():
    by_person = "From: burak@example.net\nDate: Sat, 28 Nov 2026 21:02:11 +0300\nSubject: ret\n\n"
    refusal = (BlockedAddress("", AT, "mailto", 81),)

    assert parse(by_person, HEADER) == Feedback(blocked=refusal, is_automatic=False)
    assert parse("Auto-Submitted: auto-generated\n" + by_person, HEADER) == Feedback(blocked=refusal)
    assert parse("Auto-Submitted: auto-replied\n" + by_person, HEADER) == Feedback()
    assert parse("Return-Path: <>\n" + by_person, HEADER).blocked == ()
    assert parse(by_person + ORIGINAL, "bilgi@ornek.com.tr") == Feedback(is_automatic=False)


@pytest.mark.parametrize(
    "header",
    [
        "Return-Path: <>",
        "Auto-Submitted: auto-replied",
        "Precedence: bulk",
        "List-Id: <x>",
        "X-Auto-Response-Suppress: All",
    ],
)
def test_what_no_person_wrote_gets_no_answer(header):
    assert parse("Auto-Submitted: no\nFrom: ayse@example.com\n\nMerhaba").is_automatic is False
    assert parse(f"{header}\nFrom: ayse@example.com\n\nMerhaba").is_automatic is True


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
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_mail_that_means_harm_is_soon_done_with(name):
    raw = HOSTILE[name].encode("latin-1")
    begun = time.thread_time()
    feedback = parse_returned_mail(raw, TO, KEY)

    assert time.thread_time() - begun < 8  # Quadratic, these would take minutes.
    assert feedback.blocked == () and all(each.state == "accepted" for each in feedback.reports)


@pytest.mark.parametrize("name", ["parts within parts", "mails within mails", "a type of many parameters", "folded"])
def test_a_mail_that_refuses_counts_whatever_it_carries(name):
    refusal = parse_returned_mail(f"From: burak@example.net\n{HOSTILE[name]}".encode(), HEADER, KEY)

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
            parse_returned_mail(bytes(damaged[: chance.randrange(len(damaged))]), TO, KEY)


def test_no_address_and_no_word_of_a_mail_is_logged(caplog, monkeypatch):
    caplog.set_level("DEBUG")
    monkeypatch.setattr(bounces, "all_failures", lambda mail: 1 / 0)
    parse(SAMPLES["qmail"][0])

    assert "ayse" not in caplog.text and "Sorry" not in caplog.text
