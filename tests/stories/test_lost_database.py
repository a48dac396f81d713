"""A database is lost: the backup and the journals bring back every decision that anybody was answered, and İYS has each
once."""

import os
from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.iys_protocol import Channel, Status
from portal.core.models import Decision, DecisionOrigin, Provider
from tests import databases, make
from tests.portal.domain.consents.import_entries import entry
from tests.stories.ledger_check import assert_ledger_matches, decisions_by_key
from tests.stories.lost_database import PROGRAMS, LostDatabase
from tests.stories.refusal_world import HOUR, MINUTE, STARTS

pytestmark = pytest.mark.slow

NAMES = ["ayla", "bora", "ceren", "deniz", "elif", "fatih", "gonca", "hakan", "ipek", "kaan"]
AYLA, BORA, CEREN, DENIZ, ELIF, FATIH, GONCA, HAKAN, IPEK, KAAN = (f"{name}@example.com" for name in NAMES)


@pytest.fixture
def lost(tmp_path, iys, monkeypatch):
    if databases.SERVER:  # Its pg_dump, which may be no older than it.
        monkeypatch.setenv("PATH", os.pathsep.join([str(PROGRAMS), os.environ["PATH"]]))
    with time_machine.travel(STARTS, tick=False) as traveller:
        world = LostDatabase(tmp_path / "portal", iys, traveller)
        yield world
        world.close()


def people_decide_before_the_backup(lost) -> str:
    lost.codes = make.codes(lost.app, "\n".join([AYLA, BORA, CEREN, DENIZ, ELIF, FATIH, GONCA, IPEK, KAAN]))
    lost.decides(AYLA, "ONAY")
    lost.decides(CEREN, "RET")
    lost.passes(10 * MINUTE)
    lost.decides(KAAN, "ONAY", machine=1)  # It waits to be undone while the backup is made, and leaves later.
    return lost.decides(BORA, "ONAY")


def people_decide_after_it(lost, boras: str) -> None:
    assert lost.machines[1].test_client().post(f"{boras}/geri-al").status_code == 303
    lost.decides(DENIZ, "RET")  # A first refusal: İYS never holds it.
    lost.decides(CEREN, "RET", machine=1)  # A second one.
    lost.decides(AYLA, "RET", machine=1)
    lost.decides(ELIF, "ONAY")
    lost.passes(10 * MINUTE)  # İYS has Ayla's refusal, Kaan's grant and Elif's.
    lost.decides(ELIF, "RET")
    lost.decides(FATIH, "ONAY", machine=1)
    assert lost.app.test_client().post(f"/k/{lost.codes[GONCA]}/ben-degilim").status_code == 303
    lost.brings(entry(HAKAN, Status.REFUSED, clock.now() - HOUR, channel=Channel.EMAIL))  # Whom nobody knew.
    undone = lost.decides(IPEK, "ONAY")
    assert lost.app.test_client().post(f"{undone}/geri-al").status_code == 303
    lost.traveller.shift(MINUTE)
    lost.decides(IPEK, "RET", machine=1)


def test_no_refusal_is_lost_by_a_restore_nor_told_twice_and_every_receipt_opens(lost, sandbox, tmp_path):
    boras = people_decide_before_the_backup(lost)
    lost.runs("backup", str(tmp_path / "portal.backup"))
    lost.traveller.shift(MINUTE)
    people_decide_after_it(lost, boras)
    before, pages, told = lost.facts(), lost.pages(), sandbox.movements()
    assert sorted(each["status"] for each in told) == ["ONAY", "ONAY", "ONAY", "RET"]

    lost.loses_its_database()
    journals = [word for folder in lost.journals for word in ("--journal", str(folder))]
    lost.runs_apart("restore", "--from", str(tmp_path / "portal.backup"))
    assert len(lost.facts()["Decision"]) == 4
    assert all(each.suspended_at for each in make.Rows(lost.app)(Provider))  # Until somebody has looked.
    assert "9 missing refusals among them" in lost.runs("restore", *journals, "--dry-run")
    assert len(lost.facts()["Decision"]) == 4
    assert "COMPLETE: 0 of" in lost.runs("restore", *journals)
    assert "COMPLETE: 0 of" in lost.runs("restore", *journals)

    assert lost.facts() == before and lost.pages() == pages
    lost.traveller.shift(2 * HOUR)
    lost.pulls()  # İYS tells what it took before anything is sent again.
    for later in (MINUTE, 2 * HOUR, timedelta(days=1)):
        lost.passes(later)
        lost.pulls()
    assert lost.facts()["Decision"] == before["Decision"]  # İYS's own lists brought nothing new.
    assert not make.Rows(lost.app)(Decision, Decision.origin == DecisionOrigin.OTHER_SENDER)
    decided = decisions_by_key(lost.app)
    assert_ledger_matches(decided, sandbox.movements())
    assert sandbox.movements()[: len(told)] == told and len(sandbox.movements()) == len(told) + 2
    assert sandbox.ledger()["failures"] == 0
