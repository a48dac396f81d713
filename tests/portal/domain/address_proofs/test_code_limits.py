"""How many codes may be asked for: by address, by block, by network; and what becomes of many wrong ones."""

from datetime import timedelta

import pytest

from portal.core.models import AddressProof, Purpose
from portal.core.throttle import DAY, HOUR, RATES, Limit, Rate, TooManyRequests
from portal.domain.address_proofs import code_limits
from tests.portal.domain.address_proofs.conftest import AT, HERE

pytestmark = pytest.mark.slow
UNANSWERED = RATES[Limit.UNANSWERED_CODES][0].most


def test_an_address_gets_three_codes_an_hour(desk):
    for _ in range(3):
        desk.ask()
        desk.later(minutes=10)

    with pytest.raises(TooManyRequests) as many:
        desk.ask()

    assert many.value.limit == Limit.CODES_OF_ADDRESS
    assert many.value.again_at == AT + HOUR
    desk.later(minutes=30)
    desk.ask()


def test_and_six_a_day(desk):
    for _ in range(6):
        desk.ask()
        desk.later(hours=1)

    with pytest.raises(TooManyRequests) as many:
        desk.ask()

    assert many.value.again_at == AT + DAY


def test_it_counts_over_all_purposes(desk):
    desk.ask()
    desk.ask(purpose=Purpose.POINT)
    desk.ask()

    with pytest.raises(TooManyRequests):
        desk.ask(purpose=Purpose.POINT)


@pytest.mark.parametrize(
    "written",
    [
        ("fatma+a@example.com", "fatma+b@example.com", "fatma@example.com", "fatma+c@example.com"),
        ("fatma@gmail.com", "fat.ma@gmail.com", "fatma+a@gmail.com", "f.a.t.m.a+b@googlemail.com"),
    ],
)
def test_a_mailbox_of_many_addresses_is_one(desk, written):
    *many, last = written
    for address in many:
        desk.ask(address, Purpose.POINT)

    with pytest.raises(TooManyRequests) as too_many:
        desk.ask(last, Purpose.POINT)

    assert too_many.value.limit == Limit.CODES_OF_ADDRESS


def test_other_mailboxes_are_others(desk, rows):
    for address in ("fatma@example.com", "fat.ma@example.com", "fatma@example.net", "+fatma@example.com"):
        for _ in range(3):
            desk.ask(address, Purpose.POINT)

    assert rows.count(AddressProof) == 12


def test_refused_requests_do_not_extend_the_block(desk):
    for _ in range(3):
        desk.ask()
    for _ in range(10):
        desk.later(minutes=5)
        with pytest.raises(TooManyRequests):
            desk.ask()

    desk.later(minutes=10)
    desk.ask()


def test_unknown_addresses_are_counted_like_known_ones(desk):
    for _ in range(3):
        desk.ask(sends=False)

    with pytest.raises(TooManyRequests) as many:
        desk.ask(sends=False)

    assert many.value.limit == Limit.CODES_OF_ADDRESS


def test_a_range_of_numbers_is_not_pumped(desk):
    for number in range(30):
        desk.ask(f"+90532123{number:04d}", network=f"198.51.{number}.1")

    with pytest.raises(TooManyRequests) as many:
        desk.ask("+905321239999", network="192.0.2.1")

    assert many.value.limit == Limit.CODES_OF_BLOCK
    desk.ask("+905321240000", network="192.0.2.1")  # The next ten thousand.


def test_a_range_that_is_flooded_at_points_stays_open_for_ones_own_overview(desk):
    for number in range(30):
        desk.ask(f"+90532123{number:04d}", Purpose.POINT, network=f"198.51.{number}.1")

    assert desk.ask("+905321239999").purpose == Purpose.MINE


def test_nobody_shuts_a_mail_domain_for_the_overview(desk, monkeypatch):
    monkeypatch.setitem(RATES, Limit.CODES_OF_MAIL_DOMAIN, (Rate(5, HOUR),))
    for number in range(5):
        desk.ask(f"fatma{number}@example.com", sends=False)
        desk.ask(f"fatma{number}@example.com", Purpose.POINT)

    desk.ask("ayse@example.com")
    with pytest.raises(TooManyRequests) as many:
        desk.ask("ayse@example.com", Purpose.POINT)

    assert many.value.limit == Limit.CODES_OF_MAIL_DOMAIN


def test_a_network_asks_for_a_hundred_an_hour(desk):
    for number in range(100):
        desk.ask(f"fatma{number}@example.com", sends=False, network=f"203.0.113.{number}")

    with pytest.raises(TooManyRequests) as many:
        desk.ask("ayse@example.com")

    assert many.value.limit == Limit.CODES_OF_NETWORK
    desk.ask("ayse@example.com", network="198.51.100.1")


def test_limits_are_told_in_whole_minutes_and_not_too_early(desk):
    for _ in range(3):
        desk.ask()
    desk.later(seconds=30)

    with pytest.raises(TooManyRequests) as many:
        desk.ask()

    assert many.value.again_at_minute == AT + HOUR + timedelta(minutes=1)


def test_many_unanswered_codes_make_new_ones_longer_and_turn_nobody_away(desk):
    for number in range(UNANSWERED):
        desk.ask(f"fatma{number}@example.com", sends=number % 2 == 0, network=f"10.{number}.0.1")

    proof = desk.ask("ayse@example.com")

    assert len(desk.code_of(proof)) == code_limits.MORE_DIGITS
    assert desk.answer(proof, desk.code_of(proof)) == "proved"
    desk.later(hours=1, minutes=1)
    assert len(desk.code_of(desk.ask("cem@example.com"))) == code_limits.DIGITS


def test_codes_that_were_answered_make_none_longer(desk):
    for number in range(UNANSWERED):
        proof = desk.ask(f"fatma{number}@example.com", network=f"10.{number}.0.1")
        desk.answer(proof, desk.code_of(proof))
    desk.later(seconds=1)

    assert len(desk.code_of(desk.ask("ayse@example.com"))) == code_limits.DIGITS


def test_networks_and_blocks_are_kept_as_keyed_digests(desk):
    proof = desk.ask()

    assert len({proof.network_digest, proof.prefix_digest, proof.code_digest}) == 3
    assert HERE.encode() not in proof.network_digest
    assert desk.ask("cem@example.com", network="203.0.113.99").network_digest == proof.network_digest
    assert desk.ask("nil@example.com", network="203.0.114.7").network_digest != proof.network_digest
