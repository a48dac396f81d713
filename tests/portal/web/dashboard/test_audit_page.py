"""What was done: by whom, when, from where; filtered, turned, and taken away as a file that harms no spreadsheet."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import AuditEntry, OperatorRole, Provider, Role, SignIn, User
from portal.domain import audit
from portal.domain.identity import accounts
from tests import make
from tests.portal.web.dashboard.staff import signed_in

pytestmark = [pytest.mark.slow, pytest.mark.alike]

PAGE = "/dashboard/audit"
FILE = "/dashboard/audit.csv"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36"


def noted(app, act: str, email: str | None = make.AYSE, at: datetime | None = None, subject="campaign", **facts):
    """Somebody of Ayşe's provider, or of the operator, or the system did something."""
    with app.app_context():
        provider = db.session.query(Provider).filter_by(iys_code=make.IYS_CODE).one()
        person = accounts.find_user(db.session, vault(), email) if email else None
        session = db.session.query(SignIn).filter_by(user_id=person.id).first() if person else None
        audit.note(
            db.session, act, subject, 7, provider_id=provider.id, at=at or clock.now(),
            user_id=person.id if person else None, sign_in_id=session.id if session else None, facts=facts,
        )  # fmt: skip
        db.session.commit()


def lines(page: str) -> list[str]:
    return re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)[1:]


def told(staff, query: str = "") -> list[dict]:
    text = staff.takes(f"{FILE}?{query}").get_data().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


def test_an_entry_says_who_what_when_and_from_where(app, ayse):
    ayse.browser.environ_base["HTTP_USER_AGENT"] = CHROME
    with app.app_context():
        db.session.query(SignIn).update({"agent": CHROME})
        db.session.commit()
    noted(app, "campaign.opened", kind="ask")

    line = next(line for line in lines(ayse.opens(PAGE).text) if "Kampanya hazırlandı" in line)
    assert "Ayşe" in line and "Chrome (Windows), 127.0.0.•" in line
    assert "tür: İzin sorma" in line


def test_her_own_sign_in_is_there(ayse):
    assert "Giriş yapıldı" in ayse.opens(PAGE).text


def test_an_address_that_slipped_into_a_fact_is_hidden(app, ayse):
    noted(app, "recipient.unmasked", reason=f"{make.EMAIL} aradı, 0532 123 45 67", day="2026-11-24")

    page = ayse.opens(PAGE).text
    assert "aradı" in page and "2026-11-24" in page
    assert make.EMAIL not in page and "123 45 67" not in page
    assert make.EMAIL not in str(told(ayse))


def test_of_the_operators_people_it_is_said_that_they_are_and_not_from_where(app, ayse):
    with app.app_context():
        make.staff("derya@example.com", OperatorRole.ADMIN)
    signed_in(app, "derya@example.com")
    noted(app, "provider.admitted", "derya@example.com", subject="provider")

    line = next(line for line in lines(ayse.opens(PAGE).text) if "Firma İYS" in line)
    assert "Derya (iş ortağı)" in line
    assert "127.0.0" not in line


def test_another_providers_entries_are_not_shown(app, ayse):
    with app.app_context():
        make.provider(700009, 700009, "cem@example.com")
    noted(app, "campaign.opened")
    cem = signed_in(app, "cem@example.com")

    assert "Kampanya hazırlandı" not in "".join(lines(cem.opens(PAGE).text))
    assert {each["Ne yaptı"] for each in told(cem)} == {"Giriş yapıldı", "Denetim kayıtları indirildi"}


DAYS = {
    "since=2026-05-02": {"campaign.opened"}, "until=2026-05-01": {"day.agreed"},
    "since=2026-05-01&until=2026-05-01": {"day.agreed"}, "since=x": None, "since=0001-01-01": None,
    "until=9999-12-31": None, "act=day.agreed": {"day.agreed"}, "act=nothing": None, "who=system": {"day.agreed"},
    "who=x": None, "who=recipients": set(), "subject=reconciled_day": {"day.agreed"}, "subject_id=8": set(),
    "subject_id=99999999999999999999": None, "subject_id=9223372036854775807": set(), "subject_id=x": None,
    "subject_id=7": {"day.agreed", "campaign.opened"}, "before=x": None, "before=1": None,
}  # fmt: skip


def test_entries_are_filtered_by_person_act_day_and_subject(app, ayse):
    late = datetime(2026, 5, 1, 21, 30, tzinfo=UTC)  # In Istanbul the second of May has begun.
    noted(app, "campaign.opened", at=late)
    noted(app, "day.agreed", None, at=late - timedelta(hours=1), subject="reconciled_day")
    words = {"campaign.opened": "Kampanya hazırlandı", "day.agreed": "Gün için mutabık kalındı"}

    answers = {choice: ayse.opens(f"{PAGE}?{choice}") for choice in DAYS}
    shown = {choice: "".join(lines(answer.text)) for choice, answer in answers.items()}
    told = {choice: {act for act, text in words.items() if text in page} for choice, page in shown.items()}

    assert {choice for choice, answer in answers.items() if answer.status_code != 200} == set()
    assert told == {choice: {*words} if acts is None else acts for choice, acts in DAYS.items()}


def test_a_person_is_chosen_by_name(app, ayse, rows):
    with app.app_context():
        make.person(db.session.query(Provider).one(), "burak@example.com", Role.AUDITOR, "Burak")
    burak = signed_in(app, "burak@example.com")
    noted(app, "campaign.opened")

    who = rows.one(User, User.name == "Burak").id
    assert {each["Kim"] for each in told(burak, f"who={who}")} == {"Burak"}


def test_long_lists_are_turned_without_losing_an_entry(app, ayse):
    at = clock.now() - timedelta(days=1)
    for number in range(70):
        noted(app, "campaign.opened", at=at, number=number)

    first = ayse.opens(f"{PAGE}?act=campaign.opened").text
    after = re.search(r'href="([^"]*before=[^"]*)"', first)[1].replace("&amp;", "&")
    second = ayse.opens(after).text
    numbers = re.findall(r"number: (\d+)", first + second)
    assert len(lines(first)) == 50
    assert sorted(map(int, numbers)) == list(range(70))
    assert "En yeniler" in second


def test_a_file_is_read_by_a_spreadsheet_and_its_taking_is_noted(app, ayse, rows):
    noted(app, "campaign.opened", name="Şeker")

    answer = ayse.takes(f"{FILE}?act=campaign.opened")
    assert answer.mimetype == "text/csv"
    assert answer.get_data().startswith(b"\xef\xbb\xbf")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert [each["Ayrıntı"] for each in told(ayse, "act=campaign.opened")] == ["ad: Şeker"]
    entry = rows(AuditEntry, AuditEntry.act == "audit.taken")[0]
    assert entry.facts == {"choices": "act=campaign.opened", "format": "csv"}


def test_no_cell_of_a_file_is_a_formula(app, ayse):
    with app.app_context():
        db.session.query(User).update({"name": '=HYPERLINK("https://evil.example")'})
        db.session.commit()

    assert all(each["Kim"].startswith("'=") for each in told(ayse))


def test_what_was_asked_for_is_noted_only_in_our_words(ayse, rows):
    ayse.takes(f"{FILE}?who={make.EMAIL}&act=%0d%0aevil&subject_id={make.PHONE}")

    assert rows.one(AuditEntry, AuditEntry.act == "audit.taken").facts == {"choices": "", "format": "csv"}


def test_taking_the_file_needs_a_factor_shown_a_moment_ago(app, ayse, rows):
    with app.app_context():
        db.session.query(SignIn).update({"stepped_up_at": clock.now() - timedelta(minutes=11)})
        db.session.commit()

    assert "step-up" in ayse.takes(FILE).location
    assert rows(AuditEntry, AuditEntry.act == "audit.taken") == []


@pytest.mark.parametrize(("role", "status"), [(Role.AUDITOR, 200), (Role.AGENT, 403), (Role.DEVELOPER, 403)])
def test_reading_needs_the_power_to(app, ayse, role, status):
    with app.app_context():
        make.person(db.session.query(Provider).one(), "burak@example.com", role, "Burak")
    burak = signed_in(app, "burak@example.com")

    assert burak.opens(PAGE).status_code == status
    assert burak.takes(FILE).status_code == status


def test_what_firms_bring_is_called_by_our_words_and_nothing_by_none(app, ayse):
    noted(app, "paper.uploaded", kind="signature", size=7)
    noted(app, "account.opened", legal_form="company", choices="")

    facts = {line["Ne yaptı"]: line["Ayrıntı"] for line in told(ayse)}

    assert facts["Belge yüklendi"] == "tür: İmza sirküleri, büyüklük: 7"
    assert facts["Hesap açıldı"] == "firma türü: Şirket"


def test_a_value_that_is_no_word_of_ours_stands_as_it_is(app, ayse):
    noted(app, "recipient.refused", channels=["MESAJ", "ARAMA"], kind=["ask"], by="nobody", good=3, clear=False)

    line = next(line for line in lines(ayse.opens(PAGE).text) if "ret kaydedildi" in line)
    assert "kanallar: SMS Telefon araması, tür: İzin sorma, nasıl: nobody, alınan: 3, sorunsuz: hayır" in line
