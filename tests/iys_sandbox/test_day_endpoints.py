"""Reconciliation of a past day: counts, file, hash, time stamp, agreement; and its tampering."""

import hashlib
from datetime import date

import pytest

from portal.core import iys_protocol
from portal.core.iys_protocol import RecipientType
from tests.iys_sandbox.callers import GRANT, REFUSAL, codes

pytestmark = pytest.mark.slow

DAY = date(2026, 11, 24)
HEADING = "creationDate,transactionId,recipient,recipientType,type,status,consentDate,source"


@pytest.fixture
def over(provider, clock):
    """A day with a grant, a refusal, a merchant's grant and a citizen's refusal; now it is the day after."""
    provider.adds(GRANT)
    clock.forward(minutes=1)
    provider.adds(REFUSAL)
    provider.adds({"recipient": "+905321234567", "type": "MESAJ", "status": "ONAY", "recipientType": "TACIR"})
    fields = {"recipient": "ali@example.com", "type": "EPOSTA", "status": "ONAY", "brandCode": 700100}
    provider.client.post("/citizens", json=fields)
    clock.forward(days=1)
    provider.signs_in()


def file(provider, day=DAY):
    return provider.gets(iys_protocol.file_path(700100, 700100, day))


def agreement(provider, day=DAY):
    return provider.gets(iys_protocol.agreement_path(700100, 700100, day))


def agrees(provider, body, day=DAY):
    headers = {"Authorization": f"Bearer {provider.token}"}
    return provider.client.put(iys_protocol.agreement_path(700100, 700100, day), json=body, headers=headers)


def rows(provider):
    return file(provider).text.splitlines()[1:]


def test_the_file_holds_what_everybody_did_in_order_of_creation(over, provider):
    answer = file(provider)

    lines = answer.text.splitlines()
    assert answer.mimetype == "text/csv"
    assert lines[0] == HEADING
    assert lines[1].endswith(",+905321234567,BIREYSEL,MESAJ,ONAY,2026-11-24 11:00:00,HS_WEB")
    assert [line[:84] for line in lines[1:]] == sorted(line[:84] for line in lines[1:])
    assert sum(",TACIR,MESAJ,ONAY,," in line for line in lines) == 1
    assert sum(line.endswith("IYS_WEB_YENI") for line in lines) == 1
    assert answer.text.endswith("\n")


def test_the_hash_is_that_of_the_file(over, provider):
    answer = agreement(provider).json

    assert answer == {
        "processStatus": "completed",
        "hashValue": hashlib.sha384(file(provider).data).hexdigest(),
        "hashMethod": "SHA-384",
        "agreementStatus": False,
    }


def test_the_counts_are_told_by_recipient_type_channel_and_source(over, provider):
    individual = provider.gets(iys_protocol.summary_path(700100, 700100, DAY, RecipientType.INDIVIDUAL)).json
    merchant = provider.gets(iys_protocol.summary_path(700100, 700100, DAY, RecipientType.MERCHANT)).json

    counts = {
        stats["type"]: {one.pop("source"): one for one in stats["consents"]} for stats in individual["changeStats"]
    }
    assert counts["MESAJ"]["HS"] == {"approval": 1, "rejection": 1, "pending": 0, "total": 2}
    assert counts["EPOSTA"]["IYS"] == {"approval": 1, "rejection": 0, "pending": 0, "total": 1}
    assert sum(one["total"] for stats in merchant["changeStats"] for one in stats["consents"]) == 1


def test_an_agreement_is_for_good(over, provider):
    assert agrees(provider, {"agreementStatus": True}).json == {"agreementCaptured": True}

    assert agreement(provider).json["agreementStatus"] is True
    assert codes(agrees(provider, {"agreementStatus": False})) == ["H512"]
    assert agreement(provider).json["agreementStatus"] is True


def test_the_stamp_names_the_files_digest(over, provider):
    answer = provider.gets(iys_protocol.timestamp_path(700100, 700100, DAY))

    assert answer.status_code == 200
    assert hashlib.sha384(file(provider).data).digest() in answer.data


def test_a_day_without_movements_has_nothing_to_agree_to(provider, clock):
    clock.forward(days=1)
    provider.signs_in()

    for answer in (file(provider), agreement(provider), agrees(provider, {"agreementStatus": True})):
        assert (answer.status_code, answer.data) == (204, b"")
    summary = provider.gets(iys_protocol.summary_path(700100, 700100, DAY, RecipientType.INDIVIDUAL))
    assert summary.status_code == 200


def test_days_can_be_asked_for_from_yesterday_back_to_seven_days(over, provider, clock):
    assert codes(file(provider, date(2026, 11, 25))) == ["H502"]
    clock.forward(days=6)
    provider.signs_in()
    assert file(provider).status_code == 200
    clock.forward(days=1)
    provider.signs_in()
    assert codes(file(provider)) == ["H502"]
    assert codes(agrees(provider, {"agreementStatus": True})) == ["H502"]


@pytest.mark.parametrize("day", ["24-11-2026", "2026-02-30", "dün", "20261124"])
def test_a_day_of_another_form_is_refused(provider, day):
    path = iys_protocol.file_path(700100, 700100, DAY).replace("2026-11-24", day)

    assert codes(provider.gets(path)) == ["H501"]


def test_another_recipient_type_is_refused(over, provider):
    path = iys_protocol.summary_path(700100, 700100, DAY, RecipientType.INDIVIDUAL).replace("BIREYSEL", "KURUMSAL")

    assert codes(provider.gets(path)) == ["H116"]


def test_a_partner_without_the_right_to_agree_sees_no_day(app, over, provider):
    acts_for = [{"iysCode": 700100, "agreementControl": False}]
    partner = {"username": "p", "password": "p", "kind": "partner", "integratorCode": 900001, "acts_for": acts_for}
    provider.client.post("/accounts", json=partner)
    provider.signs_in(username="p", password="p")

    assert codes(file(provider)) == codes(agreement(provider)) == ["H355"]


@pytest.mark.parametrize("word", ["queued", "inprogress", "error"])
def test_a_hash_may_not_be_made_yet(over, provider, word):
    provider.asks_for_fault(endpoint="agreement", kind=word, count=1)

    answer = agreement(provider).json

    assert answer["processStatus"] == word
    assert "hashValue" not in answer
    assert agreement(provider).json["processStatus"] == "completed"


def test_one_altered_one_missing_and_one_extra_row_are_shown_and_hashed_but_change_nothing(over, provider):
    before = provider.movements()
    granted, refused = before[0], before[1]

    for fields in (
        {"transactionId": granted["transactionId"], "alter": {"source": "HS_MOBIL"}},
        {"transactionId": refused["transactionId"], "drop": True},
        {"brandCode": 700100, "day": "2026-11-24", "add": {"recipient": "+905330000000"}},
    ):
        assert provider.client.post("/tamper", json=fields).status_code == 201

    shown = rows(provider)
    assert len(shown) == len(before)
    assert any(granted["transactionId"] in row and row.endswith("HS_MOBIL") for row in shown)
    assert not any(refused["transactionId"] in row for row in shown)
    assert any(",+905330000000," in row for row in shown)
    assert agreement(provider).json["hashValue"] == hashlib.sha384(file(provider).data).hexdigest()
    assert provider.movements() == before


def test_the_end_of_tampering_shows_what_was(over, provider):
    before = rows(provider)
    provider.client.post("/tamper", data={"brandCode": 700100, "day": "2026-11-24", "drop": "true"})

    assert rows(provider) == before[1:]
    provider.client.delete("/tamper")
    assert rows(provider) == before


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"drop": True},
        {"drop": "perhaps", "brandCode": 700100, "day": "2026-11-24"},
        {"brandCode": 700100, "day": "2026-11-24"},
        {"transactionId": "0", "drop": True},
        {"day": "dün"},
        {"add": {"colour": "red"}},
    ],
)
def test_what_cannot_be_falsified_is_said(over, provider, fields):
    answer = provider.client.post("/tamper", json=fields)

    assert answer.status_code == 400
    assert "needed is" in answer.json["error"]
