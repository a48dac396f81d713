"""Who may be in a campaign, as Ayşe sees it: contacts in a list, unread columns, people she knows, who is left out."""

from playwright.sync_api import expect

from portal.core.extensions import db
from portal.core.iys_protocol import Channel, Source, Status
from portal.core.models import Campaign, CampaignKind
from portal.services.imports import waiting_lists
from tests import grants, make
from tests.browser.signing_in import sign_in
from tests.portal.services.exports.held_consents import Holder

LIST = """Telefon;İlk temas nedeni;Temas tarihi;Kulüp
0532 123 45 67;Alışveriş;20.11.2025;E
0532 123 45 68;dedikodu;20.11.2025;H
0532 123 45 69;Üyelik;01.01.2090;E
"""


def test_who_is_asked_and_who_is_not_stands_on_the_pages(app, site, screens, rows):
    with app.app_context():
        make.provider()
        db.session.rollback()
    known, old = grants.phones(2)
    Holder(app).grants(known, channel=Channel.CALL)
    Holder(app).grants(old, source=Source.BEFORE_2015)
    with app.app_context():
        draft, weak = make.campaign().id, make.campaign(kind=CampaignKind.RECONFIRM).id
        db.session.rollback()
    screen = screens(1280, 900, also=[360])
    page = screen.page
    sign_in(screen, f"{site}/dashboard/campaigns/{draft}")

    page.get_by_label("Adresleri yapıştırın").fill(LIST)
    page.get_by_role("button", name="Listeyi getir").click()
    screen.looks_well("audience-unread-columns")
    page.get_by_role("button", name="Hepsine baktım: ret yok").click()
    page.get_by_role("link", name="Kayıtlı kişilerden ekle").click()
    page.get_by_label("Kimler eklensin?").select_option("ARAMA-MESAJ")
    page.get_by_role("button", name="Kaç kişi?").click()
    screen.looks_well("audience-filter")
    page.get_by_role("button", name="Listeye ekle").click()
    screen.opens(f"{site}/dashboard/campaigns/{weak}/audience/filter?who=weak")
    screen.looks_well("audience-filter-weak")

    with app.app_context():
        for each in waiting_lists.unfinished():
            waiting_lists.read(each)
        make.launch(db.session.get_one(Campaign, draft), app.config["LINK_SALT"])
        db.session.rollback()
    Holder(app).decides(make.PHONE, Status.REFUSED)
    screen.opens(f"{site}/dashboard/campaigns/{draft}")
    screen.looks_well("audience-left-out-since")

    screen.opens(f"{site}/dashboard/recipients")
    page.get_by_label("Telefon ya da e-posta").fill(old)
    page.get_by_role("button", name="Ara", exact=True).click()
    screen.looks_well("recipient-evidence")
    expect(page.get_by_text("2015 öncesi; yalnız firmanın beyanı")).to_be_visible()
