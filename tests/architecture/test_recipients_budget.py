"""Every page of the URL map that recipients open is light, without script, cookie or third party."""

import gzip
import re

import pytest

from portal.core.models import Receipt
from tests import make
from tests.portal.domain.complaints.cast import code_of
from tests.portal.domain.complaints.cast import opened as opened_case
from tests.portal.web.consent_points.visitor import SLUG, opened
from tests.portal.web.consent_points.visitor import Visitor as Passer
from tests.portal.web.my_consents.conftest import Visitor as Owner

pytestmark = [pytest.mark.slow, pytest.mark.alike]

LIGHT = 15 * 1024  # Bytes after gzip, with its sheets.
BLUEPRINTS = ("recipient", "verification", "my_consents_entry", "my_consents", "consent_points")
# What is no page: a drawing, a sheet, keys, or a file to keep.
NO_PAGES = {
    "recipient.logo", "recipient.colour", "recipient.receipt_token", "recipient.receipt_json", "recipient.receipt_pdf",
    "recipient.complaint_summary", "verification.keys", "my_consents.as_json", "my_consents.as_pdf",
    "recipient.lead_to_lower_case",
}  # fmt: skip
SHORT = "http://kisa.example"
AFTER_THE_CODE = "mine."


@pytest.fixture
def openings(app, browser, rows) -> dict:
    """How each page is opened: its endpoint, who opens it, and its address."""
    code = make.codes(app)[make.PHONE]
    fatma = make.Person(browser, code)
    receipt = fatma.decides(MESAJ="ONAY", ARAMA="RET").location.rpartition("/")[2]
    with app.app_context():
        case = code_of(app, opened_case(rows(Receipt)[-1]))
    point = opened_point(app)
    owner = Owner(app, app.test_client())
    asked = owner.asks().location
    owner.types(asked, owner.code())
    with app.app_context():
        brand_id = make.brand().id
    new = app.test_client()
    return {
        "recipient.page": (browser, f"/k/{code}"),
        "recipient.short_page": (browser, f"{SHORT}/{code}"),
        "recipient.refusing": (browser, f"/u/{code}"),
        "recipient.not_mine": (browser, f"/k/{code}/ben-degilim"),
        "recipient.short_not_mine": (browser, f"{SHORT}/{code}/ben-degilim"),
        "recipient.receipt": (browser, f"/m/{receipt}"),
        "recipient.complain": (browser, f"/m/{receipt}/sikayet"),
        "recipient.complaint": (owner.browser, f"/s/{case}"),
        "verification.help": (new, "/yardim"),
        "verification.accessibility": (new, "/erisilebilirlik"),
        "verification.privacy": (new, "/gizlilik"),
        "verification.status": (new, "/durum"),
        "verification.message": (new, "/kontrol"),
        "verification.verify": (new, "/dogrula"),
        "consent_points.page": (new, f"/b/{SLUG}"),
        "consent_points.code": (new, point),
        "my_consents_entry.ask": (new, "/izinlerim"),
        "my_consents_entry.over": (new, "/izinlerim/bitti"),
        "my_consents_entry.code": (new, Owner(app, new).asks().location),
        "my_consents.overview": (owner.browser, "/izinlerim/liste"),
        "my_consents.brand": (owner.browser, f"/izinlerim/marka/{brand_id}"),
        "my_consents.new_holder": (owner.browser, "/izinlerim/yeni-kullanici"),
        "my_consents.erasure": (owner.browser, "/izinlerim/silme"),
    }


def opened_point(app) -> str:
    """The page of a code at a consent point."""
    opened(app)
    passer = Passer(app)
    passer.chooses(MESAJ="ONAY")
    passer.writes(make.PHONE)
    return passer.here


def test_every_recipients_page_is_among_them(app, openings):
    pages = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith(tuple(f"{name}." for name in BLUEPRINTS)) and "GET" in rule.methods
    }

    assert pages - NO_PAGES == set(openings)


@pytest.mark.parametrize("language", ["tr", "en"])
def test_each_page_is_light_without_script_cookie_or_third_party(app, openings, language):
    found = {endpoint: faults(endpoint, *opening, language) for endpoint, opening in openings.items()}

    assert {endpoint: each for endpoint, each in found.items() if each} == {}


def faults(endpoint: str, browser, address: str, language: str) -> list[str]:
    answer = browser.get(f"{address}{'&' if '?' in address else '?'}lang={language}")
    text = answer.text
    if answer.status_code != 200:
        return [f"{address}: {answer.status_code}"]
    found = []
    if (weight := len(gzip.compress(answer.data)) + sum(map(len, sheets(browser, address, text)))) > LIGHT:
        found.append(f"{weight} bytes")
    if "Set-Cookie" in answer.headers:
        found.append("a cookie")
    if "Cookie" in answer.headers.get("Vary", "") and not endpoint.startswith(AFTER_THE_CODE):
        found.append("varies by a cookie")
    if re.search(r"<(script|iframe|object|embed)|\son[a-z]+=|javascript:", text):
        found.append("a script")
    elsewhere = [each for each in re.findall(r'(?:src|<link[^>]*href)="([^"]+)"', text) if not each.startswith("/")]
    return found + elsewhere


def sheets(browser, address: str, text: str) -> list[bytes]:
    host = SHORT if address.startswith(SHORT) else ""
    found = re.findall(r'<link rel="stylesheet" href="([^"]+)"', text)
    return [gzip.compress(browser.get(f"{host}{each}").data) for each in found]
