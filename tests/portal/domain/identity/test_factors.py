"""Second factors: codes that open once, and recovery codes on paper."""

import re
from datetime import timedelta
from math import log2
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import Factor, RecoveryCode
from portal.domain.identity import factors
from tests import make

pytestmark = pytest.mark.alike

AT = clock.now()


@pytest.fixture(autouse=True)
def inside(app):
    with app.app_context():
        yield
        db.session.rollback()


@pytest.fixture
def ayse():
    return make.staff(make.AYSE, None)


@pytest.fixture
def app_of_ayse(ayse) -> Factor:
    (factor,) = factors.list_factors(db.session, ayse.id)
    return factor


def code_at(at) -> str:
    return pyotp.TOTP(make.TOTP).at(at)


def show(user, code: str, at=AT):
    return factors.use_totp_code(db.session, vault(), user, code, at)


@pytest.mark.parametrize("seconds", [-30, 0, 30])
def test_a_clock_half_a_minute_wrong_is_tolerated(ayse, seconds):
    assert show(ayse, code_at(AT + timedelta(seconds=seconds)))


@pytest.mark.parametrize("seconds", [-90, -60, 60, 90])
def test_a_code_of_another_time_is_not(ayse, seconds):
    assert show(ayse, code_at(AT + timedelta(seconds=seconds))) is None


def test_a_code_opens_once(ayse):
    assert show(ayse, code_at(AT))
    assert show(ayse, code_at(AT)) is None


def test_no_earlier_code_opens_after_a_later_one(ayse):
    assert show(ayse, code_at(AT + timedelta(seconds=30)))
    assert show(ayse, code_at(AT)) is None
    assert show(ayse, code_at(AT - timedelta(seconds=30))) is None


def test_an_app_that_was_never_used_opens_nothing(ayse):
    other = factors.enrol_totp(db.session, vault(), ayse.id, name="Tablet", at=AT)
    secret = factors.totp_secret(vault(), other)

    assert show(ayse, pyotp.TOTP(secret).at(AT)) is None
    assert factors.use_factor_code(db.session, vault(), other, pyotp.TOTP(secret).at(AT), AT)
    assert show(ayse, pyotp.TOTP(secret).at(AT + timedelta(seconds=30)), AT + timedelta(seconds=30))


def test_forgetting_what_was_never_used_leaves_what_was(ayse, app_of_ayse):
    factors.enrol_totp(db.session, vault(), ayse.id, name="Tablet", at=AT)

    factors.delete_unconfirmed(db.session, ayse.id)

    assert factors.list_factors(db.session, ayse.id, confirmed=False) == [app_of_ayse]


def test_the_picture_says_who_where_and_which_secret(app_of_ayse):
    uri = urlsplit(factors.provisioning_uri(vault(), app_of_ayse, make.AYSE))

    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert unquote(uri.path) == f"/İzinlink:{make.AYSE}"
    assert parse_qs(uri.query) == {"secret": [make.TOTP], "issuer": ["İzinlink"]}


def test_a_secret_is_sealed_and_each_is_another(ayse, app_of_ayse):
    other = factors.enrol_totp(db.session, vault(), ayse.id, name="Tablet", at=AT)

    assert make.TOTP.encode() not in app_of_ayse.secret
    assert factors.totp_secret(vault(), other) != make.TOTP
    assert len(factors.totp_secret(vault(), other)) == 32  # 160 bits (RFC 4226, 4).


def test_ten_recovery_codes_each_open_once(ayse):
    codes = factors.create_recovery_codes(db.session, vault(), ayse.id, AT)

    assert len(set(codes)) == 10
    assert all(factors.use_recovery_code(db.session, ayse.id, code, AT) for code in codes)
    assert not any(factors.use_recovery_code(db.session, ayse.id, code, AT) for code in codes)
    assert factors.count_recovery_codes(db.session, ayse.id) == 0


def test_a_recovery_code_holds_more_than_can_be_guessed_out_of_its_digest(ayse):
    (code, *_) = factors.create_recovery_codes(db.session, vault(), ayse.id, AT)

    assert re.fullmatch(r"([2-9a-z]{4}-){5}[2-9a-z]{4}", code)
    assert factors.RECOVERY_LENGTH * log2(len(set(factors.RECOVERY_ALPHABET))) >= 112


def test_a_recovery_code_is_read_however_it_is_written(ayse):
    (code, *_) = factors.create_recovery_codes(db.session, vault(), ayse.id, AT)

    assert factors.use_recovery_code(db.session, ayse.id, f"  {code.upper().replace('-', ' - ')} ", AT)


def test_new_recovery_codes_take_the_place_of_the_old(ayse):
    (old, *_) = factors.create_recovery_codes(db.session, vault(), ayse.id, AT)
    factors.create_recovery_codes(db.session, vault(), ayse.id, AT)

    assert not factors.use_recovery_code(db.session, ayse.id, old, AT)
    assert factors.count_recovery_codes(db.session, ayse.id) == 10


def test_no_recovery_code_is_kept_in_clear(ayse):
    codes = factors.create_recovery_codes(db.session, vault(), ayse.id, AT)

    kept = b"".join(row.digest for row in db.session.query(RecoveryCode))
    assert not any(code.replace("-", "").encode() in kept for code in codes)


@pytest.mark.parametrize("code", ["", "-", "\0", "ğ" * 24])
def test_nonsense_is_no_recovery_code(ayse, code):
    factors.create_recovery_codes(db.session, vault(), ayse.id, AT)

    assert not factors.use_recovery_code(db.session, ayse.id, code, AT)


def test_nobody_is_left_without_a_factor(ayse, app_of_ayse):
    with pytest.raises(factors.LastFactor):
        factors.remove_factor(db.session, ayse.id, app_of_ayse.id)
