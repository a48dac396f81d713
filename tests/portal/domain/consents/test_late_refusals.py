"""A refusal said at İYS is heard an hour later. What came meanwhile and it would have held ends all the same."""

from dataclasses import replace
from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.iys_protocol import RecipientType, Status
from portal.core.models import Consent, Decision, ReceivedVia
from tests import make
from tests.portal.domain.consents.import_entries import bring, entry
from tests.portal.domain.consents.iys_movements import AN_HOUR, MovementReceiver, row

MERCHANT = RecipientType.MERCHANT


def types(rows) -> dict[str, str | None]:
    return {each.recipient_type: each.status for each in rows(Consent)}


def undated():
    """A merchant's grant, as a file states it without source and date."""
    return replace(entry(make.PHONE, Status.GRANTED, clock.now(), recipient_type=MERCHANT), is_dated=False, source=None)


@pytest.mark.parametrize("refused_as", RecipientType)
@pytest.mark.parametrize("source", ["IYS_WEB", "HS_CAGRI_MERKEZI"])
def test_a_grant_without_a_date_is_older_than_refusals_that_are_heard_later(app, brand, rows, source, refused_as):
    assert bring(brand, undated()) == ["grant"]
    MovementReceiver(app).receives(row("RET", recipientType=refused_as, source=source))

    assert types(rows)[MERCHANT] == Status.REFUSED
    assert [each.origin for each in rows(Decision) if each.source == "HS_KARAR"] == ["renewal"]


@pytest.mark.parametrize("is_heard_first", [True, False])
def test_another_senders_grant_without_a_date_ends_whichever_feed_is_pulled_first(app, brand, rows, is_heard_first):
    facts = {"recipientType": MERCHANT, "source": "HS_WEB", "consentDate": None, "transactionId": "a" * 64}
    refusal, grant = row("RET"), row("ONAY", ago=AN_HOUR / 2, **facts)
    for each in (refusal, grant) if is_heard_first else (grant, refusal):
        MovementReceiver(app).receives(each)

    assert set(types(rows).values()) == {Status.REFUSED}


def test_a_file_of_a_long_past_day_ends_no_grant_that_came_since(app, brand, rows):
    assert bring(brand, entry(make.PHONE, Status.GRANTED, clock.now())) == ["grant"]
    MovementReceiver(app).receives(row("RET", ago=timedelta(days=20)), by=ReceivedVia.FILE)

    assert types(rows) == {RecipientType.INDIVIDUAL: Status.GRANTED}


def test_a_refusal_that_another_sender_told_ends_no_dated_grant_that_is_newer(app, brand, rows):
    assert bring(brand, entry(make.PHONE, Status.GRANTED, clock.now())) == ["grant"]
    MovementReceiver(app).receives(row("RET", source="HS_CAGRI_MERKEZI"))

    assert types(rows) == {RecipientType.INDIVIDUAL: Status.GRANTED}


def test_who_refused_at_iys_and_granted_by_a_link_since_has_granted(app, browser, brand, rows):
    said_at = clock.now()
    person = make.Person(browser, make.codes(app, make.PHONE)[make.PHONE])
    assert person.decides(MESAJ="ONAY").status_code == 303
    later = clock.now() + timedelta(seconds=2)
    assert bring(brand, entry(make.PHONE, Status.GRANTED, later, recipient_type=MERCHANT)) == ["grant"]
    MovementReceiver(app).receives(row("RET", at=said_at - AN_HOUR))

    assert set(types(rows).values()) == {Status.GRANTED}
