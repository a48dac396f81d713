"""Ayşe's first afternoon: sign in, write a campaign, bring a list, launch, take the links, look somebody up; and a
campaign that is sent: planned, paused, resumed, within a budget."""

import csv
import re
from datetime import timedelta

from playwright.sync_api import expect

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Campaign, CampaignState, Decision, Message
from portal.jobs import campaign_steps
from portal.services import launches
from portal.services.messaging import outbox
from portal.services.messaging.fake_gateway import create_gateway
from tests import make, servers
from tests.browser.signing_in import enter_code, enter_password, sign_in
from tests.portal.web.dashboard.test_gateway_pages import prove

LIST = "Ad;Telefon\nFatma;0532 123 45 67\nBurak;0212 345 67 89\nCem;0532 123\nDeniz;\nElif;5,32E+11\n"


def test_a_list_becomes_links_and_a_decision_is_found_again(app, site, screens, rows):
    with app.app_context():
        make.provider()
    screen = screens(1280, 900, also=[360])
    page = screen.page

    screen.opens(f"{site}/dashboard/")
    screen.looks_well("dashboard-sign-in")
    enter_password(screen)
    screen.looks_well("dashboard-second-step")
    enter_code(screen)
    screen.looks_well("dashboard-overview-empty")

    page.get_by_role("link", name="İzin alma", exact=True).click()
    screen.looks_well("dashboard-campaigns-empty")
    assert rows_of_parts(page) == [1, 1]
    page.get_by_role("link", name="Yeni kampanya").click()
    screen.looks_well("dashboard-new-campaign")
    write_campaign(page)
    screen.looks_well("dashboard-campaign-draft")

    page.get_by_label("Adresleri yapıştırın").fill(LIST)
    page.get_by_role("button", name="Listeyi getir").click()
    expect(page.get_by_role("table", name="Alınmayan satırlar").locator("tbody tr")).to_have_count(3)
    screen.looks_well("dashboard-campaign-audience")
    page.get_by_role("button", name="Hepsine baktım: ret yok").click()  # A line holds a name alone, as a heading would.
    screen.looks_well("dashboard-campaign-text-waits")
    approve_texts(app)
    page.reload()
    page.get_by_role("button", name="Kampanyayı başlat").click()
    screen.looks_well("dashboard-campaign-launched")
    with app.app_context():
        launches.run(rows.one(Campaign).id, app.config["LINK_SALT"])
    page.get_by_role("link", name="Durumu yenile").click()
    screen.looks_well("dashboard-campaign-links")

    with page.expect_download() as download:
        page.get_by_role("link", name="Bağlantıları indir (CSV)").click()
    with download.value.path().open(encoding="utf-8-sig", newline="") as file:
        links = {line["address"]: line["link"] for line in csv.DictReader(file, delimiter=";")}
    assert sorted(links) == ["902123456789", "905321234567"]
    decide(screens, site, links["905321234567"])

    page.get_by_role("link", name="Alıcılar").click()
    screen.looks_well("dashboard-search")
    page.get_by_label("Telefon ya da e-posta").fill("0(532) 123-45-67")
    page.get_by_role("button", name="Ara", exact=True).click()
    expect(page).to_have_url(re.compile(r"/recipients/\d+$"))  # No address in a URL.
    expect(page.get_by_role("heading", level=1)).not_to_have_text(make.PHONE)
    screen.looks_well("dashboard-recipient-history")
    page.get_by_role("link", name="Genel bakış").click()
    expect(page.get_by_role("table", name="Son kararlar, en yenisi üstte").locator("tbody tr")).to_have_count(2)
    screen.looks_well("dashboard-overview")
    page.get_by_role("button", name="Çıkış").click()
    assert screen.opens(f"{site}/dashboard/") == 200 and "/sign-in" in page.url
    assert rows.count(Decision) == 2


def test_a_campaign_is_planned_paused_and_goes_on(app, site, screens, rows, tmp_path):
    prove(app)
    with servers.serving(create_gateway(tmp_path / "messages.db")) as app.config["MESSAGE_GATEWAY_URL"]:
        screen = screens(360, 780, also=[1280])
        page = screen.page
        sign_in(screen, f"{site}/dashboard/campaigns/new")
        write_campaign(page, sends=True)
        path = page.url
        page.get_by_role("link", name="İleti", exact=True).click()
        page.get_by_label("SMS cümlesi", exact=True).fill("Haber verelim mi?")
        page.get_by_role("button", name="Kaydet", exact=True).first.click()
        page.get_by_role("button", name="Deneme iletisi gönder").click()
        approve_texts(app)
        screen.opens(path)
        page.get_by_label("Adresleri yapıştırın").fill("\n".join(f"0532 123 45 {number:02}" for number in range(30)))
        page.get_by_role("button", name="Listeyi getir").click()
        screen.looks_well("campaign-ready")
        app.config["DEVELOPMENT"] = False
        screen.opens(path)
        screen.looks_well("campaign-missing")
        app.config["DEVELOPMENT"] = True
        screen.opens(path)

        page.get_by_text("İleri bir zamanda başlat").click()
        tomorrow = clock.istanbul(clock.now() + timedelta(days=1))
        page.get_by_label("Başlatma zamanı").fill(f"{tomorrow:%Y-%m-%dT%H:%M}")
        page.get_by_role("button", name="Zamanı kaydet").click()
        screen.looks_well("campaign-planned")
        screen.opens(f"{path}?lang=en")
        screen.looks_well("campaign-planned-english")
        screen.opens(f"{path}?lang=tr")
        begin(app, rows)

        screen.opens(path)
        screen.looks_well("campaign-running")
        page.get_by_role("link", name="Bütçe", exact=True).click()
        page.get_by_label("En çok SMS (parça)", exact=False).fill("3")
        page.get_by_label("Bir SMS parçasının fiyatı", exact=False).fill("0,0385")
        screen.looks_well("campaign-budget")
        with page.expect_navigation():
            page.get_by_role("button", name="Bütçeyi kaydet").click()
        send_all(app)
        screen.opens(path)
        expect(page.get_by_text("Bütçe doldu")).to_be_visible()
        screen.looks_well("campaign-budget-used-up")
        page.get_by_role("link", name="Bütçeyi yükselt").click()
        page.get_by_label("En çok SMS (parça)", exact=False).fill("")
        page.get_by_role("button", name="Bütçeyi kaydet").click()
        page.get_by_role("button", name="Göndermeyi sürdür").click()
        page.get_by_role("button", name="Göndermeyi duraklat").click()
        send_all(app)
        assert rows.one(Campaign).state == CampaignState.PAUSED and any(not each.ended_at for each in rows(Message))
        screen.looks_well("campaign-paused")
        page.get_by_role("button", name="Göndermeyi sürdür").click()
        send_all(app)
        expect(page.get_by_text("Tamamlandı", exact=True)).to_be_visible()  # The page looks by itself.
        screen.opens(f"{path}?lang=en")
        screen.looks_well("campaign-finished-english")
        screen.opens(f"{site}/dashboard/campaigns?lang=en")
        screen.looks_well("campaigns-english")
        screen.opens(f"{site}/dashboard/campaigns/rules?lang=tr")
        screen.looks_well("campaign-rules")
        screen.opens(f"{path}/details")
        screen.looks_well("campaign-details")
        screen.opens(f"{path}/results")
        screen.looks_well("campaign-sent-results")
    assert rows.one(Campaign).state == CampaignState.FINISHED


def begin(app, rows) -> None:
    """The planned time comes, and the worker makes the links."""
    with app.app_context():
        db.session.query(Campaign).one().launch_at = clock.now()
        db.session.commit()
        campaign_steps.launch_planned()
        launches.run(rows.one(Campaign).id, app.config["LINK_SALT"])


def send_all(app) -> None:
    with app.app_context():
        while outbox.send_due():
            pass
        launches.finish_sent(clock.now())


def write_campaign(page, *, sends: bool = False) -> None:
    page.get_by_label("Kampanya adı").fill("Kasım alışverişi")
    page.get_by_label("İzin sor").first.check()
    for channel in ("SMS", "Arama"):
        page.get_by_label(channel, exact=False).first.check()
    page.get_by_label("Türkçe başlık").fill("Size yeniliklerimizi haber verelim mi?")
    page.get_by_label("Türkçe metin").fill("Ayda en çok iki ileti göndeririz.")
    page.get_by_label("İngilizce başlık").fill("May we tell you our news?")
    page.get_by_label("İngilizce metin").fill("We send at most two messages a month.")
    page.get_by_label("Aydınlatma metninin adresi").fill(make.NOTICE)
    page.get_by_label("Bu kişilerle ilk temas nasıl kuruldu?").select_option(label="Alışveriş")
    page.get_by_label("Temas tarihi").fill((clock.day(clock.now()) - timedelta(days=1)).isoformat())
    if sends:
        page.get_by_label("İletileri İzinlink göndersin").check()
    page.get_by_role("button", name="Kampanyayı kaydet").click()


def decide(screens, site: str, link: str) -> None:
    """Fatma grants one channel and refuses the other, on her telephone."""
    screen = screens(360)
    screen.opens(f"{site}/k/{link.rsplit('/', 1)[1]}")
    screen.page.locator("input[name=MESAJ][value=ONAY]").check()
    screen.page.locator("input[name=ARAMA][value=RET]").check()
    screen.page.locator(".ends button").first.click()
    screen.page.wait_for_url("**/m/**")


def rows_of_parts(page) -> list[int]:
    """In how many rows the parts stand, and those of the open group."""
    lists = page.get_by_role("navigation", name="Bölümler").locator("ul")
    return lists.evaluate_all("lists => lists.map(each => new Set([...each.children].map(li => li.offsetTop)).size)")


def approve_texts(app):
    with app.app_context():
        make.approve_texts()
