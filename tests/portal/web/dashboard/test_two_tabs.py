"""Ayşe works for two firms, each open in a tab: a form or a file is of the firm whose page it stood on, or of none."""

import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import ApiKey, Brand, Decision, OneTimeLink, Provider, Role, SignIn, User
from portal.domain.identity import accounts
from portal.web.shared.access import ACCESS_RULES
from tests import make
from tests.portal.web.dashboard.staff import csrf_token, reset_used_codes, session_token
from tests.portal.web.dashboard.test_api_keys_page import FORM as KEY
from tests.portal.web.dashboard.test_campaign_pages import FORM as CAMPAIGN
from tests.portal.web.signin.test_second_step import code_now, wrong_code

pytestmark = [pytest.mark.slow, pytest.mark.alike]

SHOP, FOOD = "Örnek Mağazacılık A.Ş.", "Lezzet Gıda A.Ş."
CALLER = "+905337008090"
REFUSAL = {"address": CALLER, "brand": "0", "channels": ["MESAJ", "ARAMA"], "source": "HS_CAGRI_MERKEZI"}


@pytest.fixture
def firms(app, ayse) -> dict[str, int]:
    """The ids of Ayşe's firms by title; she works for the shop."""
    with app.app_context():
        second = make.provider(700002, 700002, "cem@example.com")
        second.title = FOOD
        owner = db.session.scalars(select(User).order_by(User.id)).first()
        accounts.add_membership(db.session, owner, second.id, Role.OWNER, clock.now())
        db.session.commit()
        ids = {each.title: each.id for each in db.session.scalars(select(Provider))}
        for code, provider_id in enumerate(ids.values(), 700011):  # "All brands" is offered from two on.
            db.session.add(Brand(provider_id=provider_id, brand_code=code, name="Outlet", created_at=clock.now()))
        db.session.commit()
    works_for(ayse, ids[SHOP])
    return ids


def works_for(ayse, provider_id: int) -> None:
    assert ayse.posts("/account/providers", {"provider": str(provider_id)}).location == "/dashboard/"


def everything(app) -> dict[str, list]:
    """All rows of all tables."""
    with app.app_context():
        return {
            table.name: sorted(map(repr, db.session.execute(select(table)).all()))
            for table in db.metadata.sorted_tables
        }


def hidden_fields(page: str) -> dict[str, str]:
    """Of the form that leads back."""
    form = re.search(r'<form method="post" action="/account/providers".*?</form>', page, re.DOTALL)[0]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


def test_no_form_of_one_firms_page_is_taken_while_another_is_chosen(app, ayse, firms):
    token = csrf_token(ayse.browser, "/dashboard/recipients")
    works_for(ayse, firms[FOOD])
    before = everything(app)

    answers = {
        rule.rule: ayse.browser.post(
            re.sub(r"<(\w+:)?\w+>", "1", rule.rule.replace("<any(svg, png):picture>", "svg")),
            data=REFUSAL | KEY | CAMPAIGN | {"csrf_token": token},
        ).status_code
        for rule in app.url_map.iter_rules()
        if "POST" in rule.methods and ACCESS_RULES.get(rule.endpoint.partition(".")[0]) == "of a provider"
    }

    assert len(answers) >= 90
    assert {rule: status for rule, status in answers.items() if status != 409} == {}
    assert everything(app) == before


def test_a_callers_refusal_waits_for_the_firm_whose_page_it_was_typed_on(app, ayse, firms, rows):
    typed = REFUSAL | {"csrf_token": csrf_token(ayse.browser, "/dashboard/recipients")}
    works_for(ayse, firms[FOOD])
    refused = ayse.browser.post("/dashboard/recipients/refusal", data=typed)

    assert refused.status_code == 409 and rows(Decision) == []
    assert all(words in unescape(refused.text) for words in (SHOP, FOOD, "Hiçbir şey kaydedilmedi", "dön ve gönder"))
    assert CALLER[3:] not in refused.text

    back = hidden_fields(refused.text)
    onward = ayse.browser.post("/account/providers", data=back)
    assert (onward.status_code, onward.location) == (307, "/dashboard/recipients/refusal")
    assert ayse.browser.post(onward.location, data=back).status_code == 303
    assert {each.provider_id for each in rows(Decision)} == {firms[SHOP]}


def test_a_key_and_an_invitation_are_made_at_no_other_firm(ayse, firms, rows):
    token = {"csrf_token": csrf_token(ayse.browser, "/dashboard/recipients")}
    works_for(ayse, firms[FOOD])
    invited = {"email": "burak@example.com", "role": "agent"}

    assert ayse.browser.post("/dashboard/keys", data=KEY | token).status_code == 409
    assert ayse.browser.post("/dashboard/people/invite", data=invited | token).status_code == 409
    assert rows(ApiKey) == [] and rows(OneTimeLink) == []


def test_a_form_that_waits_for_a_factor_waits_for_its_firm_too(app, ayse, firms, rows):
    reset_used_codes(app)
    invited = {"email": "burak@example.com", "role": "agent"}
    with time_machine.travel(clock.now() + timedelta(minutes=15), tick=False):
        posted = invited | {"csrf_token": csrf_token(ayse.browser, "/dashboard/recipients")}
        asks = ayse.browser.post("/dashboard/people/invite", data=posted)
        page = ayse.browser.post(asks.location, data=posted).text
        works_for(ayse, firms[FOOD])
        held = re.search(r'name="held" value="([^"]+)"', page)[1]
        again = ayse.posts("/step-up", {"held": held, "code": wrong_code()})
        fields = {"held": held, "csrf_token": session_token(ayse.browser)}
        assert fields["csrf_token"].partition("~")[2] == str(firms[FOOD]) and again.status_code == 403
        onward = ayse.browser.post("/step-up", data=fields | {"code": code_now()})
        assert onward.location == "/dashboard/people/invite"

        refused = ayse.browser.post(onward.location, data=fields)
        assert refused.status_code == 409 and rows(OneTimeLink) == []
        back = hidden_fields(refused.text)
        onward = ayse.browser.post("/account/providers", data=back)
        assert ayse.browser.post(onward.location, data=back).status_code == 303
    assert rows.one(OneTimeLink).invites_to == firms[SHOP]


def test_what_cannot_be_kept_is_said_and_the_way_back_is_there(ayse, firms, rows):
    posted = {"csrf_token": csrf_token(ayse.browser, "/dashboard/recipients"), "note": "x" * 20_000}
    works_for(ayse, firms[FOOD])
    refused = ayse.browser.post("/dashboard/networks", data=posted)

    assert refused.status_code == 409 and "saklanamadı" in refused.text
    back = hidden_fields(refused.text)
    assert "held" not in back
    assert ayse.browser.post("/account/providers", data=back).location == "/dashboard/"
    assert rows(SignIn)[-1].current_provider_id == firms[SHOP]


def test_files_without_an_id_are_of_the_firm_whose_page_led_to_them(app, ayse, firms):
    audit = unescape(re.search(r'href="([^"]*audit\.csv[^"]*)"', ayse.opens("/dashboard/audit").text)[1])
    works_for(ayse, firms[FOOD])

    refused = ayse.opens(audit)
    assert refused.status_code == 409 and "Hiçbir dosya verilmedi" in refused.text
    ayse.browser.post("/account/providers", data=hidden_fields(refused.text))
    name = ayse.opens(audit).headers["Content-Disposition"]
    assert "izinlink-ornek-magazacilik-a-s-denetim-" in name
    lists = [rule for rule in app.url_map.iter_rules() if is_list(rule)]
    files = {rule.rule: ayse.opens(rule.rule) for rule in lists}
    given = {path for path, answer in files.items() if "Content-Disposition" in answer.headers}
    kept_back = {path for path, answer in files.items() if answer.status_code == 409}
    assert given == {"/dashboard/imports/sample.csv"}, "which holds nothing of anybody's"
    assert {"/dashboard/exports/file", "/dashboard/confirmations.csv", "/dashboard/start/letter.pdf"} <= kept_back


def is_list(rule) -> bool:
    return (
        ACCESS_RULES.get(rule.endpoint.partition(".")[0]) == "of a provider"
        and "GET" in rule.methods
        and not rule.arguments - {"format"}
    )


def test_the_bar_names_the_firm_in_large_letters_for_who_has_several(ayse, firms):
    assert f'class="firm" href="/account/providers" aria-label="{SHOP}' in unescape(ayse.opens("/dashboard/").text)
    works_for(ayse, firms[FOOD])
    assert f'class="firm" href="/account/providers" aria-label="{FOOD}' in unescape(ayse.opens("/account/").text)
