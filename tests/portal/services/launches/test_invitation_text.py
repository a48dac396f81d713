"""What each message with a link holds, whatever sentence stands in it, and what it offers beside the link."""

import pytest
from sqlalchemy import event

import shortlinks
from portal.core.extensions import db
from portal.core.iys_protocol import Channel
from portal.core.models import Brand, Campaign, CampaignKind, Delivery
from portal.core.word_pairs import word_pair
from portal.domain.campaigns import message_texts
from portal.domain.campaigns.message_texts import USUAL, MessageWording
from portal.services.launches.invitation_text import SAMPLE_CODE, render_sample, text_writer
from tests import make
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.vendor_pushes import bring_reply

pytestmark = pytest.mark.alike

BASE = "https://iz.example/k"
OFFER = "SMS onayi icin ONAY yazip, ret icin RET yazip 4609 numarasina gonderin."
HOSTILE = MessageWording("{{ link }} {% if 0 %}", "x", "{{ firm }}\n\n{{ refusal }}", "{{", "%}", "{# #}")


@pytest.fixture
def salt(app):
    with app.app_context():
        yield app.config["LINK_SALT"]
        db.session.rollback()


def written(campaign: Campaign, salt: str, *, is_mail: bool = False) -> str:
    return text_writer(db.session, campaign, salt, BASE)(shortlinks.code_of(salt, 7, 11), is_mail)


def set_brand(**facts) -> Brand:
    brand = make.brand()
    for name, value in facts.items():
        setattr(brand, name, value)
    db.session.commit()
    return brand


@pytest.mark.parametrize("wording", [None, HOSTILE], ids=["usual", "hostile"])
@pytest.mark.parametrize("kind", CampaignKind)
@pytest.mark.parametrize("is_mail", [False, True])
def test_sender_contact_and_the_way_to_refuse_stand_in_every_text(salt, kind, is_mail, wording):
    campaign = make.campaign(kind=kind)
    if wording:
        message_texts.save_wording(db.session, campaign, wording, 1, campaign.created_at)

    text = written(campaign, salt, is_mail=is_mail)

    code = shortlinks.code_of(salt, 7, 11)
    assert text.count(f"{BASE}/{code}\n" if is_mail else f" iz.example/k/{code} ") == 1
    assert word_pair(salt, 7, 11) in text
    assert "Mersis 0123456789012345" in text and "0850 123 45 67" in text
    assert (f"iz.example/u/{code}" in text) == kind.takes_grants  # The other link refuses by itself.
    assert ("Örnek Mağazacılık A.Ş." in text) == is_mail
    assert (wording.sms_tr if wording else USUAL[kind].sms_tr.split()[0]) in text or is_mail


def test_english_stands_beside_the_turkish_where_it_was_written(salt):
    campaign = make.campaign()
    wording = MessageWording("Soruyoruz.", "izniniz", "Merhaba", "We ask.", "your consent", "Hello there")
    message_texts.save_wording(db.session, campaign, wording, 1, campaign.created_at)

    sms, mail = written(campaign, salt), written(campaign, salt, is_mail=True)

    assert "Soruyoruz. / We ask. Onay/Ret:" in sms
    assert mail.startswith("Örnek Mağaza: izniniz / your consent\n") and "Hello there\n\nThe first link above" in mail
    usual = written(make.campaign(), salt, is_mail=True)
    assert "The first link" not in usual and "\n\nÖrnek Mağazacılık A.Ş.\nMersis" in usual and "\n\n\n" not in usual


def test_a_brand_that_keeps_turkish_letters_has_them_in_its_sms(salt):
    campaign = make.campaign()
    assert written(campaign, salt).isascii()

    set_brand(sms_in_turkish=True)

    assert "Örnek Mağaza: Reklam gönderelim mi?" in written(campaign, salt)


@pytest.mark.parametrize(
    ("brand", "facts", "offered"),
    [
        ({}, {}, OFFER),
        ({"keyword": "ORNEK"}, {}, "icin ORNEK ONAY yazip, ret icin ORNEK RET yazip 4609 numarasina"),
        ({"requires_name": True}, {}, " Ret icin RET yazip 4609 numarasina gonderin."),
        ({}, {"channels": (Channel.CALL,)}, " Ret icin RET yazip 4609 numarasina gonderin."),
        ({}, {"kind": CampaignKind.REFUSE}, "Ret icin RET yazip 4609 numarasina da gonderebilirsiniz."),
        ({}, {"delivery": Delivery.CSV}, None),
        ({"reply_number": None}, {}, None),
    ],
)
def test_replies_are_offered_where_one_would_count(salt, brand, facts, offered):
    """A yes by reply brings no name and is for SMS alone; replies to another sender never reach us."""
    set_brand(**{"reply_number": "4609", **brand})
    bring_reply(delivery.add("verimor"), "4609")

    text = written(make.campaign(**{"delivery": Delivery.GATEWAY, **facts}), salt)

    assert offered in text if offered else "yazip" not in text


def test_a_mail_is_written_without_looking_through_the_replies_of_accounts(salt):
    """An account may have 20,000 of them, and nobody writes meanwhile on SQLite."""
    set_brand(reply_number="4609")
    bring_reply(delivery.add("verimor"), "4609")
    campaign, asked = make.campaign(delivery=Delivery.GATEWAY), []
    event.listen(db.engine, "before_cursor_execute", lambda _, __, sql, *___: asked.append(sql))

    written(campaign, salt, is_mail=True)
    assert asked and not [sql for sql in asked if "FROM message_gateway" in sql]

    written(campaign, salt)
    assert [sql for sql in asked if "FROM message_gateway" in sql]


def test_a_sample_is_the_text_itself_with_a_link_to_nothing(salt):
    campaign = make.campaign()
    wording = MessageWording("Soruyoruz 😀 şimdi.", "izniniz", "Merhaba")
    message_texts.save_wording(db.session, campaign, wording, 1, campaign.created_at)

    sample = render_sample(db.session, campaign, wording, salt, BASE)

    code, pairs = shortlinks.code_of(salt, 7, 11), (word_pair(salt, 7, 11), word_pair(salt, 0, 0))
    assert sample.sms == written(campaign, salt).replace(code, SAMPLE_CODE).replace(*pairs)
    assert sample.lost == "😀" and shortlinks.Codes(salt).decode(SAMPLE_CODE) is None
    assert len(SAMPLE_CODE) == len(shortlinks.code_of(salt, 500_000, 2**39))
