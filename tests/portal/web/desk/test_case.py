"""A case on the desk: answered, refused for, put off, settled and opened again; the person reads what is for them."""

import io
import re
from datetime import timedelta

import pytest
from PIL import Image
from sqlalchemy import update

from portal.core import clock
from portal.core.display_names import fold
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, Status
from portal.core.models import (
    AuditEntry,
    Brand,
    Closing,
    Complaint,
    ComplaintStep,
    Consent,
    Decision,
    DecisionOrigin,
    Message,
    MessageKind,
    Provider,
    Role,
    Submission,
)
from portal.domain import complaints
from portal.domain.notifications import messages
from portal.web.desk.forms import ACCOUNT
from tests import make
from tests.portal.domain.complaints.cast import HEADER, TEXT, words_are_shown
from tests.portal.domain.consents.import_entries import bring, entry
from tests.portal.web.dashboard.staff import signed_in

pytestmark = [pytest.mark.slow, pytest.mark.alike]


def acts(rows) -> list[str]:
    return [step.act for step in rows(ComplaintStep)]


def entries(rows, act: str) -> list[AuditEntry]:
    return rows(AuditEntry, AuditEntry.act == act)


def posts(staff, case, act: str, **data):
    return staff.posts(f"/desk/{case.id}/{act}", data)


def closes(staff, case, closing: str = "stopped", text: str = ""):
    return posts(staff, case, "closing", closing=closing, text=text, shown="99/")


def test_the_page_tells_what_the_person_told_and_looking_is_noted(case, ayse, rows):
    with words_are_shown():
        page = ayse.opens(f"/desk/{case.id}").text.replace("\u00a0", " ")  # An address is not torn apart.

    for words in (HEADER, TEXT, "Üç iş günü içinde gelmiş", "+90 5•• ••• •• 67", "Bütün geçmiş"):
        assert words in page
    assert "1234567" not in page.replace("0123456789012345", "")
    assert [entry.subject_id for entry in entries(rows, "complaint.looked_at")] == [case.id]


@pytest.mark.parametrize("way", ["ekle", "yeniden-ac"])
def test_the_desk_reads_what_a_person_wrote_once_a_code_in_it_is_over(case, ayse, browser, persons_page, way):
    """An answer may ask for a code of any address of theirs, in any spelling: it opens what they decided everywhere."""
    says, pages = "Yeni gelen kod: bir iki üç 45678", (f"/desk/{case.id}", f"/desk/people/{case.recipient_id}")
    if way == "yeniden-ac":
        closes(ayse, case)
    assert browser.post(f"{persons_page}/{way}", data={"text": says}).status_code == 303

    assert says in browser.get(persons_page).text
    for page in map(ayse.opens, pages):
        assert page.status_code == 200 and says not in page.text and "Kişinin yazdıkları" in page.text
    page = ayse.opens(pages[0]).text
    assert not any(words in page for words in (HEADER, TEXT))
    shown = re.search(r'name="shown" value="([^"]+)"', page)[1]
    with words_are_shown():  # Who settles it was not shown them.
        assert posts(ayse, case, "closing", closing="stopped", text="", shown=shown).status_code == 409
    with words_are_shown():
        for page in map(ayse.opens, pages):
            assert says in page.text and "itibarıyla burada görünür" not in page.text


def test_an_answer_is_read_by_the_person(case, ayse, browser, persons_page, rows):
    assert posts(ayse, case, "answer", answer="Listenizi inceliyoruz.").status_code == 303

    assert "Listenizi inceliyoruz." in browser.get(persons_page).text
    assert acts(rows) == ["opened", "answered"] and len(entries(rows, "complaint.answered")) == 1


def test_accounts_at_other_networks_are_told_from_other_words():
    accounts = ["LinkedIn sayfamız", "Linked In hesabımız", "Skype adresimiz", "Threads hesabımız", "X'teki sayfamız",
                "X hesabımıza yazın", "hesabımız X'te", "YouTube'da banka iade kanalı", "You Tube kanalımız",
                "NSosyal hesabımız"]  # fmt: skip
    others = [
        "XL beden ürün sayfası",
        "Xiaomi kulaklığın sayfası",
        "Hesabınızdan düşülmez",
        "Extra Kanal",
        "Telefon kanalından",
    ]

    assert [each for each in accounts if not ACCOUNT.search(fold(each))] == []
    assert [each for each in others if ACCOUNT.search(fold(each))] == []


@pytest.mark.parametrize(
    "baits",
    [
        "İade için 0850 999 99 99",
        "İade için kartınızın numarasını ve şifrenizi yanıtlayın.",
        "Ödeme: banka-iade.com",
        "Arayın: 0850 GARANTI",
        "https://kotu.example/x",
        "Arayın: 0532 0850 123 45 67",
        "Arayın: 0850 123 45 67 89",
        "kotu@0850 123 45 67",
        "Bizi \u200f0850 123 45 67 numarasından arayın",
        "Instagram banka_iade hesabına yazın",
        "Sayfamız: banka iade, Facebook'ta",
        "İade formu: iade.भारत",
        "İadeniz için IADE yazıp 3838'e SMS gönderin.",
        "Kısa numaramız 118 80'i arayın.",
        "SIL yazıp 4609 1'e gönderin.",
    ],
)
def test_an_answer_leads_nowhere_but_to_the_reviewed_contact(case, ayse, rows, baits):
    """An account that was taken over sends nobody to a number or page of its own."""
    assert posts(ayse, case, "answer", answer=baits).status_code == 422
    assert closes(ayse, case, text=baits).status_code == 422
    assert posts(ayse, case, "answer", answer="Bizi (0850 123 45 67'den) arayın.").status_code == 303
    closes(ayse, case)
    assert posts(ayse, case, "reopening", reason=baits).status_code == 422

    assert acts(rows) == ["opened", "answered", "closed"]


def test_an_answer_names_the_brands_own_number_for_replies_and_no_other_short_one(app, case, ayse):
    answer = {"answer": "RET yazıp 4609'a gönderebilirsiniz; izniniz 12.03.2026'dan."}
    refused = posts(ayse, case, "answer", **answer)
    assert refused.status_code == 422 and "Kısa numara sanılabilecek bir sayı var (4609)" in refused.text

    with app.app_context():
        db.session.get_one(Brand, case.brand_id).reply_number = "4609"
        db.session.commit()

    assert posts(ayse, case, "answer", **answer).status_code == 303
    for lengthened in ("4609 sıfır bir'i arayın", "İki 4609'a yazın", "4609 ①'e yazın"):
        assert posts(ayse, case, "answer", answer=lengthened).status_code == 422


def test_a_number_that_counts_nothing_goes_into_the_note_as_the_answers_form_says(case, ayse):
    number = "Siparişiniz 48213 numaralı."
    refused = posts(ayse, case, "answer", answer=number)

    assert refused.status_code == 422 and "buraya değil, nota yazılır" in refused.text
    assert posts(ayse, case, "note", note=number).status_code == 303


def test_a_firms_words_stand_under_its_name_with_links_broken(app, case, browser, persons_page):
    with app.app_context():
        for text in ("Gidin: https://kotu.example/x", "Yalnız bugün"):
            complaints.answer_case(db.session, vault(), case, text, user_id=1, at=clock.now())
        db.session.commit()

    page = browser.get(persons_page).text

    assert "kotu.example" not in page and "https://kotu" not in page and "kotu. example" in page
    assert page.count("Firmanın yanıtı:") == 2 and "doğru olup olmadıklarını biz bilmeyiz" in page


def test_staff_reopen_a_case_once_a_week_and_two_messages_leave(case, ayse, browser, persons_page, rows):
    """Each closing sends a message: reopening by staff must not make a tap of it."""
    closes(ayse, case)
    for _ in range(2):
        posts(ayse, case, "reopening", reason="Kişi aradı")
        closes(ayse, case)
    assert acts(rows) == ["opened", "closed", "reopened", "closed"]

    browser.post(f"{persons_page}/yeniden-ac", data={"text": "Çözülmedi"})
    closed = posts(ayse, case, "closing", closing="stopped", text="", shown="2/")

    assert acts(rows)[-2:] == ["reopened", "closed"] and closed.status_code == 303
    assert len(rows(Message, Message.kind == MessageKind.COMPLAINT_SETTLED)) == 2


def test_a_note_is_not(case, ayse, browser, persons_page, rows):
    posts(ayse, case, "note", note="Ajans göndermiş")

    assert "Ajans göndermiş" in ayse.opens(f"/desk/{case.id}").text
    assert "Ajans göndermiş" not in browser.get(persons_page).text
    assert len(entries(rows, "complaint.noted")) == 1


def test_settling_it_tells_the_person_where_to_read_the_answer(app, case, ayse, browser, persons_page, rows):
    assert closes(ayse, case, text="Numaranızı çıkardık.").status_code == 303

    message = rows.one(Message, Message.kind == MessageKind.COMPLAINT_SETTLED)
    with app.app_context():
        facts = messages.read_facts(vault(), message)
    assert facts["link"] == app.config["MAIN_BASE"] + persons_page and facts["sender"] == "Örnek Mağaza"
    page = browser.get(persons_page).text
    assert "Gönderim durduruldu" in page and "Numaranızı çıkardık." in page
    assert entries(rows, "complaint.closed")[0].facts == {"closing": "stopped"}


def test_who_settles_is_told_the_same_whether_a_message_leaves(app, case, ayse, rows):
    """A firm that opens a case itself has us send nothing; nor does it learn that the number changed hands."""
    said = []
    for values in ({"proved_at": None}, {"proved_at": case.created_at}):
        with app.app_context():
            db.session.execute(update(Complaint).values(closing=None, closed_at=None, **values))
            db.session.commit()
        closes(ayse, case, "other", "Sizi listeden çıkardık.")
        said.append(re.findall(r"[^>]*Başvuru sonuçlandırıldı[^<]*", ayse.opens(f"/desk/{case.id}").text)[0])
        assert len(rows(Message, Message.kind == MessageKind.COMPLAINT_SETTLED)) == bool(values["proved_at"])

    assert said[0] == said[1] and "gönderilmedi" not in said[0]


def test_nobody_reads_that_messages_stopped_who_is_still_consented(app, case, ayse, rows):
    with app.app_context():
        db.session.execute(update(Consent).where(Consent.channel == case.channel).values(status=Status.GRANTED))
        db.session.commit()

    answer = closes(ayse, case)

    assert answer.status_code == 422 and "Önce bu sayfada reddini kaydedin" in answer.text
    assert rows.one(Complaint).closed_at is None and closes(ayse, case, "not_ours").status_code == 303


def test_settling_it_twice_changes_nothing(case, ayse, rows):
    for closing in ("stopped", "not_ours"):
        assert closes(ayse, case, closing).status_code == 303

    assert rows.one(Complaint).closing == Closing.STOPPED
    assert len(entries(rows, "complaint.closed")) == 1


@pytest.mark.parametrize(
    "wrong", [("", "x"), ("other", ""), ("erased", "x"), ("granted", "x"), ("stopped", "x" * 2001)]
)
def test_a_reason_that_is_none_closes_nothing_and_keeps_the_words(case, ayse, rows, wrong):
    answer = closes(ayse, case, *wrong)

    assert answer.status_code == 422 and 'role="alert"' in answer.text
    assert rows.one(Complaint).closed_at is None


def test_a_closed_case_takes_no_answer_and_may_be_opened_again(case, ayse, browser, persons_page, rows):
    closes(ayse, case)
    posts(ayse, case, "answer", answer="Geç kaldı")
    posts(ayse, case, "due", due=clock.day(clock.now()).isoformat(), why="x")
    assert acts(rows) == ["opened", "closed"]

    for _ in range(2):
        assert posts(ayse, case, "reopening", reason="Kişi aradı").status_code == 303

    assert acts(rows) == ["opened", "closed", "reopened"]
    assert rows.one(Complaint).closed_at is None
    assert "Başvurunuz inceleniyor" in browser.get(persons_page).text


def test_a_letter_sets_another_due_date(case, ayse, browser, persons_page, rows):
    day = clock.day(clock.now()) + timedelta(days=5)

    assert posts(ayse, case, "due", due=day.isoformat(), why="İl müdürlüğünün 123 sayılı yazısı").status_code == 303

    assert clock.day(rows.one(Complaint).due_at) == day
    assert entries(rows, "complaint.put_off")[0].facts == {"until": day.isoformat()}
    assert "123 sayılı" not in browser.get(persons_page).text


@pytest.mark.parametrize("due", ["", "x", "2020-01-01", "2999-01-01"])
def test_a_day_that_is_none_is_explained(case, ayse, rows, due):
    before = case.due_at
    answer = posts(ayse, case, "due", due=due, why="Yazı")

    assert answer.status_code == 422 and "Yazı" in answer.text
    assert rows.one(Complaint).due_at == before


def refusal(rows, **other) -> dict:
    return {"brand": str(rows(Consent)[0].brand_id), "source": "HS_CAGRI_MERKEZI", "channels": ["ARAMA"]} | other


def test_staff_refuse_for_the_person(case, ayse, browser, persons_page, rows):
    assert posts(ayse, case, "refusal", **refusal(rows)).status_code == 303

    made = rows(Decision, Decision.channel == "ARAMA")
    assert [(each.status, each.origin, each.source) for each in made] == [
        (Status.REFUSED, DecisionOrigin.STAFF, "HS_CAGRI_MERKEZI")
    ]
    assert rows.count(Submission) == 2 and acts(rows) == ["opened", "refused"]
    assert "sizin adınıza ret kaydetti" in browser.get(persons_page).text
    kept = entries(rows, "complaint.refused")[0]
    assert kept.facts == {"channels": ["ARAMA"], "source": "HS_CAGRI_MERKEZI", "new": 1, "brand": made[0].brand_id}


@pytest.mark.parametrize("wrong", [{"source": ""}, {"channels": []}, {"channels": ["EPOSTA"]}, {"brand": "1"}])
def test_a_refusal_that_lacks_something_refuses_nothing(case, ayse, rows, wrong):
    assert posts(ayse, case, "refusal", **refusal(rows, **wrong)).status_code == 422
    assert rows.count(Decision) == 1 and acts(rows) == ["opened"]


def test_it_says_where_no_consent_is_known_that_the_three_days_would_excuse(app, case, ayse, rows):
    never = "burada kayıtlı bir onay yoktu"
    assert never in ayse.opens(f"/desk/{case.id}").text

    with app.app_context():
        head = rows.one(Consent, Consent.channel == case.channel)
        bring(make.brand(), entry(make.PHONE, date=head.consent_date - timedelta(hours=2), channel=case.channel))

    assert never not in ayse.opens(f"/desk/{case.id}").text


def test_it_speaks_of_the_three_days_only_where_there_is_a_refusal(app, case, ayse):
    of_the_days = "Üç iş günü, önceden alınmış bir onayla"
    assert of_the_days in ayse.opens(f"/desk/{case.id}").text

    with app.app_context():
        db.session.execute(update(Complaint).values(channel=Channel.CALL))
        db.session.commit()

    page = ayse.opens(f"/desk/{case.id}").text
    assert "burada kayıtlı bir onay yoktu" in page and of_the_days not in page


def test_nobody_grants_at_the_desk(app, case, ayse, rows):
    page = ayse.opens(f"/desk/{case.id}").text
    forged = {"status": "ONAY", "MESAJ": "ONAY", "choices": "MESAJ=ONAY"}

    posts(ayse, case, "refusal", **refusal(rows, **forged))
    for act in ("note", "answer", "closing", "reopening", "due"):
        posts(ayse, case, act, **forged)
    for act in ("grant", "granting", "consent", "onay"):
        assert posts(ayse, case, act, **forged).status_code == 404

    assert 'value="ONAY"' not in page
    assert {each.status for each in rows(Decision)} == {Status.REFUSED}
    assert {head.status for head in rows(Consent)} <= {Status.REFUSED, None}


def test_the_screenshot_is_shown_to_its_provider_alone(app, case, ayse):
    assert ayse.opens(f"/desk/{case.id}/screenshot.png").status_code == 404
    file = io.BytesIO()
    Image.new("RGB", (3, 3)).save(file, "PNG")
    with app.app_context():
        sealed = vault().seal(file.getvalue(), Complaint.PICTURE, case.provider_id, case.id)
        db.session.execute(update(Complaint).values(picture=sealed))
        db.session.commit()
        make.provider(700002, 700002, "cem@example.com")

    early = ayse.opens(f"/desk/{case.id}/screenshot.png")
    assert early.status_code == 404 and "screenshot.png" not in ayse.opens(f"/desk/{case.id}").text
    with words_are_shown():
        shown = ayse.opens(f"/desk/{case.id}/screenshot.png")
        assert shown.data == file.getvalue() and shown.mimetype == "image/png"
        assert shown.headers["Cache-Control"] == "no-store" and "screenshot.png" in ayse.opens(f"/desk/{case.id}").text
        assert signed_in(app, "cem@example.com").opens(f"/desk/{case.id}/screenshot.png").status_code == 404


def test_a_damaged_seal_hides_one_thing_and_not_the_case(app, case, ayse):
    with app.app_context():
        db.session.execute(update(Complaint).values(text=b"x", picture=b"x"))
        db.session.commit()

    assert ayse.opens(f"/desk/{case.id}").status_code == 200
    assert ayse.opens(f"/desk/{case.id}/screenshot.png").status_code == 404


@pytest.mark.parametrize(("role", "status"), [(Role.AGENT, 200), (Role.MANAGER, 200), (Role.AUDITOR, 403)])
def test_who_answers_people_sits_at_the_desk(app, case, role, status):
    with app.app_context():
        make.person(db.session.get_one(Provider, case.provider_id), "burak@example.com", role)
    burak = signed_in(app, "burak@example.com")

    assert burak.opens(f"/desk/{case.id}").status_code == status
    assert ("/desk/" in burak.opens("/dashboard/").text) == (status == 200)


def test_a_suspended_provider_still_answers_people(app, case, ayse):
    with app.app_context():
        db.session.execute(update(Provider).values(suspended_at=clock.now()))
        db.session.commit()

    assert posts(ayse, case, "answer", answer="Durdurduk.").status_code == 303
    assert closes(ayse, case).status_code == 303


@pytest.mark.parametrize("number", ["0", "1", str(2**63), "9" * 100])
def test_a_case_that_is_not_there_is_not_found(ayse, number):
    assert ayse.opens(f"/desk/{number}").status_code == 404
