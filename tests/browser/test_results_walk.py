"""Ayşe looks at a campaign's results, compares it with another one, fetches its QR codes, and weighs ViA against it."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect
from sqlalchemy import update

from portal.core.extensions import db
from portal.core.models import AudienceEntry, Campaign, Delivery, Message, MessageState
from shortlinks import Opening, VisitKind, record
from tests import make
from tests.browser.signing_in import sign_in

BEGUN = datetime(2026, 11, 20, 6, tzinfo=UTC)
MAILS = [f"kisi{number}@{host}" for number in range(9) for host in ("gmail.com", "hotmail.com", "firma.example")]
PHONES = [f"+90532{number:07}" for number in range(20)]
KINDS = (VisitKind.UNKNOWN, VisitKind.SCANNER, VisitKind.UNKNOWN, VisitKind.PREVIEW, VisitKind.SCANNER)


def test_results_are_read_compared_and_printed(app, site, screens, rows):
    codes = make.codes(app, "\n".join(MAILS + PHONES), delivery=Delivery.GATEWAY)
    make.codes(app, "+905331234567\n+905331234568\n")
    arrived(app, rows)
    for number, address in enumerate(PHONES[:12]):
        make.Person(app.test_client(), codes[address]).decides(MESAJ="RET" if number % 3 else "ONAY", ARAMA="RET")
    campaign_id = next(each.id for each in rows(Campaign) if each.delivery == Delivery.GATEWAY)
    screen = screens(360, 900, also=[1280])
    page = screen.page

    sign_in(screen, f"{site}/dashboard/campaigns/{campaign_id}/results")
    screen.looks_well("results")
    expect(page.locator("figure.chart svg")).to_have_count(3)
    page.get_by_role("button", name="Karşılaştır").click()
    expect(page.get_by_text("Rastlantı sınırları içinde").first).to_be_visible()
    screen.looks_well("comparison")
    page.get_by_role("link", name="Karekodlar", exact=True).click()
    screen.looks_well("codes")
    with page.expect_download() as download:
        page.get_by_role("button", name="Karekodları indir (PDF)").click()
    assert download.value.path().read_bytes().startswith(b"%PDF")

    screen.opens(f"{site}/dashboard/campaigns/{campaign_id}/results?lang=en")
    screen.looks_well("results-english")
    screen.opens(f"{site}/dashboard/campaigns/via?lang=en")
    screen.looks_well("via-english")
    screen.opens(f"{site}/dashboard/campaigns/via?lang=tr")
    screen.looks_well("via")


def arrived(app, rows) -> None:
    """Messages that came or not, and openings all day long."""
    links = [entry.link_id for entry in rows(AudienceEntry) if entry.link_id]
    with app.app_context():
        for place, state in ((1, MessageState.ACCEPTED), (2, MessageState.DELIVERED)):
            its = update(Message).where(Message.link_id.in_(links[::place]))
            db.session.execute(its.values(state=state, called_at=BEGUN, due_at=None))
        record(db.session, [
            Opening(link, BEGUN + timedelta(minutes=20 * number), KINDS[number % 5], "")
            for number, link in enumerate(links)
        ])  # fmt: skip
        db.session.commit()
