"""Replies to SMS: clear refusals are decisions at once, for the brands that they name; all else waits for a person."""

from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import delete, func, select, update

from portal.core import clock
from portal.core.addresses import AddressKind, parse
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel
from portal.core.models import (
    AudienceEntry,
    Brand,
    Campaign,
    Consent,
    Decision,
    EventKind,
    EventOutcome,
    ExclusionReason,
    GatewayEvent,
    Message,
    MessageGateway,
    MessageKind,
    MessageState,
    Provider,
    Recipient,
    may_have_refused,
)
from portal.domain.consents import recipients
from portal.domain.notifications import gateways
from portal.domain.providers import brand_requests
from portal.services.messaging import event_contents, feedback, gateway_events, outbox, replies
from portal.services.messaging.gateways.protocol import BlockedAddress, Feedback, InboundMessage
from tests import grants, make
from tests.portal.domain.consents.iys_movements import MovementReceiver, row
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.vendor_pushes import Vendor, accepted, add_brand, operators_vendor, work

pytestmark = pytest.mark.slow

REFUSED, LIKELY, REVIEW = EventOutcome.REFUSED, EventOutcome.LIKELY_REFUSAL, EventOutcome.REVIEW


@pytest.fixture
def brands(app, vendor) -> dict[int, str]:
    """Örnek Mağaza and Moda Evi send by the vendor, Ev Dünyası by another account, and never did otherwise; their names
    by id."""
    with app.app_context():
        shop = make.brand()
        other = delivery.add("netgsm")
        db.session.rollback()
        names = {shop.id: "shop"}
    names |= {
        add_brand(app, "Moda Evi", "MODAEVI", "MODA"): "fashion",
        add_brand(app, "Ev Dünyası", "", "EV", 9): "home",
    }
    with app.app_context():
        for brand_id, name in names.items():
            own, unused = (other, vendor.gateway_id) if name == "home" else (vendor.gateway_id, other)
            gateways.set_for_brand(db.session, brand_id, AddressKind.PHONE, [own], at=clock.now(), unused=[unused])
        db.session.commit()
    return names


BOTH, ALL, NONE = {"shop", "fashion"}, {"shop", "fashion", "home"}, set()
# What somebody writes, the vendor's keyword, what becomes of it, and which brands it refuses.
INBOUND = [
    ("RET", "", REFUSED, BOTH), ("iptal", "", REFUSED, BOTH), ("STOP", "", REFUSED, BOTH), ("dur", "", REFUSED, BOTH),
    ("red", "ORNEK", REFUSED, BOTH), ("R E T B038", "", REFUSED, BOTH), ("?ptal", "", REFUSED, BOTH),
    ("SMS almak istemiyorum", "", REFUSED, BOTH), ("lütfen beni listeden çıkarın RET", "", LIKELY, NONE),
    ("MODAEVI RET", "", REFUSED, {"fashion"}), ("RET moda evi", "", REFUSED, {"fashion"}),
    ("moda ret", "", REFUSED, {"fashion"}), ("ret", "MODA", REFUSED, {"fashion"}),
    ("ev ret", "", REFUSED, {"home"}), ("RET Ev Dünyası", "", REFUSED, {"home"}),  # It sends by another number.
    ("Moda Evi, Örnek Mağaza RET", "", REFUSED, BOTH), ("RET Örnek Mağaza, Moda Evi", "", REFUSED, BOTH),
    ("Örnek Mağaza RET Moda Evi RET", "", REFUSED, BOTH), ("MODA EV RET", "", REFUSED, {"fashion", "home"}),
    ("Örnek Mağaza RET", "EV", REFUSED, {"shop", "home"}), ("RET ev modaevi Örnek Mağaza", "", REFUSED, ALL),
    ("RET Ev Dünyası lütfen", "", REFUSED, ALL), ("Moda Evi ve Örnek Mağaza RET", "", LIKELY, NONE),
    ("Örnek Mağaza RET istemiyorum", "", REFUSED, {"shop"}),
    ("ret", "FILANCA", REFUSED, BOTH), ("FILANCA RET", "", LIKELY, NONE),
    ("artık mesaj atmayın rica ederim", "", LIKELY, NONE), ("evet istemiyorum", "", LIKELY, NONE),
    ("siparişimi iptal edin", "", LIKELY, NONE), ("ONAY", "", REVIEW, NONE), ("EVET moda", "", REVIEW, NONE),
    ("lutfen", "RET", REFUSED, BOTH), ("evet", "İPTAL", LIKELY, NONE), ("merhaba", "ORNEK", REVIEW, NONE),
    ("kargom nerede", "", REVIEW, NONE), ("bereket", "", REVIEW, NONE), ("👍", "", REVIEW, NONE),
]  # fmt: skip
STRANGE = [("RET", "TURKCELL"), ("RET", "+902121234567"), ("RET", "3338")]  # No phone that takes SMS sent it.


def test_each_reply_decides_what_it_says_once(app, vendor, brands, rows):
    senders = [*grants.phones(len(INBOUND)), *(sender for _, sender in STRANGE)]
    texts = [(text, keyword) for text, keyword, *_ in INBOUND] + [(text, "") for text, _ in STRANGE]
    with time_machine.travel(clock.now().replace(second=0)):  # What has no time is the same within a minute.
        for _ in range(2):  # The vendor repeats each.
            for number, (sender, (text, keyword)) in enumerate(zip(senders, texts, strict=True), 1000):
                assert vendor.brings(text, sender, keyword=keyword, message_id=number).status_code == 200
        vendor.brings("RET", senders[0], message_id=1000, network="TURKCELL")  # The same in another push.
    work(app)

    kept = rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY)
    refused = [
        {brands[made.brand_id] for made in rows(Decision, Decision.recipient_id == each.recipient_id)} for each in kept
    ]
    found = [(*said, each.outcome, names) for said, each, names in zip(texts, kept, refused, strict=True)]
    assert found == INBOUND + [(text, "", LIKELY, NONE) for text, _ in STRANGE]
    assert len(rows(Decision)) == sum(len(names) for *_, names in INBOUND)
    assert {(each.channel, each.status, each.source, each.origin) for each in rows(Decision)} == {
        ("MESAJ", "RET", "HS_MESAJ", "reply")
    }
    assert {each.settled_at is None for each in kept if each.outcome in (LIKELY, REVIEW)} == {True}
    long_ones = [text.encode() for text, _ in texts if len(text) > 4]  # Three bytes stand in a ciphertext by chance.
    assert not any(text in each.body for each in kept for text in long_ones)


def test_names_count_once_the_operator_has_seen_them(app, vendor, brands, rows):
    """Those before go on counting, and none that is a word of replies does."""
    fashion = next(brand_id for brand_id, name in brands.items() if name == "fashion")
    waiting = {"requested_keyword": "YENI", "requested_header": "RET", "requested_name": "İptal", "name": "Ret"}
    with app.app_context():
        db.session.execute(update(Brand).where(Brand.id == fashion).values(waiting))
        db.session.commit()
    texts = ("MODA RET", "modaevi ret", "RET", "iptal", "SMS ret", "YENI RET")
    for number, (sender, text) in enumerate(zip(grants.phones(len(texts)), texts, strict=True)):
        vendor.brings(text, sender, message_id=number)
    work(app)

    kept = rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY)
    refused = [
        {brands[made.brand_id] for made in rows(Decision, Decision.recipient_id == each.recipient_id)} for each in kept
    ]
    assert refused == [{"fashion"}, {"fashion"}, BOTH, BOTH, BOTH, NONE]
    assert kept[-1].outcome == LIKELY


@pytest.mark.parametrize("account", ["kept", "removed", "added again", "another"])
def test_a_brand_that_wrote_there_is_refused_wherever_it_sends_by_now(app, browser, vendor, brands, rows, account):
    """By a reply, and by the vendor's list; also where it wrote by another account, as its SMS may name this number."""
    phones = grants.phones(2, 1_000_100)
    accepted(app, vendor, 2)
    with app.app_context():
        gateway = db.session.get_one(MessageGateway, vendor.gateway_id)
        other = db.session.scalars(select(MessageGateway.id).where(MessageGateway.id != gateway.id)).one()
        for brand_id, name in brands.items():
            own = vendor.gateway_id if name == "fashion" else other
            gateways.set_for_brand(db.session, brand_id, AddressKind.PHONE, [own], at=clock.now())
        if account == "another":
            db.session.execute(update(Message).values(gateway_id=other))
        elif account != "kept":
            gateways.remove(db.session, gateway, clock.now())
        db.session.commit()
    if account == "added again":
        with app.app_context():
            again = delivery.add("verimor")
        vendor = Vendor(app, browser, again)

    vendor.brings("RET", phones[0])
    work(app)
    with app.app_context():
        event = db.session.scalars(select(GatewayEvent).where(GatewayEvent.kind == EventKind.REPLY)).one()
        gateway = db.session.get_one(MessageGateway, vendor.gateway_id)
        feedback.take_blocked(event, gateway, BlockedAddress(phones[1], None), clock.now())
        db.session.commit()

    refused = [brands[made.brand_id] for made in rows(Decision, Decision.channel == Channel.SMS)]
    assert sorted(refused) == ["fashion", "fashion", "shop", "shop"]


@pytest.mark.parametrize(
    ("text", "refused"), [("Örnek RET", {"short", "shop"}), ("ret örnek mağaza", {"shop"}), ("moda ret", {"fashion"})]
)
def test_the_name_of_a_brand_that_never_wrote_takes_nothing_from_those_that_did(
    app, vendor, brands, rows, text, refused
):
    """People shorten names. Fashion wrote by another account."""
    brands[add_brand(app, "Örnek", "ORNEK", code=700010)] = "short"
    phone = grants.phones(1, 1_000_100)[0]
    accepted(app, vendor)
    with app.app_context():
        message = db.session.scalars(select(Message)).one()
        fashion = next(brand_id for brand_id, name in brands.items() if name == "fashion")
        campaign = db.session.get_one(Campaign, message.campaign_id)
        if refused == {"fashion"}:
            campaign.brand_id = fashion
            message.gateway_id = db.session.scalar(select(func.max(MessageGateway.id)))
        db.session.commit()
    vendor.brings(text, phone)
    work(app)

    assert {brands[made.brand_id] for made in rows(Decision)} == refused


def add_message_of(brand_id: int) -> None:
    """To the same recipient as the one message there is, by the same account."""
    message, campaign = db.session.scalars(select(Message)).one(), make.campaign()
    campaign.brand_id = brand_id
    same = {name: getattr(message, name) for name in ("kind", "provider_id", "recipient_id", "gateway_id", "state")}
    db.session.add(Message(campaign_id=campaign.id, created_at=clock.now(), **same))


@pytest.mark.parametrize("wrote", [True, False])
@pytest.mark.parametrize("taken", ["keyword", "name"])
def test_a_name_that_a_brand_had_when_it_wrote_means_that_brand_as_well(app, vendor, brands, rows, taken, wrote):
    fashion, shop = (next(each for each, name in brands.items() if name == one) for one in ("fashion", "shop"))
    accepted(app, vendor)
    with app.app_context():
        add_message_of(fashion)
        if not wrote:
            db.session.execute(delete(Message).where(Message.id == select(func.min(Message.id)).scalar_subquery()))
        words, now = {"name": "Örnek Mağaza", "keyword": "ORNEK"}, clock.now()
        others, of_fashion = {"name": "Ev", "keyword": "YENI"}, {taken: words[taken]}
        for brand_id, own in ((shop, words), (shop, others), (fashion, of_fashion)):
            brand = db.session.get_one(Brand, brand_id)
            provider = db.session.get_one(Provider, brand.provider_id)
            wanted = {field: getattr(brand, field) for field in brand_requests.WORDS} | own
            brand_requests.request_change(provider, brand, wanted, notices=(), at=now)
            seen = brand_requests.describe_request(brand)
            brand_requests.settle_request(db.session, brand, seen, is_approved=True, by=1, reason="", at=now)
        db.session.commit()
    vendor.brings(f"{words[taken]} RET", grants.phones(1, 1_000_100)[0])
    work(app)

    assert {brands[made.brand_id] for made in rows(Decision)} == ({"fashion", "shop"} if wrote else {"fashion"})


@pytest.mark.parametrize("account", ["kept", "removed", "edited"])
def test_the_sender_that_a_phone_showed_refuses_all_that_wrote_by_it(app, browser, vendor, brands, rows, account):
    """Also where it is the header of one of them: of both, every SMS showed that."""
    fashion = next(brand_id for brand_id, name in brands.items() if name == "fashion")
    accepted(app, vendor)
    with app.app_context():
        add_message_of(fashion)
        gateway = db.session.get_one(MessageGateway, vendor.gateway_id)
        gateway.header = "MODAEVI"
        if account == "removed":
            gateways.remove(db.session, gateway, clock.now())
        elif account == "edited":
            login = gateways.read_credentials(vault(), gateway)
            gateways.replace_credentials(vault(), gateway, login, header="ORNEK", per_second=10)
        db.session.commit()
        again = delivery.add("verimor") if account == "removed" else vendor.gateway_id
    Vendor(app, browser, again).brings("MODAEVI RET", grants.phones(1, 1_000_100)[0])
    work(app)

    assert {brands[made.brand_id] for made in rows(Decision)} == {"fashion", "shop"}


@pytest.mark.parametrize("given_id", [0, 77, ""])
def test_replies_are_the_same_only_with_sender_text_and_time(app, vendor, rows, given_id):
    """Whatever a vendor calls their id: that of a job or a conversation, or nothing at all."""
    first, second, third = grants.phones(3)
    for _ in range(2):  # The vendor repeats each.
        for sender, text, minute in [
            (first, "kargom nerede", 0), (second, "RET", 0), (third, "RET", 0), (first, "RET", 1), (second, "RET", 2),
        ]:  # fmt: skip
            vendor.brings(text, sender, message_id=given_id, received_at=f"2026-11-20 10:0{minute}:00")
    work(app)

    kept = rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY)
    assert [each.outcome for each in kept] == [REVIEW, REFUSED, REFUSED, REFUSED, REFUSED]
    assert len({each.recipient_id for each in rows(Decision)}) == 3


@pytest.mark.parametrize(
    "fields",
    [{"message_id": 0, "received_at": ""}, *({"received_at": each} for each in ("29 Kasım 2026", "2026-11-29"))],
)
def test_a_reply_whose_time_cannot_be_read_counts_anew_whatever_its_id(app, vendor, rows, fields):
    noon = clock.start_of_day(clock.day(clock.now())) + timedelta(hours=12)
    with time_machine.travel(noon, tick=False) as at:
        for pause in (0, 1, 60):
            at.shift(timedelta(seconds=pause))
            vendor.brings("RET", grants.phones(1)[0], **({"message_id": 5} | fields))
            work(app)

    kept = rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY)
    assert [each.outcome for each in kept] == [REFUSED, REFUSED]


def test_a_reply_without_id_and_time_counts_anew_after_a_minute_but_of_a_sweep_once_a_day(app, vendor, rows):
    """Whoever still stands on a vendor's list without a time the day after refused once."""
    listed = BlockedAddress(grants.phones(3)[2], None)
    swept = InboundMessage("", grants.phones(2)[1], "", "RET", clock.now(), is_dated=False)
    noon = clock.start_of_day(clock.day(clock.now())) + timedelta(hours=36)
    with time_machine.travel(noon, tick=False) as at, app.app_context():
        gateway = db.session.get_one(MessageGateway, vendor.gateway_id)
        for pause in (0, 1, 60, 24 * 60 * 60):
            at.shift(timedelta(seconds=pause))
            vendor.brings("RET", grants.phones(1)[0], message_id="", received_at="")
            gateway_events.keep_news(gateway, Feedback((), (listed,), (swept,)), clock.now())
            db.session.commit()
            work(app)

    kept = rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY)
    assert [each.outcome for each in kept] == [REFUSED] * 5
    assert sorted(Counter(each.recipient_id for each in kept).values()) == [2, 3]
    assert len(rows(GatewayEvent, GatewayEvent.kind == EventKind.BLOCKED)) == 1


@pytest.fixture
def operators(app, browser) -> Vendor:
    return operators_vendor(app, browser)


def test_unclear_replies_to_the_operators_number_wait_at_the_operator_and_hold_each_firm(operators, app, rows):
    """No firm reads what may be said to another. A clear refusal refuses at each at once, unless it names one."""
    phones = grants.phones(3, 1_000_100)
    for text, sender in zip(("mesaj atmayın artık rica ederim", "kargom nerede", "RET"), phones, strict=True):
        operators.brings(text, sender)
    operators.brings("mesaj atmayın artık rica ederim", grants.phones(1)[0])  # To whom nobody wrote.
    work(app)

    at_firms = rows(GatewayEvent, GatewayEvent.provider_id.is_not(None))
    assert sorted(each.outcome for each in at_firms) == [LIKELY, LIKELY, REVIEW, REVIEW]
    assert {each.body for each in at_firms} == {None}
    assert len({each.provider_id for each in at_firms}) == len({each.recipient_id for each in at_firms}) / 2 == 2
    waiting = rows(GatewayEvent, GatewayEvent.provider_id.is_(None), GatewayEvent.settled_at.is_(None))
    assert [each.outcome for each in waiting if each.kind == EventKind.REPLY] == [LIKELY, REVIEW, LIKELY]
    refused = rows(Decision, Decision.channel == Channel.SMS)
    assert len({each.provider_id for each in refused}) == len(refused) == 2


def test_a_refusal_by_the_operators_number_is_confirmed_by_the_portal_also_at_one_firm(operators, app, rows):
    """Else the firm would see by the lack of its message that others were refused, too."""
    both, alone = grants.phones(2, 1_000_100)
    with app.app_context():
        other_id = db.session.scalar(select(Provider.id).where(Provider.iys_code == 800001))
        held = recipients.find(db.session, vault(), other_id, parse(alone))
        db.session.execute(delete(Message).where(Message.recipient_id == held.id))
        db.session.execute(delete(Recipient).where(Recipient.id == held.id))
        sent = {"state": MessageState.ACCEPTED, "due_at": None, "called_at": clock.now(), "ended_at": clock.now()}
        db.session.execute(update(Message).where(Message.kind == MessageKind.INVITATION).values(sent))
        db.session.commit()
    for sender in (both, alone):
        operators.brings("RET", sender)
    work(app)

    assert len(rows(Decision, Decision.channel == Channel.SMS)) == 3
    assert [each.provider_id for each in rows(Message, Message.kind == MessageKind.REFUSAL)] == [None] * 2


@pytest.mark.parametrize("before", ["kept", "removed", "of another vendor", "one each", "renamed", "other login"])
def test_a_reply_to_any_account_of_the_operators_refuses_at_who_wrote_or_is_read(operators, app, browser, rows, before):
    """Also after the account was added anew, or its number went to another vendor."""
    with app.app_context():
        old = db.session.get_one(MessageGateway, operators.gateway_id)
        if before in ("removed", "of another vendor"):
            gateways.remove(db.session, old, clock.now())
        old.vendor = "netgsm" if before == "of another vendor" else old.vendor
        again = gateways.add_gateway(
            db.session, vault(), provider_id=None, carries=AddressKind.PHONE, vendor="verimor", header="IZINLINK",
            credentials=delivery.LOGINS["verimor"], per_second=1, at=clock.now(),
        ).id  # fmt: skip
        if before in ("one each", "renamed", "other login"):
            of_one = Message.provider_id == select(func.max(Message.provider_id)).scalar_subquery()
            db.session.execute(update(Message).where(of_one).values(gateway_id=again))
        if before == "other login":
            gateways.remove(db.session, db.session.get_one(MessageGateway, again), clock.now())
            gateways.keep_former_inbox(db.session, vault(), old, clock.now())
            again = max(db.session.scalars(select(MessageGateway.id)))
        if before in ("renamed", "other login"):
            login = gateways.read_credentials(vault(), old)
            gateways.replace_credentials(vault(), old, login, header="BASKA", per_second=1)
        db.session.commit()
    Vendor(app, browser, again).brings("RET", grants.phones(1, 1_000_100)[0])
    Vendor(app, browser, again).brings("RET", grants.phones(1)[0])  # To whom nobody wrote.
    work(app)

    assert len({each.provider_id for each in rows(Decision)}) == 2
    unread = rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY, GatewayEvent.settled_at.is_(None))
    assert [(each.outcome, each.provider_id) for each in unread] == [(LIKELY, None)]


@pytest.mark.parametrize(
    "body",
    [
        '[{"source_addr":"905321000100","content":"hastayım"},{"source_addr":"905321000101","content":"kargom?"}',
        '{"account":"905301112233","all":[{"a":"905321000100 hastayım RET"},{"a":"905321000101"}]}',
    ],
    ids=["cut off", "in an envelope"],
)
def test_what_cannot_be_read_at_the_operators_number_is_for_the_operator_alone(operators, app, rows, body):
    """It may hold what others wrote, also where one firm alone wrote to a number in it, to which it sends nothing."""
    with app.app_context():
        only = rows.count(Message)
        db.session.execute(delete(Message).where(Message.kind == MessageKind.CODE))
        db.session.commit()
    assert rows.count(Message) < only
    operators.browser.post(f"/callbacks/messages/{operators.secret}", data=body, content_type="application/json")
    work(app)

    at_firms = rows(GatewayEvent, GatewayEvent.provider_id.is_not(None))
    assert [(each.body, each.outcome) for each in at_firms] == [(None, LIKELY)] * 2
    waiting = rows(GatewayEvent, GatewayEvent.provider_id.is_(None), GatewayEvent.settled_at.is_(None))
    assert len([each for each in waiting if each.kind == EventKind.REPLY]) >= 2


def test_no_former_name_takes_what_is_said_to_another_firm(operators, app, rows):
    with app.app_context():
        brand = make.brand()
        brand.former_names, firm = "DOKTOR", brand.provider_id
        db.session.commit()
    phones = grants.phones(2, 1_000_100)
    for text, phone in zip(("DOKTOR RET", "Doktor bey sonucum"), phones, strict=True):
        operators.brings(text, phone)
    work(app)

    refused = rows(GatewayEvent, GatewayEvent.outcome == REFUSED)
    held = rows(GatewayEvent, GatewayEvent.provider_id.is_not(None), GatewayEvent.outcome != REFUSED)
    assert [each.provider_id for each in refused] == [firm]
    assert Counter(each.provider_id == firm for each in held) == {True: 1, False: 2}
    assert {each.body for each in held} == {None}


def test_a_name_is_for_one_firm_only_if_its_brand_wrote_there(operators, app, rows):
    """What the other firm calls its brands takes nothing that is said to this one."""
    phones = grants.phones(3, 1_000_100)
    for text, sender in zip(("Örnek Mağaza RET", "Rakip RET", "Örnek Mağaza siparişim nerede"), phones, strict=True):
        operators.brings(text, sender)
    work(app)

    at_firms = rows(GatewayEvent, GatewayEvent.provider_id.is_not(None))
    outcomes = {each.provider_id: [] for each in at_firms}
    for each in at_firms:
        outcomes[each.provider_id].append(each.outcome)
    assert sorted(outcomes.values(), key=len) == [[REFUSED, REVIEW], [REFUSED, LIKELY, REVIEW]]
    unread = [each.outcome for each in at_firms if each.body is None]  # The operator reads it for these firms.
    assert sorted(unread) == [LIKELY, REVIEW, REVIEW]


@pytest.fixture
def rival(operators, app) -> int:
    """The other firm, whose brand Rakip invited the three numbers, too."""
    with app.app_context():
        other = db.session.scalars(select(Brand).where(Brand.name == "Rakip")).one()
        campaign = make.campaign()
        campaign.brand_id = other.id
        theirs = update(Message).where(Message.provider_id == other.provider_id)
        db.session.execute(theirs.values(campaign_id=campaign.id))
        db.session.commit()
        return other.provider_id


SHARED = [
    ("Rakip", ("Rakip kalsın ama Örnek Mağaza bana mesaj atmayın", "Örnek Mağazadan istemiyorum Rakip", "Rakip yeter")),
    ("Rakip", ("Rakip, Örnek Mağaza RET", "RET Örnek Mağaza'nın Rakip", "Rakip RET Örnek Mağaza RET")),
    ("Merhaba", ("Merhaba, istemiyorum", "Merhaba RET", "Merhaba Örnek Mağaza, mesaj göndermeyin")),
    ("Bundan Sonra", ("Bundan sonra istemiyorum", "Bundan sonra RET", "Bundan sonra mesaj almak istemiyorum")),
]


@pytest.mark.parametrize(("name", "texts"), SHARED, ids=["two firms", "two refusals", "greeting", "opening"])
def test_a_reply_that_may_mean_several_firms_stops_all_of_them(operators, app, rows, rival, name, texts):
    with app.app_context():
        db.session.execute(update(Brand).where(Brand.provider_id == rival).values(name=name))
        db.session.commit()
    for text, sender in zip(texts, grants.phones(3, 1_000_100), strict=True):
        operators.brings(text, sender)
    work(app)

    at_firms = rows(GatewayEvent, GatewayEvent.provider_id.is_not(None))
    stopped = Counter(each.provider_id == rival for each in at_firms if each.outcome in (LIKELY, REFUSED))
    assert stopped == {True: 3, False: 3}
    waiting = rows(GatewayEvent, GatewayEvent.provider_id.is_(None), GatewayEvent.settled_at.is_(None))
    assert [each.outcome for each in waiting if each.kind == EventKind.REPLY] == [LIKELY] * 3
    if name == "Rakip":
        assert rows.count(Decision) == 0
        assert {each.body for each in at_firms} == {None}


def test_a_clear_word_to_one_firm_alone_is_for_it_alone(operators, app, rows, rival):
    phones = grants.phones(3, 1_000_100)
    for text, sender in zip(("RET Rakip", "RET Rakip lütfen", "Rakip: ONAY"), phones, strict=True):
        operators.brings(text, sender)
    work(app)

    at_firms = rows(GatewayEvent, GatewayEvent.provider_id.is_not(None))
    assert [each.outcome for each in at_firms] == [REFUSED, REFUSED, REVIEW]  # Nothing was asked by such a word.
    assert {each.provider_id for each in at_firms} == {each.provider_id for each in rows(Decision)} == {rival}
    waiting = rows(GatewayEvent, GatewayEvent.provider_id.is_(None), GatewayEvent.settled_at.is_(None))
    assert [each for each in waiting if each.kind == EventKind.REPLY] == []


def test_what_a_person_reads_refuses_every_brand_that_it_names(app, vendor, brands, rows):
    """With an ending, too: "Örnek Mağazadan" means that brand as well as the one at the end."""
    vendor.brings("Örnek Mağazadan mesaj istemiyorum Moda", make.PHONE)
    work(app)
    with app.app_context():
        event = db.session.scalars(select(GatewayEvent).where(GatewayEvent.kind == EventKind.REPLY)).one()
        assert event.outcome == LIKELY
        assert replies.refuse_as_read(event, event_contents.read_reply(event), [Channel.SMS], 1, clock.now())
        db.session.commit()

    assert {brands[made.brand_id] for made in rows(Decision)} == BOTH


@pytest.mark.parametrize("text", ["artık bana yazmayın, sıkıldım", "bereket"])
def test_who_may_have_refused_gets_no_link_until_somebody_has_read_it(app, vendor, vendors, rows, text):
    """Also of whom the firm knows nothing when the reply comes."""
    vendor.brings(text, grants.phones(1, 1_000_100)[0])
    work(app)
    delivery.launch(app, 2)

    with app.app_context():
        while outbox.send_due():
            pass

    assert [each.state for each in rows(Message)] == [MessageState.ACCEPTED]
    (left_out,) = rows(AudienceEntry, AudienceEntry.left_out.is_not(None))
    assert left_out.left_out == ExclusionReason.UNREAD_REPLY
    assert rows.count(Decision) == 0


def test_an_sms_of_a_number_that_is_no_mobile_holds_until_somebody_records_its_refusal(app, vendor, rows):
    """It may be ours, by a description that names the wrong field."""
    MovementReceiver(app).receives(row("ONAY", recipient="+908501234567"))
    vendor.brings("RET", "+908501234567")
    work(app)
    found = rows.one(GatewayEvent, GatewayEvent.kind == EventKind.REPLY)
    with app.app_context():
        held = db.session.scalars(select(Recipient.id).where(may_have_refused(Recipient.id))).all()
        event = db.session.get_one(GatewayEvent, found.id)
        is_recorded = replies.refuse_as_read(event, event_contents.read_reply(event), [Channel.SMS], 7, clock.now())
        db.session.commit()

    assert (found.outcome, len(held), is_recorded) == (LIKELY, 1, True)
    assert [(each.channel, each.status) for each in rows(Consent)] == [("MESAJ", "RET")]
