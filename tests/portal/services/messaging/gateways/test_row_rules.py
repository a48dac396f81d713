import json
from cProfile import Profile
from pstats import Stats

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from portal.services.messaging.gateways import json_values, row_rules, sample_codes
from portal.services.messaging.gateways.iletimerkezi import INBOX
from portal.services.messaging.gateways.own_text import OwnText
from portal.services.messaging.gateways.vendor_push import VendorPush
from tests.examples import some
from tests.portal.services.messaging.gateways.samples import coded

PEOPLE = ["905320000001", "905320000002", "905320000003", "+4791234567", "4917012345678"]
REFUSING, OTHERS = ["RET", "iptal", "listeden cikar RET", "birak pesimi"], ["merhaba", "kargom nerede", "TURKCELL"]
OURS = "905329998877"
people, texts = st.sampled_from(PEOPLE), st.sampled_from(REFUSING + OTHERS)
replies = st.fixed_dictionaries(
    {
        "type": st.just("inbound"),
        "message_id": st.integers(1, 9),
        "source_addr": people,
        "content": texts,
        "destination_addr": st.sampled_from(["4609", OURS]),
    }
).map(lambda row: row | {"received_at": "2026-11-28 12:00:00"})
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
    gateway.own_text = OWN
    return gateway.read_push(VendorPush(json.dumps(document).encode(), "application/json"))


# A report with a reply of its recipient's in it, and what refuses beside its text.
REPORTED = {"type": "outbound", "message_custom_id": 1, "dest": "905320000001", "status": "DELIVERED"}
WITH_REPLY = REPORTED | {
    "result": {"type": "inbound", "source_addr": "905320000001", "content": "merhaba", "no": "listeden cikar RET"}
}


@settings(max_examples=some(300))
@given(documents)
@example([WITH_REPLY])
def test_whoever_stands_beside_a_word_that_refuses_is_heard_or_held_and_nobody_else_has_written(document):
    """But for those to whom a report went, beside words that may mean something else."""
    found = _read(document).replies
    heard = {each.sender.lstrip("+") for each in found}

    for row in json_values.objects_with(document):
        values = {
            str(each).lstrip("+") for name, each in row.items() if name != "dest" and not isinstance(each, dict | list)
        }
        if values & {*REFUSING}:
            assert values & {each.lstrip("+") for each in PEOPLE} - {str(row.get("dest")).lstrip("+")} <= heard
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


ABROAD, HER = "4917012345678", "905320000001"
OUR_TEXT = (
    "Örnek: Kampanya! Vazgeçmeyin. Onay/Ret: izin.ornek.com/k/w1 (elma nehir) "
    "Ret için ORNEK RET yazıp 3530 numarasına gönderin. 0532 111 22 33 Red Tekstil A.Ş. VKN 0123456789 B038"
)
OWN = OwnText(lambda code: [LINKED, OUR_TEXT] if code in ("w1", "x1") else [])
REPLY = {"type": "inbound", "source_addr": HER, "destination_addr": "4609", "content": "RET"}
REPLIES, REPORTS = {"from": "/from", "text": "/text", "to": "/to", "where": {"/text": ["*"]}}, {
    "ref": "/id", "to": "/to", "state": "/status",
    "states": [{"words": ["OK"], "state": "delivered"}, {"words": ["NOK"], "state": "failed"}],
}  # fmt: skip


def _rows(document, reports, replies):
    return row_rules.read_rows(document, reports, replies, OWN)


@pytest.mark.parametrize("spelling", [ABROAD, f"00{ABROAD}", "49 170 12345678", f"+{ABROAD}"])
@pytest.mark.parametrize("beside", [{"user": "5320000002"}, {"campaign": "Bilgi 0532 000 00 02"}])
def test_a_writer_abroad_is_held_beside_another_number_and_our_own_never(spelling, beside):
    row = REPLY | {"source_addr": spelling, "destination_addr": OURS} | beside
    told = _read([row, row | {"source_addr": "5329998877", "no": spelling}]).replies

    assert {f"+{ABROAD}"} <= {each.sender for each in told[:2]} <= {f"+{ABROAD}", "+905320000002"}
    assert f"+{ABROAD}" in {each.sender for each in told[2:]} and not any(each.is_whole for each in told)


@pytest.mark.parametrize(
    "more",
    [
        {"flash": "no"}, {"country": "NO"}, {"roaming": "Hayır"}, {"error": "No error"}, {"status": "Not read"},
        {"inboxid": "17812345678"}, {"gorevid": 17812345678},
        {"last_message": OUR_TEXT}, {"sid": "SM5321000101a1b2c3d4e5f60718293a4"}, {"sid": "ab15321000101c3d4e5f607182"},
    ],
)  # fmt: skip
def test_nothing_usual_beside_a_reply_keeps_it_from_counting(more):
    assert [(each.sender, each.text, each.is_whole) for each in _read([REPLY | more]).replies] == [
        (f"+{HER}", "RET", True)
    ]


@pytest.mark.parametrize("name", ["to", "destaddr"])
@pytest.mark.parametrize(
    "more",
    [
        {"said": OUR_TEXT}, {"status": "OK", "error": "No error"}, {"flash": "no"}, {"error": "Telefon kapalı"},
        {"error": "Validity period expired"}, {"status": "NOK", "said": OUR_TEXT},
    ],
)  # fmt: skip
def test_an_ordinary_report_is_no_reply_wherever_its_recipient_stands(name, more):
    row = {"id": "7", name: HER, "status": "OK"} | more

    assert _rows(row, REPORTS, REPLIES).replies == ()
    if name == "to":
        row |= {"from": OURS, "error": "No error"}
        assert _rows(row, REPORTS, REPLIES).replies == ()


@pytest.mark.parametrize("status", ["NOK", "ASKIDA"])
@pytest.mark.parametrize(
    "said",
    [
        "opted out", "User opt-out", "REJECTED_USER_OPT_OUT", "UNSUBSCRIBED", "Destination blacklisted",
        "Numara kara listede", "Alıcı RET listesinde", "Blocked due to STOP message", "Number is in stop list",
    ],
)  # fmt: skip
def test_a_report_of_no_delivery_that_names_a_list_of_refusals_waits_with_its_recipient(status, said):
    row = {"id": "7", "to": HER, "from": OURS, "status": status, "errors": [{"detail": said}]}
    told = _rows(row, REPORTS, REPLIES).replies

    assert [(each.sender, each.is_whole) for each in told] == [(f"+{HER}", False)]
    assert _rows(row | {"errors": "Telefon kapalı"}, REPORTS, REPLIES).replies == () or status != "NOK"


@pytest.mark.parametrize(
    "flag", [{"blacklisted": True}, {"is_opted_out": "1"}, {"kara_listede": "evet"}, {"dnd_listed": "1"}]
)
def test_a_report_of_no_delivery_with_a_flag_that_names_a_list_waits_with_its_recipient(flag):
    row = {"id": "7", "to": HER, "status": "NOK"}

    assert [each.sender for each in _rows(row | flag, REPORTS, REPLIES).replies] == [f"+{HER}"]
    for other in (
        dict.fromkeys(flag, "0"), {"blacklist_checked": True}, {"unsubscribe_link": "1"}, {"whitelisted": True},
        {"is_allow-listed": "1"}, {"unlisted": "yes"}, {"beyaz_listede": "evet"},
    ):  # fmt: skip
        assert _rows(row | other, REPORTS, REPLIES).replies == ()


@pytest.mark.parametrize("said", ["merhaba", f"RET {REPLY['content']}"])
def test_nobody_is_sent_to_by_themselves(said):
    row = {"id": "7", "from": HER, "to": HER, "text": said, "status": "OK"}

    assert [(each.sender, each.text) for each in _rows(row, REPORTS, REPLIES | {"to": "/ours"}).replies] == [
        (f"+{HER}", said)
    ]


# As the product's invitation stands in a report.
LINKED = (
    "Ornek: Reklam gonderelim mi? Onay/Ret: izin.ornek.com/k/w1 (elma nehir) 0532 111 22 33 Ret: izin.ornek.com/u/x1"
)
SHAPE = {"id": "7", "to": HER, "text": LINKED, "status": "OK"}


@pytest.mark.parametrize("sender", ["ORNEK", "908501112233", OURS])
def test_a_report_that_looks_like_a_reply_is_one_of_its_recipient(sender):
    row = SHAPE | {"from": sender}

    assert _rows(row, REPORTS, REPLIES).replies == ()
    for said in ("Recipient opted out", "Numara kara listede", "Blocked due to STOP message"):
        told = _rows(row | {"status": "NOK", "error": said}, REPORTS, REPLIES).replies
        assert [(each.sender, each.is_whole) for each in told] == [(f"+{HER}", False)]
    told = _rows(row | {"status": "WHO KNOWS", "why": "opted out"}, REPORTS, REPLIES).replies
    assert f"+{HER}" in [each.sender for each in told] and not any(each.is_whole for each in told)


@pytest.mark.parametrize("place", [{"body": LINKED}, {"payload": {"msisdn": HER, "text": LINKED}}, {"said": OUR_TEXT}])
def test_our_own_text_in_a_report_is_no_reply_and_what_somebody_writes_is(place):
    row = {"id": "7", "to": HER, "status": "OK"}

    assert _rows(row | place, REPORTS, None).replies == ()
    for said in (
        "RET yazip gonderdim hala mesaj geliyor beni silin", "Stop please do not text me again",
        "RET yazıp 3530'a gönderip duruyorum, listeden çıkarın", "http://ornk.tr bir daha mesaj almak istemiyorum",
        "x.example/abc yazmissiniz, bana bir daha mesaj gondermeyin",
    ):  # fmt: skip
        told = _rows(row | {"body": said}, REPORTS, None).replies
        assert [each.sender for each in told] == [f"+{HER}"]


LINKS = "https://izin.ornek.com/k/w1"


@pytest.mark.parametrize(
    "said",
    [
        f"istemiyorum silin beni {LINKS}", f"RET\n> {LINKED}", f"“{LINKED}” istemiyorum", f"RET {OUR_TEXT}",
        f"{OUR_TEXT} bir daha yazmayin", f"Ornek RET: {LINKS}", f"Ret: {LINKS}",
        f"RET yazip gonderip duruyorum {LINKS}.listeden cikarin", f"Ornek: bana bir daha yazmayin Ret: {LINKS}",
        f"{LINKED} istemiyorum, yazmayin. VKN 0123456789", f"{LINKED[:40]} istemiyorum {LINKED[40:]}",
        LINKED.replace("w1", "w2").replace("x1", "x2").replace("0532 111 22 33 ", ""),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "row",
    [
        {"type": "reply", "from": HER, "body": "%s"}, {"msisdn": HER, "mesaj": "%s"},
        {"status": "replied", "to": HER, "id": "7", "x": "%s"}, {"id": "7", "to": HER, "status": "OK", "said": "%s"},
        {"id": "7", "to": HER, "status": "OK", "reply_text": "%s"}, {"event": "x", "data": {"no": HER, "body": "%s"}},
    ],
)  # fmt: skip
def test_who_refuses_beside_a_link_or_a_text_of_ours_waits_wherever_it_stands(row, said):
    row = json.loads(json.dumps(row).replace("%s", json.dumps(said)[1:-1]))

    for replies in (None, {"from": "/msisdn", "text": "/text"}):
        told = _rows(row, REPORTS, replies).replies
        assert [(each.sender, each.is_whole) for each in told] == [(f"+{HER}", False)]


FIRMS = "Kampanya! Bilgi 0532 111 22 33. Almak istemiyorsanız RET yazıp 3530'a gönderin"  # Not sent by us.


@pytest.mark.parametrize("status", ["accepted", "delivered", "undelivered"])
def test_what_a_vendor_says_that_it_sent_is_no_reply_unless_somebody_else_stands_there(status):
    gateway = coded("iletimerkezi", "https://sms.example.com")
    report = {"id": 1599558518, "packet_id": 104525848, "status": status, "to": f"+{HER}", "body": FIRMS}
    both = [{"report": report}, {"report": report | {"status": "Numara", "from": "905320000002"}}]
    alone, beside = (gateway.read_push(VendorPush(json.dumps(each).encode())).replies for each in both)

    assert alone == () and "+905320000002" in {each.sender for each in beside}


@pytest.mark.parametrize(("name", "said"), [("reply", "iptl"), ("reply", "neden yaziyorsunuz"), ("answer", "RET")])
def test_an_answer_in_an_event_of_a_message_waits(name, said):
    row = {"id": "7", "to": HER, "status": "OK"}

    for each in (said, "HAYIR", "NO"):
        assert [each.sender for each in _rows(row | {name: each}, REPORTS, REPLIES).replies] == [f"+{HER}"]
    assert _rows(row | {name: "1", "flash": "NO", f"can_{name}": "no"}, REPORTS, REPLIES).replies == ()
    told = _rows({"from": HER, "text": "Izin veriyor musunuz?", name: "HAYIR"}, REPORTS, REPLIES).replies
    assert [(each.sender, each.is_whole) for each in told] == [(f"+{HER}", False)]


@pytest.mark.parametrize("name", ["reply", "replies", "reply_text"])
def test_a_field_of_answers_that_holds_a_programs_word_for_nothing_is_no_answer(name):
    row, empty = {"id": "7", "to": HER, "status": "OK"}, ("false", "True", "none", "NULL", "N", "n/a", "disabled", "0")
    rows = [row | beside for said in empty for beside in ({name: said}, {"reply": {"body": said}})]
    rows += [row | {"replies": said} for said in ("no", "Hayır")]

    assert _rows(rows, REPORTS, REPLIES).replies == ()
    for said in ("no", "hayır", "RET", "nein") if name != "replies" else ("RET", ["no"], [{"text": "hayır"}]):
        assert [each.sender for each in _rows(row | {name: said}, REPORTS, REPLIES).replies] == [f"+{HER}"]


def test_a_row_that_says_it_came_from_a_person_waits_whatever_its_state_and_its_words():
    contact = {"identifierkey": "phonenumber", "identifiervalue": HER}
    row = {"id": "7", "sender": contact, "body": {"text": {"text": "iptl"}}, "status": "OK", "direction": "incoming"}

    assert [each.sender for each in _rows({"payload": row}, REPORTS, None).replies] == [f"+{HER}"]
    assert [each.sender for each in _rows(row, REPORTS, None).replies] == [f"+{HER}"]
    assert _rows(row | {"direction": "outgoing", "type": "mo_report"}, REPORTS, None).replies == ()
    event = {"event": "message.received", "data": {"msisdn": HER, "content": "iptl"}}
    assert [each.sender for each in _rows(event, REPORTS, REPLIES).replies] == [f"+{HER}"]


@pytest.mark.parametrize("more", [{}, {"from": "ORNEK"}, {"from": OURS}])
def test_an_event_of_no_known_kind_with_our_own_text_is_no_reply_unless_it_says_so(more):
    event = {"event": "message.sent", "data": {"id": "7", "to": HER, "text": LINKED, **more}}
    event["data"]["sent"] = [OUR_TEXT, f"{LINKED} B038"]
    told = [_rows(each, LISTED, REPLIES).replies for each in (event, event | {"event": "sms.inbound"})]
    assert told[0] == () and f"+{HER}" in {each.sender for each in told[1]}
    event["data"]["note"] = "RET yazdim, silin beni"
    assert f"+{HER}" in {each.sender for each in _rows(event, LISTED, REPLIES).replies}


def test_a_reply_that_quotes_our_text_is_whole_where_the_row_says_that_it_was_received():
    row = SHAPE | {"from": HER, "to": OURS, "status": "received", "text": f"RET {LINKED}"}

    for each in (row, row | {"status": "OK", "direction": "inbound"}):
        assert [(each.sender, each.text) for each in _rows(each, REPORTS, REPLIES).replies] == [
            (f"+{HER}", f"RET {LINKED}")
        ]


def test_what_somebody_writes_where_a_report_says_why_waits_and_a_vendors_words_do_not():
    row = {"id": "7", "to": HER, "status": "NOK", "from": OURS}

    for said in ("Mesajlarınızı istemiyorum, beni listeden çıkarın", "stop sending me this"):
        assert f"+{HER}" in [each.sender for each in _rows(row | {"error": said}, REPORTS, REPLIES).replies]
    for said in ("Operatör reddetti", "Message rejected by operator", "İptal edildi", "Gönderilemedi"):
        assert _rows(row | {"error": said}, REPORTS, REPLIES).replies == ()


LISTED = REPORTS | {"items": "/data/to", "to": "/phone_number", "ref": "/ "}  # The state stands beside the recipient.


@pytest.mark.parametrize("sender", ["ORNEK", f"+{OURS}", "+18501234567"])
def test_a_report_whose_recipient_stands_in_a_list_is_of_that_recipient_alone(sender):
    def push(status, **more):
        to = [{"phone_number": f"+{HER}", "status": status}]
        return _rows({"data": {"from": {"phone_number": sender}, "to": to, "text": LINKED} | more}, LISTED, by_list)

    by_list = {"from": "/from/phone_number", "text": "/text", "to": "/to/0/phone_number"}
    by_list |= {"where": {"/text": ["*"]}, "items": "/data"}
    assert [each.to for each in push("OK").reports] == [f"+{HER}"] and push("OK").replies == ()
    told = push("NOK", errors=[{"code": "40300", "title": "Blocked due to STOP message"}]).replies
    assert {f"+{HER}"} <= {each.sender for each in told} and not any(each.is_whole for each in told)
    answer = {"from": {"phone_number": f"+{HER}"}, "to": [{"phone_number": sender, "status": "?"}], "text": "RET"}
    told = _rows({"data": answer}, LISTED, by_list).replies
    assert [(each.sender, each.text, each.is_whole) for each in told] == [(f"+{HER}", "RET", True)]


def test_a_report_is_of_the_one_person_in_it_where_a_header_stands_for_its_recipient():
    row = {"id": "7", "to": "ORNEK", "msisdn": HER, "status": "NOK"}

    ours = {"from_number": OURS, "source": {"number": f"+{OURS}"}}
    told = [row, row | ours, row | {"gsm": "905320000002"}, {"id": "7", "status": "NOK"} | ours]
    assert [each.to for each in _rows(told, REPORTS, REPLIES).reports] == [f"+{HER}", f"+{HER}", "ORNEK", ""]


@pytest.mark.parametrize(
    "event",
    [
        {"event": "unsubscribed", "phone": HER}, {"event": "contact.opted_out", "number": HER}, {"blacklist": [HER]},
        {"opted_out": True, "msisdn": HER}, {"type": "kara_liste_ekle", "no": HER},
    ],
)  # fmt: skip
def test_an_event_of_which_nobody_knows_the_shape_that_names_a_list_of_refusals_waits(event):
    for reports in (REPORTS, {}):
        assert [each.sender for each in _rows(event, reports, REPLIES).replies] == [f"+{HER}"]
    assert _rows({"event": "opened", "phone": HER, "opted_out": False}, REPORTS, REPLIES).replies == ()


@pytest.mark.parametrize("state", ["accepted", "delivered", "failed"])
@pytest.mark.parametrize(
    ("word", "said"), [("BLACKLISTED", ""), ("Kara listede", ""), ("5", "Alıcı SMS almak istemiyor"), ("OPT_OUT", "")]
)
def test_a_state_that_names_a_list_of_refusals_waits_whatever_a_description_says_of_it(state, word, said):
    """Guesses were such; one that is said to be such a refusal is none to be read, nor is an account on a list."""
    reports = REPORTS | {"states": [{"words": [word], "state": state}], "said": {word: said}}
    row, of_account = {"id": "7", "to": HER, "status": word}, {"words": ["9"], "state": state}
    news = _rows(row, reports, REPLIES)

    assert [(each.sender, each.is_whole) for each in news.replies] == [(f"+{HER}", False)]
    assert news.reports[0].may_refuse and sample_codes.doubtful_states(reports) == [word]
    told = REPORTS | {"states": [{"words": [word], "state": "failed", "reason": "blocked_by_vendor"}, of_account]}
    told |= {"said": {word: said, "9": "Gönderici başlığı kara listede"}}
    assert _rows([row, row | {"status": "9"}], told, REPLIES).replies == ()
    assert sample_codes.doubtful_states(told) == []


def test_rows_in_many_envelopes_cost_little_more_than_rows_in_none():
    def calls(levels: int) -> int:
        document = [{"number": HER, "message": "RET", "id": each} for each in range(50)]
        for _ in range(levels):
            document = {"data": document}
        with Profile() as profile:
            assert all(each.is_whole for each in row_rules.read_replies(INBOX, document))
        return Stats(profile).total_calls

    calls(0)  # What is kept from the first time on.
    assert calls(40) < 2 * calls(1)


@pytest.mark.parametrize("place", ["phone", "gonderen"])
def test_a_writers_ten_digits_are_not_hidden_by_our_own_landline(place):
    row = {"type": "inbound", "destination_addr": "902121234567", place: "4521234567", "content": "RET"}
    means = coded("verimor", "https://sms.example.com").description

    told = row_rules.read_rows([row], means["report_push"], means["inbound_push"])
    assert [(each.sender, each.is_whole) for each in told.replies] == [("4521234567", False)]
