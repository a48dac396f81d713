"""What was done, in the whole house or for one provider."""

import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import User
from portal.domain import audit

pytestmark = pytest.mark.alike


def test_acts_are_listed_with_who_did_them_and_from_where(derya, newcomer):
    derya.posts(f"/operator/providers/{newcomer}/suspension", {"reason": "Belgeler birbirini tutmuyor."})

    page = derya.opens("/operator/audit").text

    for words in ("Firma durduruldu", "Derya", "Yeni Mağazacılık"):
        assert words in page
    assert "127.0.0.1" not in page


def test_the_list_is_narrowed_to_one_provider(app, derya, newcomer, ayses):
    derya.posts(f"/operator/providers/{newcomer}/suspension", {"reason": "Belgeler birbirini tutmuyor."})
    suspended = ">Firma durduruldu</td>"

    assert suspended in derya.opens(f"/operator/audit?provider={newcomer}").text
    assert suspended not in derya.opens(f"/operator/audit?provider={ayses}").text
    assert derya.opens("/operator/audit?provider=1").status_code == 404


def test_the_list_is_filtered_by_act(derya, newcomer):
    derya.posts(f"/operator/providers/{newcomer}/suspension", {"reason": "Belgeler birbirini tutmuyor."})

    assert ">Firma durduruldu</td>" in derya.opens("/operator/audit?act=provider.suspended").text
    assert ">Firma durduruldu</td>" not in derya.opens("/operator/audit?act=provider.resumed").text


@pytest.mark.parametrize("query", ["before=x", "before=-1", "provider=x", "before=99999999999999999999", "who=9999"])
def test_a_query_that_makes_no_sense_is_no_error(derya, query):
    assert derya.opens(f"/operator/audit?{query}").status_code == 200


def test_a_long_list_is_turned(app, derya, rows):
    with app.app_context():
        user_id = rows.one(User).id
        for number in range(60):
            audit.note(
                db.session, "package.changed", "package", number, provider_id=None, at=clock.now(), user_id=user_id
            )
        db.session.commit()

    page = derya.opens("/operator/audit?act=package.changed").text
    assert "Daha eskiler" in page and "En yeniler" not in page
    older = derya.browser.get(page.split('href="')[-1].split('"')[0].replace("&amp;", "&")).text

    assert "Daha eskiler" not in older and "En yeniler" in older


def test_support_reads_no_audit(deniz):
    assert deniz.opens("/operator/audit").status_code == 403
