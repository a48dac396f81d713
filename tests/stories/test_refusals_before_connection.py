"""Fatma refused at İYS weeks before her firm's brand was connected here, so that nobody here can ever hear of it; then
comes the firm's first list, with a date column that shows the day of its export."""

import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Brand, FeedSource
from tests import make
from tests.grants import insert_decisions
from tests.stories.refusal_world import HOUR
from tests.stories.test_refusals_heard_late import brings_list, hears, pulls_are_away, standing

pytestmark = pytest.mark.slow
OTHERS = [f"other{number}@example.com" for number in range(14)]
WEEKS = 21 * 24 * HOUR


@pytest.fixture
def brings(world, tmp_path):
    """Imports a list, of Fatma and 14 others if it has no name; what is said of it."""
    world.sandbox.acts(make.EMAIL, "EPOSTA", "RET")
    pulls_are_away(world, *FeedSource, by=WEEKS)
    world.passes(WEEKS)
    hears(world)

    def brings_people(*options: str, name: str = "", count: int = 15, **facts) -> dict:
        people = [f"{name}{number}@example.com" for number in range(count)] if name else [make.EMAIL, *OTHERS]
        return brings_list(world, tmp_path, people, *options, **facts)

    return brings_people


def waits(told: dict) -> bool:
    """Whether nothing of it is written yet, for want of who vouches for its dates."""
    return (told["state"], (told["problem"] or {}).get("word")) == ("dry_run", "first_grants_unconfirmed")


def test_the_first_list_waits_until_somebody_vouches_for_it(world, brings):
    told = brings()
    hears(world)
    assert waits(told) and (told["first_grants"], told["problem"]["grants"]) == (15, 15)
    assert (standing(world), world.last_movements) == ([], ["RET"])
    assert waits(brings("--ignore-unread", "--confirm-after-refusal", "--confirm-before-2015"))

    assert brings("--confirm-first-grants")["tally"] == {"grant": 15}
    hears(world)
    assert (len(standing(world)), world.last_movements) == (15, ["ONAY", "ONAY"])


def test_lists_of_the_day_true_dates_and_a_few_lines_wait_for_nobody(world, brings):
    few, true_dates = brings(name="few", count=9), brings(ago=10 * 24 * HOUR, name="late")
    assert (few["tally"], true_dates["tally"]) == ({"grant": 9}, {"late_grant": 15})
    assert brings("--confirm-first-grants", name="first", count=30)["tally"] == {"grant": 30}
    hears(world)
    of_the_day = brings(name="second", count=30)
    assert (of_the_day["first_grants"], of_the_day["state"]) == (0, "done")
    assert waits(brings(name="third", count=99))


@pytest.mark.parametrize("known", ["by_movements", "as_refusing", "on_another_channel"])
def test_what_is_known_of_others_does_not_answer_for_the_first_list(world, brings, known):
    if known == "by_movements":
        for number in range(16):
            world.sandbox.acts(f"stranger{number}@example.com", "EPOSTA", "RET")
        hears(world)
    elif known == "as_refusing":
        with world.app.app_context():
            insert_decisions(
                make.brand(), [f"refused{number}@example.com" for number in range(20)], clock.now(), held="RET"
            )
    else:
        with world.app.app_context():
            phones = [f"0532 987 {number} 43" for number in range(10, 40)]
            insert_decisions(make.brand(), phones, clock.now(), held="ONAY")
    assert waits(brings())


def test_merchants_wait_also_with_an_export_of_last_week(world, brings):
    told = brings(ago=7 * 24 * HOUR, recipient_type="TACIR")
    assert waits(told) and told["tally"] == {"late_merchant": 15}


def test_where_nobody_can_have_refused_at_iys_no_list_waits(world, brings):
    with world.app.app_context():
        db.session.execute(db.update(Brand).values(is_sandbox=True))
        db.session.commit()
    assert brings()["tally"] == {"grant": 15}


def test_the_list_of_the_day_waits_for_no_answers_of_iys(world, brings):
    assert brings("--confirm-first-grants", name="first", count=60)["tally"] == {"grant": 60}
    assert brings(name="second", count=30)["tally"] == {"grant": 30}
