"""A page is drawn once for all who have decided nothing; each still gets one's own, and nobody gets another's."""

import re

import pytest

from portal.core import addresses
from portal.core.models import CampaignKind
from portal.web.recipient import link_page
from tests import make
from tests.make import Person

pytestmark = pytest.mark.slow

OTHER = "+905331112233"


@pytest.fixture(autouse=True)
def nothing_drawn_yet():
    link_page._pages.clear()


@pytest.fixture
def two(app, browser):
    """Fatma and somebody else of the same campaign."""
    links = make.codes(app, f"{make.PHONE}\n{OTHER}\n")
    return Person(browser, links[make.PHONE]), Person(browser, links[OTHER])


def but_for_the_token(page: str) -> str:
    return re.sub(r'name="form" value="[^"]+"', "", page)


def test_the_second_serving_is_the_page_that_was_drawn_first(two):
    fatma, _ = two

    first, second = fatma.opens().text, fatma.opens().text

    assert but_for_the_token(first) == but_for_the_token(second)
    assert first != second


def test_everybody_gets_the_own_address_code_and_token(two):
    fatma, other = two

    hers, theirs = fatma.opens().text, other.opens().text

    assert addresses.mask(make.PHONE) in hers and addresses.mask(OTHER) in theirs
    assert fatma.code in hers and fatma.code not in theirs
    assert other.code in theirs and other.code not in hers
    assert other.decides(MESAJ="RET").status_code == 303


def test_each_language_is_drawn_for_itself(two):
    fatma, other = two

    turkish, english = fatma.opens().text, other.opens(query_string={"lang": "en"}).text

    assert '<html lang="tr">' in turkish and '<html lang="en">' in english
    assert '<html lang="tr">' in other.opens().text


@pytest.mark.parametrize("origin", ["/k/", "/u/"])
@pytest.mark.parametrize("first, then", [("localhost", "kisa.example"), ("kisa.example", "localhost")])
def test_each_host_is_drawn_for_itself_and_leads_where_it_can(two, origin, first, then):
    fatma, other = two
    fatma.browser.get(origin + fatma.code, headers={"Host": first})

    page = other.browser.get(origin + other.code, headers={"Host": then}).text

    here = list(re.findall(r'(?:href|action)="(/[^"?]*)', page))
    assert not [path for path in here if other.browser.get(path, headers={"Host": then}).status_code == 404]


def test_another_campaign_is_drawn_for_itself(app, browser):
    asking = Person(browser, make.codes(app, make.PHONE)[make.PHONE])
    refusing = Person(browser, make.codes(app, OTHER, kind=CampaignKind.REFUSE)[OTHER])

    assert 'value="ONAY"' in asking.opens().text
    assert 'value="ONAY"' not in refusing.opens().text


def test_who_has_decided_sees_the_decision_and_the_others_do_not(two):
    fatma, other = two
    fatma.opens()
    fatma.decides(MESAJ="RET")

    assert "Şu an: reddettiniz" in fatma.opens().text
    assert "Şu an:" not in other.opens().text


def test_a_page_that_was_drawn_takes_one_statement(two, statements):
    fatma, other = two
    fatma.opens()
    del statements[:]

    other.opens()

    assert len(statements) == 1 and statements[0].startswith("SELECT")
