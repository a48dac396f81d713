"""What the desk shows of a mail: all that a person wrote, in whatever form."""

import base64

import pytest

from portal.services.messaging.gateways import returned_mail
from portal.services.messaging.gateways.bounces import parse_returned_mail
from tests.portal.services.messaging.gateways.test_bounces import KEY, TO, parse

PLAIN, HTML = "Content-Type: text/plain\n\n", "Content-Type: text/html\n\n"
QUOTED = "".join(f"> alıntı {n}\n" for n in range(1000))


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([PLAIN + "RET", PLAIN + "Virüs yok."], "RET\nVirüs yok."),
        ([PLAIN + "RET", "Content-Type: message/rfc822\n\nSubject: x\n\nİndirim!"], "RET\n[+ message/rfc822]"),
        ([HTML + "<p>R&amp;RET", PLAIN + "Yasal uyarı."], "R&RET\nYasal uyarı."),
        ([PLAIN, HTML + f"<style>{'p {} ' * 900}</style><script>x</script><b>RE</b>T"], "RET"),
        ([PLAIN + f"Ali yazdı:\n{QUOTED}\nRET"], f"Ali yazdı:\nRET\n{QUOTED}"),
        ([HTML + "<blockquote>a<br>b</blockquote>RET<p>c", "Content-Type: a/b\n\nx"], "RET\nc\n[+ a/b]\n> a\n> b"),
    ],
    ids=["footer", "original", "HTML and text", "style", "below a quotation", "quoted in HTML"],
)
def test_all_that_a_person_wrote_is_shown_quotations_last(parts, said):
    head = "From: burak@example.net\nSubject: Re: x\nContent-Type: multipart/mixed; boundary=b\n\n"
    (answer,) = parse(head + "".join(f"--b\n{part}\n" for part in parts) + "--b--\n").replies

    told = f"Re: x\n{said.strip()}"
    assert answer.text == (told if len(told) < returned_mail.MOST_READ else f"{told[: returned_mail.MOST_READ]}…")


@pytest.mark.parametrize(
    ("charset", "said"),
    [
        ("koi8-r", "Удалите меня"), ("windows-1251", "Отпишите"), ("windows-1256", "توقف"), ("utf-7", "İPTAL çık"),
        ("gb2312", "退订"), ("iso-2022-jp", "停止"), ("utf-8", "çık"), ("us-ascii", "RET"),
    ],
)  # fmt: skip
def test_a_text_and_a_subject_are_read_in_their_own_charset(charset, said):
    words = base64.b64encode(said.encode(charset)).decode()
    head = f"To: {TO}\nSubject: =?{charset}?b?{words}?=\nContent-Type: text/plain; charset={charset}\n\n".encode()

    (answer,) = parse_returned_mail(head + said.encode(charset), "", [KEY]).replies
    assert answer.text == f"{said}\n{said}"


@pytest.mark.parametrize(
    "page",
    [
        "<title/>RET", "<style />RET", '<script src="x"/><p>RET', "<!-- <style> -->RET", "<!-->RET<!-- x -->",
        f'<img src="data:image/png;base64,{"A" * 9000}">RET', "<svg><title>x</title></svg>RET", "<style>RET",
        "<!--[if !mso]><!-->RET<!--<![endif]-->", "<![x RET", "<title>RET</title>", "<!-- RET",
    ],
)  # fmt: skip
def test_what_a_page_says_is_shown_however_it_is_written(page):
    (answer,) = parse(f"From: a@b.example\nContent-Type: text/html\n\n{page}").replies

    assert "RET" in answer.text and answer.text[0] != ">" and "AAA" not in answer.text and "x -->" not in answer.text


def test_a_mail_that_is_nothing_but_another_is_named():
    (answer,) = parse("From: a@b.example\nContent-Type: message/rfc822\n\nSubject: y\n\nx").replies

    assert answer.text == "[+ message/rfc822]"
