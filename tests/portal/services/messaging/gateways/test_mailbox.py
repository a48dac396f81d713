"""Mails that came back are read from a mailbox one time each, whatever its server says, and nothing in it changes."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from portal.services.messaging.gateways.bounces import MAX_BYTES, parse_returned_mail
from portal.services.messaging.gateways.http_call import NOT_ALLOWED
from portal.services.messaging.gateways.mail_tokens import TokenPurpose, token_address
from portal.services.messaging.gateways.mailbox import BAD_LOGIN, MOST_BYTES, MOST_MAILS, Mailbox
from portal.services.messaging.gateways.protocol import BlockedAddress, ErrorClass, GatewayError
from tests import imap_server
from tests.imap_server import PASSWORD, USERNAME, ImapServer

pytestmark = pytest.mark.slow

SINCE = datetime(2026, 11, 1, 12, tzinfo=UTC)
KEY = b"k" * 32


@pytest.fixture
def server(tmp_path, monkeypatch):
    with imap_server.listening(ImapServer(), tmp_path) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "both.pem"))
        yield server


def mailbox(server, **other) -> Mailbox:
    facts = {"host": "127.0.0.1", "username": USERNAME, "password": PASSWORD, "is_trusted": True, "port": server.port}
    return Mailbox(**facts | other)


def test_each_mail_is_read_once_and_the_mailbox_is_left_as_it_is(server):
    for number in range(MOST_MAILS + 1):
        server.receive(b"Subject: %d\n\nx\n" % number)
    first = mailbox(server).read(None, SINCE)
    second = mailbox(server).read(first.position, SINCE)
    server.receive(b"Subject: new\n\nx\n")
    third = mailbox(server).read(second.position, SINCE)
    fourth = mailbox(server).read(third.position, SINCE)

    assert [len(each.mails) for each in (first, second, third, fourth)] == [MOST_MAILS, 1, 1, 0]
    assert [each.is_full for each in (first, second, third)] == [True, False, False]
    assert first.mails[0] == b"Subject: 0\r\n\r\nx\r\n" and third.position == fourth.position
    assert "UID SEARCH SINCE 31-Oct-2026" in server.asked  # It may still be that day where the server is.
    assert not [each for each in server.asked if each.split()[0] in ("SELECT", "STORE", "EXPUNGE") or "BODY[" in each]


def test_a_server_that_counts_anew_is_read_anew_and_an_empty_one_says_nothing(server):
    empty = mailbox(server).read(None, SINCE)
    server.receive(b"Subject: 1\n\nx\n")
    position = mailbox(server).read(empty.position, SINCE).position
    server.epoch += 1

    assert (empty.mails, empty.is_full) == ([], False)
    assert len(mailbox(server).read(position, SINCE).mails) == 1


@pytest.mark.parametrize("refusal", ["NO [SERVERBUG] Internal error", "BAD corrupt item", "OK done"])
def test_a_mail_that_the_server_cannot_hand_out_stops_no_other(server, refusal):
    """One at the end waits for the next one: where none is handed out, it may be the server that fails."""
    for number in range(1, 6):
        server.receive(b"Subject: %d\n\nx\n" % number)
    server.broken, server.refusal = {2, 5}, refusal
    first = mailbox(server).read(None, SINCE)
    with pytest.raises(GatewayError) as failure:
        mailbox(server).read(first.position, SINCE)
    server.receive(b"Subject: 6\n\nx\n")
    second = mailbox(server).read(first.position, SINCE)

    subjects = [[int(mail.split()[1]) for mail in each.mails] for each in (first, second)]
    assert subjects == [[1, 3, 4], [6]] and [list(each.passed_over) for each in (first, second)] == [[2], [5]]
    assert second.position == "7:6" and failure.value.error.code == "imap_inbox"


def test_few_calls_pass_over_one_mail_among_many(server):
    for number in range(1, MOST_MAILS + 1):
        server.receive(b"Subject: %d\n\nx\n" % number)
    server.broken = {17}

    assert mailbox(server).read(None, SINCE).passed_over == [17]
    assert sum("FETCH" in each for each in server.asked) <= 13


def test_a_long_mail_is_cut_off_and_a_server_that_talks_for_ever_is_left(server):
    server.receive(b"Subject: 1\n\n" + b"x" * 2 * MAX_BYTES)
    assert len(mailbox(server).read(None, SINCE).mails[0]) == MAX_BYTES

    server.flood = b"OK " + b"x" * 900_000
    server.flood = b"\r\n* ".join([server.flood] * (MOST_BYTES // 900_000 + 1))
    with pytest.raises(GatewayError) as failure:
        mailbox(server).read(None, SINCE)
    assert failure.value.error.error_class == ErrorClass.TEMPORARY


def test_a_wrong_login_and_an_address_inside_are_told(server):
    assert mailbox(server).check() is None
    assert mailbox(server, password="x").check() == BAD_LOGIN
    assert mailbox(server, is_trusted=False).check() == replace(NOT_ALLOWED, code="imap_url_not_allowed")
    assert PASSWORD not in repr(mailbox(server))


@pytest.mark.parametrize("header", ["To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To"])
def test_a_header_names_the_recipient_of_a_refusal_by_mail(header):
    to = token_address(KEY, TokenPurpose.UNSUBSCRIBE, 81, "posta.ornek.com.tr")
    mail = f"From: fatma@example.com\r\n{header}: <{to}>\r\nSubject: ret\r\n\r\n".encode()

    assert parse_returned_mail(mail, "", [KEY]).blocked == (BlockedAddress("", None, "mailto", 81),)
    (odd,) = parse_returned_mail(mail.replace(header.encode(), b"X-Odd"), "", [KEY]).replies
    assert odd.clue.message_ids == (81,)
    assert parse_returned_mail(mail, "", [b"other" * 8]).blocked == ()


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (rb'(\HasNoChildren \Junk) "/" Junk', "Junk"),
        (rb'(\HasNoChildren \Junk) "/" "[Gmail]/Spam"', "[Gmail]/Spam"),
        (rb'(\Marked \HasNoChildren \JUNK) "/" "Gereksiz E-posta"', "Gereksiz E-posta"),
        (rb'(\junk \HasNoChildren) "." INBOX.spam', "INBOX.spam"),
        (rb'(\Junk) "\\" "A \\ B"', r"A \\ B"),
        (rb"(\Junk) NIL {4}" + b"\r\nJunk", "Junk"),
    ],
)
@pytest.mark.parametrize("is_asked_for", [False, True])
def test_the_folder_for_spam_is_found_by_what_it_is_for(server, line, name, is_asked_for):
    """Whatever it is called, and though some servers tell what folders are for only where they are asked for it."""
    others = [rb'LIST (\HasNoChildren) "/" INBOX', rb'LIST (\Sent) "/" Junk', rb'LIST () "/" "Spam (\Junk)"']
    server.listed, server.told = ([*others, b"LIST " + line], [])[:: -1 if is_asked_for else 1]
    server.listed = server.listed or others
    server.junk_name = name
    server.receive(b"Subject: 1\n\nx\n")
    server.receive(b"Subject: 2\n\nx\n", is_spam=True)
    visit = mailbox(server).read(None, SINCE, (None, SINCE))

    assert [*visit.mails, *visit.junk.mails] == [b"Subject: 1\r\n\r\nx\r\n", b"Subject: 2\r\n\r\nx\r\n"]
    assert (visit.position, visit.junk.position, visit.junk_failure) == ("7:1", "14:1", "")


@pytest.mark.parametrize("listed", [[], [rb'LIST (\HasNoChildren) "/" INBOX']], ids=["no LIST", "no such folder"])
def test_a_mailbox_without_a_folder_for_spam_is_read_as_ever(server, listed):
    server.listed = listed
    server.receive(b"Subject: 1\n\nx\n")
    visit = mailbox(server).read(None, SINCE, (None, SINCE))

    assert (len(visit.mails), visit.position, visit.junk, visit.junk_failure) == (1, "7:1", None, "")


def test_spam_takes_what_the_inbox_leaves_of_a_visit(server):
    server.listed = [rb'LIST (\Junk) "/" Junk']
    for number in range(MOST_MAILS - 1):
        server.receive(b"Subject: %d\n\nx\n" % number)
    for number in range(3):
        server.receive(b"Subject: spam %d\n\nx\n" % number, is_spam=True)
    first = mailbox(server).read(None, SINCE, (None, SINCE))
    second = mailbox(server).read(first.position, SINCE, (first.junk.position, SINCE))

    read = [(len(each.mails), each.is_full, len(each.junk.mails), each.junk.is_full) for each in (first, second)]
    assert read == [(MOST_MAILS - 1, False, 1, True), (0, False, 2, False)]


def test_a_server_that_ends_the_session_at_its_folder_for_spam_takes_no_mail_of_the_inbox_with_it(server):
    server.listed = [rb'LIST (\Junk) "/" Junk']
    server.receive(b"Subject: 1\n\nx\n")
    server.junk[9] = b"Subject: 9"
    server.broken, server.refusal = {9}, "garbage"
    visit = mailbox(server).read(None, SINCE, (None, SINCE))

    assert (len(visit.mails), visit.position, visit.junk) == (1, "7:1", None) and visit.junk_failure
