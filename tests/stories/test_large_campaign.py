"""A shop's list of thousands becomes links; hundreds of people decide at once; İYS holds it all, whatever dies."""

import csv
import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import requests

from portal.core import clock
from portal.core.addresses import parse
from tests import make, processes
from tests.conftest import ADDRESS_OR_CODE
from tests.servers import PATIENCE, RunningSandbox
from tests.stories import crowd, ledger_check, lists, recorded_sandbox

pytestmark = [pytest.mark.long, pytest.mark.lengthy]

ACCOUNT = f"{make.USERNAME}:{make.PASSWORD}:{make.IYS_CODE}:{make.BRAND_CODE}"
SANDBOX = "tests.stories.recorded_sandbox:create()"
LISTED, DECIDING = 2_500, 300
KILLS, CALLS_BETWEEN_KILLS = 10, 20
WORST = 900.0  # Seconds that İYS may lag behind the people, on the slowest machine.
# A token call that fails is answered by an hour's silence (H084), so the other three have the faults.
FAULTS = [
    {"endpoint": endpoint, "kind": kind, "rate": rate, "seed": seed}
    for seed, (kind, rate) in enumerate(
        [("500-after-apply", 0.06), ("reset", 0.04), ("reset-after-apply", 0.04), ("500", 0.03), ("429", 0.005)]
    )
    for endpoint in ("add", "multi_status", "status")
]


@pytest.fixture
def portal(app, environ, tmp_path):
    """The portal as bin/dev runs it, with one provider and an İYS in a box that notes what it is sent."""
    with app.app_context():
        make.provider()
    settings = {**environ, "SENT_FILE": str(tmp_path / "sent")}
    with processes.running(settings, ACCOUNT, tmp_path, SANDBOX) as programs:
        yield programs


@pytest.fixture
def members(portal, tmp_path):
    """People with a link each, out of a list that `flask campaign launch` took."""
    audience, out = tmp_path / "liste.csv", tmp_path / "links.csv"
    audience.write_bytes(lists.shop_list(LISTED))
    yesterday = clock.day(clock.now()) - timedelta(days=1)
    launched = portal.flask(
        "campaign", "launch", "--brand", str(make.BRAND_CODE), "--name", "Kasım", "--kind", "ask",
        "--audience", str(audience), "--channels", "MESAJ,EPOSTA,ARAMA", "--contact-basis", f"purchase:{yesterday}",
        "--out", str(out), "--ignore-unread",
    )  # fmt: skip
    assert launched.returncode == 0, launched.stderr
    summary = json.loads(launched.stdout.splitlines()[-1])
    assert (summary["links"], summary["bad"], summary["repeated"]) == (LISTED, lists.BAD, lists.REPEATED)
    with out.open(encoding="utf-8-sig", newline="") as file:
        links = [(parse(row["address"]).text, row["link"]) for row in csv.DictReader(file, delimiter=";")]
    assert sorted(address for address, _ in links) == sorted(lists.addresses(LISTED))
    return crowd.gather(links, DECIDING)


def test_all_that_people_decide_reaches_iys_in_order(app, portal, members, tmp_path, report):
    crowd.decide(members)
    wait_until_iys_knows(app)

    ledger = iys(portal).ledger()
    report(assert_held(app, members, ledger, portal, tmp_path), ledger)
    assert ledger["failures"] == 0


def test_whatever_is_killed_and_whatever_iys_answers_nothing_is_lost_or_said_twice(
    app, portal, members, tmp_path, report
):
    make_trouble(portal)
    with ThreadPoolExecutor(1) as meanwhile:
        deciding = meanwhile.submit(crowd.decide, members)
        kill_again_and_again(portal)
        deciding.result()
    wait_until_iys_knows(app)

    ledger = iys(portal).ledger()
    outcomes = assert_held(app, members, ledger, portal, tmp_path)
    report(outcomes, ledger)
    assert outcomes.total() == sum(map(len, ledger_check.decisions_by_key(app).values()))


def assert_held(app, members, ledger, portal, tmp_path) -> Counter:
    """What people had confirmed stands in the database, what İYS can hold stands at İYS, and nothing else anywhere.

    A refusal may overtake a grant that failed twice or travels in a list.
    """
    keys = ledger_check.decisions_by_key(app)
    decided = {(key[0], key[1]): [each.status for each in decisions] for key, decisions in keys.items()}
    confirmed = {
        (member.address, channel): statuses
        for member in members
        for channel, statuses in crowd.decisions_of(member).items()
    }
    assert decided == confirmed
    outcomes = ledger_check.assert_ledger_matches(keys, ledger["movements"], may_be_overtaken=True)
    frozen = {each.request for decisions in keys.values() for each in decisions}
    assert set(recorded_sandbox.sent(tmp_path / "sent")) <= frozen, "a decision was sent with another payload"
    assert ledger["token_calls"] <= 2
    assert not ADDRESS_OR_CODE.search(portal.logs()), "an address or a code stands in a log"
    return outcomes


def kill_again_and_again(portal) -> None:
    """The forwarder each time some more calls were made; a web worker and the sandbox now and then."""
    calls = 0
    for kill in range(KILLS):
        wait_for_calls(portal, calls + CALLS_BETWEEN_KILLS)
        portal.forwarder.kill()
        if kill in (1, 4, 7):
            portal.web.kill_a_child()
        if kill in (2, 6):
            portal.sandbox.kill()
            portal.sandbox.start()
            make_trouble(portal)
        calls = calls_of(portal)
        portal.forwarder.start()


def make_trouble(portal) -> None:
    for fault in FAULTS:
        iys(portal).fault(**fault)


def iys(portal) -> RunningSandbox:
    return RunningSandbox(portal.sandbox.url, None)


def calls_of(portal) -> int:
    tally = requests.get(f"{portal.sandbox.url}/ledger.json", params={"after": 10**15}, timeout=PATIENCE).json()
    return sum(tally["requests"].values())


def wait_for_calls(portal, count: int) -> None:
    wait_until(lambda: calls_of(portal) >= count, f"{count} calls")


def wait_until_iys_knows(app) -> None:
    wait_until(lambda: ledger_check.count_open_submissions(app) == 0, "the end of the outbox")


def wait_until(is_so, what: str) -> None:
    give_up_at = time.monotonic() + WORST
    pause = threading.Event()
    while not is_so():
        assert time.monotonic() < give_up_at, f"waited too long for {what}"
        pause.wait(0.2)


@pytest.fixture
def report(record_property):
    """Leaves the figures of a run in the test report."""
    begun = time.monotonic()

    def tell(outcomes: Counter, ledger: dict) -> None:
        figures = {
            "seconds": round(time.monotonic() - begun),
            "decisions": outcomes.total(),
            "movements": len(ledger["movements"]),
            "token_calls": ledger["token_calls"],
            "requests": ledger["requests"],
            "failures": ledger["failures"],
            **outcomes,
        }
        record_property("figures", str(figures))
        print(figures)

    return tell
