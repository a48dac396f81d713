"""NetGSM's REST v2: every code of its documents, its limits and its inbox that lists once."""

REFUSED = {
    "20": [{"text": " "}, {"text": "a" * 1072}],
    "40": [{"msgheader": "BASKASI"}],
    "70": [
        {"messages": []},
        {"messages": [{"msg": "a", "no": "532"}]},
        {"iysfilter": "1"},
        {"encoding": "tr"},
        {"startdate": "2026-05-01"},
    ],
}
COMMERCIAL = {"iysfilter": "11"}
ACCOUNTS = {
    "30": [{"may_use_api": False}, {"allowed_addresses": ["192.0.2.1"]}],
    "50": [{"may_send_commercial": False}],
    "51": [{"has_brand": False}],
}


def cases(table):
    return [(code, fields) for code, all_of in table.items() for fields in all_of]


def test_a_faulty_call_is_refused_with_its_code(vendors):
    for code, fields in cases(REFUSED):
        answer = vendors.netgsm_send("5321234567", **fields)
        assert (answer.status_code, answer.json["code"], answer.json["jobid"]) == (406, code, None)

    assert vendors.accepted() == []


def test_an_account_that_may_not_is_refused_with_its_code(vendors):
    for code, fields in cases(ACCOUNTS):
        vendors.control("reset")
        vendors.control("accounts", vendor="netgsm", **fields)
        assert vendors.code(vendors.netgsm_send("5321234567", **COMMERCIAL)) == code


def test_whatever_else_comes_on_demand(vendors):
    for code in ("80", "100", "101", "110"):
        vendors.control("faults", vendor="netgsm", code=code, times=1)
        answer = vendors.netgsm_send("5321234567")
        assert (answer.status_code, answer.json["code"]) == (406, code)


def test_a_wrong_password_is_code_30(vendors):
    answer = vendors.browser.get("/netgsm/sms/rest/v2/msgheader", auth=("8500000002", "wrong"))

    assert (answer.status_code, answer.json["code"]) == (406, "30")


def test_more_than_twenty_jobs_for_a_number_in_a_minute_are_refused(vendors):
    answers = [vendors.code(vendors.netgsm_send("5321234567", text=str(n))) for n in range(21)]

    assert answers == ["00"] * 20 + ["85"]
    assert vendors.code(vendors.netgsm_send("5321234568")) == "00"


def test_a_report_echoes_our_reference(vendors):
    job = vendors.netgsm_send("5321230001", "905321230002").json["jobid"]

    rows = vendors.netgsm("report", jobids=[job]).json["jobs"]
    assert [(each["number"], each["status"], each["referansID"]) for each in rows] == [
        ("5321230001", 1, "1"),
        ("5321230002", 2, "2"),
    ]


def test_a_large_call_becomes_several_jobs(vendors):
    vendors.control("accounts", vendor="netgsm", batch_size=2)
    jobs = vendors.netgsm_send("5321230001", "5321230002", "5321230003").json["jobid"].split(",")

    rows = vendors.netgsm("report", jobids=jobs).json["jobs"]
    assert [each["jobid"] for each in rows] == [jobs[0], jobs[0], jobs[1]]
    assert [each["referansID"] for each in rows] == ["1", "2", "3"]


def test_a_repeat_is_taken_and_reported_as_one(vendors):
    vendors.netgsm_send("5321230001")

    assert vendors.states("netgsm", vendors.netgsm_send("5321230001")) == [13]


def test_reports_have_pages_and_a_limit_by_the_minute(vendors):
    job = vendors.netgsm_send(*(f"532123{number:04}" for number in range(1000, 1150))).json["jobid"]

    pages = [vendors.netgsm("report", jobids=[job], pagenumber=page, pagesize=100) for page in range(3)]
    assert [len(each.json.get("jobs") or []) for each in pages] == [100, 50, 0]
    assert vendors.code(pages[2]) == "60"
    assert [vendors.code(vendors.netgsm("report", jobids=[job])) for _ in range(8)] == ["00"] * 7 + ["80"]


def test_a_report_that_asks_wrongly_is_refused(vendors):
    for fields in ({}, {"jobids": ["1"] * 51}, {"jobids": ["1"], "pagesize": 101}, {"jobids": ["1"], "pagenumber": -1}):
        assert vendors.code(vendors.netgsm("report", **fields)) == "70"


def test_reports_of_a_time(vendors):
    vendors.netgsm_send("5321230001")
    times = {"startdate": "01.01.2020 00:00:00", "stopdate": "01.01.2100 00:00:00"}

    assert len(vendors.netgsm("report", **times).json["jobs"]) == 1
    times["stopdate"] = "01.01.2021 00:00:00"
    assert vendors.code(vendors.netgsm("report", **times)) == "60"


def test_the_inbox_lists_once_where_no_dates_are_given(vendors):
    vendors.browser.post("/replies", json={"sender": "+905321234567", "to": "8500000002", "text": "RET"})
    dates = {"startdate": "01012026000000", "stopdate": "30012026000000"}

    assert vendors.code(vendors.netgsm_inbox(**dates)) == "40"  # Of another time; and it takes nothing away.
    (row,) = vendors.netgsm_inbox().json["messages"]
    assert (row["message"], row["sender"], row["receiver"]) == ("RET", "5321234567", "8500000002")
    assert (vendors.netgsm_inbox().status_code, vendors.code(vendors.netgsm_inbox())) == (406, "40")


def test_an_inbox_of_more_than_thirty_days_or_of_no_dates_is_refused(vendors):
    for first, last in (("01012026", "01032026"), ("2026-01-01", "2026-01-02"), ("01012026", "")):
        assert vendors.code(vendors.netgsm_inbox(startdate=first, stopdate=last)) == "70"


def test_headers_cost_nothing(vendors):
    answer = vendors.browser.get("/netgsm/sms/rest/v2/msgheader", auth=("8500000002", "demo"))

    assert answer.json["msgheaders"] == ["DENEME"]


def test_turkish_letters_arrive_only_where_they_were_asked_for(vendors):
    vendors.netgsm_send("5321230001", text="Şimdi ağla")
    vendors.netgsm_send("5321230001", text="Şöyle ağrı", encoding="TR")

    assert "Simdi agla B038" in vendors.shown()
    assert "Şöyle ağrı B038" in vendors.shown()
