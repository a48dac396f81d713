"""Results of a campaign: each step counts links, people are counted by what they posted, and the database counts."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import event, update

from portal.core import clock
from portal.core.addresses import AddressKind, MailService
from portal.core.extensions import db
from portal.core.iys_protocol import Channel
from portal.core.models import Campaign, Decision, Delivery, Message, MessageState, Outcome, Recipient, Submission
from portal.domain.campaigns import funnel
from portal.domain.campaigns.funnel import ChannelCounts, Group, Step
from portal.web.dashboard.campaigns.comparison import Rate, difference_interval
from shortlinks import Codes, Opening, VisitKind, record
from tests import make
from tests.make import Person

pytestmark = pytest.mark.slow

FATMA, ALI, LANDLINE = "+905321234567", "+905321234568", "+902123456789"
AYSE, CAN, ECE = "ayse@gmail.com", "can@gmail.com", "ece@firma.example"
LATE = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)  # Half past one in Türkiye.
PHONES, GMAIL = Group(AddressKind.PHONE, None), Group(AddressKind.EMAIL, MailService.GMAIL)
OTHERS = Group(AddressKind.EMAIL, MailService.OTHER)


def count(app, campaign_id: int) -> funnel.Results:
    with app.app_context():
        return funnel.count_results(db.session, db.session.get_one(Campaign, campaign_id))


@pytest.fixture
def codes(app) -> dict[str, str]:
    return make.codes(app, "\n".join((FATMA, ALI, LANDLINE, AYSE, CAN, ECE)), delivery=Delivery.GATEWAY)


@pytest.fixture
def campaign_id(app, codes, rows) -> int:
    """A campaign of which each step has another number of people."""
    links = {address: Codes(app.config["LINK_SALT"]).decode(code)[0] for address, code in codes.items()}
    ends = {
        FATMA: (MessageState.DELIVERED, LATE), ALI: (MessageState.ACCEPTED, None),
        AYSE: (MessageState.FAILED, LATE),  # Taken by the gateway, and returned later;
        CAN: (MessageState.FAILED, None),  # not taken.
    }  # fmt: skip
    seen = {
        AYSE: [VisitKind.SCANNER] * 3, CAN: [VisitKind.UNKNOWN], FATMA: [VisitKind.PREVIEW], ECE: [VisitKind.SCANNER],
    }  # fmt: skip
    with app.app_context():
        for address, (state, reported_at) in ends.items():
            its = update(Message).where(Message.link_id == links[address])
            db.session.execute(its.values(state=state, reported_at=reported_at, called_at=LATE))
        record(db.session, [Opening(links[who], LATE, kind, "") for who, kinds in seen.items() for kind in kinds])
        db.session.commit()
    Person(app.test_client(), codes[FATMA]).decides(MESAJ="ONAY", ARAMA="RET")
    Person(app.test_client(), codes[ALI]).decides(MESAJ="RET")
    app.test_client().post(f"/u/{codes[ECE]}", data={"List-Unsubscribe": "One-Click"})
    app.extensions["visit_recorder"].stop()
    with app.app_context():
        granted = db.session.query(Decision.id).where(Decision.status == "ONAY")
        db.session.execute(
            update(Submission).where(Submission.decision_id.in_(granted)).values(outcome=Outcome.ACCEPTED)
        )
        db.session.commit()
    return rows.one(Campaign).id


def test_each_step_counts_links_and_no_machine_counts_as_a_person(app, campaign_id):
    results = count(app, campaign_id)

    assert results.total == {
        Step.MADE: 6, Step.SENT: 3, Step.DELIVERED: 1, Step.OPENED: 3, Step.ANSWERED: 2, Step.ACCEPTED: 1,
        Step.GRANTED: 1, Step.UNSUBSCRIBED: 1,
    }  # fmt: skip
    by_group = {group: counts[Step.MADE] for group, counts in results.groups.items()}
    assert by_group == {PHONES: 3, GMAIL: 2, OTHERS: 1}
    assert results.of_kind(AddressKind.PHONE)[Step.ANSWERED] == 2
    assert results.machine_openings(GMAIL) == (3, 4) and results.machine_openings(OTHERS) == (1, 1)
    assert results.channels == {
        Channel.SMS: ChannelCounts(2, 1, 1, 1), Channel.CALL: ChannelCounts(3, 0, 1, 0),
        Channel.EMAIL: ChannelCounts(3, 0, 1, 0),
    }  # fmt: skip
    assert results.hours[Step.SENT] == {1: 3} and results.hours[Step.ANSWERED].total() == 2
    assert results.hours[Step.OPENED][1] >= 1


def test_the_page_and_its_file_say_the_same(ayse, campaign_id):
    path = f"/dashboard/campaigns/{campaign_id}/results"

    turkish, text = ayse.opens(path).text, ayse.opens(f"{path}.csv").text.removeprefix("\ufeff")
    english = ayse.opens(f"{path}?lang=en").text

    assert "<svg" in turkish and "Yanıt veren" in turkish and "%16,7" in turkish
    assert "Answered" in english and "16.7%" in english and "75%" in english
    lines = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert ["Adımlar", "Gmail", "Bağlantısı yapılan", "2"] in lines
    assert ["Saatler", "01:00", "Gönderilen", "3"] in lines
    assert not {"ayse@gmail.com", "firma.example"} & set(text.split(";"))
    assert ayse.opens(f"{path}.xlsx").data.startswith(b"PK")


def test_a_grant_that_was_taken_back_is_no_grant_of_the_campaign(app, browser, rows):
    app.config["UNDO_SECONDS"] = 300
    fatma = Person(browser, make.codes(app, FATMA)[FATMA])
    location, campaign_id = fatma.decides(MESAJ="ONAY", ARAMA="ONAY").location, rows.one(Campaign).id
    given = count(app, campaign_id)
    with time_machine.travel(clock.now() + timedelta(seconds=5)):
        fatma.decides(MESAJ="RET")
        browser.post(f"{location}/geri-al")

    after = count(app, campaign_id)

    assert (given.total[Step.GRANTED], after.total[Step.GRANTED]) == (1, 0)
    assert given.total[Step.ANSWERED] == after.total[Step.ANSWERED] == 1  # Forms were posted all the same.
    assert after.steps == given.steps and Step.SENT not in given.steps  # The links went as a file.


def test_as_many_statements_for_many_links_and_no_address_is_opened(app, ayse, rows):
    few = make.codes(app, FATMA, delivery=Delivery.GATEWAY)
    many = make.codes(app, "\n".join(f"+90533{number:07}" for number in range(500)), delivery=Delivery.GATEWAY)
    with app.app_context():
        db.session.execute(update(Recipient).values(address=b"cannot be opened"))
        db.session.commit()
        engine = db.engines["reader"]
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *facts: statements.append(facts[2]))

    asked = []
    for campaign in rows(Campaign):
        statements.clear()
        assert ayse.opens(f"/dashboard/campaigns/{campaign.id}/results").status_code == 200
        asked.append(len(statements))

    assert (len(few), len(many)) == (1, 500)
    assert asked[0] == asked[1] <= 20


def test_two_campaigns_are_compared_by_rates_that_both_have(app, ayse, campaign_id, rows):
    make.codes(app, "0534 123 45 67\n0534 123 45 68\n")
    other = next(each for each in rows(Campaign) if each.id != campaign_id)
    path = f"/dashboard/campaigns/{campaign_id}/comparison"

    page = ayse.opens(f"{path}?with={other.id}").text

    assert "Yanıt veren / Bağlantısı yapılan" in page and "(2 / 6)" in page and "(0 / 2)" in page
    assert "Gönderilen" not in page  # The other one's links went as a file.
    assert "Rastlantı sınırları içinde" in page and "Birinde payda yok" in page
    assert f'value="{other.id}" selected' in page
    for wrong in (campaign_id, 1, "x"):
        assert "Rastlantı sınırları" not in ayse.opens(f"{path}?with={wrong}").text


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [  # Newcombe 1998, table II, method 10.
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_the_interval_of_a_difference_is_newcombes(first, second, low, high):
    assert difference_interval(Rate(*first), Rate(*second)) == pytest.approx((low, high), abs=0.0001)


def test_nothing_to_divide_by_has_no_interval():
    assert difference_interval(Rate(0, 0), Rate(1, 2)) is None
