"""Which brands a reply names: by keywords that vendors say, by names that look like something else, and by endings."""

import pytest
from sqlalchemy import or_, select, update

from portal.core import address_holders, clock
from portal.core.addresses import parse
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel
from portal.core.models import Brand, Decision, EventKind, EventOutcome, GatewayEvent, Recipient, may_have_refused
from portal.services.messaging import event_contents, replies
from tests import grants
from tests.portal.services.messaging.test_replies import ALL, BOTH, brands, operators, rival  # noqa: F401
from tests.portal.services.messaging.vendor_pushes import work

pytestmark = pytest.mark.slow

REFUSED, LIKELY = EventOutcome.REFUSED, EventOutcome.LIKELY_REFUSAL
HOME = {"home"}
# What the brand at another account is called (name, keyword); what somebody writes, the vendor's keyword, what becomes
# of it, and which brands it refuses, where need be once somebody has read it as a refusal.
CALLED = {
    ("Club360", "CLUB360"): [
        ("RET", "CLUB360", REFUSED, HOME), ("CLUB360 RET", "", REFUSED, HOME), ("ret Club360", "", REFUSED, HOME),
        ("Club360 RET B038", "CLUB360", REFUSED, HOME), ("RET B360", "", REFUSED, BOTH),
        ("Club360'tan gelmesin, RET Moda", "", LIKELY, ALL),
    ],
    ("B360 Kafe", None): [("B360 Kafe RET", "", REFUSED, HOME), ("Kafe RET", "", LIKELY, BOTH)],
    ("Duyuru", "DUYURU"): [
        ("RET", "DUYURU", REFUSED, HOME), ("Duyuru RET", "DUYURU", REFUSED, HOME), ("DUYURU RET", "", LIKELY, ALL),
        ("Örnek Mağaza RET", "DUYURU", REFUSED, {"shop", "home"}), ("RET", "", REFUSED, BOTH),
        ("Moda duyuru RET", "", LIKELY, ALL), ("duyurudan bıktım RET Moda", "", LIKELY, ALL),
        ("mesaj atmayın", "DUYURU", LIKELY, ALL),
    ],
    ("Hemen", "BIZIM"): [
        ("RET", "BIZIM", REFUSED, HOME), ("Hemen RET", "", LIKELY, ALL), ("RET", "HEMEN", REFUSED, ALL),
    ],
    ("Kampanya", None): [("KAMPANYA ret", "", LIKELY, ALL), ("kampanyaları istemiyorum", "", LIKELY, BOTH)],
    ("Ev", "SMS"): [("RET", "SMS", REFUSED, ALL), ("SMS RET", "", REFUSED, BOTH)],
    ("Don't Panic", None): [
        ("Don't Panic mesaj istemiyorum Moda", "", LIKELY, ALL), ("DON’T PANIC RET", "", LIKELY, ALL),
        ("I don't want this", "", LIKELY, BOTH),
    ],
    ("Kitap", None): [
        ("Kitabın mesajlarını istemiyorum Moda", "", LIKELY, ALL), ("RET Kitap", "", REFUSED, HOME),
        ("Kitab'a söyledim istemiyorum Moda", "", LIKELY, ALL),
    ],
    ("Koç", "KOC"): [("Koçun SMS'i RET Moda", "", LIKELY, ALL), ("RET", "KOC", REFUSED, HOME)],
}  # fmt: skip


@pytest.mark.parametrize("called", CALLED)
def test_a_brand_that_may_be_meant_is_refused(app, vendor, brands, rows, called):  # noqa: F811
    home = next(each for each, name in brands.items() if name == "home")
    with app.app_context():
        db.session.execute(update(Brand).where(Brand.id == home).values(name=called[0], keyword=called[1]))
        db.session.commit()
    for number, (text, keyword, *_) in enumerate(CALLED[called]):
        vendor.brings(text, grants.phones(1, number)[0], keyword=keyword)
    work(app)

    outcomes = [each.outcome for each in rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY)]
    with app.app_context():
        for event in db.session.scalars(select(GatewayEvent).where(GatewayEvent.outcome == LIKELY)):
            replies.refuse_as_read(event, event_contents.read_reply(event), [Channel.SMS], 1, clock.now())
        db.session.commit()
    events = rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY)
    refused = [
        {brands[made.brand_id] for made in rows(Decision, Decision.recipient_id == each.recipient_id)}
        for each in events
    ]
    told = [(text, keyword) for text, keyword, *_ in CALLED[called]]
    assert [(*said, *came) for said, *came in zip(told, outcomes, refused, strict=True)] == CALLED[called]


OURS, THEIRS, BOTH_FIRMS = {"ours"}, {"theirs"}, {"ours", "theirs"}
# What a brand of each of two firms that wrote there is called (name, keyword); and which firms refuse or hold.
SHARED = [
    (("Koçtaş", "KOCTAS"), ("Koç", None), [("RET", "KOCTAS", OURS), ("Koçtaş RET", "", OURS), ("RET Koç", "", THEIRS)]),
    (("Koçtaş", None), ("Koç", None), [("Koç, Koçtaş RET", "", BOTH_FIRMS), ("Koçtan RET", "", BOTH_FIRMS)]),
    (("Koçluk", None), ("Koç", None), [("RET", "KOCTAS", BOTH_FIRMS), ("koçtaş ret", "", BOTH_FIRMS)]),
    (("Duyuru", "DUYURU"), ("Rakip", "RAKIP"), [
        ("RET", "DUYURU", OURS), ("Rakip RET", "DUYURU", BOTH_FIRMS), ("Duyuru RET", "", BOTH_FIRMS),
    ]),
    (("Duyuru", "DUYURU"), ("Rakip", "RAKIP"), [("RET Rakip", "", THEIRS), ("DUYURU RET", "DUYURU", OURS)]),
    (("Duyuru", None), ("Rakip", "RET"), [("RET", "DUYURU", BOTH_FIRMS), ("RET", "RET", BOTH_FIRMS)]),
    (("Club360", None), ("Kitap", None), [("CLUB360 RET", "", OURS), ("Kitaba RET", "", BOTH_FIRMS)]),
]  # fmt: skip


@pytest.mark.parametrize(("ours", "theirs", "said"), SHARED)
def test_a_firm_that_may_be_meant_sends_nothing_more(operators, app, rows, rival, ours, theirs, said):  # noqa: F811
    with app.app_context():
        for is_ours, (name, keyword) in ((Brand.provider_id != rival, ours), (Brand.provider_id == rival, theirs)):
            db.session.execute(update(Brand).where(is_ours).values(name=name, keyword=keyword, header=""))
        db.session.commit()
    phones = grants.phones(len(said), 1_000_100)
    for (text, keyword, _), phone in zip(said, phones, strict=True):
        operators.brings(text, phone, keyword=keyword)
    work(app)

    refused = select(Decision.recipient_id)
    stopped = or_(Recipient.id.in_(refused), may_have_refused(Recipient.id))
    with app.app_context():
        found = [
            {
                "theirs" if each.provider_id == rival else "ours"
                for each in address_holders.find_holders(db.session, vault(), parse(phone))
                if db.session.scalar(select(Recipient.id).where(Recipient.id == each.id, stopped))
            }
            for phone in phones
        ]
    assert found == [firms for *_, firms in said]
