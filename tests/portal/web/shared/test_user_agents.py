"""People recognise their own devices and networks, and nobody learns a whole address."""

import pytest

from portal.web.shared import user_agents

pytestmark = pytest.mark.alike

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
AGENTS = {
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/131.0.0.0 Safari/537.36": "Chrome (Windows)",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/131.0.0.0 Safari/537.36 Edg/131.0": "Edge (Windows)",
    "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0": "Firefox (Linux)",
    f"Mozilla/5.0 (Linux; Android 14; SM-S911B) {WEBKIT} SamsungBrowser/27.0 Chrome/125.0 Mobile Safari/537.36": (
        "Samsung Internet (Android)"
    ),
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
    "Mobile/15E148 Safari/604.1": "Safari (iPhone)",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
    "Safari/605.1.15": "Safari (Mac)",
    "Werkzeug/3.1": "Bilinmeyen cihaz",
    "": "Bilinmeyen cihaz",
}


def test_a_browser_is_told_in_words(app):
    with app.test_request_context():
        assert {agent: user_agents.device_name(agent) for agent in AGENTS} == AGENTS


MASKED = {
    "203.0.113.77": "203.0.113.•",
    "::ffff:203.0.113.77": "203.0.113.•",
    "2001:db8:1:2:3:4:5:6": "2001:db8:1:2:•",
    "2001:db8::6": "2001:db8:0:0:•",
    "": "bilinmeyen ağ",
    "testserver": "bilinmeyen ağ",
}


def test_a_network_is_told_without_the_machine(app):
    with app.test_request_context():
        assert {address: user_agents.masked_network(address) for address in MASKED} == MASKED
