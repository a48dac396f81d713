"""Mail gateways, messengers and crawlers open links, some in real browsers; only a person's form decides."""

from collections import Counter

import pytest
import requests

from portal.core.extensions import db
from portal.core.models import AuditEntry, Campaign, Consent, Decision, Receipt, Submission
from portal.domain.campaigns import funnel
from portal.domain.campaigns.funnel import Step
from shortlinks import Visit, VisitKind
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
Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) facebookexternalhit/1.1 Facebot
Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)
Mozilla/5.0 (compatible; Applebot/0.3; +http://www.apple.com/go/applebot)
Mozilla/5.0 (Linux; Android 7.0;) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 (compatible; PetalBot)
Mozilla/5.0 (compatible; Pinterestbot/1.0; +http://www.pinterest.com/bot.html)
SkypeUriPreview Preview/0.5
Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)
YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html
Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)
Wget/1.21.4
""".strip().splitlines()
PHONE = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/130.0.0.0 Mobile Safari/537.36"
AHEAD_OF_TIME = [{"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}, {"X-Moz": "prefetch"}]
# How a link is opened: (method, headers). The last is a person's browser, or a scanner that wears its name.
ZOO = [
    *((method, {"User-Agent": bot}) for bot in BOTS for method in ("GET", "HEAD")),
    *(("GET", {"User-Agent": PHONE} | header) for header in AHEAD_OF_TIME),
    ("HEAD", {"User-Agent": PHONE}),
    ("GET", {"User-Agent": PHONE}),
]
LINKS = 260


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
        for path in (f"k/{code}", f"k/{code}?MESAJ=ONAY&all=RET", f"u/{code}", f"k/{code}/ben-degilim"):
            assert screen.opens(f"{site}/{path}") == 200
            screen.page.mouse.move(100, 300)
            screen.page.mouse.wheel(0, 2000)
        screen.page.wait_for_load_state("networkidle")

    assert facts(rows) == before


def test_a_zoo_of_machines_opens_hundreds_of_links_and_decides_nothing(app, site, screens, rows):
    codes = list(make.codes(app, "\n".join(f"+90532{number:07d}" for number in range(LINKS))).values())
    before, screen, http = facts(rows), screens(), requests.Session()

    for number, code in enumerate(codes):
        method, headers = ZOO[number % len(ZOO)]
        answer = http.request(method, f"{site}/{'ku'[number % 2]}/{code}", headers=headers, timeout=10)
        assert answer.status_code == 200 and "Set-Cookie" not in answer.headers
    for code in codes[-3:]:  # A headless browser that says so in its name, and runs what scripts there be.
        screen.opens(f"{site}/k/{code}")
    assert facts(rows) == before
    person = make.Person(app.test_client(), codes[-1])
    person.decides(MESAJ="RET")
    app.extensions["visit_recorder"].stop()

    assert len(BOTS) == 30
    visits = rows(Visit)
    assert len(visits) == LINKS + 4
    kinds = Counter(visit.kind for visit in visits)
    assert set(kinds) == set(VisitKind) and kinds[VisitKind.SCANNER] > 100 and kinds[VisitKind.PREVIEW] > 65
    with app.app_context():
        told = funnel.count_results(db.session, db.session.query(Campaign).one())
    (openings,) = told.openings.values()
    opened = {visit.link_id for visit in visits if visit.kind == VisitKind.UNKNOWN} | {rows.one(Receipt).link_id}
    assert openings == kinds and told.total[Step.OPENED] == len(opened)
    assert (told.total[Step.ANSWERED], told.total[Step.GRANTED]) == (1, 0)
