"""A thousand wrong codes a minute, from as many networks: they find nothing, cost little, and stop nobody else."""

import pytest
import time_machine

from portal.core import clock
from portal.core.models import AddressProof, Purpose
from portal.core.throttle import RATES, Limit
from portal.domain.address_proofs import code_limits
from tests import make
from tests.portal.web.my_consents.conftest import START, Visitor
from tests.portal.web.my_consents.test_known_and_unknown import statements

pytestmark = pytest.mark.slow
SOME, MANY = 150, 1000  # The whole minute's thousand is for the long tests.


@pytest.fixture(params=[SOME, pytest.param(MANY, marks=pytest.mark.long)])
def guesses(request) -> int:
    return request.param


@pytest.fixture
def attack(app, monkeypatch, guesses):
    """As many known addresses as there are guesses for, all of them asked for and guessed at within a minute."""
    numbers = [f"+90532{1000000 + 10007 * n}"[:13] for n in range(guesses // 5)]
    make.codes(app, "\n".join([*numbers, make.PHONE]))
    draws = iter(range(10**5))
    monkeypatch.setattr("secrets.randbelow", lambda below: 999_000 - next(draws))
    visitors = []
    for n, number in enumerate(numbers):
        visitor = Visitor(app, app.test_client(), number)
        visitor.browser.environ_base["REMOTE_ADDR"] = f"10.{n // 250}.{n % 250}.1"
        visitors.append(visitor)
    return visitors


def test_many_wrong_codes_find_nothing_and_slow_nobody(app, attack, guesses, rows):
    with time_machine.travel(clock.now(), tick=False):
        fatma = Visitor(app, app.test_client())
        with statements(app) as before:
            calm = fatma.comes_in()
        told = [status for visitor in attack for status in guess_five_times(visitor)]
        fatma.browser.delete_cookie("izinlerim")
        with statements(app) as during:
            stormy = fatma.comes_in()

    assert len(told) == guesses and set(told) == {422, 410}
    assert [each for each in rows(AddressProof, AddressProof.purpose == Purpose.MINE) if each.proved_at] != []
    assert len([each for each in rows(AddressProof) if each.proved_at]) == 2  # Her own two visits.
    assert (calm.status_code, stormy.status_code) == (303, 303)
    assert during == before


@pytest.mark.long
@pytest.mark.parametrize("guesses", [MANY], indirect=True)
def test_the_odds_are_those_of_the_documentation(app, attack, rows):
    """Six digits for the first hundred that nobody answers, eight after them: whatever the number of networks."""
    with time_machine.travel(clock.now(), tick=False):
        lengths = []
        for visitor in attack:
            visitor.asks()
            lengths.append(len(visitor.code()))

    [unanswered] = RATES[Limit.UNANSWERED_CODES]
    assert lengths == [code_limits.DIGITS] * unanswered.most + [code_limits.MORE_DIGITS] * (len(attack) - 100)
    odds = sum(5 / 10**length for length in lengths)
    assert odds < 0.000_51


def test_an_address_under_attack_is_paused_for_new_codes_and_refuses_by_its_link(app, rows):
    code = make.codes(app)[make.PHONE]
    attackers = [Visitor(app, app.test_client()) for _ in range(4)]
    for n, attacker in enumerate(attackers):
        attacker.browser.environ_base["REMOTE_ADDR"] = f"198.51.{n}.1"

    assert [attacker.asks().status_code for attacker in attackers] == [303, 303, 303, 429]

    fatma = make.Person(app.test_client(), code)
    assert fatma.decides(MESAJ="RET").status_code == 303
    other = Visitor(app, app.test_client(), make.EMAIL)
    assert other.comes_in().status_code == 303


def test_codes_pages_that_do_not_exist_take_no_writing_turn(app):
    browser = app.test_client()
    browser.get(f"{START}/kod/x")
    with statements(app) as asked:
        assert browser.post(f"{START}/kod/{'a' * 24}", data={"digits": "123456"}).status_code == 404

    assert not [each for each, _ in asked if each.startswith(("BEGIN", "UPDATE", "INSERT"))]


def guess_five_times(visitor) -> list[int]:
    page = visitor.asks().location
    form = visitor.token(page)
    return [visitor.browser.post(page, data={"digits": f"{guess:06d}", "form": form}).status_code for guess in range(5)]
