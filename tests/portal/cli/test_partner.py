"""`flask iys partner`: the operator's own account at İYS, kept sealed, offered to providers."""

import pytest

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import NO_PROVIDER, Connection, Credential, CredentialKind
from portal.domain.identity import accounts
from tests import make


@pytest.fixture
def partner(app):
    def run(code="700100", username="ortak", password="ilk-şifre\n"):
        arguments = ["iys", "partner", "--username", username, "--integrator-code", code]
        return app.test_cli_runner().invoke(args=arguments, input=password)

    return run


def password_of(app, credential) -> str:
    with app.app_context():
        return vault().read(credential.password, Credential.PASSWORD, NO_PROVIDER, credential.id)


def test_an_account_is_kept_for_nobody_in_particular(app, partner, rows):
    result = partner()

    kept = rows.one(Credential)
    assert result.exit_code == 0 and "700100" in result.stdout
    assert (kept.kind, kept.provider_id, kept.integrator_code) == (CredentialKind.PARTNER, NO_PROVIDER, 700100)
    assert password_of(app, kept) == "ilk-şifre"


def test_the_password_is_shown_nowhere(partner, rows):
    result = partner()

    assert "ilk-şifre" not in result.output
    assert "ilk-şifre".encode() not in rows.one(Credential).password


def test_a_known_account_gets_its_new_password_and_keeps_its_providers(app, partner, rows):
    partner()
    with app.app_context():
        made = make.provider()
        accounts.connect_by_partner(db.session, made, accounts.partner_credentials(db.session)[0], at=clock.now())
        db.session.commit()

    partner(username="ortak2", password="yeni-şifre\n")

    kept = rows.one(Credential)
    assert (kept.username, password_of(app, kept)) == ("ortak2", "yeni-şifre")
    assert rows.one(Connection).credential_id == kept.id


def test_another_code_is_another_account(partner, rows):
    partner()
    partner(code="700200")

    assert [each.integrator_code for each in rows(Credential)] == [700100, 700200]


@pytest.mark.parametrize(("code", "password"), [("0", "x\n"), ("x", "x\n"), ("700100", "\n"), ("700100", "")])
def test_nothing_is_kept_without_a_number_and_a_password(partner, rows, code, password):
    assert partner(code=code, password=password).exit_code == 2
    assert rows.count(Credential) == 0
