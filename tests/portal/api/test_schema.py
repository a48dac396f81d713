"""Schemathesis against the document that is served: no answer is a 500, and each is as the document says."""

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import hypothesis
import pytest
import time_machine
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from werkzeug.test import TestResponse

from portal.api.documentation.campaign_examples import LINK_REQUEST
from portal.api.documentation.example import BRAND, MOMENT, PHONE, Example
from portal.api.documentation.examples import EXAMPLES
from portal.api.documentation.links import LINKS
from portal.api.documentation.webhooks_examples import NEW_WEBHOOK
from portal.api.v1.schemas import Answer
from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Status
from portal.core.models import CampaignKind, DecisionOrigin, Network, Provider
from portal.domain.webhooks.endpoints import MAX_ENDPOINTS
from tests import make
from tests.grants import insert_decisions
from tests.portal.api.programs import BASE, ID, Program, grant, make_key, make_profile, reach_iys, run_examples
from tests.portal.services.messaging.test_reconfirm_lapses import lapse
from tests.portal.web.consent_points.visitor import opened

ROWS = {"addConsent", "addConsents", "addPeople", "addSends"}  # They answer for each row what is wrong with it.
HOSTILE = ("x", "0", "-1", 5, "9" * 25, "1e5", "١٢", "%", "0 532 123 45 67", "0212 555 66 77", "a@b", "\x00")
HOOKS = ("before_generate_path_parameters", "before_generate_body")
CALLS, MISTAKES, SCENARIOS = 6000, 3000, 60  # Ten minutes together.
# What the examples made was launched, imported, added or removed, and whoever might be messaged has refused by then.
OF_STATES = {
    (name, 2) for name in
    ("addPeople", "addLaunch", "addImportStart", "addImportUndo", "addImportCancellation", "downloadExport",
     "mayBeMessaged", "addRetailer", "showRetailer", "removeRetailer", "addAccess", "removeAccess", "changeWebhook",
     "removeWebhook")
}  # fmt: skip
WITHOUT_MISTAKES = {("showMe", 4), ("listBrands", 4)}  # Nothing to be wrong.
SETTINGS = hypothesis.settings(
    deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=[Phase.generate]
)
HELD, REFUSED = "+905321234570", "+905321234571"  # İYS holds a grant; the person refused.
SEEN_ELSEWHERE = {"304", "429", "500", "503"}


@pytest.fixture
def program(app, sandbox) -> Iterator[Program]:
    """Of a provider that has decisions; its clock is that of the examples."""
    with time_machine.travel(MOMENT), app.app_context():
        reach_iys(app, sandbox)
        provider, brand = make.provider(), make.brand()
        insert_decisions(brand, [HELD], clock.now(), held=Status.GRANTED)
        refused_at = clock.now() - timedelta(hours=2)
        insert_decisions(brand, [REFUSED], refused_at, status=Status.REFUSED, origin=DecisionOrigin.LINK)
        make_profile(provider)
        for slug, published in (("ornek-magaza-kasa", True), ("ornek-magaza-yeni", False)):
            opened(app, slug=slug, published=published)
        yield Program(app, make_key(provider))


def read_schema(app) -> Any:
    """The served document, as Schemathesis knows it; with no field that it does not name, which readers must allow."""
    import schemathesis  # Here: it takes seconds, which only these tests need.

    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    of_answers = {each.__name__ for each in answers_of(Answer)}
    for name, each in schema.raw_schema["components"]["schemas"].items():
        assert each.get("additionalProperties", name in of_answers) is (name in of_answers), name
        each["additionalProperties"] = False
    return schema


def answers_of(model: type) -> set[type]:
    return {model}.union(*map(answers_of, model.__subclasses__()))


def operations_of(schema) -> dict[str, Any]:
    found = [each.ok() for each in schema.get_all_operations()]
    return {each.definition.raw["operationId"]: each for each in found}


def special_calls() -> list[Example]:
    """Calls that are answered as no example and no usual mistake is."""
    return [
        Example("mayBeMessaged", f"/brands/{BRAND}/may-send/MESAJ/{HELD}", None, 200, None),
        Example("addConsent", f"/brands/{BRAND}/consents", grant(REFUSED), 409, None),
        Example("addLink", f"/brands/{BRAND}/points/ornek-magaza-yeni/links", LINK_REQUEST, 409, None),
        Example("listEvents", f"/events?cursor={'9' * 18}", None, 410, None),
        *[Example("addWebhook", f"/brands/{BRAND}/webhooks", NEW_WEBHOOK, 409, None)] * (MAX_ENDPOINTS + 1),
        *[replace(each, status=409) for each in EXAMPLES if each.operation in ("addPeople", "addLaunch")],  # Again.
    ]


def mistakes(program: Program, strangers: list[Program], operation, example: Example) -> Iterator[TestResponse]:
    """Answers to the usual mistakes: no key, another network, what does not exist, and what cannot be read."""
    path, method, has_body = BASE + example.path, operation.method, "requestBody" in operation.definition.raw
    for each in strangers:
        yield each.open(method, path)
    yield program.open(method, ID.sub("1", path.replace(f"/{BRAND}", "/1")), json=example.body)
    if any(each.name == "Idempotency-Key" for each in operation.headers):
        yield program.client.open(path, method=method, headers=program._headers(), json={})
    if not has_body:
        yield program.open(method, f"{path.replace(PHONE, 'x')}?unknown=1")
        return
    yield program.open(method, path, json={}, environ_overrides={"CONTENT_LENGTH": str(10**9)})
    for kind, content in (("json", "{"), ("json", '{"unknown": 1}'), ("plain", "x")):
        yield program.open(method, path, data=content, content_type=f"application/{kind}")


@pytest.mark.slow
def test_every_operation_answers_with_each_status_that_it_documents(app, program):
    provider_id, at = db.session.query(Provider).one().id, clock.now()
    db.session.add(Network(provider_id=provider_id, cidr="127.0.0.1/32", note="", created_at=at))
    db.session.commit()
    operations = operations_of(read_schema(app))
    answers = [(example.operation, answer) for example, answer in run_examples(program, *special_calls())]
    strangers = [Program(app, ""), Program(app, program.key, "203.0.113.7")]
    first = {example.operation: example for example in reversed(EXAMPLES)}
    for name, example in first.items():
        answers += [(name, each) for each in mistakes(program, strangers, operations[name], example)]
    waiting = make.campaign(kind=CampaignKind.RECONFIRM).id
    lapse()
    answers.append(("listLinks", program.get(f"{BASE}/brands/{BRAND}/campaigns/{waiting}/links")))
    for name, answer in answers:
        operations[name].validate_response(answer)
    seen = {(name, str(answer.status_code)) for name, answer in answers}
    documented = {(name, status) for name, each in operations.items() for status in each.responses.status_codes}
    assert seen - documented == set()
    assert {each for each in documented - seen if each[1] not in SEEN_ELSEWHERE} == set()


class KnownValues(dict[str, dict]):
    """Values that calls and answers held, by field: what is generated has one of them in most of these fields."""

    def __init__(self, program: Program) -> None:
        learn([answer.get_json(silent=True) for _, answer in run_examples(program)], self)
        of_bodies: dict[str, dict] = {}
        learn([{"recipient": HELD}, *[each.body for each in (*EXAMPLES, *special_calls())]], of_bodies)
        self |= of_bodies  # Of a name that both have, such as "status".

    def mix_into(self, _context, cases):
        """As a hook of Schemathesis."""
        return st.builds(self._mixed, cases, st.randoms())

    def _mixed(self, value, random):
        if isinstance(value, list):
            return [self._mixed(each, random) for each in value]
        if not isinstance(value, dict):
            return value
        return {name: self._value_of(name, each, random) for name, each in value.items()}

    def _value_of(self, name: str, value, random):
        chance = random.random()
        if name not in self or chance > 0.95:
            return self._mixed(value, random)
        return random.choice(HOSTILE if chance > 0.9 else list(self[name]))


def learn(value, known: dict[str, dict]) -> None:
    """Add all texts and numbers of a value, by the names of their fields."""
    for name, each in value.items() if isinstance(value, dict) else ():
        if isinstance(each, str | int):
            known.setdefault(name, {})[each] = True
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        learn(each, known)


def check_answer(case, answer, seen: Counter) -> None:
    """No answer is a 500; each has a status, a type and a body that the document knows; what is wrong is refused."""
    from schemathesis.specs.openapi import checks

    name = case.operation.definition.raw["operationId"]
    seen[name, answer.status_code // 100] += 1
    assert answer.status_code != 500
    changed = getattr(case.meta.phase.data, "parameter", None) if case.meta else None
    # The key is the program's own, whatever was generated; a field of a query without a value is not sent.
    sent = parse_qs(urlsplit(answer.request.url).query, keep_blank_values=True)
    is_unsent = changed == "Authorization" or name == "downloadExport" or not sent.keys() >= (case.query or {}).keys()
    has_mistake = name not in ROWS and not is_unsent
    of_negative = [checks.negative_data_rejection] if has_mistake else []
    case.validate_response(answer, checks=[
        checks.status_code_conformance, checks.content_type_conformance, checks.response_schema_conformance,
        checks.response_headers_conformance, *of_negative,
    ])  # fmt: skip


def call_often(program: Program, cases, count: int, seen: Counter) -> None:
    def call(case) -> None:
        check_answer(case, case.call(headers=program._headers()), seen)

    hypothesis.settings(SETTINGS, max_examples=count)(given(cases)(call))()


@pytest.mark.long
def test_every_answer_to_generated_calls_is_as_the_document_says(app, program):
    schema, seen = read_schema(app), Counter()
    operations = operations_of(schema)
    known = KnownValues(program)
    for hook in HOOKS:
        schema.hooks.register_hook_with_name(known.mix_into, hook)
    for each in operations.values():
        call_often(program, each.as_strategy(), CALLS // len(operations), seen)

    expected = {(name, kind) for name in operations for kind in (2, 4)} - WITHOUT_MISTAKES - OF_STATES
    assert expected - seen.keys() == set()


@pytest.mark.long
def test_generated_mistakes_are_refused(app, program):
    from schemathesis import GenerationMode

    seen = Counter()
    operations = operations_of(read_schema(app))
    for each in operations.values():
        brand = {"path_parameters": {"brandCode": BRAND}} if "{brandCode}" in each.path else {}
        cases = each.as_strategy(generation_mode=GenerationMode.NEGATIVE, **brand)
        call_often(program, cases, MISTAKES // len(operations), seen)

    assert {name for name, kind in seen if kind == 4} == operations.keys()


@pytest.mark.long
def test_every_answer_along_the_links_is_as_the_document_says(app, program):
    from hypothesis.stateful import run_state_machine_as_test

    schema, seen, followed, wrong = read_schema(app), Counter(), set(), []
    known = KnownValues(program)
    for hook in HOOKS:
        schema.hooks.register_hook_with_name(known.mix_into, hook)

    class Machine(schema.as_state_machine()):
        def get_call_kwargs(self, case):
            return {"headers": program._headers()}

        def validate_response(self, response, case, **_):
            try:
                check_answer(case, response, seen)
            except Exception as error:  # A run that differs from the one before would end with Flaky, and hide it.
                wrong.append(error)

        def step(self, input):
            output = super().step(input)
            if input.transition is not None and output.response.status_code == 200:
                followed.add(input.transition.id)
            return output

    for number in range(SCENARIOS // 10):
        settings = hypothesis.settings(SETTINGS, derandomize=False, max_examples=10)
        with contextlib.suppress(Flaky):  # The database remembers what earlier scenarios wrote.
            run_state_machine_as_test(hypothesis.seed(number)(Machine), settings=settings)
    labels = {name: each.label for name, each in operations_of(schema).items()}
    links = [(source, target) for source, its in LINKS.items() for target in its if target != "mayBeMessaged"]
    assert wrong == []
    assert followed >= {f"{labels[source]} -> [200] {target} -> {labels[target]}" for source, target in links}
