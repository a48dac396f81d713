"""How often one may guess, who is counted with whom, and what strangers cannot do."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import ThrottledAction, ThrottleHit
from portal.core.throttle import TooManyRequests
from portal.domain.identity import login_throttle
from tests import make
from tests.limits import PER_ACCOUNT, PER_NETWORK, PER_PERSON, PER_PERSON_A_DAY, WINDOW

AT = clock.now()
HERE, THERE = "203.0.113.7", "198.51.100.7"
DEVICE = b"d" * 32


@pytest.fixture(autouse=True)
def inside(app):
    with app.app_context():
        yield
        db.session.rollback()


@pytest.fixture
def ayse():
    return make.person(make.provider(email="burak@example.com"), make.AYSE)


def guess(account: str = make.AYSE, address: str = HERE, at=AT, **facts) -> ThrottleHit:
    return login_throttle.begin_password(db.session, vault(), account=account, address=address, at=at, **facts)


def guess_code(user_id: int, step: ThrottledAction = ThrottledAction.FACTOR, at=AT) -> ThrottleHit:
    return login_throttle.begin_code(db.session, vault(), step, user_id, address=HERE, at=at)


def places(count: int) -> list[str]:
    return [f"203.0.{number}.7" for number in range(count)]


def test_an_account_is_guessed_at_ten_times_wherever_from():
    for place in places(PER_ACCOUNT):
        guess(address=place)

    with pytest.raises(TooManyRequests) as refused:
        guess(address=THERE)

    assert refused.value.again_at == AT + WINDOW


def test_it_does_not_matter_how_the_address_is_written():
    for place in places(PER_ACCOUNT):
        guess(f" {make.AYSE.upper()} ", address=place)

    with pytest.raises(TooManyRequests):
        guess(address=THERE)


def test_a_network_guesses_thirty_times_whatever_the_account():
    for number in range(PER_NETWORK):
        guess(f"nobody{number}@example.com", address=f"203.0.113.{number}")

    with pytest.raises(TooManyRequests):
        guess("another@example.com")
    guess("another@example.com", address=THERE)


def test_the_half_of_an_ipv6_address_is_a_network():
    for number in range(PER_NETWORK):
        guess(f"nobody{number}@example.com", address=f"2001:db8:0:1::{number}")

    with pytest.raises(TooManyRequests):
        guess("another@example.com", address="2001:db8:0:1:ffff::1")
    guess("another@example.com", address="2001:db8:0:2::1")


def test_a_quarter_of_an_hour_later_one_may_guess_again():
    for place in places(PER_ACCOUNT):
        guess(address=place)

    assert guess(at=AT + WINDOW).at == AT + WINDOW


def test_attempts_while_blocked_do_not_extend_the_block():
    for place in places(PER_ACCOUNT):
        guess(address=place)
    for _ in range(5):
        with pytest.raises(TooManyRequests):
            guess(address=THERE, at=AT + WINDOW / 2)

    guess(at=AT + WINDOW)


def test_a_right_password_was_no_failed_try():
    for place in places(PER_ACCOUNT * 2):
        login_throttle.delete_hit(db.session, guess(address=place))

    assert db.session.query(ThrottleHit).count() == 0


def test_strangers_do_not_shut_a_person_out_of_a_browser_they_used_before(ayse):
    for place in places(PER_ACCOUNT):
        guess(address=place)
    for number in range(PER_NETWORK - PER_ACCOUNT):
        guess(f"nobody{number}@example.com")

    assert guess(user_id=ayse.id, known_device=DEVICE).user_id == ayse.id


def test_a_known_browser_has_a_count_of_its_own(ayse):
    for _ in range(PER_ACCOUNT):
        guess(user_id=ayse.id, known_device=DEVICE)

    with pytest.raises(TooManyRequests):
        guess(user_id=ayse.id, known_device=DEVICE)
    guess()


def test_a_person_guesses_five_codes_at_sign_in_and_after_it_together(ayse):
    for number in range(PER_PERSON):
        guess_code(ayse.id, ThrottledAction.STEP_UP if number % 2 else ThrottledAction.FACTOR)

    with pytest.raises(TooManyRequests):
        guess_code(ayse.id)


def test_patience_gets_nowhere_either(ayse):
    rounds = PER_PERSON_A_DAY // PER_PERSON
    for number in range(rounds):
        for _ in range(PER_PERSON):
            guess_code(ayse.id, at=AT + number * WINDOW)

    with pytest.raises(TooManyRequests) as refused:
        guess_code(ayse.id, at=AT + rounds * WINDOW)

    assert refused.value.again_at == AT + timedelta(days=1)


def test_wrong_passwords_cost_no_codes(ayse):
    for place in places(PER_ACCOUNT):
        guess(address=place, user_id=ayse.id)

    assert guess_code(ayse.id).action == ThrottledAction.FACTOR


def test_dead_links_are_counted_by_network():
    for _ in range(PER_NETWORK):
        login_throttle.count_dead_link(db.session, vault(), address=HERE, at=AT)

    with pytest.raises(TooManyRequests):
        login_throttle.count_dead_link(db.session, vault(), address=HERE, at=AT)
    guess()


def test_a_row_names_neither_account_nor_network():
    made = guess()

    kept = made.account_digest + made.network_digest
    assert len(kept) == 64
    assert make.AYSE.encode() not in kept
    assert made.account_digest not in vault().indexes(0, make.AYSE).values()


def test_one_network_that_tries_many_accounts_is_alarming():
    for number in range(login_throttle.SPRAYED_FROM_ONE):
        assert login_throttle.find_spraying(db.session, AT) is None
        guess(f"nobody{number}@example.com")

    told = login_throttle.find_spraying(db.session, AT)

    assert (told.accounts, told.networks, told.attempts, told.is_from_one) == (10, 1, 10, True)
    assert told.since == AT


@pytest.mark.slow
def test_many_networks_that_try_an_account_each_are_alarming():
    for number, place in enumerate(places(login_throttle.SPRAYED_IN_ALL)):
        assert login_throttle.find_spraying(db.session, AT) is None
        guess(f"nobody{number}@example.com", address=place)

    told = login_throttle.find_spraying(db.session, AT)

    assert (told.accounts, told.networks, told.is_from_one) == (50, 50, False)
    assert login_throttle.find_spraying(db.session, AT + login_throttle.SPRAYING_WITHIN) is None


def test_one_account_that_is_guessed_at_is_no_spraying():
    for place in places(PER_ACCOUNT):
        guess(address=place)

    assert login_throttle.find_spraying(db.session, AT) is None


def test_tries_are_kept_for_the_history_and_then_forgotten():
    guess(at=AT - login_throttle.KEPT - timedelta(seconds=1))
    guess(at=AT - login_throttle.KEPT + timedelta(seconds=1))

    assert login_throttle.delete_old_hits(db.session, AT) == 1
    assert db.session.query(ThrottleHit).count() == 1


@pytest.mark.parametrize("address", ["", "unix", "06dd97bcb4350f4b"])
def test_an_odd_network_address_breaks_nothing(address):
    assert guess(address=address).network_digest
