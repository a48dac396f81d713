"""The pages of webhooks: a secret is seen once, the log shows what was answered, and nothing is lost by a pause."""

import re
from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import (
    AuditEntry,
    Brand,
    Event,
    OffReason,
    Provider,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookState,
)
from portal.domain.webhooks import endpoints
from portal.services import event_sequencer
from tests.portal.services.webhooks.conftest import Webhooks, receiver, transport, webhooks  # noqa: F401 - fixtures
from tests.portal.web.dashboard.staff import signed_in
from tests.webhook_receiver import Receiver

# ruff: noqa: F811 - fixtures of another folder are asked for by their names.

pytestmark = pytest.mark.alike

PAGE = "/dashboard/webhooks"
FORM = {"url": "https://crm.example/hook?token=t0k3n", "types": ["decision.made", "iys.outcome"], "algorithm": "hmac"}


def test_a_secret_is_shown_once_and_replaced(ayse, rows):
    shown = ayse.posts(PAGE, FORM).text
    [secret] = re.findall(r"whsec_[\w+/=]{44}", shown)
    endpoint = rows.one(WebhookEndpoint)
    pages = ayse.opens(PAGE).text + ayse.opens(f"{PAGE}/{endpoint.id}").text
    assert secret not in pages and "crm.example" in pages
    assert secret.encode() not in endpoint.secret and b"t0k3n" not in endpoint.url

    [new] = re.findall(r"whsec_[\w+/=]{44}", ayse.posts(f"{PAGE}/{endpoint.id}/secret", {"overlap": "1"}).text)
    replaced = rows.one(WebhookEndpoint)
    assert new != secret and timedelta(hours=23) < replaced.former_until - clock.now() <= timedelta(days=1)

    ayse.posts(f"{PAGE}/{endpoint.id}/remove")
    assert rows.count(WebhookEndpoint) == 0
    acts = [each for each in rows(AuditEntry) if each.subject == "webhook"]
    assert [each.act for each in acts] == ["webhook.made", "webhook.secret_replaced", "webhook.removed"]
    assert not any(text in str(each.facts) for each in acts for text in (secret, new, "t0k3n"))


def test_a_public_key_stays_on_the_page(ayse, rows):
    [public] = re.findall(r"whpk_[\w+/=]{44}", ayse.posts(PAGE, FORM | {"algorithm": "ed25519"}).text)

    assert public in ayse.opens(f"{PAGE}/{rows.one(WebhookEndpoint).id}").text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"url": ""}, "Adresi yazın"),
        ({"url": "http://crm.example/"}, "https:// ile başlayan"),
        ({"url": "https://crm.example:22/"}, "443 ya da 8443"),
        ({"url": "https://ayse:pw@crm.example/"}, "kullanıcı adı"),
        ({"url": "https://crm.example/#part"}, "kullanıcı adı"),
        ({"url": "https://crm.example\\@10.0.0.1/"}, "kullanıcı adı"),
        ({"url": "https://[::1/"}, "webhook adresi olamaz"),
        ({"types": []}, "En az birini seçin"),
        ({"types": ["decision.unmade"]}, "geçerli"),
        ({"brands": ["1"]}, "geçerli"),
    ],
)
def test_a_wrong_form_makes_no_endpoint(app, ayse, rows, change, words):
    app.config["DEVELOPMENT"] = False
    answer = ayse.posts(PAGE, FORM | change)

    assert answer.status_code == 422 and words in answer.text
    assert rows.count(WebhookEndpoint) == 0


def test_addresses_in_full_need_https_in_development_too(ayse, rows):
    form = FORM | {"url": "http://localhost:9999/", "shows_addresses": "y"}

    assert "Tam adresler şifresiz gönderilmez" in ayse.posts(PAGE, form).text
    ayse.posts(PAGE, form | {"shows_addresses": ""})
    assert rows.count(WebhookEndpoint) == 1


def test_a_test_arrives_and_is_sent_again(ayse, rows, receiver: Receiver, webhooks: Webhooks, transport):
    ayse.posts(PAGE, FORM | {"url": receiver.url})
    endpoint_id = rows.one(WebhookEndpoint).id
    receiver.answers = [(503, {}), (200, {})]

    page = ayse.opens(ayse.posts(f"{PAGE}/{endpoint_id}/test").location)
    assert "merhaba" in page.text and "Yeniden denenecek" in page.text
    webhooks.deliver(transport)
    delivery = rows.one(WebhookDelivery)
    assert "503" in ayse.opens(f"{PAGE}/{endpoint_id}/log").text
    assert "Almıyor" in ayse.opens(PAGE).text
    assert ayse.posts(f"{PAGE}/deliveries/{delivery.id}/replay").status_code == 303
    with time_machine.travel(clock.now() + timedelta(minutes=1)):
        webhooks.deliver(transport)

    assert rows.one(WebhookDelivery).state == WebhookState.DELIVERED and len(set(receiver.ids)) == 1
    log = f"{PAGE}/{endpoint_id}/log"
    assert "Bu seçimle kayıt yok" in ayse.opens(f"{log}?state=failed").text
    assert "Ulaştı" in ayse.opens(f"{log}?state=delivered&type=webhook.test&state=x").text


def test_what_happened_during_a_pause_is_counted_and_sent_after_it(ayse, rows, webhooks, receiver, transport):
    endpoint_id = webhooks.add(receiver.url)
    ayse.posts(f"{PAGE}/{endpoint_id}/pause")
    webhooks.happen(3)
    assert webhooks.deliver(transport) == 0
    assert rows.one(WebhookEndpoint).off_reason == OffReason.PAUSED
    assert "<dd>3</dd>" in ayse.opens(f"{PAGE}/{endpoint_id}").text

    ayse.posts(f"{PAGE}/{endpoint_id}/turn-on")
    webhooks.deliver(transport)
    assert [each.number for each in receiver.requests] == [1, 2, 3]

    now = clock.istanbul(clock.now())
    for since, status in ((now + timedelta(hours=1), 422), (now - timedelta(days=31), 422), (now - timedelta(1), 303)):
        answer = ayse.posts(f"{PAGE}/{endpoint_id}/replay", {"since": since.strftime("%Y-%m-%dT%H:%M")})
        assert answer.status_code == status
    webhooks.deliver(transport)
    assert [each.number for each in receiver.requests] == [1, 2, 3] * 2


@pytest.mark.parametrize("days", [59, 61])
def test_who_turns_an_endpoint_on_too_late_reads_what_is_lost(app, rows, webhooks, receiver, transport, days):
    endpoint_id = webhooks.add(receiver.url)
    webhooks.happen()
    webhooks.deliver(transport)
    webhooks.change(endpoint_id, lambda each: endpoints.turn_off(db.session, each.id, OffReason.GONE, clock.now()))
    webhooks.happen(2)
    missed = [each.sequence for each in rows(Event)][-2:]

    with time_machine.travel(clock.now() + timedelta(days=days)):
        webhooks.happen()
        with app.app_context():
            event_sequencer.delete_old_events(clock.now())
        ayse = signed_in(app)
        shown = ayse.opens(f"{PAGE}/{endpoint_id}").text
        ayse.posts(f"{PAGE}/{endpoint_id}/turn-on")
        after = ayse.opens(f"{PAGE}/{endpoint_id}").text
        webhooks.deliver(transport)

    is_lost = days > 60
    assert (f"{missed[0]} ile {missed[1]} arasında" in shown) == is_lost
    assert (f"{missed[1]} numarasından sonrası" in after) == is_lost
    entry = rows.one(AuditEntry, AuditEntry.act == "webhook.turned_on")
    assert entry.facts == ({"lost": f"{missed[0]}–{missed[1]}"} if is_lost else {})
    assert [each.number for each in receiver.requests] == ([1, 4] if is_lost else [1, 2, 3, 4])


def test_an_endpoint_of_a_brand_that_was_closed_stays_limited_to_it(app, ayse, rows, webhooks):
    brand_id = rows.one(Brand).id
    page = f"{PAGE}/{webhooks.add('https://crm.example/', brand_ids=[brand_id])}"
    ayse.posts(f"{page}/pause")
    webhooks.happen()  # Something of the firm as a whole.
    assert "<dd>0</dd>" in ayse.opens(page).text
    with app.app_context():
        db.session.get_one(Brand, brand_id).closed_at = clock.now()
        db.session.commit()

    shown = ayse.opens(page).text
    [box] = re.findall(rf'<input[^>]*value="{brand_id}"[^>]*>', shown)
    assert "checked" in box and "(Kapalı)" in shown
    assert ayse.posts(page, FORM | {"brands": [str(brand_id)]}).status_code == 303
    assert rows.one(WebhookEndpoint).brand_ids == [brand_id]


def test_a_provider_has_ten_endpoints(app, ayse, rows, webhooks):
    for _ in range(10):
        webhooks.add("https://crm.example/")

    assert "En fazla 10" in ayse.posts(PAGE, FORM).text
    assert rows.count(WebhookEndpoint) == 10
    with app.app_context():
        assert db.session.query(Provider).one()
