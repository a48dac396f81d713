"""Clocks that are a minute apart: what a person does here and at İYS is ordered by the difference that was measured."""

from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.models import Consent, ReceivedVia
from tests import make
from tests.portal.domain.consents.iys_movements import MovementReceiver

SECOND = timedelta(seconds=1)


@pytest.fixture
def at(app, inflow, iys, sandbox):
    """Makes our clock so far ahead of İYS's, has its answers tell so, and travels to moments after that."""
    start = clock.now()

    def travel(seconds):
        return time_machine.travel(start + seconds * SECOND)

    def ahead(difference):
        sandbox.move_clock(forward=-difference)
        inflow.pulls()
        return travel

    return ahead


@pytest.mark.parametrize("is_pushed", [True, False], ids=["pushed", "pulled later"])
def test_a_refusal_at_iys_after_a_grant_here_wins_where_our_clock_is_ahead(
    app, fatma, inflow, iys, sandbox, rows, may_send, at, is_pushed
):
    """Pulled after the grant reached İYS, it is told there anew."""
    after = at(ahead := 60)
    with after(30):
        fatma.decides(MESAJ="ONAY")
    with after(50):
        told = sandbox.acts(make.PHONE, "MESAJ", "RET")
        if is_pushed:
            MovementReceiver(app).receives(*told, by=ReceivedVia.PUSH)
    with after(50 + 2 * ahead):
        make.forward_all(app, iys)
    for hours in (2, 4):
        with after(hours * 3600):
            inflow.pulls()
            make.forward_all(app, iys)

    (consent,) = rows(Consent)
    assert (consent.status, consent.iys_status, may_send(consent)) == ("RET", "RET", False)
    assert sandbox.movements()[-1]["status"] == "RET"


@pytest.mark.parametrize("behind", [60, -60, 0])
def test_a_refusal_here_after_a_grant_at_iys_wins_however_clocks_stand(
    app, fatma, inflow, iys, sandbox, rows, may_send, at, behind
):
    after = at(-behind)
    with after(30):
        told = sandbox.acts(make.PHONE, "MESAJ", "ONAY")
    with after(50):
        fatma.decides(MESAJ="RET")
    with after(52):
        MovementReceiver(app).receives(*told, by=ReceivedVia.PUSH)
    for seconds in (55, 130, 200, 7200):
        with after(seconds):
            make.forward_all(app, iys)
    with after(3 * 3600):
        inflow.pulls()

    (consent,) = rows(Consent)
    assert (consent.status, consent.iys_status, may_send(consent)) == ("RET", "RET", False)
    assert sandbox.movements()[-1]["status"] == "RET"
