"""Mail gateways, messengers and crawlers open links, some in real browsers; only a person's form decides."""

import pytest
import requests

from portal.models import AuditEntry, Consent, Decision, Receipt, Submission
from tests import make

FACTS = (Decision, Consent, Submission, Receipt, AuditEntry)
BOTS = """
WhatsApp/2.24.20.89 A
Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)
facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)
Twitterbot/1.0
TelegramBot (like TwitterBot)
Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)
Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)
LinkedInBot/1.0 (compatible; Mozilla/5.0; +http://www.linkedin.com)
Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/534+ BingPreview/1.0b
Mozilla/5.0 (Windows NT 10.0; Win64; x64; SafeLinks) AppleWebKit/537.36
Barracuda Sentinel (EE)
Mozilla/5.0 (compatible; proofpoint-urldefense)
Mimecast/1.0 URL-Protection
Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/131.0.0.0 Safari/537.36
Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)
Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)
curl/8.5.0
python-requests/2.32.3
Go-http-client/2.0
Viber/13.3.0 CFNetwork
""".strip().splitlines()


@pytest.fixture
def codes(app):
    return make.codes(app, "0532 123 45 67\n0212 345 67 89\nfatma@example.com\n")


def facts(rows) -> dict:
    """Every value of every row."""
    columns = {model: model.__table__.columns.keys() for model in FACTS}
    return {model: [[getattr(row, name) for name in columns[model]] for row in rows(model)] for model in FACTS}


def test_a_browser_that_runs_scripts_but_presses_nothing_decides_nothing(screens, site, codes, rows):
    before = facts(rows)
    screen = screens()

    for code in codes.values():
        for address in (f"{site}/k/{code}", f"{site}/k/{code}?lang=en", f"{site}/k/{code}?MESAJ=ONAY&all=RET"):
            assert screen.opens(address) == 200
            screen.page.mouse.move(100, 300)
            screen.page.mouse.wheel(0, 2000)
        screen.page.wait_for_load_state("networkidle")

    assert facts(rows) == before


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_machines_that_open_links_decide_nothing(site, codes, rows, method):
    before = facts(rows)

    for bot in BOTS:
        for code in codes.values():
            answer = requests.request(method, f"{site}/k/{code}", headers={"User-Agent": bot}, timeout=10)
            assert answer.status_code == 200 and "Set-Cookie" not in answer.headers

    assert len(BOTS) == 20
    assert facts(rows) == before
