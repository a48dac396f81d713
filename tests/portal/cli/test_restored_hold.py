"""After a restore nothing asks or sends by itself, and nothing of before opens, until a person has looked."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Status
from portal.core.models import (
    ApiKey,
    AuditEntry,
    BatchState,
    Campaign,
    CampaignState,
    Consent,
    Decision,
    Delivery,
    ImportBatch,
    Mail,
    MailKind,
    Provider,
    Review,
)
from portal.domain.campaigns import sending
from portal.domain.providers import suspension
from portal.jobs.campaign_steps import launch_planned
from portal.services import backups, readiness
from tests import make
from tests.portal.api.programs import CONSENTS, Program, make_key, refusal
from tests.portal.services.imports.file_steps import work_all
from tests.portal.services.imports.test_worker import batch_after_dry_run, begin, line
from tests.portal.services.messaging.test_outbox import gateway as gateway
from tests.portal.web.dashboard.conftest import ayse as ayse

HOUR = timedelta(hours=1)
LATER = "+905320000009"


@pytest.fixture
def halfway(app, ayse):
    """What a backup may hold: a campaign that sends, a planned one, an import that is being written; its program."""
    codes = make.codes(app, delivery=Delivery.GATEWAY)
    with app.app_context():
        make.approve_texts()
        planned = make.campaign(delivery=Delivery.GATEWAY)
        make.add_to_audience(planned, LATER)
        db.session.commit()
        make.approve_texts()
        assert sending.plan_launch(db.session, planned, clock.now() + HOUR, 1, clock.now())
        db.session.commit()
        begin(batch_after_dry_run(make.brand(), [line(1, mail=False), line(2, "RET", mail=False)]))
        key = make_key(db.session.get_one(Provider, make.brand().provider_id))
    return codes, Program(app, key)


def let_clocks_run(app, gateway: str) -> None:
    """As the worker and the sender do, two hours later."""
    with time_machine.travel(clock.now() + 2 * HOUR), app.app_context():
        launch_planned()
        work_all(app)
        make.send_all(gateway)


def let_it_go_on(app) -> None:
    """As the operator does after a look at the firm, and then the firm's people."""
    with app.app_context():
        firm = db.session.scalars(select(Provider)).one()
        assert suspension.resume(db.session, firm, by=1, note="Bakıldı.", at=clock.now())
        for campaign in db.session.scalars(select(Campaign).where(Campaign.paused_at.is_not(None))).all():
            sending.resume(db.session, campaign, clock.now())
        db.session.commit()


def test_nothing_asks_or_sends_after_a_restore_until_people_let_it(app, halfway, gateway, rows):
    told = app.test_cli_runner().invoke(args=["restore", "--hold"])
    assert told.exit_code == 0, told.output
    let_clocks_run(app, gateway.url)

    assert "1 firms suspended" in told.output and "1 planned" in told.output and "docs/backups.md" in told.output
    assert [each.state for each in rows(Campaign)] == [CampaignState.PAUSED, CampaignState.DRAFT]
    assert gateway.calls == []

    let_it_go_on(app)
    let_clocks_run(app, gateway.url)

    assert rows(Campaign)[1].state == CampaignState.DRAFT
    assert {each["to"] for call in gateway.calls for each in call} == {make.PHONE, make.EMAIL}


def test_a_second_hold_changes_nothing_and_says_so(app, halfway, gateway, rows):
    def hold() -> str:
        return app.test_cli_runner().invoke(args=["restore", "--hold"]).output

    def state() -> list[list[dict]]:
        kinds = Provider, Campaign, ImportBatch, ApiKey, Review, AuditEntry, Mail
        return [[{of.name: getattr(row, of.name) for of in kind.__table__.c} for row in rows(kind)] for kind in kinds]

    assert "all firms (1) are suspended" in hold()
    before = state()

    told = hold()

    assert state() == before
    assert "all firms (1) are suspended" in told and "Of this run: 0 firms" in told and "0 API keys" in told
    let_it_go_on(app)
    assert "1 of these firms went on after an earlier hold" in hold()


def test_refusals_go_on_after_a_restore_and_nothing_of_before_opens(app, ayse, halfway, rows):
    codes, program = halfway
    for _ in range(2):  # A second run holds what is held already.
        assert app.test_cli_runner().invoke(args=["restore", "--hold"]).exit_code == 0

    assert ayse.browser.get("/dashboard/").status_code == 302
    assert program.get(CONSENTS).status_code == 403
    assert program.post(CONSENTS, refusal(make.EMAIL)).status_code == 200
    assert make.Person(app.test_client(), codes[make.PHONE]).decides(MESAJ="RET").status_code == 303
    assert {each.status for each in rows(Decision)} == {Status.REFUSED} and rows.count(Decision) == 2
    assert rows.one(Mail).kind == MailKind.SUSPENDED


@pytest.mark.parametrize("is_written_before_the_release", [True, False])
def test_of_an_import_that_was_being_written_refusals_alone_are(app, halfway, rows, is_written_before_the_release):
    """Also by a worker that comes to it once the firm goes on."""
    assert "1 imports without" in app.test_cli_runner().invoke(args=["restore", "--hold"]).output
    if is_written_before_the_release:
        work_all(app)
    let_it_go_on(app)
    work_all(app)

    assert rows.one(ImportBatch).state == BatchState.DONE
    assert {each.status for each in rows(Decision)} == {each.status for each in rows(Consent)} == {Status.REFUSED}


def test_a_backup_of_an_earlier_version_is_no_success_before_it_is_held(app, monkeypatch, tmp_path, rows):
    """So that no script starts programs after it."""
    with app.app_context():
        make.provider()
    monkeypatch.setattr(backups, "unpack", lambda *_: {"begun_at": clock.now().isoformat()})
    monkeypatch.setattr(readiness, "find_faults", lambda *_: ["migrations"])

    told = app.test_cli_runner().invoke(args=["restore", "--from", str(tmp_path / "portal.backup")])

    assert told.exit_code == 1 and "Unpacked" in told.output and "nothing is held yet" in told.output
    assert rows.one(Provider).suspended_at is None
