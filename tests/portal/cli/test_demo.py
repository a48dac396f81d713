"""`flask demo seed`: something to look at, made once, however often it is called or stopped."""

import json
from contextlib import contextmanager

import pytest
from sqlalchemy import select, text

from portal.app import create_app
from portal.cli import demo
from portal.core import clock, tax_ids
from portal.core.extensions import db, vault
from portal.core.models import (
    Assignment,
    AudienceEntry,
    AudienceLine,
    Campaign,
    Connection,
    ConsentPoint,
    Credential,
    CredentialKind,
    Delivery,
    Membership,
    Message,
    OperatorRole,
    Provider,
    Role,
    User,
)
from portal.domain.identity import factors
from tests import databases
from tests.portal.web.dashboard import staff

pytestmark = [pytest.mark.slow, pytest.mark.alike]

OF_LINKS = Campaign.delivery != Delivery.POINT
OTHERS = ("manager", "agent", "developer", "auditor", "operator", "support", "newcomer")


@pytest.fixture
def seed(app):
    def run():
        return app.test_cli_runner().invoke(args=["demo", "seed"])

    return run


def test_the_demo_can_be_signed_in_to_and_opened(seed, app, browser, rows):
    result = seed()

    told = json.loads(result.stdout)
    assert set(told) == {"email", "password", "totp", "link", "point", *OTHERS}
    assert all(
        set(told[word]) == {"email", "password", "totp"} and len(told[word]["password"]) >= 12 for word in OTHERS
    )
    assert browser.get(told["link"].removeprefix("http://localhost")).status_code == 200
    point = browser.get(told["point"].removeprefix(app.config["MAIN_BASE"]))
    assert point.status_code == 200 and point.text.count('type="radio"') == 6
    assert rows.count(User) == 1 + len(OTHERS)
    assert [each.kind for each in rows(Credential)] == [CredentialKind.DIRECT, CredentialKind.SANDBOX]
    assert rows.one(Campaign, OF_LINKS).linked_at is not None
    assert rows.count(AudienceLine) == 1  # One bad row, to see what it looks like.
    assert rows.count(Message) > 0


def test_nothing_is_made_where_decisions_would_leave_for_iys_itself(seed, app, rows):
    """It would knock there with an invented account."""
    app.config["IYS_BASE_URL"] = "https://api.iys.org.tr"

    refused = seed()

    assert refused.exit_code == 1 and "IYS_BASE_URL" in refused.stderr and rows.count(Provider) == 0


def test_a_second_run_changes_nothing(seed, rows):
    first = json.loads(seed().stdout)

    second = json.loads(seed().stdout)

    assert first == second
    assert rows.count(Provider) == 2 and rows.count(Campaign) == 2 and rows.count(ConsentPoint) == 1


def test_an_instance_of_an_earlier_version_gets_its_point_and_keeps_its_campaign(seed, app, rows):
    first = json.loads(seed().stdout)
    with app.app_context():
        point, campaign = db.session.scalar(select(ConsentPoint)), db.session.scalar(select(Campaign).where(~OF_LINKS))
        db.session.delete(point)
        db.session.flush()
        db.session.delete(campaign)
        db.session.commit()

    second = json.loads(seed().stdout)

    assert (second["link"], second["point"]) == (first["link"], first["point"])
    assert rows.count(ConsentPoint) == 1


def test_what_they_sign_in_with_is_for_the_owner_of_the_folder_only(seed, app):
    seed()

    assert (app.config["INSTANCE"] / "demo-people.json").stat().st_mode & 0o077 == 0


def test_each_signs_in_with_the_code_that_is_printed(seed, app, rows):
    told = json.loads(seed().stdout)
    for person in [told, *(told[word] for word in OTHERS)]:
        browser, printed = app.test_client(), code_of(app, person["email"])

        assert staff.submit_password(browser, person["email"], person["password"]).status_code == 303
        answer = browser.post(
            "/sign-in/second", data={"csrf_token": staff.csrf_token(browser, "/sign-in/second"), "code": printed}
        )

        assert answer.status_code == 303


def test_a_code_that_was_used_is_not_printed_again(seed, app):
    told = json.loads(seed().stdout)
    printed = code_of(app, told["email"])
    with app.app_context():
        (app_of_hers,) = factors.list_factors(db.session, demo.find_user(demo.OWNER).id)
        assert factors.use_factor_code(db.session, vault(), app_of_hers, printed, clock.now())
        db.session.commit()

    assert code_of(app, told["email"]) not in ("", printed)


def test_nobody_has_a_code_who_is_not_there(seed, app):
    seed()

    result = app.test_cli_runner().invoke(args=["demo", "code", "--email", "kimse@example.com"])

    assert result.exit_code == 1


def test_there_is_somebody_of_every_role(seed, rows):
    seed()

    of_the_shop = rows.one(Provider, Provider.admitted_at.is_not(None))
    roles = {each.role for each in rows(Membership, Membership.provider_id == of_the_shop.id)}
    assert roles == set(Role)
    assert {each.operator_role for each in rows(User)} == {None, *OperatorRole}
    assert rows.one(Assignment).provider_id == of_the_shop.id


def test_the_newcomer_is_in_sandbox_mode(seed, rows):
    seed()

    firm = rows.one(Provider, Provider.admitted_at.is_(None))
    assert tax_ids.parse_mersis(firm.mersis) and tax_ids.parse_tax_number(firm.tax_number)
    assert rows.one(Connection, Connection.provider_id == firm.id).forwarding_enabled_at is not None


def code_of(app, email: str) -> str:
    return app.test_cli_runner().invoke(args=["demo", "code", "--email", email]).stdout.strip()


def test_a_run_that_was_stopped_half_way_is_finished_by_the_next(seed, app, rows):
    with without(app, "audience_entry"):
        assert seed().exit_code != 0
    assert rows.one(Campaign, OF_LINKS) and rows.count(AudienceEntry) == 0

    told = json.loads(seed().stdout)

    assert told["link"].startswith("http://localhost/k/")
    assert rows.one(Campaign, OF_LINKS).linked_at is not None


@contextmanager
def without(app, table: str):
    """The database lacks one of its tables for a while."""
    _rename(app, table, "away")
    try:
        yield
    finally:
        _rename(app, "away", table)


def _rename(app, old: str, new: str) -> None:
    with app.app_context():
        db.session.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))
        db.session.commit()


def test_there_is_no_demo_in_production(environ):
    app = create_app({**environ, "DEVELOPMENT": "0"})

    result = app.test_cli_runner().invoke(args=["demo", "seed"])

    databases.close_connections(app)
    assert result.exit_code == 1
    assert "development only" in result.stderr


def test_the_demos_partner_acts_for_the_code_that_the_newcomer_is_told(seed, rows, monkeypatch):
    monkeypatch.setenv("SANDBOX_PARTNER", "ortak:parola:9001:731845 Yeni Ticaret Limited Şirketi")

    told = [json.loads(seed().stdout)["iys_code"] for _ in range(2)]

    assert told == ["731845"] * 2
    partner = rows.one(Credential, Credential.kind == CredentialKind.PARTNER)
    assert (partner.username, partner.integrator_code) == ("ortak", 9001)
