"""What nobody has reviewed is read by a firm's own people only: in sandbox mode whatever it typed, then what waits."""

import base64
import re
from itertools import product

import pypdfium2
import pytest

from portal.core.extensions import db, vault
from portal.core.models import Brand, Campaign, Closing, Complaint, Receipt, User
from portal.domain import complaints
from portal.domain.providers import logos, sandbox_mode
from portal.web.shared.access import ACCESS_RULES
from tests import make
from tests.portal.domain.complaints.cast import code_of, opened
from tests.portal.domain.providers.test_logos import picture
from tests.portal.web.consent_points import visitor
from tests.portal.web.recipient.open_complaints import proves

pytestmark = [pytest.mark.slow, pytest.mark.alike]

FOR_OTHERS = ("open to all", "without cookies", "by code", "by a proven address")
MARKS = re.compile(r".{0,60}(?:ZZ(?:title|contact|brand|line|answer|closing)|zznotice|9{16}|/colour/0b|/logo/).{0,30}")


@pytest.fixture
def trial(app, rows, browser, request) -> dict[str, list]:
    """A firm that marks its words that nobody reviewed, and what fills the gaps of addresses."""
    mode = getattr(request, "param", "sandbox")
    logo = logos.convert_logo(picture())
    with app.app_context():
        (mark_typed_words if mode == "sandbox" else mark_waiting_words)(logo)
        db.session.commit()
    link = make.codes(app)[make.PHONE]
    make.Person(browser, link).decides(MESAJ="RET", EPOSTA="RET")
    answer, closing = ("ZZanswer", "ZZclosing") if mode == "sandbox" else ("Yanıt.", "Kapandı.")
    with app.app_context():
        receipt = db.session.query(Receipt).one()
        cases = [opened(receipt), erasure_of(receipt)]
        for case in cases:
            complaints.answer_case(db.session, vault(), case, answer, user_id=1, at=receipt.decided_at)
        complaints.close_case(
            db.session, vault(), cases[0], Closing.OTHER, closing, link="", sender="", user_id=1,
            at=receipt.decided_at,
        )  # fmt: skip
        db.session.commit()
    visitor.opened(app, "deneme-magaza", daily_budget=10)
    with app.app_context():  # A point's, too.
        db.session.query(Campaign).update({"name": "ZZline", "contact_note": "ZZline"})
        db.session.commit()
    proves(browser)
    codes = [link, code_of(app, rows.one(Receipt)), *(code_of(app, each) for each in rows(Complaint))]
    return {
        "code": codes, "slug": ["deneme-magaza"], "brand_id": [rows.one(Brand).id], "digest": [logo.digest],
        "number": [rows.one(Receipt).number],
    }  # fmt: skip


def mark_typed_words(logo) -> None:
    made = make.provider(sandbox_mode.CODES.start, sandbox_mode.CODES.start)
    made.admitted_at, made.title, made.mersis, made.contact = None, "ZZtitle A.Ş.", "9999999999999999", "ZZcontact"
    made.notice_url = "https://zznotice.example"
    brand = make.brand()
    brand.name, brand.contact, brand.colour = "ZZbrand", "ZZline", "#0b5e6b"
    brand.logo, brand.logo_digest = logo.png, logo.digest


def mark_waiting_words(logo) -> None:
    """Of an admitted firm: what it wants to be called, and names that it alone should see."""
    brand = make.brand()
    brand.requested_name, brand.requested_contact, brand.requested_at = "ZZbrand", "ZZcontact", brand.created_at
    brand.requested_notice_url = "https://zznotice.example"
    brand.requested_logo, brand.requested_logo_digest = logo.png, logo.digest
    db.session.query(User).update({"name": "ZZtitle"})


def erasure_of(receipt: Receipt) -> Complaint:
    recipient = complaints.list_receipt_brands(db.session, receipt)[0].recipient
    return complaints.request_erasure(db.session, recipient, language="tr", at=receipt.decided_at)


def addresses(app, fillings: dict[str, list], method: str = "GET") -> list[str]:
    """Every address that somebody else may open, with each of the things there are."""
    found = []
    for rule in app.url_map.iter_rules():
        if method in rule.methods and ACCESS_RULES.get(rule.endpoint.partition(".")[0]) in FOR_OTHERS:
            gaps = [fillings.get(name, ["x"]) for name in re.findall(r"<(?:[^:<>]+:)?(\w+)>", rule.rule)]
            found += [fill(rule.rule, values) for values in product(*gaps)]
    return sorted(set(found))


def fill(rule: str, values: tuple) -> str:
    left = iter(values)
    return re.sub(r"<[^>]+>", lambda _gap: str(next(left)), rule)


def text_of(answer) -> str:
    if answer.mimetype != "application/pdf":
        return answer.get_data(as_text=True)
    pages = pypdfium2.PdfDocument(answer.data)
    return "\n".join(page.get_textpage().get_text_range() for page in pages)


@pytest.mark.parametrize("trial", ["sandbox", "admitted"], indirect=True)
def test_no_page_for_others_says_what_nobody_reviewed(app, browser, trial):
    answers = {path: browser.get(path) for path in addresses(app, trial)}
    receipt = trial["code"][1]
    token = browser.get(f"/m/{receipt}/belge.jws").get_data(as_text=True)
    answers |= {f"/kontrol {code}": browser.post("/kontrol", data={"code": code}) for code in trial["code"]}
    answers |= {f"check {name}": browser.post("/dogrula", data={name: told}) for name, told in
                {"token": token, "number": trial["number"][0]}.items()}  # fmt: skip
    pages = {
        path: text_of(each)
        for path, each in answers.items()
        if each.status_code == 200 and "image" not in each.mimetype
    }

    pages["claims"] = base64.urlsafe_b64decode(token.split(".")[1] + "==").decode()
    marked = {path: MARKS.findall(page) for path, page in pages.items()}
    assert {path: marks for path, marks in marked.items() if marks} == {}
    assert len(pages) >= 30
    assert [path for path, each in answers.items() if "/logo/" in path and each.status_code != 404] == []


FIELDS = ["name", "address", "code", "number", "token", "text", "header", "email", "title", "digits", "addresses"]


def test_no_page_for_others_repeats_what_another_site_posts(app, browser, trial):
    """A form on any site opens our page in the visitor's browser, with words of its own in the fields."""
    posted = dict.fromkeys(FIELDS, "ZZtitle") | {"MESAJ": "ONAY"}
    says = {"Sec-Fetch-Site": "cross-site"}

    answers = {path: browser.post(path, data=posted, headers=says) for path in addresses(app, trial, "POST")}

    assert {path for path, answer in answers.items() if "ZZtitle" in answer.text} == set()
    assert len(answers) >= 20
