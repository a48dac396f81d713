import json

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.services.messaging.gateways import json_values
from portal.services.messaging.gateways.protocol import VendorPush
from tests.examples import some
from tests.portal.services.messaging.gateways.samples import coded

PEOPLE = ["905320000001", "905320000002", "905320000003", "+4791234567"]
REFUSING, OTHERS = ["RET", "iptal", "listeden cikar RET", "birak pesimi"], ["merhaba", "kargom nerede", "TURKCELL"]
people, texts = st.sampled_from(PEOPLE), st.sampled_from(REFUSING + OTHERS)
replies = st.fixed_dictionaries(
    {"type": st.just("inbound"), "message_id": st.integers(1, 9), "source_addr": people, "content": texts}
).map(lambda row: row | {"destination_addr": "4609", "received_at": "2026-11-28 12:00:00"})
reports = st.fixed_dictionaries(
    {"type": st.just("outbound"), "message_custom_id": st.integers(1, 9), "dest": people,
     "status": st.sampled_from(["DELIVERED", "REJECTED", "ASKIDA"])}
).map(lambda row: row | {"campaign_id": "20212", "gsm_error": "0"})  # fmt: skip
headers = replies.map(lambda row: row | {"source_addr": "8501234567"})
extras = st.dictionaries(st.sampled_from(["no", "user", "gsm", "note", "said", "x"]), people | texts, max_size=3)
simple = st.builds(lambda row, more: row | more, st.one_of(replies, headers, reports, st.just({})), extras)


def _within(inner):
    wrapped = st.dictionaries(
        st.sampled_from(["result", "more", "data"]), inner | st.lists(inner, max_size=3), max_size=2
    )
    return st.builds(lambda row, more: row | more, simple, wrapped)


documents = st.lists(st.recursive(simple, _within, max_leaves=5), max_size=4)


def _read(document):
    gateway = coded("verimor", "https://sms.example.com")
    return gateway.read_push(VendorPush(json.dumps(document).encode(), "application/json"))


@settings(max_examples=some(300))
@given(documents)
def test_whoever_stands_beside_a_word_that_refuses_is_heard_or_held_and_nobody_else_has_written(document):
    """But for those to whom a report went, beside words that may mean something else."""
    found = _read(document).replies
    heard = {each.sender.lstrip("+") for each in found}

    for row in json_values.objects_with(document):
        values = {
            str(each).lstrip("+") for name, each in row.items() if name != "dest" and not isinstance(each, dict | list)
        }
        if values & {*REFUSING}:
            assert values & {each.lstrip("+") for each in PEOPLE} <= heard
    written = [(row.get("source_addr"), row.get("content")) for row in json_values.objects_with(document)]
    assert all(
        (each.sender.lstrip("+"), each.text) in [(f"{who}".lstrip("+"), text) for who, text in written]
        for each in found
        if each.is_whole
    )


@settings(max_examples=some(90))
@given(st.lists(replies | reports, max_size=5))
def test_ordinary_replies_and_reports_are_read_whole_and_nothing_else_of_them(rows):
    news = _read(rows)

    written = [(each["source_addr"].lstrip("+"), each["content"]) for each in rows if each["type"] == "inbound"]
    assert [(each.sender.lstrip("+"), each.text) for each in news.replies if each.is_whole] == written
    assert len(news.replies) == len(written) and len(news.reports) == len(rows) - len(written)
