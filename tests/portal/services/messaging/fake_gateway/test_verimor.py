"""Verimor's SMS API: every error of its guide, its guards and its pages."""

MOST = 50_001
COMMERCIAL = {"is_commercial": True, "iys_recipient_type": "BIREYSEL"}
# What is wrong with a call: the word for it. Each has one fault.
REFUSED = {
    "MISSING_MESSAGE": {"messages": []},
    "MESSAGE_TOO_LONG": {"text": "a" * 1072},
    "INVALID_DESTINATION_ADDRESS": {"messages": [{"msg": "a", "dest": "05321234567"}]},
    "MISSING_DESTINATION_ADDRESS": {"messages": [{"msg": "a", "dest": ""}]},
    "INVALID_DATACODING": {"datacoding": "3"},
    "INVALID_PERIOD": {"valid_for": "48:01"},
    "INVALID_DELIVERY_TIME": {"send_at": "2015-02-20 16:06:00"},
    "FORBIDDEN_MESSAGE": {"text": "YASAKLI söz"},
    "MESSAGE_COUNT_LIMIT_EXCEEDED": {"messages": [{"msg": "a", "dest": ",".join(["905321234567"] * MOST)}]},
    "INVALID_IYS_RECIPIENT_TYPE": {"is_commercial": True},
    "INVALID_SOURCE_ADDRESS": {"source_addr": "BASKASI"},
}
# What is wrong with the account: the word, or the HTTP status with the text.
ACCOUNTS = {
    "MISSING_IYS_BRAND_CODE": {"has_brand": False},
    "AHS_AUTHORIZATION_ERROR": {"may_send_commercial": False},
    "INSUFFICIENT_CREDITS": {"credits": 0},
    "Geçersiz kullanıcı adı/şifre": {"may_use_api": False},
    "Hesabınızda izinli IP ayarları yapılmamış": {"allowed_addresses": None},
    "IP adresinize izin verilmemiş": {"allowed_addresses": ["192.0.2.1"]},
}


def test_a_faulty_call_is_refused_with_its_word(vendors):
    answers = {word: vendors.verimor_send("5321234567", **fields) for word, fields in REFUSED.items()}

    assert {word: (answer.status_code, answer.text) for word, answer in answers.items()} == {
        word: (400, word) for word in REFUSED
    }
    assert {answer.mimetype for answer in answers.values()} == {"text/plain"}
    assert vendors.accepted() == []


def test_an_account_that_may_not_is_refused_with_its_word(vendors):
    for word, fields in ACCOUNTS.items():
        vendors.control("reset")
        vendors.control("accounts", vendor="verimor", **fields)
        answer = vendors.verimor_send("5321234567", **COMMERCIAL)

        assert (answer.text, answer.status_code) == (word, 400 if word.isupper() else 401)


def test_a_body_that_is_no_json_is_refused(vendors):
    answers = [vendors.browser.post("/verimor/v2/send.json", data=body).text for body in (b"\xff", b"{", b"[]")]

    assert answers == ["INVALID_UTF8", "INVALID_JSON", "INVALID_JSON"]


def test_a_call_of_over_ten_megabytes_is_refused(vendors):
    assert vendors.browser.post("/verimor/v2/send.json", data=b" " * (10 * 1024 * 1024 + 1)).status_code == 413


def test_whatever_else_comes_on_demand(vendors):
    for code, status in (("NO_AHS_BRAND_ERROR", 400), ("500", 500), ("503", 503)):
        vendors.control("faults", vendor="verimor", code=code, times=1)
        assert vendors.verimor_send("5321234567").status_code == status

    assert vendors.verimor_send("5321234567").status_code == 200


def test_a_report_has_the_ids_of_the_sender(vendors):
    sent = vendors.verimor_send("5321230001", "5321230002", custom_id="77")

    first, second = vendors.verimor("status", custom_id="77").json
    assert sent.text == str(first["campaign_id"])
    assert [each["message_custom_id"] for each in (first, second)] == ["1", "2"]
    assert first["dest"] == "905321230001"
    assert (first["sent_at"] is None, second["sent_at"] is None) == (False, True)


def test_ids_count_only_where_each_number_has_one(vendors):
    for ids, kept in (("5,6", ["5", "6"]), ("5", ["", ""])):
        messages = [{"msg": ids, "dest": "905321230001,905321230002", "id": ids}]
        sent = vendors.verimor_send(messages=messages)
        assert [each["message_custom_id"] for each in vendors.verimor("status", id=sent.text).json] == kept


def test_the_same_message_is_refused_for_a_day(vendors):
    vendors.verimor_send("5321230001")

    again = vendors.verimor_send("5321230001", "5321230007")
    vendors.control("clock", forward=24 * 3600)
    assert again.text == "MUKERRER_RAPORLAMA"
    assert vendors.verimor_send("5321230001").status_code == 200


def test_the_second_of_two_alike_in_a_call_is_not_delivered(vendors):
    sent = vendors.verimor_send("5321230001", "5321230001")

    assert vendors.states("verimor", sent) == ["DELIVERED", "DOUBLE_SEND_ERROR"]


def test_reports_come_by_hundreds(vendors):
    sent = vendors.verimor_send(*(f"532123{number:04}" for number in range(1000, 1205)))

    sizes, last = [], 0
    while rows := vendors.verimor("status", id=sent.text, greater_than=last).json:
        sizes.append(len(rows))
        last = rows[-1]["message_id"]
    assert sizes == [100, 100, 5]


def test_reports_are_asked_for_by_number(vendors):
    sent = vendors.verimor_send("5321230001", "5321230002")

    (row,) = vendors.verimor("status", id=sent.text, dest="905321230002").json
    assert row["status"] == "EXPIRED"


def test_a_campaign_of_nobody_is_not_found(vendors):
    assert vendors.verimor("status", id=1).status_code == 404
    assert vendors.verimor("status", custom_id="").status_code == 404


def test_queries_are_limited_by_the_minute_and_sends_apart_from_them(vendors):
    answers = [vendors.verimor("status", id=1).status_code for _ in range(21)]

    assert answers == [404] * 20 + [429]
    assert vendors.verimor_send("5321230001").status_code == 200
    vendors.control("clock", forward=60)
    assert vendors.verimor("status", id=1).status_code == 404


def test_the_241st_send_of_a_minute_is_refused(vendors):
    answers = [vendors.verimor_send().status_code for _ in range(241)]

    assert (answers[:240], answers[240]) == ([400] * 240, 429)


def test_the_block_list_says_where_an_entry_is_from(vendors):
    vendors.control("blocked", vendor="verimor", number="+905321230001")
    vendors.control("blocked", vendor="verimor", number="+905321230002", source="api")

    listed = vendors.verimor("blacklists", offset=0, limit=100).json
    assert listed["total"] == 2
    assert [(each["phone"], each["source"]) for each in listed["records"]] == [
        ("905321230001", "ret_web"),
        ("905321230002", "api"),
    ]


def test_a_number_on_the_block_list_gets_no_message(vendors):
    vendors.control("blocked", vendor="verimor", number="+905321234567")

    assert vendors.states("verimor", vendors.verimor_send("5321234567")) == ["BLACKLISTED_DESTINATION_ADDRESS"]


def test_headers_cost_nothing(vendors):
    assert vendors.verimor("headers").json == ["DENEME"]


def test_any_state_can_be_had(vendors):
    vendors.control("results", number="+905321234567", status="REJECTED", error="2053")
    sent = vendors.verimor_send("5321234567")

    (row,) = vendors.verimor("status", id=sent.text).json
    assert (row["status"], row["gsm_error"]) == ("REJECTED", "2053")
