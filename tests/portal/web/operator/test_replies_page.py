"""Replies to the operator's number that may be meant for several firms."""

from dataclasses import replace
from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.addresses import parse
from portal.core.extensions import db, vault
from portal.core.models import Brand, Decision, EventKind, GatewayEvent, Message, MessageKind, MessageState
from portal.domain.consents import recipients
from portal.services.messaging.feedback import NotCertain
from portal.services.messaging.gateways.protocol import BlockedAddress
from portal.services.messaging.gateways.unread_rows import as_unread
from portal.web.shared.reply_words import shown_text
from tests import grants, make
from tests.portal.services.messaging.test_answered_messages import operators, rival, write  # noqa: F401
from tests.portal.services.messaging.vendor_pushes import operators_vendor, work
from tests.portal.web.desk.test_reply_brands import ALL, MODA, now, refused_names, ticked, write_for_both

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("act", "form", "refused", "texts"), [
    ("refusal", {"channels": "ARAMA", "firms": True}, 1, 0),
    ("reading", {}, 0, 0), ("reading", {"firm": True}, 0, 1),
])  # fmt: skip
def test_the_operator_reads_what_may_be_meant_for_several_firms(app, browser, derya, rows, act, form, refused, texts):
    operators_vendor(app, browser).brings("kargom nerede", grants.phones(1, 1_000_100)[0])
    work(app)
    assert '<span class="count">1</span>' in derya.opens("/operator/gateways").text
    page = derya.opens("/operator/replies").text
    assert "kargom nerede" in page and "Rakip" not in page and grants.phones(1, 1_000_100)[0][-7:] not in page

    (event,) = rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY, GatewayEvent.provider_id.is_(None))
    firm = min(each.provider_id for each in rows(GatewayEvent, GatewayEvent.provider_id.is_not(None)))
    path = f"/operator/replies/{event.id}/{act}"
    posted = {name: firm if value is True else value for name, value in form.items()}
    assert [derya.posts(path, posted).status_code for _ in range(2)] == [303, 404]

    assert len({each.provider_id for each in rows(Decision)}) == refused
    assert {(each.channel, each.source) for each in rows(Decision)} <= {("ARAMA", "HS_MESAJ")}
    waiting = rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY, GatewayEvent.settled_at.is_(None))
    assert [(each.provider_id, each.body is not None) for each in waiting] == [(firm, True)] * texts


def test_no_firm_reads_what_may_hold_what_others_wrote(app, browser, derya, rows):
    vendor, phones = operators_vendor(app, browser), grants.phones(2, 1_000_100)
    body = "".join(f'{{"source_addr":"{each}","content":"hastayım"}},' for each in phones)
    browser.post(f"/callbacks/messages/{vendor.secret}", data=f"[{body}", content_type="application/json")
    work(app)
    page = derya.opens("/operator/replies").text
    assert "hastayım" in page and "okusun" not in page and "hiçbir firmaya gösterilmez" in page

    at_operator = rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY, GatewayEvent.provider_id.is_(None))
    firm = min(each.provider_id for each in rows(GatewayEvent, GatewayEvent.provider_id.is_not(None)))
    for each in at_operator:
        assert derya.posts(f"/operator/replies/{each.id}/reading", {"firm": firm}).status_code == 404
    assert {each.body for each in rows(GatewayEvent, GatewayEvent.provider_id.is_not(None))} == {None}


def test_a_refusal_counts_at_the_firms_that_the_operator_was_shown(app, browser, derya, rows):
    """Not at one that writes there only afterwards."""
    vendor, phone = operators_vendor(app, browser), grants.phones(1, 1_000_100)[0]
    vendor.brings("artik bana mesaj atmayin lutfen", phone)
    work(app)
    shown = {each.provider_id for each in rows(GatewayEvent, GatewayEvent.provider_id.is_not(None))}
    with app.app_context():
        third = make.provider(800002, 800002, "derya@example.com").id
        theirs = recipients.gather(db.session, vault(), third, [parse(phone)], clock.now())[phone]
        db.session.add(
            Message(
                kind=MessageKind.CODE, provider_id=third, recipient_id=theirs, gateway_id=vendor.gateway_id,
                created_at=clock.now(), state=MessageState.ACCEPTED,
            )
        )  # fmt: skip
        db.session.commit()
    (event,) = rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY, GatewayEvent.provider_id.is_(None))
    derya.posts(f"/operator/replies/{event.id}/refusal", {"channels": "MESAJ"})
    assert rows.count(Decision) == 0  # No firm was chosen.
    derya.posts(f"/operator/replies/{event.id}/refusal", {"channels": "MESAJ", "firms": [*shown, third]})

    assert {each.provider_id for each in rows(Decision)} == shown


def test_what_somebody_wrote_to_whom_no_firm_did_is_read_only(app, browser, derya):
    operators_vendor(app, browser).brings("artik bana mesaj atmayin lutfen", "+905329998877")
    work(app)
    page = derya.opens("/operator/replies").text

    assert "hiçbir firmada yok" in page and "ret olarak kaydet" not in page and "Ret değil" not in page


def test_a_refusal_that_is_not_certain_says_so_without_words_of_ours(app):
    unread = as_unread(BlockedAddress("+905329998877", None, "answer", 7), NotCertain.__name__)
    with app.test_request_context():
        assert shown_text(unread).startswith("Ret olabilir, ama kesin değil") and "NotCertain" not in shown_text(unread)
        assert shown_text(replace(unread, keyword="", text="NotCertain: ret")).startswith("Okunamayan bildirim")


@pytest.mark.parametrize("chosen", [MODA, ALL])
def test_the_operator_chooses_brands_of_a_firm_too(app, operators, rival, derya, rows, chosen):  # noqa: F811
    write_for_both(app, operators.gateway_id)
    write(app, operators.gateway_id, rival, timedelta(days=1), kind=MessageKind.CODE)
    operators.brings("Moda Evi yazmasın", received_at=now())
    work(app)
    shown = ticked(derya.opens("/operator/replies").text)
    assert set(shown.values()) == ALL

    (event,) = rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY, GatewayEvent.provider_id.is_(None))
    firms = [each.provider_id for each in rows(Brand, Brand.name.in_(MODA))]
    brands = [brand_id for brand_id, name in shown.items() if name in chosen]
    posted = {"channels": "MESAJ", "firms": firms, "offered": list(shown), "brands": brands}
    derya.posts(f"/operator/replies/{event.id}/refusal", posted)
    assert refused_names(rows) == chosen
