"""The list of providers: who waits first, by state and by search; support sees its own only."""

import pytest

from portal.core.extensions import db
from portal.core.models import Provider
from tests.portal.web.operator.conftest import DENIZ, assign, waiting_provider

pytestmark = [pytest.mark.slow, pytest.mark.alike]


def test_who_waits_stands_first(derya, ayses, newcomer):
    page = derya.opens("/operator/").text

    assert page.index("Yeni Mağazacılık") < page.index("Örnek Mağazacılık")


@pytest.mark.parametrize(
    ("show", "seen", "unseen"),
    [("waiting", "Yeni", "Örnek"), ("admitted", "Örnek", "Yeni"), ("nonsense", "Örnek", "nonsense")],
)
def test_a_state_narrows_the_list(derya, ayses, newcomer, show, seen, unseen):
    page = derya.opens(f"/operator/?show={show}").text

    assert f"{seen} Mağazacılık" in page
    assert f"{unseen} Mağazacılık" not in page


@pytest.mark.parametrize("searched", ["örnek", "ÖRNEK", "Mağazacılık A", "700001", "0123456789012345", " 700001 "])
def test_a_provider_is_found_by_its_title_or_number(derya, ayses, newcomer, searched):
    page = derya.opens(f"/operator/?q={searched}").text

    assert "Örnek Mağazacılık" in page


@pytest.mark.parametrize("searched", ["%", "_", "'", "\0", "x" * 500, "4540536920"])
def test_a_search_for_nothing_known_finds_nothing(derya, ayses, newcomer, searched):
    answer = derya.browser.get("/operator/", query_string={"q": searched, "show": "admitted"})

    assert answer.status_code == 200
    assert ("Örnek Mağazacılık" in answer.text) == (searched == "\0"), "a sign that nobody can read is left out"


@pytest.mark.parametrize("page", ["0", "-1", "2", "99999999999999", "x"])
def test_a_page_out_of_range_is_no_error(derya, ayses, page):
    assert derya.opens(f"/operator/?page={page}").status_code == 200


def test_support_sees_the_assigned_ones_only(app, deniz, ayses, newcomer):
    assert "Mağazacılık" not in deniz.opens("/operator/").text
    assert deniz.opens(f"/operator/providers/{ayses}").status_code == 404

    assign(app, DENIZ, ayses)

    page = deniz.opens("/operator/").text
    assert "Örnek Mağazacılık" in page and "Yeni Mağazacılık" not in page
    assert deniz.opens(f"/operator/providers/{ayses}").status_code == 200
    assert deniz.opens(f"/operator/providers/{newcomer}").status_code == 404


def test_a_long_list_is_turned(app, derya, ayses):
    with app.app_context():
        for number in range(51):
            waiting_provider(f"{number}@example.com", 800_000 + number, f"Firma {number:02}")
        db.session.commit()

    first, second = (derya.opens(f"/operator/?page={number}").text for number in (1, 2))

    assert "Firma 00" in first and "Örnek Mağazacılık" not in first
    assert "Örnek Mağazacılık" in second
    with app.app_context():
        assert db.session.query(Provider).count() == 52
