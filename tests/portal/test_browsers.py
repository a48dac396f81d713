"""Browsers and networks in words."""

import pytest

from portal import browsers

AGENTS = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36": (
        "Chrome, Windows"
    ),
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/1": (
        "Edge, Windows"
    ),
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/1 "
    "Safari/604.1": "Safari, iPhone",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 CriOS/140 Mobile Safari/604": "Chrome, iPhone",
    "Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 SamsungBrowser/25.0 Chrome/121 Mobile Safari/537.36": (
        "Samsung Internet, Android"
    ),
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0": "Firefox, Linux",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15": "Safari, macOS",
    "curl/8.0": "",
    "": "",
}
NETWORKS = {
    "203.0.113.77": "203.0.113.•",
    "::ffff:203.0.113.77": "203.0.113.•",
    "2001:db8:0:1::77": "2001:db8:0:1:•",
    "::1": "0:0:0:0:•",
    "": "",
    "unix": "",
}


@pytest.mark.parametrize("agent", AGENTS)
def test_a_browser_is_told_in_words(agent):
    assert browsers.words_of(agent) == AGENTS[agent]


@pytest.mark.parametrize("address", NETWORKS)
def test_a_network_is_told_without_its_last_part(address):
    assert browsers.masked_network(address) == NETWORKS[address]
