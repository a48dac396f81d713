"""`flask iys sweep`: what it prints, and how it ends."""

import json

import pytest

from portal.cli.iys import group
from portal.core.extensions import db
from portal.core.models import Connection, Sweep
from tests import make
from tests.portal.domain.consents.iys_movements import MovementReceiver, row


@pytest.fixture
def sweeps(app, sandbox):
    """Runs the command over the İYS in the box."""
    app.config["IYS_BASE_URL"] = sandbox.url
    return lambda *arguments: app.test_cli_runner().invoke(group, ["sweep", *map(str, arguments)])


def test_a_brand_that_agrees_ends_well(app, sweeps, sandbox):
    MovementReceiver(app).receives(row("RET"))

    ended = sweeps("--brand", make.BRAND_CODE)

    assert ended.exit_code == 0, ended.output
    assert json.loads(ended.output) == {
        "brand": make.BRAND_CODE, "asked": 1, "drifted": 0, "ended": True, "code": None,
    }  # fmt: skip


def test_a_drift_ends_with_1(app, sweeps, sandbox):
    MovementReceiver(app).receives(row("ONAY"))

    ended = sweeps("--brand", make.BRAND_CODE)

    assert (ended.exit_code, json.loads(ended.output)["drifted"]) == (1, 1)


def test_what_is_not_done_in_time_ends_with_2(app, sweeps, sandbox):
    MovementReceiver(app).receives(row("RET"))
    sandbox.fault("multi_status", "500")

    ended = sweeps("--brand", make.BRAND_CODE, "--patience", 0)

    assert (ended.exit_code, json.loads(ended.output)["ended"]) == (2, False)


def test_what_iys_answers_in_part_ends_with_2(app, sweeps, sandbox):
    """No right for its channel."""
    MovementReceiver(app).receives(row("RET"))
    sandbox.fault("multi_status", "H355")

    ended = sweeps("--brand", make.BRAND_CODE)

    said = json.loads(ended.output)
    assert (ended.exit_code, said["ended"], said["code"]) == (2, True, "not_answered")


def test_a_brand_that_is_none_is_said_to_be_none(sweeps):
    ended = sweeps("--brand", 5)

    assert ended.exit_code == 2 and "No brand" in ended.output


def test_a_brand_that_is_not_connected_is_not_waited_for(app, sweeps, rows):
    with app.app_context():
        make.brand()
        db.session.query(Connection).delete()
        db.session.commit()

    ended = sweeps("--brand", make.BRAND_CODE)

    assert ended.exit_code == 2 and "connected to İYS" in ended.output
    assert rows.count(Sweep) == 0
