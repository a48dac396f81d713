"""A message as a mail: what it says survives the wire, reads in the dark and without pictures, and is signed whole."""

import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header

import dkim as dkimpy
import pytest

from portal.services.messaging.gateways import dkim
from portal.services.messaging.gateways.mail_message import write_mail
from portal.services.messaging.gateways.mail_tokens import TokenPurpose, find_messages
from portal.services.messaging.gateways.protocol import OutgoingMessage

pytestmark = pytest.mark.alike

AT = datetime(2026, 11, 28, 18, 2, tzinfo=UTC)
URL = f"https://{'izin-tercihleri.' * 4}ornek.com.tr/u/7Kq2XbM4Rt"
TEXT = f"""Merhaba,

Onayınız kaydedildi & saklanıyor: <b>"değil"</b>.
Belge: {URL}.
.
{"Çok uzun bir satır, şöyle. " * 60}

Örnek Mağazacılık A.Ş."""
KEY = b"k" * 32
UNSUBSCRIBE = f"unsubscribe+{'a' * 32}@posta.ornek.com.tr"
KEYS = {
    b"s1._domainkey.ornek.com.tr.": dkim.DkimKey("ornek.com.tr", "s1", dkim.generate_rsa_key()),
    b"s2._domainkey.ornek.com.tr.": dkim.DkimKey("ornek.com.tr", "s2", dkim.generate_rsa_key()),
}


@pytest.fixture(autouse=True)
def context(app):
    with app.app_context():
        yield


def written(*, subject="Örnek Mağaza: onayınız kaydedildi", mailbox="Örnek Mağaza <bilgi@ornek.com.tr>", **other):
    message = OutgoingMessage(81, "ayse@example.com", TEXT, subject, **({"one_click": URL} | other))
    return write_mail(message, mailbox, AT, KEY, UNSUBSCRIBE)


def decoded(value) -> str:
    return str(make_header(decode_header(value)))


def parts(mail) -> dict[str, str]:
    bodies = [part for part in mail.walk() if not part.is_multipart()]
    return {part.get_content_subtype(): part.get_payload(decode=True).decode() for part in bodies}


@pytest.mark.parametrize(
    "name",
    [
        "Örnek Mağaza",
        "Plain Brand",
        "Şükran & Çağrı, A.Ş. (İstanbul)",
        "Dot. Com, Inc.",
        "Ğ" * 120,
        "İzinlerinizi güncelleyin: kampanya ₺ 👍 ve için; " * 4,
    ],
)
def test_turkish_names_and_subjects_arrive_as_written(name):
    wire = written(subject=f"{name}\r\nBcc: x", mailbox=f"{name} <bilgi@ornek.com.tr>")
    mail = message_from_bytes(wire)

    assert wire.isascii() and max(map(len, wire.split(b"\r\n"))) < 200
    assert b"\n" not in wire.replace(b"\r\n", b"")
    assert decoded(mail["Subject"]) == f"{name.strip()} Bcc: x"
    assert decoded(mail["From"]).replace('"', "") == f"{name.strip()} <bilgi@ornek.com.tr>"
    assert mail["Bcc"] is None


def test_plain_and_html_say_the_same_and_links_lead_to_what_they_show():
    said = parts(message_from_bytes(written()))

    assert said["plain"].replace("\r\n", "\n") == TEXT
    assert re.findall(r'<a href="([^"]+)">([^<]+)</a>', said["html"]) == [(URL, URL)]
    assert "&lt;b&gt;" in said["html"] and "Örnek Mağaza" in said["html"] and '<html lang="tr">' in said["html"]


def test_the_html_stands_alone_in_the_readers_own_colours():
    html = parts(message_from_bytes(written(language="en")))["html"]

    assert '<html lang="en">' in html and 'content="light dark"' in html
    assert not re.search(r"<img|url\(|src=|<script|background|[^-]color:|#[0-9a-f]{3}\b", html)


def test_a_repeat_is_the_same_mail():
    once, again = (message_from_bytes(written()) for _ in range(2))

    assert once["Message-ID"] == again["Message-ID"] and once["Message-ID"].startswith("<m81.")
    assert [*find_messages([KEY], once["Message-ID"])] == [(TokenPurpose.MESSAGE_ID, 81)]
    assert once["Auto-Submitted"] == "auto-generated"


def test_only_what_can_be_refused_says_how():
    mail, other = message_from_bytes(written()), message_from_bytes(written(one_click=""))

    assert "".join(mail["List-Unsubscribe"].split()) == f"<{URL}>,<mailto:{UNSUBSCRIBE}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert other["List-Unsubscribe"] is other["List-Unsubscribe-Post"] is None


def signatures(wire: bytes) -> list[bool]:
    """Whether each signature holds, with the published records as the only DNS."""
    return [is_valid(wire, index) for index in range(wire.count(b"DKIM-Signature:"))]


def is_valid(wire: bytes, index: int) -> bool:
    try:
        return dkimpy.DKIM(wire).verify(index, dnsfunc=lambda name, timeout=5: KEYS[name].record.encode())
    except dkimpy.ValidationError:
        return False


def test_each_key_signs_what_a_stranger_may_not_change():
    wire = dkim.sign(written(), list(KEYS.values()))

    assert signatures(wire) == [True, True]
    assert dkim.sign(written(), []).startswith(b"Content-Type:")
    for old, new in [
        (b"List-Unsubscribe=One-Click", b"List-Unsubscribe=No"),
        (b"<https://izin", b"<https://evil"),
        (b"To: ayse", b"To: burak"),
        (b"saklan", b"silin"),
        (b"To: ayse", b"From: cem@example.com\r\nTo: ayse"),
    ]:
        assert wire.count(old) and signatures(wire.replace(old, new)) == [False, False]


def test_a_key_tells_nobody_its_secret_and_publishes_where_dns_looks():
    key = next(iter(KEYS.values()))

    assert "PRIVATE" not in repr(key)
    assert key.record_name == "s1._domainkey.ornek.com.tr"
    assert key.record.startswith("v=DKIM1; k=rsa; p=MIIBIjAN") and 390 < len(key.record) < 420
