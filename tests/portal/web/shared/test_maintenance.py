"""During maintenance people decide and refuse as always; pages of those who work here and programs only read."""

import pytest

from portal.core.models import AuditEntry, Consent, Decision, OperatorRole
from portal.domain.identity.permissions import Permission
from portal.web.shared import access
from tests import make
from tests.architecture.test_access_rules import filled
from tests.make import Person
from tests.portal.api.programs import CONSENTS, Program, grant, make_key, refusal
from tests.portal.web.dashboard.staff import signed_in, submit_password

MESSAGE = "Gece ikiye kadar sürer."
DERYA = "derya@example.com"
RULES = {make.AYSE: "of a provider", DERYA: "of the operator"}


@pytest.fixture
def run(app):
    def run(*words: str):
        told = app.test_cli_runner().invoke(args=[*words])
        assert told.exception is None or isinstance(told.exception, SystemExit)
        return told.output

    return run


@pytest.fixture
def codes(app):
    codes = make.codes(app)
    with app.app_context():
        make.staff(DERYA, OperatorRole.ADMIN)
    return codes


def test_recipients_decide_and_refuse_as_always(app, browser, codes, run, rows):
    run("maintenance", "on")
    fatma = Person(browser, codes[make.PHONE])

    assert fatma.decides(MESAJ="ONAY", ARAMA="RET").status_code == 303
    assert browser.post(f"/u/{codes[make.EMAIL]}", data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert sorted(each.status for each in rows(Decision)) == ["ONAY", "RET", "RET"]


@pytest.mark.parametrize("email", RULES)
@pytest.mark.slow
def test_every_form_of_those_who_work_here_is_stopped_but_refusals_and_searches(app, codes, run, email):
    staff = signed_in(app, email)
    run("maintenance", "on", "--message", MESSAGE)
    posted = [
        rule for rule in app.url_map.iter_rules()
        if access.ACCESS_RULES.get(rule.endpoint.partition(".")[0]) == RULES[email] and "POST" in rule.methods
    ]  # fmt: skip
    answers = {rule.endpoint: staff.posts(filled(rule)) for rule in posted}

    goes_on = {name for name, answer in answers.items() if answer.status_code != 503}
    refusals = {name for name in answers if app.view_functions[name].needs == Permission.REFUSE}
    assert goes_on == (refusals | {*access.SEARCHES, "operator.refuse_reply"}) & answers.keys()
    stopped = [answer for name, answer in answers.items() if name not in goes_on]
    assert len(stopped) > 30
    assert all(answer.headers["Retry-After"] == "600" and MESSAGE in answer.text for answer in stopped)


def test_pages_open_with_a_banner_and_people_sign_in(app, browser, codes, run):
    run("maintenance", "on", "--message", MESSAGE)

    assert submit_password(browser).status_code in (302, 303)
    assert MESSAGE in signed_in(app, make.AYSE).opens("/dashboard/").text
    assert MESSAGE in signed_in(app, DERYA).opens("/operator/").text
    run("maintenance", "off")
    assert MESSAGE not in signed_in(app, make.AYSE).opens("/dashboard/").text


def test_programs_refuse_and_ask_and_the_same_grant_is_taken_later(app, run, rows):
    with app.app_context():
        program = Program(app, make_key(make.provider()))
    run("maintenance", "on")
    granted = program.post(CONSENTS, grant(), idempotency_key="a key of this grant")
    both = {"consents": [grant(make.EMAIL, type="EPOSTA"), refusal()]}
    mixed = program.post(f"{CONSENTS}/bulk", both, idempotency_key="a key of both")

    assert (granted.status_code, granted.json["code"], granted.json["retryable"]) == (503, "maintenance", True)
    assert granted.headers["Retry-After"] == "600"
    assert [each["written"] for each in mixed.json["results"]] == [False, True]
    left_out = mixed.json["results"][0]["problem"]
    assert (left_out["code"], left_out["retryable"]) == ("maintenance", True)
    assert program.post(CONSENTS, refusal(type="ARAMA")).json["results"][0]["written"]
    assert {each.status for each in rows(Consent)} == {"RET"}
    assert program.post(CONSENTS.replace("consents", "webhooks"), {}).status_code == 503
    assert program.get(CONSENTS).status_code == 200

    run("maintenance", "off")
    again = [program.post(f"{CONSENTS}/bulk", both, idempotency_key=key) for key in ("a key of both", "another key")]
    assert [each.json["results"][0]["written"] for each in again] == [False, True]


def test_it_begins_and_ends_once_and_doctor_tells_of_it(run, rows):
    for _ in range(2):
        run("maintenance", "on")
    assert "maintenance mode is on" in run("doctor")
    assert run("maintenance", "on", "--message", "x" * 301).count("300") == 1
    for _ in range(2):
        run("maintenance", "off")

    assert "maintenance mode" not in run("doctor")
    assert [each.act for each in rows(AuditEntry)] == ["maintenance.began", "maintenance.ended"]
