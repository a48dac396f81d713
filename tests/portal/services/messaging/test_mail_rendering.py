"""What mails say: who, what, when, and what to do if it was not you; no words of strangers but names."""

from datetime import UTC, datetime

import pytest

from portal.core.models import MailKind, OperatorRole, ProviderKind, Role
from portal.domain.notifications import mails
from portal.services.messaging.mail_sender import render_mail
from tests.architecture.test_templates import product

pytestmark = [pytest.mark.slow, pytest.mark.alike]

AT = datetime(2026, 11, 24, 11, 2, tzinfo=UTC)
LINK = "https://main.example/invitation/token"
SAID = {
    "vendor": "Verimor",
    "link": LINK, "until": AT, "at": AT, "place": "Örnek Mağazacılık A.Ş.", "role": "owner", "by": "Ayşe Yılmaz",
    "address": "ayse@example.com", "device": "Firefox, Windows", "network": "85.10.0.0/16", "change": "totp_added",
    "name": "Telefon", "host": "crm. example. com",
    "owner": "Burak Demir", "note": "İmza eksik.\nTarih eksik.", "reason": "Şikâyet.", "question": "Nasıl?",
    "answer": "Böyle.", "package": "İLETİ 5", "is_confirmed": True, "provider_kind": "partner",
    "brand": "Örnek Mağaza", "point": "Kadıköy kasa", "used": "160", "budget": "200", "is_mail": False,
    "is_used_up": False, "level": "parked", "count": "13", "opened": "13", "near": "7", "overdue": "4",
    "day": "24/11/2026", "is_over": True, "parts": "8", "is_complete": True,
    "hint": "aB3x", "position": "4711", "unread": "reports",
    "reply_number": "4609", "check": "forwarder", "refusals": "21", "grants": "34", "kept": "55", "problems": "89",
}  # fmt: skip
# A name stands in invitations of the operator's only; a reason as a sentence.
IN_OTHER_WORDS = {MailKind.INVITATION: {"by"}, MailKind.WEBHOOK_FAILS: {"reason"}, MailKind.CHECK_FAILS: {"reason"}}
KINDS = [(kind, language) for kind in MailKind for language in mails.LANGUAGES]


@pytest.fixture(autouse=True)
def context(app):
    with app.app_context():
        yield


def written(kind, language="tr", **other):
    return render_mail(kind, language, {name: (SAID | other)[name] for name in mails.FACTS[kind]})


def test_every_mail_says_all_it_was_told():
    assert {which: lacking for which in KINDS if (lacking := unsaid(*which))} == {}


def unsaid(kind, language) -> list[str]:
    """What a mail was told and does not say."""
    mail = written(kind, language)
    whole = mail.subject + mail.text
    plain = (
        mails.FACTS[kind]
        - IN_OTHER_WORDS.get(kind, set())
        - {
            "role",
            "level",
            "unread",
            "change",
            "at",
            "until",
            "is_confirmed",
            "provider_kind",
            "is_mail",
            "is_used_up",
            "is_complete",
            "is_over",
        }
    )
    says_when = mails.FACTS[kind].isdisjoint({"at", "until"}) or ("24 " in whole and "14:02" in whole)
    return [name for name in plain if SAID[name] not in whole] + ([] if says_when else ["at"])


@pytest.mark.parametrize(("kind", "fact"), [(MailKind.WEBHOOK_FAILS, "position"), (MailKind.INBOX_UNREAD, "unread")])
@pytest.mark.parametrize("language", mails.LANGUAGES)
def test_a_mail_that_an_older_release_queued_is_sent_without_a_newer_fact(kind, fact, language):
    facts = {name: SAID[name] for name in mails.FACTS[kind] - {fact}}

    text = render_mail(kind, language, facts).text
    assert SAID["place"] in text and LINK in text


@pytest.mark.parametrize(
    ("unread", "tr", "en"),
    [
        ("replies", "yanıtları saatlerdir", "the replies that"),
        ("refusals", "ret listesini saatlerdir", "the list of refusals of"),
        ("reports", "teslim raporlarını saatlerdir", "the delivery reports of"),
    ],
)
def test_owners_hear_what_of_an_account_cannot_be_read(unread, tr, en):
    texts = [written(MailKind.INBOX_UNREAD, each, unread=unread).text for each in mails.LANGUAGES]

    assert tr in texts[0] and en in texts[1]


def test_every_mail_has_a_short_subject():
    lengths = {which: len(written(*which).subject) for which in KINDS}

    assert {which: length for which, length in lengths.items() if not 10 <= length <= 120} == {}


def test_every_mail_says_what_to_do_if_it_was_not_you():
    texts = {(kind, language): written(kind, language).text for kind, language in KINDS}

    assert [which for which, text in texts.items() if not any(sign in text for sign in NOT_YOU[which[1]])] == []
    assert [which for which, text in texts.items() if "{" in text or "\n\n\n" in text] == []


NOT_YOU = {
    "tr": ("siz istemediyseniz", "Siz değilseniz", "beklemiyorsanız", "Beklemiyorsanız", "tanımıyorsanız",
           "istemediyse", "sormadıysa", "yanlışlık", "Olmadıysa biri"),
    "en": ("if it was not you", "If it was not you", "did not expect", "If not", "do not know this person",
           "nobody of your firm", "neither you", "mistake"),
}  # fmt: skip


def test_both_languages_tell_moments_in_their_own_words():
    assert "24 Kasım 2026 14:02" in written(MailKind.RESET).text
    assert "24 November 2026 14:02" in written(MailKind.RESET, "en").text


@pytest.mark.parametrize("role", [*Role, *OperatorRole])
def test_an_invitation_names_every_role(role):
    for language in mails.LANGUAGES:
        for place in (SAID["place"], mails.OPERATOR):
            assert '""' not in written(MailKind.INVITATION, language, role=role.value, place=place).text


@pytest.mark.parametrize("change", mails.CHANGES)
def test_every_change_has_words(change):
    assert {": (Telefon)." in written(MailKind.FACTOR_CHANGED, each, change=change).text for each in ("tr", "en")} == {
        False
    }


@pytest.mark.parametrize("language", mails.LANGUAGES)
def test_each_kind_of_provider_reads_what_becomes_of_its_decisions(language):
    told = {written(MailKind.ADMITTED, language, provider_kind=kind.value).text for kind in ProviderKind}

    assert len(told) == len(ProviderKind)
    assert not any("\n " in text for text in told)


BAIT = ["http://evil.example/x", "www.evil.example", "evil.com", "//evil.example", "a@evil.example", "HTTPS://EVIL.COM"]


@pytest.mark.parametrize("bait", BAIT)
def test_whoever_names_a_firm_sends_no_link_to_strangers(bait):
    mail = written(MailKind.INVITATION, place=f"Kazandınız: {bait}", by=f"{bait}\n\nTıklayın {bait}")

    said = (mail.subject + mail.text).replace(LINK, "")
    assert bait.lower() not in said.lower()
    assert "://" not in said
    assert "@" not in said.replace(SAID["address"], "")


@pytest.mark.parametrize("language", mails.LANGUAGES)
def test_an_invitation_holds_no_words_of_who_sends_it(language):
    for place, subject in ((mails.OPERATOR, "ayse@example.com "), ("Örnek A.Ş.", "Örnek A.Ş. ")):
        mail = written(MailKind.INVITATION, language, by="Hesap kapanıyor", place=place, address="ayse@example.com")

        assert "kapanıyor" not in mail.subject + mail.text and "ayse@example.com" in mail.text
        assert mail.subject.startswith(subject) and '"owner"' in mail.text.replace("sahip", "owner")


def test_a_firms_own_dots_stay():
    assert "Örnek Mağazacılık A.Ş." in written(MailKind.ADMITTED).subject


def test_a_name_of_staff_has_nobody_called():
    mail = written(MailKind.NEW_OWNER, by="Banka 0850 999 99 99", place="Örnek A.Ş.")

    assert "0850" not in mail.subject + mail.text and "•••" in mail.text


def test_a_name_brings_no_second_line_into_the_subject():
    mail = written(MailKind.ADMITTED, place="Örnek\r\nBcc: everybody")

    assert mail.subject.startswith("Örnek Bcc: everybody:")


def test_a_name_is_not_read_as_a_template():
    assert "{{ link }}" in written(MailKind.ADMITTED, place="{{ link }}").text


def test_every_kind_has_its_two_texts_and_no_other_stands_about():
    folder = product.ROOT / "templates" / "mails"

    there = {str(path.relative_to(folder)) for path in folder.rglob("*.txt")}
    assert there == {f"{kind}/{language}.txt" for kind in [*MailKind, "foot"] for language in mails.LANGUAGES}


@pytest.mark.parametrize(("is_mail", "is_used_up", "said"), [
    (False, False, "SMS ile 160"), (False, True, "bugün SMS ile artık kod göndermiyor"),
    (True, False, "e-postayla 160"), (True, True, "bugün e-postayla artık kod göndermiyor"),
])  # fmt: skip
def test_owners_hear_which_codes_of_a_point_run_out(is_mail, is_used_up, said):
    mail = written(MailKind.POINT_BUDGET, is_mail=is_mail, is_used_up=is_used_up)

    assert said in mail.text and ("doldu" in mail.subject) == is_used_up


OVERDUE, NEAR = "- Son günü geçti, hâlâ açık: 3", "- Son gününe en çok iki iş günü kaldı: 1"
NEW = "- Yeni, ya da yeni sözü olan: 2"


@pytest.mark.parametrize(("waiting", "subject", "lines"), [
    ({"opened": 2, "near": 0, "overdue": 0}, "2 yeni başvuru ya da söz", [NEW]),
    ({"opened": 2, "near": 1, "overdue": 0}, "1 başvurunun son günü yaklaştı", [NEAR, NEW]),
    ({"opened": 0, "near": 1, "overdue": 3}, "3 başvurunun son günü geçti", [OVERDUE, NEAR]),
])  # fmt: skip
def test_the_desk_hears_of_what_presses_most_first_and_of_nothing_else(waiting, subject, lines):
    mail = written(MailKind.CASES_WAIT, **waiting)

    assert mail.subject == f"{SAID['place']}: {subject}"
    assert [line for line in mail.text.splitlines() if line.startswith("- ")] == lines
