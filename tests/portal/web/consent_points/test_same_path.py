"""Whoever guesses at the address of a code's page learns nothing: a real number with a wrong nonce and none at all."""

import pytest
from sqlalchemy import event

import shortlinks
from portal.core.extensions import db
from portal.core.models import AddressProof
from tests import make
from tests.portal.web.consent_points.visitor import SLUG, Visitor, opened

pytestmark = [pytest.mark.slow, pytest.mark.alike]


@pytest.fixture
def statements(app):
    """What is asked of the database while one looks."""
    said = []
    with app.app_context():
        for engine in db.engines.values():
            event.listen(engine, "before_cursor_execute", lambda _c, _u, statement, *_: said.append(statement))
    return said


def codes_of(app, proof: AddressProof) -> dict[str, str]:
    codes = shortlinks.Codes(app.config["LINK_SALT"])
    return {
        "real": codes.encode_long(proof.id, proof.nonce),
        "wrong nonce": codes.encode_long(proof.id, proof.nonce ^ 1),
        "no such number": codes.encode_long(proof.id + 1, proof.nonce),
    }


@pytest.mark.parametrize("origin", ["", "/yeniden"])
def test_a_false_code_with_a_real_number_and_one_with_a_false_number_take_one_path(
    app, fatma, rows, statements, origin
):
    fatma.chooses(MESAJ="RET")
    fatma.writes(make.PHONE)
    codes = codes_of(app, rows.one(AddressProof))
    told = {}
    for name in ("wrong nonce", "no such number"):
        statements.clear()
        answer = Visitor(app).posts(f"/b/{SLUG}/kod/{codes[name]}{origin}", digits="123456")
        told[name] = (answer.status_code, answer.text, list(statements))

    assert told["wrong nonce"] == told["no such number"]
    assert told["wrong nonce"][0] == 404
    assert rows.one(AddressProof).tries == 0


def test_a_code_is_good_at_its_own_point_only(app, fatma, rows):
    opened(app, "baska-nokta")
    fatma.chooses(MESAJ="RET")
    fatma.writes(make.PHONE)
    code = codes_of(app, rows.one(AddressProof))["real"]

    assert fatma.browser.get(f"/b/baska-nokta/kod/{code}").status_code == 404
    assert fatma.browser.get(f"/b/{SLUG}/kod/{code}").status_code == 200


@pytest.mark.parametrize("code", ["x", "0", "É", "a" * 300, "VD9VPNnWQ44e4tjgWedNQpnAdRk"])
def test_a_damaged_address_gets_a_page_that_helps(fatma, code):
    answer = fatma.browser.get(f"/b/{SLUG}/kod/{code}")

    assert answer.status_code == 404 and "karekodu" in answer.text


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_an_address_that_no_point_can_have_leads_to_the_same_page(fatma, method):
    slugs = ("%00", "a%00b", "a--b", "%ED%A0%80", "%0d%0aset-cookie:x=1", "a" * 5000)
    paths = [f"/b/{slug}{rest}" for slug in slugs for rest in ("", "/kod/abcdefghjk")]

    assert [path for path in paths if fatma.browser.open(path, method=method).status_code != 404] == []
