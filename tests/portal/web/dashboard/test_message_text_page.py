"""The texts of a campaign's messages as Ayşe writes them: previewed, warned of, kept by version, tried on herself."""

import html
import re
from datetime import timedelta

import pytest
import requests
import time_machine

from portal.core import clock
from portal.core.extensions import db, limiter
from portal.core.models import (
    AudienceEntry,
    AuditEntry,
    Brand,
    Campaign,
    CampaignKind,
    ConsentRequest,
    Decision,
    EventKind,
    EventOutcome,
    GatewayEvent,
    Message,
    MessageKind,
    MessageText,
    Provider,
    Recipient,
    Role,
)
from portal.services.launches.invitation_text import SAMPLE_CODE
from portal.services.messaging.fake_gateway import create_gateway
from tests import make, servers
from tests.portal.web.dashboard.staff import csrf_token, signed_in
from tests.portal.web.dashboard.test_campaign_pages import FORM as CAMPAIGN
from tests.portal.web.dashboard.test_gateway_pages import arrived, prove, stored
from tests.portal.web.my_consents.conftest import Visitor
from tests.portal.web.my_consents.test_new_holder import NEW

pytestmark = [pytest.mark.slow, pytest.mark.alike]

FORM = {
    "sms_tr": "Haber verelim mi?", "sms_en": "", "subject_tr": "haber izniniz", "subject_en": "",
    "body_tr": "Merhaba,\r\n\r\nHaber verelim mi?", "body_en": "",
}  # fmt: skip


@pytest.fixture
def path(draft) -> str:
    return f"/dashboard/campaigns/{draft}/message"


def shown(answer) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)))


def audited(rows, act: str) -> list[dict]:
    return [entry.facts for entry in rows(AuditEntry) if entry.act == act]


def test_each_text_is_a_version_that_stays(app, ayse, path, rows):
    assert "Reklam gonderelim mi?" in shown(ayse.opens(path))

    for sentence in ("Haber verelim mi?", "Haber verelim mi?", "Yazabilir miyiz?"):
        assert ayse.posts(path, FORM | {"sms_tr": sentence}).location == path

    first, second = rows(MessageText)
    assert (first.sms_tr, first.version, second.sms_tr, second.version) == (
        "Haber verelim mi?", 1, "Yazabilir miyiz?", 2,
    )  # fmt: skip
    assert second.body_tr == "Merhaba,\n\nHaber verelim mi?" and first.digest != second.digest
    assert audited(rows, "campaign.message_changed") == [
        {"version": each.version, "hash": each.digest.hex()} for each in (first, second)
    ]
    page = shown(ayse.opens(path))
    assert "Yazabilir miyiz? Onay/Ret:" in page and "2 parça" in page and "Ayşe" in page
    with app.app_context(), pytest.raises(Exception, match="append-only"):
        db.session.query(MessageText).update({"sms_tr": "x"})


def test_a_preview_shows_what_is_typed_in_and_stores_nothing(ayse, path, rows):
    answer = ayse.posts(f"{path}/preview", FORM | {"sms_tr": "Size {yeni} bir şey soralım 😀"})

    page = shown(answer)
    assert answer.status_code == 200 and rows.count(MessageText) == 0
    assert "Ornek Magaza: Size {yeni} bir sey soralim ? Onay/Ret:" in page and f"/u/{SAMPLE_CODE}" in page
    assert "? olur: 😀" in page
    assert "GSM: Türkçeye özgü harf yok" in page and "{ 1 2 2 2 1" in page  # How often, and by alphabet.


def test_a_name_that_spills_into_one_more_part_is_told(app, ayse, path):
    with app.app_context():
        brand = make.brand()
        brand.sms_in_turkish = True
        db.session.commit()
    full = shown(ayse.posts(f"{path}/preview", FORM | {"sms_tr": "ş" * 100}))
    units = int(re.search(r"2 parça, (\d+) birim", full)[1])

    spilling = shown(ayse.posts(f"{path}/preview", FORM | {"sms_tr": "ş" * (100 + 2 * 149 - units + 3)}))

    assert "son parçaya" not in full
    assert "3 parça" in spilling and "yalnız 3 karakter taşıyor; marka adınız" in spilling
    assert "Türkçe harfsiz yazılırsa SMS 1 parça azalır." in spilling


@pytest.mark.parametrize(
    "changes",
    [
        {"sms_tr": ""},
        {"sms_tr": "x" * 301},
        {"body_tr": "Arayın: 0850 11.12.2233"},
        {"body_en": "Sign in at evil.example/giris"},
        {"subject_tr": "a\0b"},
    ],
    ids=str,
)
def test_a_text_that_may_not_be_sent_comes_back(ayse, path, rows, changes):
    answer = ayse.posts(path, FORM | changes)

    assert answer.status_code == 422 and rows.count(MessageText) == 0
    assert "Reklam gonderelim mi?" in shown(answer)  # The preview is that of the stored text.


def test_words_that_promote_need_a_tick_which_is_recorded(app, ayse, path, rows):
    promoting = FORM | {"sms_tr": "Onay verene %20 indirim ve hediye!"}
    refused = ayse.posts(path, promoting)

    assert refused.status_code == 422 and rows.count(MessageText) == 0
    for words in ("“%20”: fiyat ya da indirim", "“hediye”: hediye ya da çekiliş", "Yönetmelik madde 6 ve 7"):
        assert words in shown(refused)

    assert ayse.posts(path, promoting | {"promotion_accepted": "y"}).status_code == 303
    assert audited(rows, "campaign.message_changed")[0]["promotion"] == ["%20", "indirim", "hediye"]
    with app.app_context():
        refusing = make.campaign(kind=CampaignKind.REFUSE).id
    assert ayse.posts(f"/dashboard/campaigns/{refusing}/message", promoting).status_code == 303


def test_a_consent_text_that_promotes_needs_the_same_tick(ayse, draft, rows):
    new = CAMPAIGN | {"brand": rows.one(Brand).id, "body_tr": "Onay verene hediye var."}

    refused = ayse.posts("/dashboard/campaigns/new", new)
    accepted = ayse.posts("/dashboard/campaigns/new", new | {"promotion_accepted": "y"})
    offering = ayse.posts("/dashboard/campaigns/new", new | {"kind": "refuse"})

    assert (refused.status_code, accepted.status_code, offering.status_code) == (422, 303, 303)
    assert "“hediye”: hediye ya da çekiliş" in shown(refused)
    assert audited(rows, "campaign.opened") == [{"promotion": ["hediye"]}, {}]


def test_after_the_launch_the_text_is_final(app, ayse, path, rows):
    with app.app_context():
        campaign = db.session.query(Campaign).one()
        make.add_to_audience(campaign, make.PHONE)
        make.launch(campaign, app.config["LINK_SALT"])

    page = ayse.opens(path)
    answer = ayse.posts(path, FORM)

    assert 'name="sms_tr"' not in page.text and "metin artık değişmez" in shown(page)
    assert answer.status_code == 303 and rows.count(MessageText) == 0
    assert "bu sırada başlatıldı" in shown(ayse.opens(path))


def test_a_developer_reads_and_a_stranger_finds_nothing(app, ayse, path):
    with app.app_context():
        make.person(db.session.query(Provider).one(), "burak@example.com", Role.DEVELOPER)
        make.provider(800001, 800001, "cem@example.com")
    burak, cem = signed_in(app, "burak@example.com"), signed_in(app, "cem@example.com")

    token = {"csrf_token": csrf_token(burak.browser, "/account/providers")}
    assert burak.opens(path).status_code == 200 and burak.browser.post(path, data=FORM | token).status_code == 403
    assert cem.opens(path).status_code == 404
    assert [cem.posts(f"{path}{act}", FORM).status_code for act in ("", "/preview", "/test")] == [404] * 3


def test_a_text_is_tried_on_oneself_and_decides_for_nobody(app, ayse, path, rows, browser, tmp_path, monkeypatch):
    """By the brand's own account where there is one, in development else by the viewer of messages."""
    ayse.posts(path, FORM)
    proof = prove(app)
    stored(app, works=True)
    with servers.serving(create_gateway(tmp_path / "messages.db")) as url:
        app.config["MESSAGE_GATEWAY_URL"] = url
        assert [ayse.posts(f"{path}/test", {"address": to}).status_code for to in (proof, "mine")] == [303, 303]
        (sms,), viewer = arrived(url), requests.get(url, timeout=5).text

    assert sms["to"].endswith(make.PHONE[-10:]) and "Haber verelim mi? Onay/Ret:" in sms["text"]
    assert "Örnek Mağaza: haber izniniz" in viewer and "Haber verelim mi?" in viewer
    assert all(rows.count(model) == 0 for model in (AudienceEntry, ConsentRequest, Decision))
    assert not rows(Message, Message.kind == MessageKind.INVITATION)
    assert audited(rows, "campaign.message_tested") == [{"clear": True}] * 2
    for link in re.findall(r"http://localhost(/\S+)", sms["text"]):
        assert "Kimseye bir şey sorulmadı" in shown(browser.get(link))
        assert browser.post(link, data={"MESAJ": "ONAY"}).status_code in (404, 405)

    app.config["MESSAGE_GATEWAY_URL"] = ""
    assert "gönderebilen bir hesap yok" in shown(ayse.posts(f"{path}/test", {"address": "mine"}))
    assert ayse.posts(f"{path}/test", {"address": "905329999999"}).status_code == 422
    monkeypatch.setattr(limiter, "enabled", True)
    limiter.reset()
    assert [ayse.posts(f"{path}/test", {"address": ""}).status_code for _ in range(21)][-2:] == [422, 429]


@pytest.mark.parametrize("act", ["refuses", "not me", "newly mine"])
def test_nothing_is_tried_on_a_number_that_was_proved_before_it_refused_or_changed_hands(app, ayse, path, browser, act):
    """Until it is proved anew."""
    proof, code = prove(app), make.codes(app)[make.PHONE]
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        if act == "refuses":
            make.Person(browser, code, path="/u/").decides(all="RET")
        elif act == "not me":
            assert browser.post(f"/k/{code}/ben-degilim").status_code == 303
        else:
            burcu = Visitor(app, app.test_client())
            burcu.comes_in()
            burcu.posts(NEW)
    with time_machine.travel(clock.now() + timedelta(hours=2)):
        again = signed_in(app)
        assert again.posts(f"{path}/test", {"address": proof}).status_code == 422
        assert "Sizinse yeniden doğrulayın." in shown(again.opens("/dashboard/start/addresses"))
        anew = prove(app)
        offered = again.opens(path).text
        assert f'value="{anew}"' in offered and f'value="{proof}"' not in offered


def test_nothing_is_tried_on_a_number_whose_words_wait_to_be_read(app, ayse, path, rows):
    """They may refuse."""
    proof, account = prove(app), stored(app, works=True)
    make.codes(app, f"{make.PHONE}\n")
    with app.app_context():
        db.session.add(
            GatewayEvent(
                provider_id=make.brand().provider_id, gateway_id=int(account.rpartition("/")[2]), kind=EventKind.REPLY,
                digest=b"digest", received_at=clock.now(), recipient_id=rows.one(Recipient).id,
                outcome=EventOutcome.LIKELY_REFUSAL,
            )
        )  # fmt: skip
        db.session.commit()

    assert ayse.posts(f"{path}/test", {"address": proof}).status_code == 422


def test_in_sandbox_mode_a_text_goes_to_the_viewer_whatever_is_set(app, ayse, path, tmp_path):
    proof = prove(app)
    stored(app, works=True)
    with app.app_context():
        db.session.query(Provider).update({"admitted_at": None})
        db.session.commit()
    assert "yalnız deneme görüntüleyicisine gider" in shown(ayse.opens(path))

    with servers.serving(create_gateway(tmp_path / "messages.db")) as url:
        app.config["MESSAGE_GATEWAY_URL"] = url
        assert ayse.posts(f"{path}/test", {"address": proof}).status_code == 303

        assert arrived(url) == [] and "Reklam gonderelim mi?" in requests.get(url, timeout=5).text


def test_four_questions_tell_the_rule_before_anything_is_written(ayse):
    page = "/dashboard/campaigns/rule"
    assert page in ayse.opens("/dashboard/campaigns/new").text
    answers = {"promotes": "no", "subject": "order", "reader": "person", "refused": "no"}

    def ask(**changes) -> str:
        query = "&".join(f"{name}={value}" for name, value in (answers | changes).items())
        return shown(ayse.opens(f"{page}?{query}"))

    assert "Yanıtlar kaydedilmez" in shown(ayse.opens(f"{page}?lang=tr"))
    assert "İstisna: onay gerekmez" in ask() and "madde 6" in ask()
    assert "Ticari ileti: önceden onay gerekir" in ask(promotes="yes")
    assert "madde 6/3 ve 6/6" in ask(promotes="yes", reader="merchant")
    assert "Reddetmiş: gönderilemez" in ask(promotes="yes", refused="yes")
    assert "Birini seçin." in ask(subject="")
    assert "gönderilemez" not in ask(subject="nothing", refused="yes")
