"""Adding people whom a provider knows: counted first, added by the worker, asked only where somebody may be."""

import pytest

from portal.core.extensions import db
from portal.core.iys_protocol import Channel, Source
from portal.core.models import AudienceEntry, AudienceList, AuditEntry, CampaignKind
from tests import make
from tests.portal.services.exports.held_consents import Holder
from tests.portal.web.dashboard.test_campaign_pages import work_off

pytestmark = [pytest.mark.slow, pytest.mark.alike]


def test_people_are_counted_and_then_added(app, ayse, draft, rows):
    Holder(app).grants(channel=Channel.CALL)
    path = f"/dashboard/campaigns/{draft}"

    assert f'href="{path}/audience/filter"' in ayse.opens(path).text
    assert "kişi eklenir" not in ayse.opens(f"{path}/audience/filter").text
    page = ayse.opens(f"{path}/audience/filter?who=ARAMA-MESAJ").text
    assert "Bu seçimle 1 kişi eklenir." in page and rows.count(AudienceEntry) == 0

    assert ayse.posts(f"{path}/audience/filter?who=ARAMA-MESAJ").status_code == 303
    work_off(app)
    assert rows.one(AudienceEntry).channels == "MESAJ" and "Kayıtlı kişiler" in ayse.opens(path).text
    assert rows.one(AuditEntry, AuditEntry.act == "audience.brought").facts == {"good": 1, "filter": "other_channel"}
    assert "eklenecek kimse yok" in ayse.opens(f"{path}/audience/filter?who=ARAMA-MESAJ").text
    assert ayse.posts(f"{path}/audience/filter?who=nobody").status_code == 400


def test_a_reconfirmation_chooses_by_the_proof_of_consents(app, ayse, rows):
    with app.app_context():
        path = f"/dashboard/campaigns/{make.campaign(kind=CampaignKind.RECONFIRM).id}/audience/filter"
        db.session.rollback()
    Holder(app).grants(source=Source.BEFORE_2015)

    assert "Bu seçimle 1 kişi eklenir." in ayse.opens(f"{path}?who=weak").text
    assert "eklenecek kimse yok" in ayse.opens(f"{path}?who=fair").text


def test_a_launched_campaign_and_one_that_offers_refusal_choose_nobody(app, ayse, draft, rows):
    with app.app_context():
        refusing = make.campaign(kind=CampaignKind.REFUSE).id
        db.session.rollback()
    ayse.posts(f"/dashboard/campaigns/{draft}/audience", {"text": make.PHONE})
    ayse.posts(f"/dashboard/campaigns/{draft}/launch")

    path = "/dashboard/campaigns/{}/audience/filter"
    assert "<select" not in ayse.opens(path.format(draft)).text
    assert ayse.posts(f"{path.format(draft)}?who=late").status_code == 303
    assert ayse.opens(path.format(refusing)).status_code == 404
    assert rows.count(AudienceList) == 1
