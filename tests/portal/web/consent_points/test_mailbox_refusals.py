"""At a point somebody proves the spelling of their mailbox that they know; the firm has it by others."""

import pytest
import time_machine

from portal.core import clock
from portal.core.iys_protocol import Status
from portal.core.models import DecisionOrigin, Message, MessageKind, Receipt
from tests import make
from tests.portal.web.consent_points import visitor
from tests.portal.web.dashboard.test_mailbox_refusals import HELD, SAID, standing
from tests.portal.web.my_consents.test_overview import another_provider

pytestmark = [pytest.mark.slow, pytest.mark.alike]


@pytest.fixture
def ayse(app):
    """She granted by one of the firm's three spellings; another firm has a fourth."""
    make.Person(app.test_client(), make.codes(app, "\n".join(HELD))[HELD[0]]).decides(EPOSTA="ONAY")
    another_provider(app, holds="ay.se@gmail.com")
    visitor.opened(app)
    return visitor.Visitor(app)


def test_what_is_refused_is_refused_at_every_spelling_that_the_firm_has(app, ayse, rows):
    ayse.decides(SAID, EPOSTA="RET")

    assert "aynı posta kutusuna gelen başka yazılışlar" in ayse.page
    assert standing(app) == dict.fromkeys([SAID, *HELD], Status.REFUSED)
    receipts = rows(Receipt, Receipt.origin == DecisionOrigin.POINT)
    assert len(receipts) == len({each.number for each in receipts}) == 4
    told = rows.one(Message, Message.kind == MessageKind.REFUSAL)
    assert told.receipt_id == next(each.id for each in receipts if each.link_id)


def test_a_grant_is_of_the_proved_spelling(app, ayse):
    ayse.decides(SAID, EPOSTA="ONAY")

    assert "aynı posta kutusuna gelen başka yazılışlar" not in ayse.page
    assert standing(app) == {SAID: Status.GRANTED, HELD[0]: Status.GRANTED}


@pytest.mark.parametrize("typed", [HELD[1], "a.y.s.e+kasa@gmail.com"])
def test_who_refuses_by_another_spelling_before_they_type_their_code_grants_nothing(app, ayse, typed):
    (code,) = make.codes(app, "ay.s.e@gmail.com").values()
    with time_machine.travel(clock.now(), tick=False) as at:
        ayse.chooses(EPOSTA="ONAY")
        ayse.writes(typed)
        at.shift(60)
        make.Person(app.test_client(), code).decides(EPOSTA="RET")
        at.shift(60)
        ayse.types(to=typed)
        assert standing(app).get(typed) in (None, Status.REFUSED)

        ayse.decides(typed, EPOSTA="ONAY")  # Chosen since.
        assert standing(app)[typed] == Status.GRANTED
