"""Each adapter against the fake vendors, over HTTP. Control numbers: fake_gateway/acceptance.py."""

import json
from datetime import timedelta

import pytest
import requests

from portal.core import clock
from portal.services.messaging.fake_gateway import create_gateway
from portal.services.messaging.gateways.protocol import (
    Batch,
    ErrorClass,
    LookupOutcome,
    OutgoingMessage,
    Reason,
    ReportState,
)
from portal.services.messaging.gateways.vendor_push import VendorPush
from portal.services.messaging.gateways.vendors import VENDORS
from tests import servers
from tests.portal.services.messaging.fake_gateway.vendors import QuietHandler, Receiver

PATHS = {"verimor": "/verimor/v2", "netgsm": "/netgsm/sms/rest/v2", "iletimerkezi": "/iletimerkezi/v1"}
LOGINS = {
    "verimor": {"username": "908500000001", "password": "demo"},
    "netgsm": {"username": "8500000002", "password": "demo"},
    "iletimerkezi": {"key": "demo", "hash": "demo"},
}
TELLS_NO_REASON = {"iletimerkezi"}
RESULTS = {
    "0001": (ReportState.DELIVERED, None),
    "0002": (ReportState.EXPIRED, None),
    "0003": (ReportState.FAILED, Reason.BAD_ADDRESS),
    "0004": (ReportState.FAILED, Reason.BLOCKED_BY_IYS),
    "0005": (ReportState.FAILED, Reason.BLOCKED_BY_VENDOR),
    "0006": (ReportState.ACCEPTED, None),
    "0011": (ReportState.ACCEPTED, Reason.UNKNOWN),
}


class Fake:
    """The fake vendors at a URL."""

    def __init__(self, url):
        self.url = url
        self.control("settings", report_delay=0, hang_seconds=0)

    def control(self, what, **fields):
        answer = requests.post(f"{self.url}/control/{what}", json=fields, timeout=5)
        assert answer.ok, answer.text

    def open(self, name, **more):
        return VENDORS[name].open(LOGINS[name], base_url=self.url + PATHS[name], is_trusted=True, **more)

    def accepted(self):
        return requests.get(f"{self.url}/control/messages", timeout=5).json()["messages"]


@pytest.fixture
def fake(tmp_path):
    with servers.serving(create_gateway(tmp_path / "gateway.db"), QuietHandler) as url:
        yield Fake(url)


@pytest.fixture(params=VENDORS)
def name(request):
    return request.param


def number(ending):
    return f"+90532123{ending}"


def batch(*endings, text="Onayınız? {}", number_of_batch=77, **more):
    messages = [OutgoingMessage(n, number(each), text.format(each), **more) for n, each in enumerate(endings, 1)]
    return Batch(number_of_batch, "DENEME", messages, attempted_at=clock.now())


def hour_ago():
    return clock.now() - timedelta(hours=1)


def test_credentials_and_header_are_checked(fake, name):
    assert fake.open(name, header="DENEME").check() is None
    assert fake.open(name, header="BASKA").check().reason is Reason.HEADER
    fake.control("accounts", vendor=name, may_use_api=False)
    assert fake.open(name).check().error_class is ErrorClass.CONFIG


def test_each_control_number_ends_as_it_should(fake, name):
    gateway = fake.open(name)
    sent = {}
    for ending in RESULTS:  # İleti Merkezi refuses an order for one number that is blocked.
        (sent[ending],) = gateway.send(batch(ending, is_commercial=True))

    found = {each.to[-4:]: each for each in gateway.reports([each.ref for each in sent.values()], hour_ago())}

    assert not [each for each in sent.values() if each.error]
    for ending, (state, reason) in RESULTS.items():
        if name in TELLS_NO_REASON:
            state = ReportState.FAILED if state is ReportState.EXPIRED else state
            reason = reason if reason is Reason.UNKNOWN else None
        expected = Reason.UNREACHABLE if (state, name) == (ReportState.EXPIRED, "netgsm") else reason
        expected = Reason.UNREACHABLE if (state, name) == (ReportState.EXPIRED, "verimor") else expected
        assert (found[ending].state, found[ending].reason) == (state, expected), ending
        assert found[ending].ref == sent[ending].ref


def test_pushes_say_what_pulls_say(fake, name):
    receiver, gateway = Receiver(), fake.open(name)
    with servers.serving(receiver.app, QuietHandler) as url:
        fake.control("accounts", vendor=name, push_url=f"{url}/push", inbound_url=f"{url}/push")
        first, *_ = gateway.send(batch("0001", "0007", "0012"))
        fake.control("clock", forward=1)
        pushes = [VendorPush(json.dumps(body).encode(), "application/json") for body in receiver.bodies]

    reports = [report for push in pushes for report in gateway.read_push(push).reports]
    replies = [reply for push in pushes for reply in gateway.read_push(push).replies]

    pulled = {(each.to, each.state, each.ref) for each in gateway.reports([first.ref], hour_ago())}
    assert {(each.to, each.state, each.ref) for each in reports} == pulled
    assert len(reports) == 4  # One of them twice.
    assert [(each.sender, each.text) for each in replies] == ([(number("0012"), "RET")] * (name != "iletimerkezi"))
    assert [each.sender for each in gateway.inbound(hour_ago(), clock.now() + timedelta(minutes=1))] == [number("0012")]


def test_after_a_lost_answer_the_batch_is_found_and_not_sent_again(fake, name):
    gateway = fake.open(name)
    gateway.send(batch("0001", "0007", text="Başka bir metin {}", number_of_batch=76))
    lost = batch("0001", "0009")

    assert {each.error.error_class for each in gateway.send(lost)} == {ErrorClass.UNCERTAIN}
    found = gateway.lookup(lost)

    assert found.outcome is LookupOutcome.FOUND
    assert {each.to for each in gateway.reports([found.ref], hour_ago())} == {number("0001"), number("0009")}
    assert gateway.lookup(batch("0001", "0003", number_of_batch=78)).outcome is (
        LookupOutcome.CANNOT_TELL if name == "netgsm" else LookupOutcome.ABSENT
    )


def test_a_call_that_never_arrived_is_absent(fake, name):
    fake.control("faults", vendor=name, code="hang")
    gateway, never = fake.open(name), batch("0001", "0002")

    assert {each.error.error_class for each in gateway.send(never)} == {ErrorClass.UNCERTAIN}
    assert gateway.lookup(never).outcome is LookupOutcome.ABSENT


def test_a_repeat_is_recognized_as_ours(fake, name):
    gateway = fake.open(name)
    (first,), (second,) = gateway.send(batch("0001")), gateway.send(batch("0001"))

    if name == "netgsm":  # It takes the repeat, and does not deliver it.
        (report,) = gateway.reports([second.ref], hour_ago())
        assert report.reason is Reason.DUPLICATE
    else:
        assert second == first
        assert len(fake.accepted()) == 1


def test_a_busy_vendor_takes_it_the_third_time(fake, name):
    gateway = fake.open(name)
    results = [gateway.send(batch("0010"))[0] for _ in range(3)]

    assert [each.error and each.error.error_class for each in results] == [ErrorClass.TEMPORARY] * 2 + [None]
    assert len(fake.accepted()) == 1


def test_who_left_by_the_vendors_list_is_listed_and_takes_nobody_along(fake, name):
    fake.control("blocked", vendor=name, number=number("0001"))
    gateway = fake.open(name)

    results = gateway.send(batch("0001", "0007", "0006"))

    assert [bool(each.error) for each in results] == [name == "iletimerkezi", False, False]
    listed = [each.address for each in gateway.blocked(hour_ago())]
    assert listed == ([] if name == "netgsm" else [number("0001")])
