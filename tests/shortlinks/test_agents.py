import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortlinks import VisitKind, classify

pytestmark = pytest.mark.alike

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
CUBOT = "Mozilla/5.0 (Linux; Android 14; CUBOT KINGKONG 9) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36"
IMESSAGE = "Mozilla/5.0 (Macintosh) AppleWebKit/601 Safari/601 facebookexternalhit/1.1 Facebot Twitterbot/1.0"
HEADLESS = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/140.0.0.0 Safari/537.36"


def kind(agent, method="GET", **headers):
    return classify({"HTTP_USER_AGENT": agent, "REQUEST_METHOD": method, **headers})[0]


@pytest.mark.parametrize("agent", [IPHONE, CUBOT, f"{IPHONE} [FBAN/FBIOS;FBAV/500.0]", f"{IPHONE} Viber/25.1"])
def test_a_browser_is_unknown_since_scanners_imitate_it(agent):
    assert kind(agent) == VisitKind.UNKNOWN


@pytest.mark.parametrize("agent", ["WhatsApp/2.25.1 A", "TelegramBot (like TwitterBot)", IMESSAGE, "Viber/25.1"])
def test_a_messengers_link_preview_is_a_preview(agent):
    assert kind(agent) == VisitKind.PREVIEW


@pytest.mark.parametrize("agent", ["", "   ", "curl/8.14", "python-requests/2.34", "Googlebot/2.1", HEADLESS])
def test_a_declared_bot_is_a_scanner(agent):
    assert kind(agent) == VisitKind.SCANNER


def test_a_missing_user_agent_is_a_scanner():
    assert classify({"REQUEST_METHOD": "GET"}) == (VisitKind.SCANNER, "")


def test_a_head_request_is_a_scanner():
    assert kind(IPHONE, method="HEAD") == VisitKind.SCANNER


@pytest.mark.parametrize(
    "header, value",
    [
        ("HTTP_SEC_PURPOSE", "prefetch;prerender"),
        ("HTTP_PURPOSE", "prefetch"),
        ("HTTP_X_PURPOSE", "preview"),
        ("HTTP_X_MOZ", "prefetch"),
    ],
)
def test_a_prefetch_is_a_preview(header, value):
    assert kind(IPHONE, **{header: value}) == VisitKind.PREVIEW


@pytest.mark.parametrize(
    "address, network",
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2002:cb00:714d::1", "203.0.113.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
        ("::1", "::/48"),
        (None, ""),
        ("", ""),
        ("unix:", ""),
        ("203.0.113.77, 10.0.0.1", ""),
    ],
)
def test_only_the_network_is_kept(address, network):
    assert classify({"HTTP_USER_AGENT": IPHONE, "REMOTE_ADDR": address})[1] == network


@given(st.text(), st.text(), st.text())
def test_any_header_and_any_address_get_an_answer(agent, purpose, address):
    seen, network = classify({"HTTP_USER_AGENT": agent, "HTTP_SEC_PURPOSE": purpose, "REMOTE_ADDR": address})

    assert seen in VisitKind
    assert network == "" or "/" in network


def test_a_longest_network_fits_its_column():
    address = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"

    assert len(classify({"REMOTE_ADDR": address})[1]) <= 43
