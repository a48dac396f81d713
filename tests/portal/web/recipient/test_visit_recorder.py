"""Openings are written off the request path, with their kind and network, and delay no page."""

import time

import pytest

from portal.core import clock
from portal.web.recipient.visit_recorder import LONGEST_QUEUE
from shortlinks import Opening, Visit, VisitKind

pytestmark = pytest.mark.slow

PHONE_BROWSER = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36"


@pytest.fixture
def visits(app, rows):
    """All openings, once they are written down."""

    def written(count: int) -> list[Visit]:
        give_up_at = time.monotonic() + 20
        while rows.count(Visit) < count and time.monotonic() < give_up_at:
            app.extensions["visit_recorder"].write_chunk()
            time.sleep(0.02)  # The other writer, a thread, may hold them.
        return rows(Visit)

    return written


def test_an_opening_keeps_its_kind_and_network_only(fatma, visits):
    fatma.opens(headers={"User-Agent": PHONE_BROWSER}, environ_base={"REMOTE_ADDR": "203.0.113.77"})

    (visit,) = visits(1)
    assert (visit.kind, visit.network) == (VisitKind.UNKNOWN, "203.0.113.0/24")
    assert abs(clock.now() - visit.at).total_seconds() < 60


@pytest.mark.parametrize(
    ("agent", "kind"),
    [
        ("WhatsApp/2.23", VisitKind.PREVIEW),
        ("Googlebot/2.1", VisitKind.SCANNER),
        ("curl/8", VisitKind.SCANNER),
        ("", VisitKind.SCANNER),
    ],
)
def test_machines_are_told_from_what_may_be_people(fatma, visits, agent, kind):
    fatma.opens(headers={"User-Agent": agent})

    assert [visit.kind for visit in visits(1)] == [kind]


def test_whoever_asks_for_the_head_alone_is_a_scanner(fatma, browser, visits):
    browser.head(f"/k/{fatma.code}", headers={"User-Agent": PHONE_BROWSER})

    assert [visit.kind for visit in visits(1)] == [VisitKind.SCANNER]


def test_asking_for_options_or_deciding_is_no_opening(fatma, browser, visits):
    form = fatma.form()
    browser.options(f"/k/{fatma.code}")
    fatma.posts(form, MESAJ="RET")
    fatma.posts(form)

    assert len(visits(1)) == 1


def test_an_unknown_code_is_no_opening(fatma, browser, visits):
    browser.get("/k/unknowncode")
    fatma.opens()

    assert len(visits(1)) == 1


def test_a_page_does_not_wait_for_room_in_a_full_queue(app, fatma):
    waiting = app.extensions["visit_recorder"]
    for _ in range(LONGEST_QUEUE + 5):
        waiting.add(Opening(1, clock.now(), VisitKind.UNKNOWN, ""))

    assert fatma.opens().status_code == 200


def test_more_openings_than_a_chunk_are_all_written(app, visits):
    waiting = app.extensions["visit_recorder"]
    for number in range(1203):
        waiting.add(Opening(number, clock.now(), VisitKind.UNKNOWN, ""))

    assert {visit.link_id for visit in visits(1203)} == set(range(1203))
