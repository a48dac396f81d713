"""İYS tells of a refusal an hour later. A grant that came meanwhile, and that it would have held, ends once all is
heard that was said until then."""

from dataclasses import replace
from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import RecipientType, Status
from portal.core.models import Consent, Decision, ReceivedVia
from portal.domain.consents import movement_rows, movements
from tests import make
from tests.portal.domain.consents.import_entries import bring, entry
from tests.portal.domain.consents.iys_movements import AN_HOUR, MovementReceiver, end_late_refused, row

MINUTE = timedelta(minutes=1)
MERCHANT, INDIVIDUAL = RecipientType.MERCHANT, RecipientType.INDIVIDUAL
OTHER_SENDER = {"source": "HS_CAGRI_MERKEZI"}


def said(ago: int, **facts):
    return entry(make.PHONE, Status.GRANTED, clock.now() - ago * MINUTE, **facts)


def undated():
    """A merchant's grant, as a file states it without source and date."""
    return replace(said(0, recipient_type=MERCHANT), is_dated=False, source=None)


def heard(app, *pulls) -> int:
    """Apply pulls, one after the other; how many grants end when all is heard. A second look ends none."""
    for pull in pulls:
        MovementReceiver(app).receives(*(pull if isinstance(pull, tuple) else (pull,)))
    count = end_late_refused(app)
    assert end_late_refused(app) == 0
    return count


def types(rows) -> dict[str, str | None]:
    return {each.recipient_type: each.status for each in rows(Consent)}


def ret(ago: int, **facts):
    return row("RET", ago=ago * MINUTE, **facts)


def test_a_grant_ends_a_second_after_it_and_stands_until_all_is_heard(app, brand, rows):
    assert bring(brand, said(10)) == ["grant"]
    MovementReceiver(app).receives(ret(30))
    assert end_late_refused(app, until=11 * MINUTE) == 0
    assert heard(app) == 1

    grant, refusal, renewal = sorted(rows(Decision), key=lambda each: each.id)
    assert (renewal.origin, renewal.source, renewal.renews_id) == ("renewal", "HS_KARAR", refusal.id)
    assert renewal.effective_at == grant.effective_at + timedelta(seconds=1)
    assert bring(brand, said(0)) == ["over_refusal"]  # As if the refusal had been heard before.


ONAY = {"at İYS": {}, "by another sender": {"source": "HS_WEB"}}


@pytest.mark.parametrize("facts", ONAY.values(), ids=ONAY)
@pytest.mark.parametrize("ago", [20, 5], ids=["before the grant", "after it"])
def test_what_was_granted_since_the_refusal_stands_however_late_it_is_heard(app, brand, rows, facts, ago):
    assert bring(brand, said(10)) == ["grant"]

    assert heard(app, ret(30), row("ONAY", ago=ago * MINUTE, **facts)) == 0
    assert types(rows) == {INDIVIDUAL: Status.GRANTED}


@pytest.mark.parametrize("pulls", [[(ret(30), ret(20, **OTHER_SENDER))], [ret(20, **OTHER_SENDER), ret(30)]])
def test_a_persons_own_refusal_counts_beside_a_later_one_of_another_sender(app, brand, rows, pulls):
    assert bring(brand, said(10)) == ["grant"]

    assert heard(app, *pulls) == 1
    assert types(rows) == {INDIVIDUAL: Status.REFUSED}


AGAIN = {"under another name": {"transactionId": "x" * 64}, "as another type": {"recipientType": MERCHANT}}


@pytest.mark.parametrize("again", AGAIN.values(), ids=AGAIN)
def test_what_was_vouched_for_over_a_refusal_stands_when_that_is_told_again(app, brand, rows, again):
    MovementReceiver(app).receives(told := ret(30))
    assert bring(brand, replace(said(10), is_vouched=True)) == ["grant"]

    assert heard(app, told | again) == 0
    assert types(rows)[INDIVIDUAL] == Status.GRANTED


@pytest.mark.parametrize("refused_as", RecipientType)
@pytest.mark.parametrize("facts", [{}, OTHER_SENDER], ids=["at İYS", "by another sender"])
def test_a_grant_without_a_date_is_older_than_any_refusal(app, brand, rows, facts, refused_as):
    assert bring(brand, undated()) == ["grant"]

    assert heard(app, ret(60, recipientType=refused_as, **facts)) == 1
    assert types(rows)[MERCHANT] == Status.REFUSED


def test_it_takes_no_dated_grant_of_another_type_along(app, brand, rows):
    assert bring(brand, said(30), undated()) == ["grant", "grant"]

    assert heard(app, ret(300, recipientType=MERCHANT, **OTHER_SENDER)) == 1
    assert types(rows) == {INDIVIDUAL: Status.GRANTED, MERCHANT: Status.REFUSED}


@pytest.mark.parametrize("is_heard_first", [True, False])
def test_another_senders_grant_without_a_date_ends_whichever_feed_is_pulled_first(app, brand, rows, is_heard_first):
    facts = {"recipientType": MERCHANT, "source": "HS_WEB", "consentDate": None, "transactionId": "a" * 64}
    refusal, grant = ret(60), row("ONAY", ago=AN_HOUR / 2, **facts)
    heard(app, *((refusal, grant) if is_heard_first else (grant, refusal)))

    assert set(types(rows).values()) == {Status.REFUSED}


@pytest.mark.parametrize("refusal", [ret(20 * 24 * 60), ret(60, **OTHER_SENDER)], ids=["long past", "another sender's"])
def test_no_other_refusal_ends_a_dated_grant_that_is_newer(app, brand, rows, refusal):
    assert bring(brand, said(10)) == ["grant"]
    MovementReceiver(app).receives(refusal, by=ReceivedVia.FILE)

    assert heard(app) == 0
    assert types(rows) == {INDIVIDUAL: Status.GRANTED}


def test_who_granted_by_a_link_since_has_granted_for_every_type(app, browser, brand, rows):
    person = make.Person(browser, make.codes(app, make.PHONE)[make.PHONE])
    assert person.decides(MESAJ="ONAY").status_code == 303
    later = clock.now() + timedelta(seconds=2)
    assert bring(brand, entry(make.PHONE, Status.GRANTED, later, recipient_type=MERCHANT)) == ["grant"]

    assert heard(app, ret(60)) == 0
    assert set(types(rows).values()) == {Status.GRANTED}


def test_what_an_earlier_holder_refused_ends_no_grant_of_the_present_one(app, brand, rows):
    closure = ret(20, source="IYS_AHS_HAT_KAPATMA", type="ARAMA")
    assert bring(brand, said(10)) == ["grant"]

    assert heard(app, (ret(30), closure)) == 0
    assert {each.status for each in rows(Consent) if each.channel == "MESAJ"} == {Status.GRANTED}


def test_a_refusal_as_both_types_holds_the_next_file_by_each(app, brand, rows):
    assert bring(brand, said(10)) == ["grant"]
    assert heard(app, (ret(30), ret(30, recipientType=MERCHANT))) == 1
    assert bring(brand, replace(said(2, recipient_type=MERCHANT), is_vouched=True)) == ["grant"]

    assert bring(brand, said(1)) == ["over_refusal"]


def test_a_refusal_whose_pull_began_before_the_grant_was_written_is_late(app, brand, rows):
    began_at = clock.now() - MINUTE
    told, _ = movement_rows.read_rows([ret(30)], began_at)
    assert bring(brand, said(10), at=clock.now() - MINUTE / 2) == ["grant"]
    with app.app_context():
        facts = {"by": ReceivedVia.PULL, "feed": None, "at": began_at}
        movements.apply_movements(db.session, vault(), make.brand(), told, **facts)
        db.session.commit()

    assert end_late_refused(app) == 1
