"""What the documentation shows is what comes: every example is run, and the document describes every answer."""

import html
import re

import pytest
import time_machine

from portal.api.documentation.example import MOMENT
from portal.api.documentation.examples import EXAMPLES
from portal.api.documentation.texts import OPERATIONS
from portal.api.v1 import rows
from portal.api.v1.row_problems import EFFECT_PROBLEMS
from portal.core import clock
from portal.core.iys_protocol import Channel
from portal.core.models import DecisionOrigin, EventType, ExclusionReason, Outcome
from portal.domain.consents.bulk_import import Effect
from portal.domain.consents.may_send import Reason, Verdict
from tests import make
from tests.portal.api.programs import BASE, Program, make_key, make_profile, reach_iys, run_examples
from tests.portal.web.consent_points.visitor import opened

# Texts, numbers and moments that differ from day to day.
VARY = ("campaignId", "importId", "digest", "page", "url", "refusalUrl", "words", "text", "subject",
        "requestId", "id", "hint", "docs", "type", "fix", "fixTr", "title", "dueAt", "used", "name", "counts",
        "certificate", "salt", "secret", "sequence", "subjectId", "decisionId", "nextCursor",
        "eventsCursor")  # fmt: skip


def differences(shown, came, place: str = "") -> list[str]:
    """Where an answer is not as it is shown; of what varies, only the type must be the same."""
    if isinstance(shown, dict) and isinstance(came, dict):
        found = [f"{place}: {name}" for name in shown.keys() ^ came.keys()]
        for name in shown.keys() & came.keys():
            varies = name in VARY and not (name == "type" and shown[name] in ("MESAJ", "ARAMA", "EPOSTA"))
            found += [] if varies else differences(shown[name], came[name], f"{place}.{name}")
        return found
    if isinstance(shown, list) and isinstance(came, list) and len(shown) == len(came):
        return [each for pair in zip(shown, came, strict=True) for each in differences(*pair, f"{place}[]")]
    return [] if shown == came else [f"{place}: {shown!r} is {came!r}"]


@pytest.mark.slow
def test_every_example_answers_as_it_is_shown(app, sandbox):
    with time_machine.travel(MOMENT, tick=False):
        reach_iys(app, sandbox)
        with app.app_context():
            provider = make.provider()
            make_profile(provider)
            program = Program(app, make_key(provider))
        opened(app, slug="ornek-magaza-kasa")
        told = []
        for example, answer in run_examples(program):
            assert answer.status_code == example.status, (example.operation, answer.json)
            found = differences(example.answer, answer.get_json(silent=True))
            told += [f"{example.operation} {each}" for each in found]

    assert told == []


def test_each_write_is_shown_with_its_idempotency_key(browser):
    page = html.unescape(browser.get("/api/docs").text)
    shown = {
        each["operationId"]: page.partition(f'aria-labelledby="{each["operationId"]}"')[2].partition("</section>")[0]
        for operations in browser.get("/api/openapi.json").json["paths"].values()
        for each in operations.values()
        if any(its["name"] == "Idempotency-Key" for its in each["parameters"])
    }
    keys = {name: (its.count("Idempotency-Key: $("), its.count("curl ")) for name, its in shown.items()}

    assert len(keys) > 10 and {name: counts for name, counts in keys.items() if len(set(counts)) > 1} == {}


def test_every_operation_is_described_in_both_languages_and_has_an_example(app, browser):
    documents = {language: browser.get(f"/api/openapi.json?lang={language}").json for language in ("tr", "en")}
    operations = {
        language: {each["operationId"]: each for path in it["paths"].values() for each in path.values()}
        for language, it in documents.items()
    }

    assert operations["tr"].keys() == OPERATIONS.keys() == {each.operation for each in EXAMPLES}
    for name, (summary, _) in OPERATIONS.items():
        assert operations["tr"][name]["summary"] == summary != operations["en"][name]["summary"]
    assert documents["tr"]["openapi"].startswith("3.1")
    page = browser.get("/api/docs").text
    assert all(f"#{each}" in page for each in OPERATIONS)
    assert '<th scope="row">sentAt</th>' in page  # Of a list the fields of its rows, too.


def test_links_of_problems_lead_to_their_place_on_the_page(app, browser):
    program = Program(app, "")
    page = browser.get("/api/docs?lang=en").text
    bad = [
        {"recipient": recipient, "type": channel, "status": "ONAY", "source": "HS_WEB", "consentDate": date}
        for recipient in ("+905321234567", "0212 555 66 77", "a@example.com", "x", "")
        for channel in (*Channel, "SMS", None)
        for date in ("2099-01-01 10:00:00", None)
    ]
    with app.test_request_context():
        told = [each.found.body() for each in rows.read_rows([*bad, 5, {"x": 1}], clock.now())]
    told += [program.get(BASE + path).json for path in ("/me", "/nowhere", "/brands/1/checks")]

    assert {each["docs"].rpartition("#")[2] for each in told} - set(re.findall('id="([a-z0-9_]+)"', page)) == set()
    assert len({each["code"] for each in told}) > 10


def test_each_value_that_a_program_may_get_is_explained(app, browser):
    page = html.unescape(browser.get("/api/docs").text)
    shown = dict(re.findall(r'<th scope="row">([\w.]+)</th><td [^>]*>(?:<code>.*?</td><td [^>]*>)?(.*?)</td>', page))

    for values in (
        Verdict,
        Reason,
        Outcome,
        DecisionOrigin,
        ExclusionReason,
        EventType,
        set(Effect) - EFFECT_PROBLEMS.keys(),
    ):
        assert [each for each in values if not shown.get(each)] == []
    for field in ("verdict", "salt", "status", "iys.outcome", "refusalUrl", "ignored"):
        assert shown[field]
    assert {
        name: browser.get(f"/static/clients/{name}").status_code for name in re.findall("clients/([a-z_.]+)", page)
    } == {"crm.py": 200, "izinlink_client.py": 200}
