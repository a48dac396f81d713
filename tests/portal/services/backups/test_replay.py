"""What a journal holds comes back beside what people did since the restore, or is named as missing."""

import json
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import delete, select, text

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.ids import new_id
from portal.core.iys_protocol import Channel, Retailers, Status
from portal.core.journal import Journal, list_files
from portal.core.models import (
    Annulment,
    Attempt,
    Consent,
    Decision,
    DecisionOrigin,
    Difference,
    DifferenceKind,
    Event,
    Lane,
    Leaf,
    Movement,
    Outcome,
    Receipt,
    ReceiptDecision,
    RetentionRun,
    Settlement,
    Submission,
)
from portal.domain.consents import bulk_import, difference_resolution
from portal.domain.consents.locking import SECOND
from portal.services.iys.inflow import feeds
from tests import databases, make
from tests.portal.core.test_journal import only_file, records
from tests.portal.domain.consents.import_entries import entry, import_run
from tests.portal.domain.consents.iys_movements import row
from tests.stories.refusal_world import HOUR, STARTS

DECIDED = (
    Difference, Movement, Attempt, Annulment, ReceiptDecision, Receipt, Submission, Decision, Leaf, Consent, Event,
)  # fmt: skip


@pytest.fixture
def kept(app, tmp_path):
    """The journal of this app."""
    (tmp_path / "journal").mkdir()
    app.extensions["journal"] = Journal(tmp_path / "journal", app.extensions["vault"], 30)
    return app.extensions["journal"]


@pytest.fixture
def fatma(app, browser, kept):
    return make.Person(browser, make.codes(app)[make.EMAIL])


def restore(app, kept, *words: str):
    return app.test_cli_runner().invoke(args=["restore", "--journal", str(kept.folder), *words])


def lose_decisions(app) -> None:
    """The database is as a backup from before them: without their leaves, too, which no deletion takes."""
    triggers = text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name NOT LIKE '%event'")
    with app.app_context(), db.engine.begin() as connection:
        if databases.SERVER:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        for (name,) in () if databases.SERVER else connection.execute(triggers).all():
            connection.execute(text(f"DROP TRIGGER {name}"))
        for model in DECIDED:
            connection.execute(delete(model.__table__))


def test_what_was_decided_since_the_restore_stands_and_nothing_older_is_sent(app, browser, fatma, kept, rows):
    granted = fatma.decides(EPOSTA="ONAY").location
    lose_decisions(app)
    fatma.decides(EPOSTA="RET")

    assert restore(app, kept).exit_code == 0

    old, new = rows(Submission)
    assert (old.status, old.outcome, old.due_at) == (Status.GRANTED, Outcome.OVERTAKEN, None)
    assert rows.one(Consent).decision_id == new.decision_id
    assert "ONAY" not in browser.get(granted).text and rows.count(Receipt) == 2


def test_a_receipt_opens_also_where_its_form_was_posted_again_after_the_restore(app, browser, fatma, kept, rows):
    form = fatma.form()
    first = fatma.posts(form, EPOSTA="RET").location
    lose_decisions(app)
    second = fatma.posts(form, EPOSTA="RET").location

    for _ in range(2):
        assert restore(app, kept).exit_code == 0
        assert first != second and {browser.get(each).status_code for each in (first, second)} == {200}
        assert {each.status for each in rows(Decision)} == {Status.REFUSED} and rows.count(Decision) == 2
        lose_decisions(app)  # Then both come from the journals.


def test_a_decision_at_a_brand_that_the_backup_lacks_is_named_as_missing(app, fatma, kept, rows):
    fatma.decides(EPOSTA="RET")
    (record,) = records(kept)
    elsewhere = record["decision"][0] | {"id": 1, "brand_id": 1}
    kept.append({"decision": [elsewhere]})

    told = restore(app, kept)

    assert told.exit_code == 1 and "INCOMPLETE: 1 of" in told.stdout
    assert rows.count(Decision) == 1


def test_a_damaged_file_is_named_and_the_others_are_read(app, fatma, kept, rows):
    fatma.decides(EPOSTA="RET")
    kept.append({"receipt_decision": []})
    path = only_file(kept)
    changed = bytearray(path.read_bytes())
    changed[20] ^= 1
    path.write_bytes(changed)

    told = restore(app, kept)

    assert told.exit_code == 1 and f"{path}, byte 0" in told.stderr


def test_behind_a_damaged_record_the_next_ones_come_back_and_nothing_is_called_complete(app, fatma, kept, rows):
    fatma.decides(EPOSTA="ONAY")
    fatma.decides(EPOSTA="RET")
    path = only_file(kept)
    path.write_bytes(bytes(12) + path.read_bytes()[12:])
    lose_decisions(app)

    told = restore(app, kept)

    assert told.exit_code == 1 and "INCOMPLETE" in told.stdout and f"{path}, byte 0" in told.stderr
    assert "Cut off" not in told.stdout and rows.one(Decision).status == Status.REFUSED


def test_a_copy_appended_twice_is_named_and_hides_nothing(app, fatma, kept, rows):
    fatma.decides(EPOSTA="RET")
    path = only_file(kept)
    content = path.read_bytes()
    path.write_bytes(content + content)
    lose_decisions(app)

    told = restore(app, kept)

    assert told.exit_code == 1 and f"{path}, byte {len(content)} to" in told.stderr
    assert rows.one(Decision).status == Status.REFUSED


def test_what_was_deleted_on_purpose_does_not_come_back(app, fatma, kept, rows):
    fatma.decides(EPOSTA="RET")
    with app.app_context():
        run = RetentionRun(reason="asked", started_at=clock.now())
        db.session.add(run)
        db.session.flush()
        for model in DECIDED:
            if model is not Leaf:
                db.session.execute(delete(model))
        run.ended_at = clock.now()
        db.session.commit()

    assert restore(app, kept).exit_code == 0
    assert rows.count(Decision) == rows.count(Receipt) == 0


def test_refusals_of_a_file_come_back_with_their_retailers(app, kept, rows):
    with app.app_context():
        make.provider()
        refused = [
            entry(f"p{number}@example.com", Status.REFUSED, clock.now() - HOUR, channel=Channel.EMAIL, line=number,
                  retailers=Retailers(11, (12, 13)))
            for number in range(101)  # By COPY on PostgreSQL.
        ]  # fmt: skip
        bulk_import.apply_import(db.session, vault(), make.brand(), refused, import_run())
        db.session.commit()
    lose_decisions(app)

    assert restore(app, kept).exit_code == 0
    assert [(each.retailer_code, each.retailer_access) for each in rows(Decision)] == [(11, [12, 13])] * 101


@pytest.mark.parametrize("kind", [DifferenceKind.DRIFT, DifferenceKind.ONLY_AT_IYS])
def test_a_refusal_that_staff_took_from_iys_comes_back(app, browser, fatma, kept, rows, kind):
    """As İYS's state, or as a row of a day's file: no feed tells of it again."""
    fatma.decides(EPOSTA="ONAY")
    told = row("RET", recipient=make.EMAIL, type="EPOSTA", ago=timedelta(0), source="IYS_WEB")
    with app.app_context():
        consent, its_id, brand = db.session.scalars(select(Consent)).one(), new_id(), make.brand()
        line = vault().seal(json.dumps(told), Difference.LINE, brand.provider_id, its_id)
        found = Difference(
            id=its_id, provider_id=brand.provider_id, brand_id=brand.id, kind=kind, consent_id=consent.id, facts={},
            line=None if kind == DifferenceKind.DRIFT else line, found_at=clock.now(),
        )  # fmt: skip
        db.session.add(found)
        difference_resolution.settle(
            db.session, vault(), found, Settlement.TAKE_THEIRS, user_id=1, at=clock.now() + SECOND
        )
        db.session.commit()
    taken = rows(Decision)[-1].id
    lose_decisions(app)

    assert "\nCOMPLETE: 0 of 4 are missing still.\nNot in the journals: " in restore(app, kept).output

    assert (rows.one(Consent).status, rows.one(Consent).decision_id) == (Status.REFUSED, taken)


def test_a_refusal_that_was_older_than_a_grant_which_is_lost_is_told(app, kept, rows):
    with app.app_context():
        make.provider()
        now = clock.now()
        theirs = [entry(make.PHONE, date=now - HOUR), entry(make.PHONE, Status.REFUSED, now - 3 * HOUR)]
        for each in theirs:
            bulk_import.apply_import(db.session, vault(), make.brand(), [each], import_run())
            db.session.commit()
    lose_decisions(app)

    assert restore(app, kept).exit_code == 0

    told = rows.one(Submission)
    assert (told.status, told.decision_id) == (Status.REFUSED, rows.one(Consent).decision_id)


def test_a_files_grant_that_iys_took_is_not_journalled_and_comes_back_from_iys(app, sandbox, iys, kept, rows):
    with time_machine.travel(STARTS, tick=False) as traveller:
        with app.app_context():
            make.provider()
            granted = entry(make.EMAIL, Status.GRANTED, clock.now(), channel=Channel.EMAIL)
            bulk_import.apply_import(db.session, vault(), make.brand(), [granted], import_run(grant_lane=Lane.PEOPLE))
            db.session.commit()
        make.forward_all(app, iys)
        assert list_files([kept.folder]) == [] and len(sandbox.movements()) == 1
        lose_decisions(app)
        assert restore(app, kept).exit_code == 0

        traveller.shift(2 * HOUR)
        with app.app_context():
            while feeds.pull_next_page(iys):
                pass

    assert (rows.one(Consent).status, rows.one(Decision).origin) == (Status.GRANTED, DecisionOrigin.OTHER_SENDER)
