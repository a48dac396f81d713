"""The fourth migration over rows as they stood before it, and back: who belongs where, and what guards the entries."""

from datetime import UTC, datetime

import flask_migrate
import pytest
from sqlalchemy import LargeBinary, bindparam, text
from sqlalchemy.exc import DBAPIError

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import (
    AuditEntry,
    Brand,
    By,
    Credential,
    CredentialKind,
    Membership,
    OperatorRole,
    Provider,
    ProviderKind,
    Role,
    User,
)
from portal.core.vault import Vault
from portal.domain.identity import accounts, sessions
from portal.domain.providers import sandbox_mode
from tests import make
from tests.portal.core.models.test_migrations import app  # noqa: F401 - an app whose database may go down

pytestmark = pytest.mark.long

AT = datetime(2026, 10, 1, 12, 30, 0, 123456)
OLD, BOTH = {1: b"x" * 32}, {1: b"x" * 32, 2: b"y" * 32}


@pytest.fixture
def before(app):  # noqa: F811
    """The older database, with two providers, three people, and what each of them had."""
    with app.app_context():
        flask_migrate.downgrade(revision="0003")
        for number in (1, 2):
            put("provider", id=number, iys_code=700000 + number, title=f"Firma {number}", mersis="0123456789012345",
                contact="0850", notice_url=make.NOTICE, source="HS_WEB", created_at=AT)  # fmt: skip
            put("brand", id=number, provider_id=number, brand_code=700000 + number, name="M", created_at=AT)
            put("credential", id=number, kind=("direct", "partner")[number - 1], provider_id=number % 2, username="u",
                password=b"sealed", created_at=AT)  # fmt: skip
            put("connection", id=number, provider_id=number, credential_id=number, created_at=AT)
        for number, (provider_id, email) in enumerate([(1, "a@example.com"), (1, "b@example.com"), (2, "İ@ı.com")], 1):
            index = accounts.indexes_of(vault(), email)
            facts = {"name": "N", "password_hash": "h", "session_epoch": 1, "created_at": AT, **index}
            put("user_account", id=number, provider_id=provider_id, email=seal(email, provider_id, number),
                closed_at=AT if number == 2 else None, **facts)  # fmt: skip
        for number in range(1, 501):
            put("audit_entry", id=number, provider_id=1 + number % 2, at=AT, actor="user", actor_id=1, act="signed_in",
                subject="user", subject_id=1, facts="{}")  # fmt: skip
        db.session.commit()
    return app


def put(table: str, **row) -> None:
    columns, values = ", ".join(row), ", ".join(f":{name}" for name in row)
    sealed = [bindparam(name, type_=LargeBinary()) for name, value in row.items() if isinstance(value, bytes)]
    db.session.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({values})").bindparams(*sealed), row)


def seal(email: str, provider_id: int, user_id: int) -> bytes:
    """By the key of then, for the provider that the person belonged to."""
    return Vault(OLD).seal(email, User.PLACE, provider_id, user_id)


def up(app) -> None:  # noqa: F811
    """While keys rotate."""
    app.extensions["vault"] = Vault(BOTH)
    flask_migrate.upgrade()


def entries_are_guarded() -> bool:
    for statement in ("UPDATE audit_entry SET act = 'x'", "DELETE FROM audit_entry"):
        try:
            db.session.execute(text(statement))
        except DBAPIError:
            db.session.rollback()
        else:
            return False
    return True


def test_who_was_here_owns_what_they_had_and_finds_in(before):
    with before.app_context():
        up(before)

        people = {user.id: user for user in db.session.query(User)}
        assert [accounts.email_of(vault(), people[each]) for each in (1, 2, 3)] == [
            "a@example.com", "b@example.com", "İ@ı.com"
        ]  # fmt: skip
        assert accounts.find(db.session, vault(), "A@Example.com ").id == 1
        assert [(each.user_id, each.provider_id, each.role) for each in db.session.query(Membership)] == [
            (1, 1, Role.OWNER), (2, 1, Role.OWNER), (3, 2, Role.OWNER)
        ]  # fmt: skip
        assert people[2].closed_at == people[1].created_at == AT.replace(tzinfo=UTC)
        firms = db.session.query(Provider).order_by(Provider.id).all()
        assert [firm.kind for firm in firms] == [ProviderKind.DIRECT, ProviderKind.PARTNER]
        assert not any(firm.is_practising for firm in firms)
        assert db.session.query(AuditEntry).count() == 500
        assert entries_are_guarded()


def test_the_way_back_lets_nobody_in_who_was_let_out(before):
    with before.app_context():
        up(before)
        at = clock.now()
        third = db.session.get(User, 3)
        accounts.join(db.session, third, 1, Role.AUDITOR, at)
        first = db.session.query(Membership).filter_by(user_id=1).one()
        first.suspended_at = at
        staff = make.staff("derya@operator.example", OperatorRole.ADMIN)
        sessions.begin(db.session, vault(), staff, by=By.TOTP, address="::1", agent="", device_digest=None, at=at)
        db.session.add(AuditEntry(provider_id=None, at=at, actor="user", act="x", subject="y", subject_id=1, facts={}))
        db.session.commit()

        flask_migrate.downgrade(revision="0003")

        stay = db.session.execute(text("SELECT id, provider_id, email FROM user_account ORDER BY id")).all()
        assert [tuple(row)[:2] for row in stay] == [(2, 1), (3, 2)]
        assert vault().open(bytes(stay[1].email), User.PLACE, 2, 3).decode() == "İ@ı.com"
        assert entries_are_guarded()
        db.session.rollback()
        up(before)
        assert db.session.query(AuditEntry).count() == 501
        assert entries_are_guarded()


def test_who_practised_stays_out_of_iyss_way_down_and_up(before):
    with before.app_context():
        up(before)
        at, code = clock.now(), sandbox_mode.CODES.start + 7
        firm = Provider(iys_code=code, title="Acemi", mersis="", contact="", notice_url="", created_at=at)
        db.session.add(firm)
        db.session.flush()
        db.session.add(Brand(provider_id=firm.id, brand_code=code, name="A", practises=True, created_at=at))
        sandbox_mode.begin(db.session, vault(), firm, at)
        db.session.commit()

        flask_migrate.downgrade(revision="0003")

        connected = db.session.scalars(text("SELECT provider_id FROM connection ORDER BY id")).all()
        assert connected == [1, 2], "the older version knows no sandbox, and would tell İYS"
        db.session.rollback()
        up(before)
        firm = db.session.query(Provider).filter_by(iys_code=code).one()
        assert firm.is_practising and firm.entered_code is None
        assert db.session.query(Brand).filter_by(brand_code=code).one().practises
        assert db.session.query(Credential).filter_by(kind=CredentialKind.PRACTICE).count() == 0
