"""Anybody checks the certificate of a checked list, and who has list and salt compares them; others learn nothing."""

import base64
import hashlib
import re
import subprocess

import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Provider, Review, ReviewAct
from portal.core.models.approvals import digest_of, note_of
from portal.domain.consents.may_send import RULE, RULE_VERSION
from portal.domain.providers import sandbox_mode
from portal.domain.receipts import tokens
from tests import make
from tests.architecture import product
from tests.portal.api.programs import BASE, CONSENTS, Program, make_key, refusal

LIST = ("0532 123 45 68", make.PHONE, "+90 532 123 45 67", "x", make.EMAIL)
CANONICAL = ("+905321234567", "+905321234568")
CHECKS = f"{BASE}/brands/{make.BRAND_CODE}/checks"
DIGESTS_OF_RULES = {
    "1": "0775adf943fcb752", "2": "e0fe543e6a8665de", "3": "e0fe543e6a8665de", "4": "8bd13fe00ceaf114",
    "5": "2f9dd6a872daf4f3", "6": "5b3a9291a2ffa4f7", "7": "ba5b67ca49cca04d",
}  # fmt: skip


@pytest.fixture
def program(app) -> Program:
    with app.app_context():
        return Program(app, make_key(make.provider()))


@pytest.fixture
def answer(program) -> dict:
    program.post(CONSENTS, refusal())
    return program.post(CHECKS, {"type": "MESAJ", "recipients": list(LIST)}).json


def told(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def claims_of(app, answer: dict) -> dict:
    with app.app_context():
        token = tokens.verify_token(db.session, answer["certificate"])
    assert token.type == tokens.CHECK_TYPE
    return token.claims


def test_it_says_what_was_asked_and_answered_and_names_no_address(app, answer, rows):
    claims = claims_of(app, answer)

    assert claims["counts"] == {"may": 0, "may_not": 2, "unknown": 0} and claims["not_addresses"] == 2
    assert (claims["sender"]["brand_code"], claims["channel"], claims["registry"]) == (make.BRAND_CODE, "MESAJ", "iys")
    assert claims["rule_version"] == RULE_VERSION
    text = str(claims)
    assert "5321234567" not in text and make.EMAIL not in text and answer["salt"] not in text


def test_a_stranger_can_test_no_address_with_it(app, program, answer):
    """Not the digest of a plain list, and another one each time."""
    again = program.post(CHECKS, {"type": "MESAJ", "recipients": list(LIST)}).json
    digests = [claims_of(app, each)["list"]["digest"] for each in (answer, again)]

    plain = {hashlib.sha256(glue.join(CANONICAL).encode()).hexdigest() for glue in ("", "\n")}
    assert digests[0] != digests[1] and not plain & set(digests)


def test_the_recipe_of_the_docs_gives_the_digest(app, answer, tmp_path):
    (recipe,) = re.findall(r"```sh\n(.*?)```", (product.ROOT / "docs" / "receipts.md").read_text("utf-8"), re.DOTALL)
    (tmp_path / "addresses.txt").write_text("".join(f"{each}\n" for each in (*reversed(CANONICAL), CANONICAL[0])))

    ran = subprocess.run(
        ["bash", "-c", recipe], cwd=tmp_path, env={"SALT": answer["salt"], "PATH": "/usr/bin:/bin"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert ran.stdout.split()[0] == claims_of(app, answer)["list"]["digest"]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("tr", ("Bu sorgu belgesi gerçek", "Örnek Mağaza (700001)", "Gönderilmez 2", "firmanın API anahtarı …")),
        ("en", ("This check certificate is genuine", "Must not be messaged 2", "API key of the firm …")),
    ],
)
def test_its_page_tells_it_in_words(browser, answer, language, words):
    said = told(browser.post(f"/dogrula?lang={language}", data={"token": answer["certificate"]}).text)

    assert all(each in said for each in words), said


def test_it_tells_what_was_taken_back_and_whose_firm_was_suspended(app, browser, answer, rows):
    def page() -> str:
        return told(browser.post("/dogrula", data={"token": answer["certificate"]}).text)

    assert "Dikkat" not in page()
    with app.app_context():
        its = {"digest": digest_of("name", "Örnek Mağaza"), "note": note_of("Örnek Mağaza", "Banka.")}
        provider = db.session.query(Provider).one()
        db.session.add(
            Review(provider_id=provider.id, act=ReviewAct.TEXT_DECLINED, made_by=1, made_at=clock.now(), **its)
        )
        db.session.commit()
    assert "onlara güvenmeyin: Örnek Mağaza" in page() and "durduruldu" not in page()
    with app.app_context():
        db.session.query(Provider).one().suspended_at = clock.now()
        db.session.commit()
    assert "Bu sorgu belgesi gerçek" in page() and "izin sorması sonradan durduruldu" in page()


@pytest.mark.alike
def test_list_and_salt_are_compared_in_any_spelling(browser, answer):
    def compare(salt: str, *lines: str) -> str:
        data = {"token": answer["certificate"], "salt": salt, "addresses": "\r\n".join(lines)}
        return browser.post("/dogrula", data=data).text

    assert "Tutuyor" in compare(answer["salt"], "", *LIST)
    assert "Tutuyor" in compare(f" {answer['salt'].upper()} ", *reversed(CANONICAL))
    for lines in ((make.PHONE,), (*CANONICAL, "+905321234569")):
        assert "Tutmuyor" in compare(answer["salt"], *lines)
    for salt in ("0" * 32, ""):
        assert "Tutmuyor" in compare(salt, *LIST)


def test_one_kind_of_token_is_not_taken_for_the_other(browser, answer):
    header, rest = answer["certificate"].split(".", 1)
    told_header = base64.urlsafe_b64decode(header + "==").decode()
    receipts_header = told_header.replace(tokens.CHECK_TYPE, tokens.TYPE)
    as_receipt = base64.urlsafe_b64encode(receipts_header.encode()).decode().rstrip("=")

    page = browser.post("/dogrula", data={"token": f"{as_receipt}.{rest}"})

    assert header != as_receipt and page.status_code == 422 and "imzası tutmuyor" in page.text


def test_a_trial_says_that_it_is_one_and_gives_no_unreviewed_name(app, browser):
    with app.app_context():
        code = sandbox_mode.CODES.start
        provider = make.provider(code, code)
        provider.admitted_at = None
        program = Program(app, make_key(provider))
    answer = program.post(f"{BASE}/brands/{code}/checks", {"type": "MESAJ", "recipients": list(LIST)}).json

    said = told(browser.post("/dogrula", data={"token": answer["certificate"]}).text)

    assert "deneme belgesidir" in said and "Örnek" not in said


def test_another_rule_has_another_version():
    """Change RULE_VERSION with the rule, and add its digest here."""
    assert hashlib.sha256(repr(RULE).encode()).hexdigest()[:16] == DIGESTS_OF_RULES[RULE_VERSION]
