"""Who may sign in, and for how long."""

import pytest

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import Brand, Credential, Membership, Role, User
from portal.core.vault import Vault
from portal.domain.identity import accounts
from tests import make

pytestmark = pytest.mark.alike


@pytest.fixture
def ayses(app):
    """Ayşe's provider."""
    with app.app_context():
        yield make.provider()
        db.session.rollback()


def enters(email: str, password: str, with_vault=None) -> User | None:
    return accounts.check_password(db.session, with_vault or vault(), email, password)


@pytest.mark.parametrize("email", [make.AYSE, "  AYSE@example.com\n"])
def test_the_right_password_lets_in(ayses, email):
    assert enters(email, make.AYSES_PASSWORD).name == "Ayşe"


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (make.AYSE, "wrong horse battery"),
        (make.AYSE, ""),
        (make.AYSE, make.AYSES_PASSWORD.upper()),
        ("cem@example.com", make.AYSES_PASSWORD),
        ("", make.AYSES_PASSWORD),
        ("a\0b", "a\0b"),
        ("ğ" * 5000, make.AYSES_PASSWORD),
    ],
)
def test_anything_else_lets_nobody_in(ayses, email, password):
    assert enters(email, password) is None


def test_a_closed_person_does_not_come_in(ayses):
    db.session.query(User).one().closed_at = clock.now()
    db.session.flush()

    assert enters(make.AYSE, make.AYSES_PASSWORD) is None


def test_whoever_comes_back_to_a_provider_has_the_new_role(ayses):
    burak = make.person(ayses, "burak@example.com", Role.MANAGER, "Burak")
    left = db.session.query(Membership).filter_by(user_id=burak.id).one()
    left.ended_at = clock.now()

    accounts.add_membership(db.session, burak, ayses.id, Role.AGENT, clock.now())

    assert (left.role, left.is_open) == (Role.AGENT, True)
    assert db.session.query(Membership).filter_by(user_id=burak.id).count() == 1


def test_a_short_password_is_refused(ayses):
    with pytest.raises(accounts.PasswordTooShort):
        accounts.create_user(
            db.session, vault(), email="burak@example.com", name="Burak", password="x" * 11, at=clock.now()
        )


def test_neither_password_nor_address_is_kept_in_clear(ayses):
    ayse, credential = db.session.query(User).one(), db.session.query(Credential).one()

    assert make.AYSES_PASSWORD not in ayse.password_hash and ayse.password_hash.startswith("$argon2id$")
    assert b"ayse" not in ayse.email
    assert make.PASSWORD.encode() not in credential.password
    kept = vault().read(credential.password, Credential.PASSWORD, credential.provider_id, credential.id)
    assert kept == make.PASSWORD


def test_a_person_is_found_by_either_key_while_keys_rotate(ayses):
    both = Vault(vault().keys | {2: b"y" * 32})

    assert enters(make.AYSE, make.AYSES_PASSWORD, both).name == "Ayşe"


def test_a_damaged_hash_lets_nobody_in():
    assert not accounts.verify_password("", "x")


def test_a_provider_has_its_brands(app):
    with app.app_context():
        made = accounts.open_provider(
            db.session,
            iys_code=5,
            title="T",
            mersis="1",
            contact="0",
            notice_url=make.NOTICE,
            brands={5: "Ana", 6: "Yan"},
            at=clock.now(),
        )

        brands = db.session.query(Brand).filter_by(provider_id=made.id)
        assert {(brand.brand_code, brand.name) for brand in brands} == {(5, "Ana"), (6, "Yan")}
        db.session.rollback()
