"""What a person writes in a case: by the tick it refuses, and without the tick it holds sending until it is read."""

import io
import re
from datetime import timedelta

import pytest
import time_machine
from PIL import Image
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, limiter
from portal.core.iys_protocol import Channel, RecipientType
from portal.core.models import (
    AddressProof,
    Closing,
    Complaint,
    ComplaintStep,
    Consent,
    Decision,
    DecisionOrigin,
    Receipt,
    Recipient,
    may_have_refused,
)
from portal.domain import complaints
from portal.domain.consents import may_send
from portal.domain.consents.may_send import Reason
from tests import make
from tests.portal.domain.complaints.cast import a_case, closed, code_of, receipt_of, words_are_shown
from tests.portal.services.messaging.vendor_pushes import add_brand
from tests.portal.web.dashboard.staff import signed_in
from tests.portal.web.recipient.open_complaints import complains, new_link, proves, told

pytestmark = [pytest.mark.slow, pytest.mark.alike]


@pytest.fixture
def case(app, browser, rows) -> tuple[Complaint, str]:
    """A case of Fatma's about SMS, who granted them and calls, and its page, where she has proved her number."""
    found, code = a_case(app, rows, MESAJ="ONAY", ARAMA="ONAY")
    proves(browser)
    return found, f"/s/{code}"


@pytest.fixture
def erasure(app, browser, rows) -> tuple[Complaint, str]:
    """A request of hers for erasure, likewise."""
    receipt_of(app, rows, MESAJ="ONAY", ARAMA="ONAY")
    with app.app_context():
        recipient = db.session.get_one(Recipient, rows.one(Receipt).recipient_id)
        complaints.request_erasure(db.session, recipient, language="tr", at=clock.now())
        db.session.commit()
    found = rows.one(Complaint)
    proves(browser)
    return found, f"/s/{code_of(app, found)}"


def png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (3, 3)).save(file, "PNG")
    return file.getvalue()


def reasons(app, case: Complaint) -> list[Reason]:
    """Why SMS and calls may go, or may not."""
    with app.app_context():
        asked, person = (make.brand(), [case.recipient_id]), RecipientType.INDIVIDUAL
        answers = [
            may_send.answers(db.session, *asked, channel, person, clock.now())
            for channel in (Channel.SMS, Channel.CALL)
        ]
    return [each[case.recipient_id].reason for each in answers]


@pytest.mark.parametrize("way", ["ekle", "yeniden-ac"])
@pytest.mark.parametrize("text", ["Numaramı listenizden kaldırın.", "I withdraw my consent."])
def test_words_that_no_list_knows_hold_sending_on_every_channel(app, browser, case, way, text):
    found, path = case
    before = reasons(app, found)
    if way == "yeniden-ac":
        closed(app, found, closing=Closing.OTHER)

    browser.post(f"{path}/{way}", data={"text": text})

    assert Reason.UNREAD_REPLY not in before and reasons(app, found) == [Reason.UNREAD_REPLY] * 2
    assert "firma okuyana kadar size ticari ileti gönderilmez" in browser.get(path).text


def test_words_of_consent_grant_nothing_and_wait_as_others_do(app, browser, case, rows):
    found, path = case
    before = rows.count(Decision)

    browser.post(f"{path}/ekle", data={"text": "EVET"})

    assert rows.count(Decision) == before and reasons(app, found) == [Reason.UNREAD_REPLY] * 2


READINGS = {
    "note": {"note": "Kargosunu soruyor."},
    "answer": {"answer": "Siparişiniz yolda."},
    "closing": {"closing": "no_consent_needed"},
    "refusal": {"channels": ["MESAJ", "ARAMA"], "source": "HS_CAGRI_MERKEZI"},
}


@pytest.mark.parametrize("act", READINGS)
def test_staff_ends_the_hold_by_what_it_does_with_the_words_before_it(app, browser, case, rows, act):
    """Not with words that came while it wrote."""
    (found, path), ayse, held = case, signed_in(app), []
    its = {"brand": str(rows(Consent)[0].brand_id)}

    def acts_after(at, *, meanwhile: str | None = None) -> None:
        at.shift(AddressProof.CODE_LIFETIME)  # Then it is shown.
        page = ayse.opens(f"/desk/{found.id}").text
        assert "bir ret olabilir" in page and "Gönderim bekliyor" in ayse.opens("/desk/").text
        if meanwhile:
            browser.post(f"{path}/ekle", data={"text": meanwhile})
        name, seen = ("note" if meanwhile else act), re.search(r'name="shown" value="([^"]+)"', page)[1]
        assert ayse.posts(f"/desk/{found.id}/{name}", READINGS[name] | its | {"shown": seen}).status_code == 303
        held.append(Reason.UNREAD_REPLY in reasons(app, found))

    browser.post(f"{path}/ekle", data={"text": "Beni rahat bırakın."})
    with time_machine.travel(clock.now(), tick=False) as at:
        acts_after(at, meanwhile="Aboneliğimi sonlandırın.")
        acts_after(at)

    assert held == [True, False]
    assert (reasons(app, found) == [Reason.REFUSED] * 2) is (act == "refusal")


@pytest.mark.parametrize("stale", [None, {}, {"seen": "9"}])
def test_no_case_is_closed_from_a_page_without_the_persons_last_words(app, browser, case, rows, stale):
    """Nor from one of an earlier release, that says nothing of what it showed or says it otherwise."""
    (found, path), ayse, said = case, signed_in(app), "Kargom ne zaman gelir?"
    closing = {"closing": "other", "text": "Yazmayı bırakıyoruz."}

    def seen(page: str) -> dict[str, str]:
        return {"shown": re.search(r'name="shown" value="([^"]+)"', page)[1]}

    with words_are_shown():
        opened = seen(ayse.opens(f"/desk/{found.id}").text)
        browser.post(f"{path}/ekle", data={"text": said})
        answer = ayse.posts(f"/desk/{found.id}/closing", closing | (opened if stale is None else stale))

        assert answer.status_code == 409 and "görmediğiniz bir sözü var" in answer.text
        assert said not in answer.text and "Yazmayı bırakıyoruz." in answer.text
        again = ayse.posts(f"/desk/{found.id}/closing", closing | seen(answer.text))
        assert again.status_code == 409  # It was not shown yet.
        assert rows.one(Complaint).closed_at is None and Reason.UNREAD_REPLY in reasons(app, found)
        with words_are_shown():
            page = ayse.opens(f"/desk/{found.id}").text
            assert said in page
            assert ayse.posts(f"/desk/{found.id}/closing", closing | seen(page)).status_code == 303
            assert Reason.UNREAD_REPLY not in reasons(app, found)


@pytest.mark.parametrize(
    ("said", "then"),
    [
        ({"text": "Numaramı listenizden kaldırın, bir daha yazmayın."}, [Reason.UNREAD_REPLY] * 2),
        ({"text": "RET"}, [Reason.REFUSED] * 2),
        ({"text": "Aramayın da.", "refuses": "y"}, [Reason.REFUSED, Reason.UNREAD_REPLY]),
        ({"text": "", "refuses": "y"}, [Reason.REFUSED, Reason.UNREAD_REPLY]),
        ({"text": "", "header": "ORNEK beni silin"}, [Reason.UNREAD_REPLY] * 2),
    ],
)
def test_the_words_of_a_report_refuse_or_hold_as_later_words_do(app, browser, rows, said, then):
    _, code = receipt_of(app, rows, MESAJ="ONAY", ARAMA="ONAY")
    said = told(**said)  # Of one minute.

    answer = complains(browser, code, **said)

    case = rows.one(Complaint)
    found = [each if each in (Reason.UNREAD_REPLY, Reason.REFUSED) else None for each in reasons(app, case)]
    assert answer.status_code == 303 and found == then
    if Reason.UNREAD_REPLY in then:
        with app.app_context():
            complaints.record_reading(db.session, (its := db.session.get_one(Complaint, case.id)), 2, its.unread_since)
            db.session.commit()
        complains(browser, code, **said)
        assert Reason.UNREAD_REPLY not in reasons(app, case), "the same report once more says nothing new"


def test_a_report_that_is_a_refusal_counts_where_no_case_is_opened(app, browser, rows):
    _, code = receipt_of(app, rows, MESAJ="ONAY", ARAMA="ONAY")

    answer = complains(browser, code, text="RET", channel="", header="")

    assert answer.status_code == 422 and "Reddiniz kaydedildi" in answer.text
    assert {each.status for each in rows(Consent)} == {"RET"} and rows.count(Complaint) == 0


@pytest.mark.parametrize(("opened", "wrong", "status"), [(1, {"header": ""}, 422), (3, {}, 429)])
def test_words_of_a_report_that_is_not_taken_hold_by_the_case_before_it(app, browser, rows, opened, wrong, status):
    _, code = receipt_of(app, rows, MESAJ="ONAY", ARAMA="ONAY")
    for number in range(opened):
        complains(browser, code, hour=f"0{number}:00", day="2026-01-05", text="EVET")
    with app.app_context():
        for each in db.session.scalars(select(Complaint)):
            complaints.record_reading(db.session, each, 1, each.unread_since)
        db.session.commit()
    assert Reason.UNREAD_REPLY not in reasons(app, rows(Complaint)[0])

    if wrong:  # By a later receipt.
        code = browser.post(new_link(app), data={"MESAJ": "RET"}).location.rpartition("/")[2]

    answer = complains(browser, code, text="Aramayın da.", refuses="y", day="2026-01-06", channel="MESAJ", **wrong)

    assert answer.status_code == status and rows.count(Complaint) == opened
    assert reasons(app, rows(Complaint)[0]) == [Reason.REFUSED, Reason.UNREAD_REPLY]


def test_a_report_that_is_told_again_with_a_picture_is_another_one(app, browser, rows):
    _, code = receipt_of(app, rows, MESAJ="ONAY")
    complains(browser, code)
    for _ in range(2):
        complains(browser, code, picture=(io.BytesIO(png()), "a.png"))

    assert [case.picture is not None for case in rows(Complaint)] == [False, True]


@pytest.mark.parametrize("act", ["ekle", "yeniden-ac"])
@pytest.mark.parametrize("said", [{"text": "Yazmayın.", "refuses": "y"}, {"text": "RET"}, {"text": "Yazmayın."}])
def test_a_refusal_after_the_proof_ended_counts_for_the_channel_as_by_any_link(app, browser, case, rows, act, said):
    found, path = case
    before = reasons(app, found)

    answer = app.test_client().post(f"{path}/{act}", data=said)

    is_refusal = said != {"text": "Yazmayın."}
    assert answer.status_code == 403 and reasons(app, found) == [Reason.REFUSED if is_refusal else before[0], before[1]]
    assert ("bu yol için kaydedildi ve hemen geçerli oldu: SMS" in answer.text) is is_refusal
    assert "kaydedilmedi" in answer.text.lower() and rows.count(ComplaintStep) == 1 + is_refusal


def test_a_tick_refuses_every_channel_and_holds_nothing_without_words(app, browser, case, rows):
    found, path = case
    assert "hiçbir yolla" in browser.get(path).text

    def is_held():
        with app.app_context():
            return bool(db.session.scalars(select(Recipient.id).where(may_have_refused(Recipient.id))).all())

    browser.post(f"{path}/ekle", data={"text": "", "refuses": "y"})
    assert reasons(app, found) == [Reason.REFUSED] * 2 and not is_held()
    browser.post(f"{path}/ekle", data={"text": "Artık telefonla da aramayın.", "refuses": "y"})
    assert is_held()  # It may mean the firm's other brands.
    assert [step.act for step in rows(ComplaintStep)] == ["opened", "refused", "added"]


@pytest.mark.parametrize("said", [{"text": "Verilerimi silin, aramayın da.", "refuses": "y"}, {"text": "RET"}])
def test_a_request_for_erasure_takes_a_refusal_of_all_brands(app, browser, erasure, rows, said):
    found, path = erasure
    add_brand(app, "Örnek Outlet", "OUTLET")
    page = browser.get(path).text
    assert "Bu firmanın bugünkü hiçbir markası" in page and page.count(" checked") == 1

    browser.post(f"{path}/ekle", data=said)

    refused = rows(Decision, Decision.status == "RET")
    assert {each.origin for each in refused} == {DecisionOrigin.MINE} and len({each.brand_id for each in refused}) == 2
    assert reasons(app, found) == [Reason.REFUSED] * 2


def test_other_words_in_a_request_for_erasure_hold_sending(app, browser, erasure):
    found, path = erasure

    browser.post(f"{path}/ekle", data={"text": "Verilerimi silin. Bana artık mesaj göndermeyin."})

    assert reasons(app, found) == [Reason.UNREAD_REPLY] * 2


NOT_TAKEN = {"too many": "yazabileceğiniz kadar yazdınız", "closed": "bu arada sonuçlandı", "too late": "süresi doldu"}


@pytest.mark.parametrize("why", NOT_TAKEN)
@pytest.mark.parametrize("is_ticked", [True, False])
def test_a_refusal_counts_and_words_hold_where_they_are_not_taken(app, browser, case, rows, why, is_ticked):
    found, path = case
    if why == "too many":
        for number in range(10):
            browser.post(f"{path}/ekle", data={"text": f"Saat {number}"})
    else:
        closed(app, found, closing=Closing.OTHER)
    with time_machine.travel(clock.now() + timedelta(days=31 if why == "too late" else 0)):
        proves(browser)
        if not is_ticked:
            with app.app_context():
                db.session.get_one(Complaint, found.id).unread_since = None
                db.session.commit()
        said = {"text": "Hiç yazmayın."} | ({"refuses": "y"} if is_ticked else {})
        answer = browser.post(f"{path}/{'yeniden-ac' if why == 'too late' else 'ekle'}", data=said)

    assert answer.status_code == 409
    assert NOT_TAKEN[why] in answer.text and ("Reddiniz kaydedildi" in answer.text) is is_ticked
    assert reasons(app, found) == [Reason.REFUSED if is_ticked else Reason.UNREAD_REPLY] * 2
    assert (rows(ComplaintStep)[-1].act == "refused") is is_ticked


def test_who_reopens_what_staff_reopened_meanwhile_loses_no_words(app, browser, case, rows):
    _, path = case
    for _twice in range(2):
        browser.post(f"{path}/yeniden-ac", data={"text": "Aramayın da.", "refuses": "y"})

    assert [step.act for step in rows(ComplaintStep)] == ["opened", "added", "refused"]
    assert {each.status for each in rows(Consent)} == {"RET"}


def test_a_form_beyond_the_limit_says_that_a_repeated_refusal_is_recorded(browser, app, rows):
    _, code = receipt_of(app, rows)
    for hour in ("10:00", "10:01", "10:02"):
        complains(browser, code, hour=hour, day="2026-01-05")
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        answer = complains(browser, code, hour="10:03", day="2026-01-05", refuses="y")

    assert answer.status_code == 429 and "Reddiniz kaydedildi" in answer.text


@pytest.mark.parametrize("act", ["ekle", "yeniden-ac"])
def test_a_refusal_counts_beside_words_that_are_wrong(browser, case, rows, act):
    answer = browser.post(f"{case[1]}/{act}", data={"text": "x" * 2001, "refuses": "y"})

    assert answer.status_code == 422
    assert "Reddiniz kaydedildi" in answer.text and "En çok 2.000 karakter" in answer.text
    assert {each.status for each in rows(Consent)} == {"RET"}


def test_what_others_of_a_network_post_stops_no_refusal_in_a_case(app, browser, case, rows):
    limiter.enabled, stranger = True, app.test_client()
    limiter.reset()

    told = [stranger.post(f"/s/{'a' * 20}/{act}").status_code for act in ("ret", "ekle") for _ in range(61)]

    assert told[-1] == 429 and browser.post(f"{case[1]}/ret").status_code == 303
    assert browser.post(f"{case[1]}/ekle", data={"text": "RET"}).status_code == 303
    assert {each.status for each in rows(Consent)} == {"RET"}


def test_a_case_without_words_is_settled_at_once(app, erasure):
    found, _ = erasure
    ayse = signed_in(app)
    seen = re.search(r'name="shown" value="([^"]+)"', ayse.opens(f"/desk/{found.id}").text)[1]
    closing = {"closing": "nothing_held", "shown": seen}

    assert ayse.posts(f"/desk/{found.id}/closing", closing).status_code == 303
