"""Fatma refuses at İYS. Before anybody can hear of it, as İYS tells nothing younger than an hour, her firm brings a
file, or its program a row, that says ONAY as of now."""

import json
from datetime import timedelta
from typing import Any

import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Consent, Decision, Feed, FeedSource, Provider
from tests import make
from tests.portal.api.programs import CONSENTS, Program, grant, make_key
from tests.stories.another_sender import tells_iys
from tests.stories.refusal_world import HOUR, MINUTE

pytestmark = pytest.mark.slow


def brings_list(
    world, tmp_path, people: list[str], *options: str, ago: timedelta = timedelta(0), recipient_type: str = "BIREYSEL"
) -> dict[str, Any]:  # fmt: skip
    """What the command says of a list of e-mail grants of one date."""
    at = clock.istanbul(clock.now() - ago).strftime("%d.%m.%Y %H:%M")
    path = tmp_path / "izinler.csv"
    lines = "".join(f"{each};ONAY;{at};HS_WEB;Form 1;{recipient_type}\n" for each in people)
    path.write_text(f"E-posta;Durum;Tarih;Kaynak;Dayanak;Alıcı tipi\n{lines}", "utf-8")
    brought = ["import", "--brand", str(make.BRAND_CODE), "--guess", "--channels", "EPOSTA", *options, str(path)]
    result = world.app.test_cli_runner().invoke(args=brought)
    told: dict[str, Any] = json.loads(next(line for line in result.stdout.splitlines() if line.startswith("{")))
    return told


def brings_file(world, tmp_path, *options: str) -> dict[str, int]:
    tally: dict[str, int] = brings_list(world, tmp_path, [make.EMAIL], *options)["tally"]
    return tally


def brings_row(world, tmp_path) -> dict[str, int]:
    with world.app.app_context():
        program = Program(world.app, make_key(db.session.scalars(db.select(Provider)).one()))
    return {program.post(CONSENTS, grant(make.EMAIL, ago=timedelta(0))).json["results"][0]["result"]: 1}


def hears(world) -> None:
    world.passes(15 * MINUTE)
    for _ in range(3):
        world.passes(HOUR, pull=True)


def pulls_are_away(world, *sources: FeedSource, by: timedelta) -> None:
    with world.app.app_context():
        db.session.execute(db.update(Feed).where(Feed.source.in_(sources)).values(due_at=clock.now() + by))
        db.session.commit()


def standing(world) -> list[str]:
    return [each.status for each in world.rows(Consent)]


def refused_anew(world) -> list[str]:
    return [each.origin for each in world.rows(Decision) if each.source == "HS_KARAR"]


@pytest.mark.parametrize("away", [timedelta(0), 3 * 24 * HOUR], ids=["", "pulls away for days"])
@pytest.mark.parametrize("brings", [brings_file, brings_row])
def test_a_providers_grant_stands_over_no_refusal_that_its_person_said_at_iys_before(world, tmp_path, brings, away):
    world.passes(2 * HOUR, pull=True)
    world.sandbox.acts(make.EMAIL, "EPOSTA", "RET")
    pulls_are_away(world, *FeedSource, by=away + 30 * MINUTE)
    world.passes(away + 20 * MINUTE, pull=True)
    assert brings(world, tmp_path) == {"grant": 1}
    hears(world)

    assert (standing(world), world.last_movements[-1]) == (["RET"], "RET")
    assert refused_anew(world) == ["renewal"]
    assert brings_file(world, tmp_path) == {"over_refusal": 1}  # As if it had been heard before.
    assert brings_file(world, tmp_path, "--confirm-after-refusal") == {"grant": 1}
    hears(world)
    assert (standing(world), world.last_movements[-1]) == (["ONAY"], "ONAY")


def test_it_ends_too_where_the_refusal_is_a_week_old_once_all_is_heard(world, tmp_path):
    """İYS was away for almost six days; what it told then counts however long the rest of that moment takes."""
    world.passes(2 * HOUR, pull=True)
    world.sandbox.acts(make.EMAIL, "EPOSTA", "RET")
    pulls_are_away(world, *FeedSource, by=(5 * 24 + 23) * HOUR)
    world.passes((5 * 24 + 22) * HOUR + 30 * MINUTE, pull=True)
    assert brings_file(world, tmp_path) == {"grant": 1}
    world.passes(30 * MINUTE, pull=True)
    hears(world)

    assert (standing(world), world.last_movements[-1], refused_anew(world)) == (["RET"], "RET", ["renewal"])


@pytest.mark.parametrize("grants", ["herself", "herself after the file", "another sender"])
def test_it_stands_where_she_or_another_sender_granted_at_iys_since(world, tmp_path, grants):
    world.passes(2 * HOUR, pull=True)
    world.sandbox.acts(make.EMAIL, "EPOSTA", "RET")
    pulls_are_away(world, *FeedSource, by=62 * MINUTE)
    world.passes(5 * MINUTE)
    if grants == "another sender":
        assert tells_iys(world.sandbox, make.EMAIL, "EPOSTA", "ONAY", clock.now()) == []
    elif grants == "herself":
        world.sandbox.acts(make.EMAIL, "EPOSTA", "ONAY")
    world.passes(10 * MINUTE)
    brings_file(world, tmp_path)
    if grants == "herself after the file":
        world.passes(5 * MINUTE)
        world.sandbox.acts(make.EMAIL, "EPOSTA", "ONAY")
        world.passes(-5 * MINUTE)
    world.passes(47 * MINUTE, pull=True)  # Tells of the refusal alone.
    assert [each.status for each in world.rows(Decision)] == ["ONAY", "RET"]
    hears(world)

    assert (standing(world), world.last_movements[-1]) == (["ONAY"], "ONAY")
    assert refused_anew(world) == []
