"""`flask secrets note`: a key or a salt that was noted wrongly is corrected, never one that is in use."""

import base64
from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import AuditEntry, KeyGeneration, NotedSetting, Process, Recipient
from portal.core.vault import Vault
from portal.services import readiness
from portal.services.readiness import heartbeats
from tests import make
from tests.portal.services.test_readiness import OTHER_KEY, execute

WRITE = ("--write", "--reason", "Kurulumda 0532 123 45 67 ile yanlış anahtar")


@pytest.fixture
def note(app):
    make.run_programs(app)

    def run(*words):
        return app.test_cli_runner().invoke(args=["secrets", "note", *words])

    return run


def stop_programs(app) -> None:
    execute(app, update(Process).values(seen_at=clock.now() - timedelta(minutes=2)))


def noted(rows) -> dict:
    keys = {each.generation: each.check_value for each in rows(KeyGeneration)}
    return keys | {each.name: each.check_value for each in rows(NotedSetting)}


def test_a_key_and_a_salt_that_were_noted_wrongly_are_corrected(app, note, rows):
    execute(app, insert(KeyGeneration).values([{"generation": each, "check_value": "wrong"} for each in (1, 2)]))
    execute(app, insert(NotedSetting).values(name="LINK_SALT", check_value="wrong"))
    with app.app_context():
        make.create_user("ayse@example.com", "Ayşe")
        db.session.commit()
        right = {1: app.extensions["vault"].check_values()[1], "LINK_SALT": heartbeats.salt_check_value()}
    before = noted(rows)

    dry = note()
    assert (dry.exit_code, noted(rows)) == (0, before) and "Nothing was changed" in dry.stdout
    assert "Generation 1: another key is noted; 1 values" in dry.stdout and "Generation 2" in dry.stdout
    running = note(*WRITE)
    assert (running.exit_code, noted(rows)) == (1, before) and "Stop every program first: worker 1" in running.stderr
    stop_programs(app)
    assert (note("--write").exit_code, noted(rows)) == (2, before)  # Without a reason.

    assert note(*WRITE).exit_code == 0
    assert noted(rows) == right
    assert [each.act for each in rows(AuditEntry)] == ["secret.noted", "secret.noted", "salt.noted"]
    assert not any("532" in each.facts["reason"] for each in rows(AuditEntry))
    with app.app_context():
        assert readiness.find_faults(readiness.TO_START) == []
    assert note().stdout == "Noted are the secrets of this process.\n"


def test_a_key_that_does_not_open_what_is_sealed_is_not_noted(app, note, rows):
    """The noted one was right, and this process has the wrong one."""
    make.codes(app)
    with app.app_context():
        right, theirs = app.extensions["vault"], Vault({1: base64.b64decode(OTHER_KEY)})
        recipient = db.session.query(Recipient).first()
        recipient.address = theirs.seal("+905321234567", Recipient.PLACE, recipient.provider_id, recipient.id)
        db.session.add(KeyGeneration(generation=1, check_value=theirs.check_values()[1]))
        db.session.commit()
        recipient_id = recipient.id
    stop_programs(app)

    refused = note(*WRITE)

    assert refused.exit_code == 1 and noted(rows)[1] != right.check_values()[1]
    assert f"recipient.address: 1 cannot be opened, of the rows {recipient_id}" in refused.stderr


def test_a_salt_by_which_links_are_out_is_changed_only_by_saying_that_they_break(app, note, rows):
    make.codes(app)
    execute(app, insert(NotedSetting).values(name="LINK_SALT", check_value="another"))
    stop_programs(app)

    refused = note(*WRITE)
    assert refused.exit_code == 1 and "2 link" in refused.stdout and noted(rows)["LINK_SALT"] == "another"

    assert note(*WRITE, "--break-links").exit_code == 0
    with app.app_context():
        assert noted(rows)["LINK_SALT"] == heartbeats.salt_check_value()
