"""Links of a campaign that asks for a confirmation, for firms that send them by themselves, while İYS tells nothing."""

import pytest

from portal.core.extensions import db
from portal.core.models import AuditEntry, Campaign, CampaignKind, Provider
from tests import make
from tests.portal.api.programs import CONSENTS, Program, make_key
from tests.portal.services.exports.held_consents import Holder
from tests.portal.services.messaging.test_reconfirm_lapses import lapse
from tests.portal.web.dashboard.test_campaign_pages import read_links

pytestmark = pytest.mark.slow
WHY = "İYS üç iş günüdür değişiklikleri bildirmiyor"


def test_links_are_refused_with_the_reason_in_place_of_an_empty_file(app, ayse, rows):
    Holder(app).grants(make.PHONE)
    make.codes(app, make.PHONE, kind=CampaignKind.RECONFIRM)
    path = f"/dashboard/campaigns/{rows.one(Campaign).id}"
    assert len(read_links(ayse.opens(f"{path}/links.csv"))) == 1 and WHY not in ayse.opens(path).text

    with app.app_context():
        lapse()
        program = Program(app, make_key(db.session.get_one(Provider, make.brand().provider_id)))
    for name in ("links.csv", "links.xlsx", "codes.pdf"):
        assert ayse.opens(f"{path}/{name}").location == path
        page = ayse.opens(path).text
        assert page.count(WHY) == 2 and "links.csv" not in page  # Beside the answer to the click.
    answer = program.get(f"{CONSENTS.removesuffix('consents')}campaigns/{rows.one(Campaign).id}/links")

    assert (answer.status_code, answer.json["code"], answer.json["errors"][0]["code"]) == (409, "not_ready", "pull")
    assert len(rows(AuditEntry, AuditEntry.act.in_(("links.taken", "codes.taken")))) == 1
