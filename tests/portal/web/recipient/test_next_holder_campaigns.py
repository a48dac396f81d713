"""What campaigns and their links tell whoever has an address since another firm heard "this is not me" of what the one
before had decided: nothing, neither by whom they reach nor by the channels that their pages offer."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import update

from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel
from portal.core.models import AudienceEntry, CampaignKind, Consent, ExclusionReason
from portal.domain import consent_points
from portal.domain.campaigns import exclusion
from tests import grants, make
from tests.make import Person
from tests.portal.services.exports.held_consents import Holder
from tests.portal.web.consent_points import visitor
from tests.portal.web.recipient.open_complaints import another_firm_hears

RECONFIRM = {"kind": CampaignKind.RECONFIRM}
SMS, CALL = Channel.SMS, Channel.CALL

pytestmark = [pytest.mark.slow, pytest.mark.alike]


def granted(app, *held: tuple[Channel, ...]) -> list[str]:
    """Numbers whose holders granted these channels."""
    with app.app_context():
        make.brand()
        db.session.rollback()
    numbers = grants.phones(len(held))
    for number, channels in zip(numbers, held, strict=True):
        for channel in channels:
            Holder(app).grants(number, channel=channel)
    return numbers


def change_hands(app, numbers: list[str]) -> None:
    for number in numbers:
        another_firm_hears(app, clock.now() + timedelta(minutes=1), number)


def choices(page: str) -> set[str]:
    return set(re.findall(r'name="(MESAJ|ARAMA|EPOSTA)"', page))


def test_nobody_confirms_what_the_one_before_granted(app, rows):
    numbers = granted(app, (), (SMS,), (CALL,), (SMS, CALL))
    change_hands(app, numbers)

    with time_machine.travel(clock.now() + timedelta(days=1)):
        codes = make.codes(app, "\n".join(numbers), **RECONFIRM)

    assert codes == {}
    assert {each.left_out for each in rows(AudienceEntry)} == {ExclusionReason.CHANGED_HANDS}


def test_a_link_from_before_offers_to_refuse_every_channel(app, browser):
    """Whatever the holder before had granted, or been asked for."""
    reconfirmed = granted(app, (SMS,), (SMS, CALL))
    (asked,) = grants.phones(3)[2:]
    codes = make.codes(app, "\n".join(reconfirmed), **RECONFIRM) | make.codes(app, asked, channels=(SMS,))
    change_hands(app, list(codes))

    with time_machine.travel(clock.now() + timedelta(days=1)):
        assert [choices(browser.get(f"/k/{code}").text) for code in codes.values()] == [{"MESAJ", "ARAMA"}] * 3
        answers = {
            browser.post(f"/k/{code}", data={"List-Unsubscribe": "One-Click"}).text for code in codes.values()
        }  # fmt: skip

    assert len(answers) == 1


@pytest.mark.parametrize("kind", [CampaignKind.ASK, CampaignKind.REFUSE])
def test_a_link_made_since_offers_every_channel(app, browser, kind):
    """Whatever the holder before was asked for, or refused."""
    unknown, asked, refused = granted(app, (), (), ())
    make.codes(app, asked, channels=(SMS,))
    if kind == CampaignKind.REFUSE:  # Nobody is asked where a refusal stands, whoever said it.
        Person(browser, make.codes(app, refused)[refused]).decides(ARAMA="RET")
    numbers = [unknown, asked, refused]
    change_hands(app, numbers)

    with time_machine.travel(clock.now() + timedelta(days=1)):
        codes = make.codes(app, "\n".join(numbers), kind=kind)
        assert [choices(browser.get(f"/k/{codes[each]}").text) for each in numbers] == [{"MESAJ", "ARAMA"}] * 3


def test_what_the_holder_since_refused_is_offered_no_more(app, browser):
    (number,) = granted(app, ())
    code = make.codes(app, number, kind=CampaignKind.REFUSE)[number]
    another_firm_hears(app, clock.now() - timedelta(minutes=1), number)
    Person(browser, code).decides(ARAMA="RET")

    with time_machine.travel(clock.now() + exclusion.BETWEEN_OFFERS):
        code = make.codes(app, number + "\n", kind=CampaignKind.REFUSE)[number]
        assert choices(browser.get(f"/k/{code}").text) == {"MESAJ"}


def test_the_holder_since_is_asked_once(app, rows):
    (number,) = granted(app, ())
    make.codes(app, number)
    change_hands(app, [number])

    with time_machine.travel(clock.now() + timedelta(days=1)):
        assert make.codes(app, f"{number}\n").keys() == {number}
        assert make.codes(app, f"{number}\n\n") == {}

    assert rows(AudienceEntry)[-1].left_out == ExclusionReason.ALREADY_ASKED


def test_the_holder_since_is_not_asked_after_a_consent_point(app, rows):
    """Who had the address before was asked for the same."""
    (number,) = granted(app, ())
    make.codes(app, number)
    change_hands(app, [number])
    with app.app_context():
        brand_id = make.brand().id
    visitor.opened(app, brand_id=brand_id)

    with time_machine.travel(clock.now() + timedelta(days=1)):
        with app.app_context():
            point, salt = consent_points.find_point(db.session, visitor.SLUG), app.config["LINK_SALT"]
            consent_points.register_recipient(db.session, vault(), salt, point, addresses.parse(number), clock.now())
            db.session.commit()
        assert make.codes(app, f"{number}\n") == {}

    assert rows(AudienceEntry)[-1].left_out == ExclusionReason.ALREADY_ASKED


def test_the_holder_since_confirms_what_they_granted_themselves(app, browser):
    """Nothing that the one before did: neither by their link, nor by whom the campaign reaches."""
    both, calls = granted(app, (CALL,), (SMS,))
    change_hands(app, [both, calls])

    with time_machine.travel(clock.now() + timedelta(days=2)):
        Holder(app).grants(both, channel=SMS)
        Holder(app).grants(calls, channel=CALL)
        codes = make.codes(app, f"{both}\n{calls}", **RECONFIRM)

        assert codes.keys() == {both}
        assert choices(browser.get(f"/k/{codes[both]}").text) == {"MESAJ"}


def test_a_refusal_whose_decision_retention_deleted_holds_up_no_refusing_campaign(app, browser):
    (number,) = granted(app, ())
    Person(browser, make.codes(app, number)[number]).decides(ARAMA="RET")
    change_hands(app, [number])
    with app.app_context():
        db.session.execute(update(Consent).values(decision_id=1))
        db.session.commit()

    with time_machine.travel(clock.now() + timedelta(days=1)):
        assert make.codes(app, number, kind=CampaignKind.REFUSE).keys() == {number}
