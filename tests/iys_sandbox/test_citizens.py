"""Citizens' actions at İYS: their movements, and their effect on a provider's next consent."""

from tests.iys_sandbox.callers import GRANT, REFUSAL, codes

FATMA = GRANT["recipient"]


def acts(provider, **fields):
    fields = {"recipient": FATMA, "type": "MESAJ", "brandCode": 700100} | fields
    return provider.client.post("/citizens", json=fields)


def test_a_refusal_at_iys_is_a_movement_of_its_own(provider, clock):
    provider.adds(GRANT)
    clock.forward(minutes=5)

    answer = acts(provider, status="RET")

    assert answer.status_code == 201
    (movement,) = answer.json["movements"]
    assert (movement["status"], movement["source"]) == ("RET", "IYS_WEB")
    assert movement["consentDate"] == movement["creationDate"] == "2026-11-24 12:05:00"
    assert provider.movements()[-1] == movement


def test_a_provider_that_is_slower_than_the_citizen_is_told_so(provider, clock):
    provider.adds(GRANT)
    acts(provider, status="RET")

    assert codes(provider.adds(GRANT | {"consentDate": "2026-11-24 11:30:00"})) == ["H178"]
    assert codes(provider.adds(REFUSAL)) == ["H174"]


def test_wishing_for_what_is_so_already_changes_nothing(provider):
    provider.adds(GRANT)

    answer = acts(provider, status="ONAY")

    assert (answer.status_code, answer.json) == (200, {"movements": []})


def test_a_citizen_who_adds_the_brand_comes_with_a_name(provider):
    (movement,) = acts(provider, status="ONAY").json["movements"]

    assert movement["source"] == "IYS_WEB_YENI"


def test_a_closed_line_ends_what_was_granted_on_it_with_the_dates_it_had(provider, clock):
    provider.adds(GRANT)
    provider.adds(GRANT | {"type": "ARAMA"})
    provider.adds({"recipient": FATMA, "type": "ARAMA", "status": "ONAY", "recipientType": "TACIR"})
    clock.forward(hours=2)

    movements = acts(provider, type=None, close_line=True).json["movements"]

    assert {(m["type"], m["recipientType"], m["consentDate"]) for m in movements} == {
        ("MESAJ", "BIREYSEL", GRANT["consentDate"]),
        ("ARAMA", "BIREYSEL", GRANT["consentDate"]),
        ("ARAMA", "TACIR", None),
    }
    assert {(m["status"], m["source"]) for m in movements} == {("RET", "IYS_AHS_HAT_KAPATMA")}


def test_an_act_of_the_past_joins_the_history_behind_the_present_state(provider, clock):
    provider.adds(GRANT)
    provider.adds(REFUSAL)

    acts(provider, status="ONAY", at="2026-11-24T11:45:00+03:00")

    assert codes(provider.adds(REFUSAL | {"consentDate": "2026-11-24 11:50:00"})) == ["H174"]


def test_another_senders_movement_is_not_the_citizens(provider):
    (movement,) = acts(provider, status="ONAY", source="HS_CAGRI_MERKEZI").json["movements"]

    assert movement["source"] == "HS_CAGRI_MERKEZI"


def test_what_a_citizen_cannot_do_is_said(provider):
    for fields, says in [
        ({"status": "EVET"}, "status is one of ONAY, RET"),
        ({"status": "RET", "brandCode": 1}, "no account here has the brand 1"),
        ({"status": "RET", "brandCode": None}, "brandCode is needed: one of 700100, 700101"),
        ({"status": "RET", "recipient": "0532"}, "fits the type"),
        ({"status": "RET", "at": "2030-01-01T00:00:00+03:00"}, "in the future"),
        ({"status": "RET", "at": "2026-11-24T11:00:00"}, "time zone"),
        ({"status": "RET", "colour": "red"}, "unknown keys ['colour']"),
    ]:
        answer = acts(provider, **fields)

        assert answer.status_code == 400
        assert says in answer.json["error"]
