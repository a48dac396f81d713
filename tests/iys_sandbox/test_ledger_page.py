"""The ledger shows all movements and how often the sandbox was called."""

import re

import pytest

from iys_sandbox import create_sandbox
from portal.core.iys_protocol import Operation
from tests.iys_sandbox.callers import GRANT, REFUSAL, STATUS


def rows(page):
    return re.findall(r'<th scope="row">(\d+)</th>', page.text)


def test_an_empty_ledger_says_so(provider):
    page = provider.client.get("/")

    assert page.status_code == 200
    assert "Henüz hareket yok." in page.text
    assert provider.client.get("/ledger.json").json["movements"] == []


def test_movements_are_listed_oldest_first_as_json_and_newest_first_as_a_page(provider):
    provider.adds(GRANT)
    provider.adds(REFUSAL)

    assert [movement["seq"] for movement in provider.movements()] == [1, 2]
    assert rows(provider.client.get("/")) == ["2", "1"]


def test_the_title_of_the_page_is_its_heading(provider):
    page = provider.client.get("/").text

    title = re.search("<title>(.*)</title>", page)[1]
    assert re.findall("<h1>(.*)</h1>", page) == [title] == ["İYS deneme ortamı: izin hareketleri"]


def test_the_page_runs_nothing_and_loads_only_its_own_style(provider):
    page = provider.client.get("/")

    assert "<script" not in page.text and "<style" not in page.text and " style=" not in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self';")
    assert page.headers["Cache-Control"] == "no-store"
    with provider.client.get(re.search('href="([^"]*css)"', page.text)[1]) as style:
        assert style.status_code == 200


def test_fifty_movements_make_a_page(provider):
    for number in range(51):
        provider.adds(GRANT | {"recipient": f"+9053212345{number:02}"})

    assert rows(provider.client.get("/")) == [str(seq) for seq in range(51, 1, -1)]
    assert rows(provider.client.get("/?page=2")) == ["1"]


@pytest.mark.parametrize("page", ["0", "-1", "99", "x", "9" * 40])
def test_a_page_that_is_not_there_is_the_nearest(provider, page):
    provider.adds(GRANT)

    assert rows(provider.client.get(f"/?page={page}")) == ["1"]


@pytest.mark.parametrize(
    ("text", "found"), [("4501", ["1"]), ("ret", ["3"]), ("%", []), ("_", ["3", "2", "1"]), ("!", []), ("<b>", [])]
)
def test_the_page_is_filtered_by_any_text_of_a_row(provider, text, found):
    provider.adds(GRANT | {"recipient": "+905321234501"})
    provider.adds(GRANT | {"recipient": "+905321234502"})
    provider.adds(REFUSAL | {"recipient": "+905321234502"})

    page = provider.client.get("/", query_string={"q": text})

    assert rows(page) == found
    assert "<b>" not in page.text


def test_json_can_go_on_after_a_movement(provider):
    provider.adds(GRANT)
    provider.adds(REFUSAL)

    assert [row["seq"] for row in provider.client.get("/ledger.json?after=1").json["movements"]] == [2]
    assert provider.client.get("/ledger.json?after=9").json["movements"] == []
    for wrong in ("x", "-1", "9" * 30):
        assert provider.client.get(f"/ledger.json?after={wrong}").status_code == 400


def test_calls_are_counted_and_outlive_a_restart(provider, file, clock):
    provider.adds(GRANT)
    provider.adds(GRANT)
    provider.adds({})
    provider.posts(STATUS, {"recipient": "+905321234567", "recipientType": "BIREYSEL", "type": "MESAJ"})
    provider.posts(f"{STATUS[:-7]}/BIREYSEL/status/MESAJ", {"recipients": []})
    expected = {
        "token_calls": 1,
        "requests": dict.fromkeys(Operation, 0) | {"token": 1, "add": 3, "status": 1, "multi_status": 1},
        "failures": 2,
    }

    for client in (provider.client, create_sandbox(file, clock=clock).test_client()):
        ledger = client.get("/ledger.json").json
        assert {name: ledger[name] for name in expected} == expected


def test_reading_changes_nothing(provider):
    provider.adds(GRANT)
    before = provider.client.get("/ledger.json").json

    for path in ("/", "/?q=x", "/health", "/faults", "/ledger.json"):
        assert provider.client.get(path).status_code == 200

    assert provider.client.get("/ledger.json").json == before
