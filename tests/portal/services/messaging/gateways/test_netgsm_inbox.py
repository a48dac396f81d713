"""NetGSM's inbox, which has no pages: what is too much for one answer is read in parts."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.core import clock
from portal.core.models import EventKind
from portal.services.messaging.gateway_events import LEASE
from portal.services.messaging.gateways import http_call, netgsm, vendor_gateway
from portal.services.messaging.gateways.protocol import GatewayError
from portal.services.messaging.gateways.vendors import VENDORS
from tests.portal.services.messaging.gateways.samples import LOGINS, coded

AT = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LISTED = {"message": "İPTAL", "sender": "5320000001", "receiver": "8501234567", "datetime": "2026-11-28 12:00:00"}


def wall_clock(text, layout="%d%m%Y%H%M%S"):
    return datetime.strptime(text, layout).replace(tzinfo=clock.ISTANBUL)


def inbox_of(rows, most, layout="%d%m%Y%H%M%S"):
    """An inbox that lists what came between two times, both of them with it; of over `most` rows more than is read."""

    def show(request):
        first, last = (wall_clock(request["query"][name], layout) for name in ("startdate", "stopdate"))
        if layout == "%d%m%Y":
            last += timedelta(days=1) - timedelta(seconds=1)
        found = [each for each in rows if first <= wall_clock(each["datetime"], "%Y-%m-%d %H:%M:%S") <= last]
        filler = " " * vendor_gateway.LONGEST_LIST if len(found) > most else ""
        return (200, {"code": "00", "messages": found, "filler": filler}) if found else (406, {"code": "40"})

    return show


def replies_each(pause, count, text="RET"):
    """Rows up to noon, one after each pause."""
    noon = clock.istanbul(AT).replace(tzinfo=None)
    return [
        LISTED | {"message": text, "datetime": str(noon - pause * place), "sender": f"532{place % 7:07}"}
        for place in range(count)
    ]


def test_replies_of_a_busy_day_are_read_in_one_answer(vendor):
    vendor.answers = [inbox_of(replies_each(timedelta(seconds=20), 4000), 10_000)]

    assert len(coded("netgsm", vendor.url).inbound(AT - 24 * HOUR, AT)) == 4000
    assert len(vendor.requests) == 1


@pytest.mark.parametrize("layout", ["%d%m%Y%H%M%S", "%d%m%Y%H%M", "%d%m%Y"])
def test_an_inbox_that_is_too_long_is_read_in_parts_and_each_reply_once(layout, vendor):
    rows = replies_each(timedelta(hours=3), 100)
    vendor.answers = [inbox_of(rows, 20, layout)]
    login = LOGINS["netgsm"] | {"inbox_date_format": layout}

    found = VENDORS["netgsm"].open(login, base_url=vendor.url, is_trusted=True).inbound(AT - timedelta(days=20), AT)

    assert sorted((each.sender, each.received_at) for each in found) == sorted(
        (f"+90{each['sender']}", datetime.fromisoformat(f"{each['datetime']}+03:00")) for each in rows
    )


def test_what_a_vendor_listed_before_a_part_that_is_too_long_is_told_as_a_part(vendor):
    """Not even a second of it: what came before is heard."""
    rows = [*replies_each(HOUR, 10), *replies_each(timedelta(0), 30, "İPTAL")]
    vendor.answers = [inbox_of(rows, 20)]

    with pytest.raises(GatewayError) as failure:
        coded("netgsm", vendor.url).inbound(AT - timedelta(days=1), AT)

    assert len(failure.value.found) == 9
    assert len(vendor.requests) < 50


def test_a_long_time_that_gets_no_answer_is_asked_for_in_parts(monkeypatch):
    gateway, asked = coded("netgsm", "https://sms.example.com"), []

    def answer(method, path, *, query, absent):
        first, last = (wall_clock(each) for each in query.values())
        asked.append(last - first)
        if last - first > 3 * HOUR:
            raise GatewayError(http_call.NO_ANSWER)
        return {"messages": [LISTED]} if first < wall_clock(LISTED["datetime"], "%Y-%m-%d %H:%M:%S") <= last else None

    monkeypatch.setattr(gateway, "_ask", answer)

    assert len(gateway.inbound(AT - 24 * HOUR, AT)) == 1
    assert asked == [24 * HOUR, 12 * HOUR, 6 * HOUR, *[3 * HOUR] * 8]  # None twice that got no answer.


def test_a_slow_inbox_is_read_for_a_part_of_its_turn_and_what_came_is_told(monkeypatch):
    """Else another worker would take it up meanwhile."""
    gateway, now = coded("netgsm", "https://sms.example.com"), [0.0]
    monkeypatch.setattr(netgsm.time, "monotonic", lambda: now[0])

    def answer(method, path, *, query, absent):
        first, last = (wall_clock(each) for each in query.values())
        now[0] += 30 if last - first > HOUR else 10
        if last - first > HOUR:
            raise GatewayError(http_call.NO_ANSWER)
        return {"messages": [LISTED | {"datetime": f"{first + HOUR / 2:%Y-%m-%d %H:%M:%S}"}]}

    monkeypatch.setattr(gateway, "_ask", answer)

    with pytest.raises(GatewayError) as failure:
        gateway.inbound(AT - 64 * HOUR, AT)
    at = [each.received_at for each in failure.value.found]
    assert at == [AT - 64 * HOUR + HOUR * place + HOUR / 2 for place in range(len(at))] and len(at) > 10
    assert now[0] < LEASE[EventKind.SWEEP].total_seconds() - 100
