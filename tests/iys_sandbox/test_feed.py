"""The changes feed: its window, pages and two sources."""

from portal.core import iys_protocol
from tests.iys_sandbox.callers import GRANT, codes


def pulls(provider, source="HS", **more):
    return provider.gets(iys_protocol.changes_path(700100, 700100, source=source, **more))


def test_a_movement_shows_after_an_hour_and_for_seven_days(provider, clock):
    transaction_id = provider.adds(GRANT).json["transactionId"]

    assert pulls(provider).status_code == 204
    clock.forward(minutes=60)
    assert [row["transactionId"] for row in pulls(provider).json["list"]] == [transaction_id]
    clock.forward(days=7)
    provider.signs_in()
    answer = pulls(provider)
    assert (answer.status_code, answer.data) == (204, b"")


def test_the_cursor_goes_on_where_the_page_ended(provider, clock):
    for number in range(5):
        provider.adds(GRANT | {"recipient": f"+90532123000{number}"})
    clock.forward(hours=1)

    first = pulls(provider, limit=2).json
    second = pulls(provider, limit=2, after=first["after"]).json
    third = pulls(provider, limit=2, after=second["after"]).json

    seen = [row["recipient"] for page in (first, second, third) for row in page["list"]]
    assert len(set(seen)) == len(seen) == 5
    assert pulls(provider, after=third["after"]).status_code == 204


def test_a_page_never_ends_between_two_movements_of_one_second(provider, clock):
    provider.adds(GRANT | {"recipient": "+905321230000"})
    clock.forward(seconds=1)
    provider.adds(GRANT)
    provider.adds(GRANT | {"consentDate": "2026-11-24 11:30:00"})
    clock.forward(hours=1)

    first = pulls(provider, limit=2).json
    second = pulls(provider, limit=2, after=first["after"]).json

    assert [len(page["list"]) for page in (first, second)] == [1, 2]


def test_what_citizens_did_is_another_source_and_the_usual_one(provider, clock):
    provider.adds(GRANT)
    fields = {"recipient": "ali@example.com", "type": "EPOSTA", "status": "ONAY", "brandCode": 700100}
    provider.client.post("/citizens", json=fields)
    clock.forward(hours=1)

    (row,) = pulls(provider, source="IYS").json["list"]
    assert (row["recipient"], row["source"]) == ("ali@example.com", "IYS_WEB_YENI")
    assert row["citizenName"] == "Deneme Vatandaş"
    assert "brandCode" not in row
    usual = "/sps/700100/brands/700100/consents/changes"
    assert provider.gets(usual).json["list"] == [row]


def test_what_cannot_be_asked_is_refused(provider):
    assert codes(pulls(provider, source="BEN")) == ["H506"]
    assert codes(pulls(provider, limit=1001)) == ["H507"]
    assert codes(pulls(provider, after="yesterday")) == ["H098"]
