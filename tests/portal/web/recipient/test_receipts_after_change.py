"""Receipts of nobody known, after an address changed hands: from before it, or made by a link from before. Earlier and
present holder may both have the link and the old receipt, so neither reads there what the other one decided."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import update

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Brand, Complaint, Consent, Decision, Finding, Outcome, Recipient, Submission
from tests import make
from tests.portal.domain.complaints.cast import code_of
from tests.portal.services.iys.forwarding.scripted import iys_that_says
from tests.portal.web.consent_points import visitor
from tests.portal.web.recipient.open_complaints import another_firm_hears, complains, new_link

PERSONAL = re.compile(r'<svg.*?</svg>|value="[^"]{9,}"|class="long">[^<]+|/[kmsu]/\w+|[0-9]+')
BEFORE, CHANGE, SINCE, NOW = (f"2026-12-{day}T08:00:00Z" for day in ("02", "08", "09", "20"))
# What the earlier holder decided besides, and the present one since.
PASTS = [({}, {}), ({"ARAMA": "RET"}, {}), ({}, {"ARAMA": "RET"}), ({}, {"ARAMA": "ONAY"})]
NUMBERS = [f"+90555123450{place}" for place in range(len(PASTS))]

pytestmark = [pytest.mark.slow, pytest.mark.alike]


@pytest.mark.parametrize("who", ["this firm", "another firm"])
def test_no_receipt_of_nobody_known_tells_what_another_decided(app, rows, who):
    """Nor does a case from it; whoever holds it reads the same pages, whatever was decided besides."""
    with time_machine.travel("2026-12-01T08:00:00Z"):
        codes = make.codes(app, "\n".join(NUMBERS))
        old = {each: post(app, f"/u/{codes[each]}", MESAJ="RET") for each in NUMBERS}
        visitor.opened(app, brand_id=min(each.id for each in rows(Brand)))
    for number, (earlier, later) in zip(NUMBERS, PASTS, strict=True):
        with time_machine.travel(BEFORE):
            post(app, f"/u/{codes[number]}", **earlier)
        with time_machine.travel(CHANGE):
            said = post(app, f"/k/{codes[number]}/ben-degilim") if who == "this firm" else None
            if said is None:
                another_firm_hears(app, clock.now(), number)
        with time_machine.travel(SINCE):
            decide_since(app, number, **later)
        old[number] = [old[number], *filter(None, [said])]

    with time_machine.travel(NOW):
        shown = [read(app, [*old[each], post(app, f"/u/{codes[each]}", MESAJ="RET")]) for each in NUMBERS]

    assert shown[1:] == shown[:-1]
    assert all("onayınız" not in page and "kararınızdan (" not in page for page in shown[0])
    found = {each.finding for each in rows(Complaint)}
    assert found > {Finding.NO_REFUSAL}, "the desk reads what the firm knows"


def test_no_receipt_of_a_grant_that_waited_tells_what_the_next_holder_decided(app, rows):
    """Whether they refused, so that İYS takes it no more, or decided nothing."""
    numbers = NUMBERS[:2]
    with time_machine.travel("2026-12-01T08:00:00Z"):
        codes = make.codes(app, "\n".join(numbers))
        old = [make.Person(app.test_client(), codes[each]).decides(MESAJ="ONAY").location for each in numbers]
    with time_machine.travel("2026-12-01T09:00:00Z"), app.app_context():
        waits = {"outcome": Outcome.BLOCKED, "attempts": 3, "due_at": clock.now() + timedelta(hours=30)}
        db.session.execute(update(Submission).values(waits))
        db.session.commit()
        for each in numbers:
            another_firm_hears(app, clock.now(), each)
    with time_machine.travel("2026-12-01T10:00:00Z"):
        post(app, new_link(app, numbers[1]), MESAJ="RET")
        taken = 200, {"transactionId": "t-2"}
        with iys_that_says(MESAJ=(200, {"list": [numbers[1]]}), consents=taken) as iys:
            make.forward_all(app, iys)
    with time_machine.travel("2026-12-01T15:00:00Z"):
        shown = [PERSONAL.sub("", app.test_client().get(each).text) for each in old]

    assert Outcome.OVERTAKEN in {each.outcome for each in rows(Submission)}
    assert shown[0] == shown[1]


def post(app, path: str, **choices) -> str | None:
    """Where it leads."""
    return app.test_client().post(path, data=choices).location


def decide_since(app, number: str, **choices) -> None:
    """The present holder: by a link of their own, or at a consent point."""
    if "ONAY" in choices.values():
        visitor.Visitor(app).decides(number, **choices)
    elif choices:
        post(app, new_link(app, number), **choices)


def read(app, receipts: list[str]) -> list[str]:
    """All that these receipts show, and cases from them of calls that came before the change and since."""
    browser, pages = app.test_client(), []
    for receipt in receipts:
        pages += [browser.get(receipt).text, browser.get(f"{receipt}/sikayet").text]
        for day in ("2026-12-07", "2026-12-19") if receipt == receipts[0] else ("2026-12-19",):
            case = complains(browser, receipt.rpartition("/")[2], channel="ARAMA", day=day, refuses="").location
            pages.append(browser.get(case).text)
        browser.post(f"{case}/ret")
        pages.append(browser.get(case).text)
    return [PERSONAL.sub("", page) for page in pages]


@pytest.mark.parametrize("act", [None, {"text": "RET"}, {"text": "Yazmayın", "refuses": "y"}, {"text": "Merhaba"}])
def test_a_refusal_posted_to_a_case_from_before_counts_where_its_firm_heard_nothing(app, rows, act):
    """Its page was open as another firm heard; it shows nothing any more, but takes the refusal and says so."""
    _, case = granted(app)
    another_firm_hears(app, clock.now() + timedelta(seconds=1))

    with time_machine.travel(clock.now() + timedelta(minutes=1)):
        page = app.test_client().post(f"{case}/{'ekle' if act else 'ret'}", data=act)

    is_refusal = act != {"text": "Merhaba"}
    assert page.status_code == 410 and "SMS" not in page.text
    assert {each.channel: each.status for each in rows(Consent)} == {
        "ARAMA": "ONAY", "MESAJ": "RET" if is_refusal else "ONAY",
    }  # fmt: skip
    assert ("Reddiniz başvurunuzdaki yol için kaydedildi" in page.text) is is_refusal
    assert ("Gönderdiğiniz kaydedilmedi" in page.text) is not is_refusal


def test_where_its_firm_heard_each_page_says_that_no_refusal_was_recorded(app, rows):
    """And where to refuse, by whatever page of a receipt from before it was posted."""
    receipt, case = granted(app)
    code, decided, reader = receipt.rpartition("/")[2], rows.count(Decision), app.test_client()
    with app.app_context():
        db.session.query(Recipient).update({"reassigned_at": clock.now() + timedelta(seconds=1)})
        db.session.commit()

    with time_machine.travel(clock.now() + timedelta(minutes=1)):
        over = [reader.post(f"{case}/ret"), reader.post(f"{case}/ekle", data={"text": "RET"})]
        answers = [
            reader.post(f"{receipt}/geri-al"),
            complains(reader, code, refuses="y"),
            complains(reader, code, day="", refuses="y"),
        ]
        later = f"/s/{code_of(app, rows(Complaint)[-1])}"
        answers += [reader.post(f"{later}/ret"), reader.post(f"{later}/ekle", data={"text": "RET"})]

    assert [each.status_code for each in over + answers] == [410, 410, 409, 409, 422, 409, 403]
    assert all("Gönderdiğiniz kaydedilmedi" in each.text for each in over)
    assert ["Reddiniz kaydedilmedi" in each.text for each in answers] == [True] * 5
    assert rows.count(Complaint) == 2 and rows.count(Decision) == decided


def granted(app) -> tuple[str, str]:
    """The receipt of a grant on two channels, and a case about SMS from it."""
    person = make.Person(app.test_client(), make.codes(app)[make.PHONE])
    receipt = person.decides(MESAJ="ONAY", ARAMA="ONAY").location
    return receipt, complains(person.browser, receipt.rpartition("/")[2], refuses="").location
