"""The sandbox's side of the contract: every endpoint of the table, with its status, its fields and only its codes."""

import base64
import json
import re
from datetime import timedelta

import pytest
import requests

from iys_sandbox import create_sandbox
from portal.core import clock
from portal.core.iys_protocol import Operation
from tests import make, servers
from tests.contract import table

PARTNER, INTEGRATOR = "partner", 900001
FOREIGN = 700999
KEY = {"recipient": make.PHONE, "recipientType": "BIREYSEL", "type": "MESAJ"}
OF_LIST = {"type": "MESAJ", "recipientType": "BIREYSEL", "recipients": [make.PHONE]}
each_endpoint = pytest.mark.parametrize("endpoint", table.TABLE, ids=table.named)
guarded = pytest.mark.parametrize("endpoint", [each for each in table.TABLE if each.question != Operation.TOKEN],
                                  ids=table.named)  # fmt: skip
REMOVED_RETAILER, RETAILER = 58_954_386, 58_954_387
SHOP = {
    "title": "XYZ Ticaret", "name": "Fatma Çelik", "tckn": "57703411244", "tin": "1234567890",
    "city": {"code": "34", "name": "İstanbul"}, "town": {"code": "01", "name": "Kadıköy"},
}  # fmt: skip
PASSWORD = {"grant_type": "password", "username": make.USERNAME, "password": make.PASSWORD}


def consent(recipient="yeni@example.com", channel="EPOSTA", **more):
    return {
        "recipient": recipient, "type": channel, "source": "HS_WEB", "status": "ONAY", "recipientType": "BIREYSEL",
        "consentDate": clock.istanbul(clock.now()).strftime("%Y-%m-%d %H:%M:%S"),
    } | more  # fmt: skip


class World:
    """A sandbox with something in it for every endpoint to tell."""

    def __init__(self, box, push_url):
        self.url, self.push_url = box.url, push_url
        box.add_account(make.USERNAME, make.PASSWORD, make.IYS_CODE, [make.BRAND_CODE])
        acts_for = [{"iysCode": make.IYS_CODE, "brands": [make.BRAND_CODE], "title": "Örnek Mağazacılık A.Ş."}]
        box.add_account(PARTNER, PARTNER, INTEGRATOR, [], kind="partner", integrator_code=INTEGRATOR, acts_for=acts_for)
        self.yesterday = clock.day(clock.now()) - timedelta(days=1)
        noon = clock.start_of_day(self.yesterday) + timedelta(hours=12)
        box.acts(make.PHONE, "MESAJ", "ONAY", brandCode=make.BRAND_CODE, source="IYS_WEB", at=noon)
        self.tokens = {name: self._token(name, password) for name, password in
                       ((make.USERNAME, make.PASSWORD), (PARTNER, PARTNER))}  # fmt: skip
        self.request_id = self.ask(table.of(Operation.BULK_ADD)).json()["requestId"]
        for tckn in (SHOP["tckn"], "20000000046"):
            self.ask(table.of(Operation.RETAILER_ADD), SHOP | {"tckn": tckn})
        self.ask(table.of(Operation.ACCESS_ADD))
        box.move_clock(forward=table.LIMITS["seconds until a result"].says + 1)

    def ask(self, endpoint, body=..., *, token=..., query="", **path):
        """Ask as we would, or with another body (bytes or what becomes JSON), token, query or part of the path."""
        values = {
            "iysCode": make.IYS_CODE, "brandCode": make.BRAND_CODE, "integratorCode": INTEGRATOR, "type": "MESAJ",
            "recipientType": "BIREYSEL", "reportDate": self.yesterday, "requestId": getattr(self, "request_id", ""),
            "retailerCode": REMOVED_RETAILER if endpoint.question == Operation.RETAILER_REMOVE else RETAILER,
        } | path  # fmt: skip
        if body is ...:
            body = self.usual(endpoint.question)
        user = PARTNER if endpoint.path.startswith("/integrator") else make.USERNAME
        bearer = self.tokens[user] if token is ... and endpoint.question != Operation.TOKEN else token
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {bearer}"} if bearer else {})
        return requests.request(
            endpoint.method, self.url + endpoint.path.format(**values) + query,
            data=body if isinstance(body, bytes) else json.dumps(body).encode(), headers=headers, timeout=5,
        )  # fmt: skip

    def usual(self, question):
        connection = {"url": self.push_url, "type": "MESAJ", "username": "iys", "password": "secret"}
        return {
            Operation.TOKEN: PASSWORD,
            Operation.ADD: consent(),
            Operation.BULK_ADD: [consent("liste@example.com"), consent("liste2@example.com")],
            Operation.STATUS: KEY,
            Operation.HISTORY: KEY,
            Operation.MULTI_STATUS: {"recipients": [make.PHONE]},
            Operation.PUSH_REGISTER: {"connection": [connection]},
            Operation.PUSH_REMOVE: connection,
            Operation.AGREE: {"agreementStatus": True},
            Operation.RETAILER_ADD: SHOP | {"tckn": "10000000146"},
            Operation.ACCESS_LIST: KEY,
            Operation.ACCESS_ADD: KEY | {"retailerAccess": [RETAILER]},
            Operation.ACCESS_REMOVE: OF_LIST | {"retailerAccess": [RETAILER]},
            Operation.ACCESS_REPLACE: OF_LIST | {"retailerAccess": [RETAILER]},
            Operation.ACCESS_CLEAR: OF_LIST,
        }.get(question, b"")

    def _token(self, username, password):
        body = PASSWORD | {"username": username, "password": password}
        return requests.post(f"{self.url}/oauth2/token", json=body, timeout=5).json()["access_token"]


def takes_pushes(environ, start_response):
    """The portal's endpoint for pushes, as İYS sees it."""
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    is_iys = environ.get("HTTP_AUTHORIZATION") == "Basic " + base64.b64encode(b"iys:secret").decode()
    start_response("200 OK" if is_iys else "401 Unauthorized", [("Content-Length", "0")])
    return [b""]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with servers.serving(takes_pushes) as url, servers.sandbox(tmp_path_factory.mktemp("iys") / "sandbox.db") as box:
        yield World(box, url)


def names(body):
    if isinstance(body, dict):
        return set(body) | {name for value in body.values() for name in names(value)}
    return {name for each in body for name in names(each)} if isinstance(body, list) else set()


def told(answer):
    """The (status, code) pairs of an answer."""
    return {(answer.status_code, code) for code in re.findall(r'"code:?":\s*"(H\w+)"', answer.text)}


def lawful(endpoint):
    return {(status, code) for status, codes in endpoint.codes.items() for code in codes}


def rules(app):
    return {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", "{}", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }


def test_the_sandbox_has_every_endpoint_of_the_table_and_no_invented_one(tmp_path):
    ours = {(each.method, re.sub(r"\{\w+\}", "{}", each.path)) for each in table.TABLE}
    besides = {(method, re.sub(r"\{\w+\}", "{}", path)) for method, path in table.ALSO_ANSWERED}
    theirs = {
        rule
        for rule in rules(create_sandbox(tmp_path / "s.db"))
        if rule[1].startswith(("/sps", "/v2", "/in", "/oauth"))
    }

    assert ours <= theirs
    assert theirs - ours <= besides


@each_endpoint
def test_a_success_has_the_status_and_the_fields_of_the_table(world, endpoint):
    answer = world.ask(endpoint)

    assert answer.status_code == endpoint.success[0], answer.text
    if endpoint.media == "application/json":
        body = answer.json()
        assert set(endpoint.always) <= names(body) <= set(endpoint.tells)
        assert isinstance(body, list) == endpoint.is_a_list
    else:
        assert bool(answer.content) == bool(endpoint.media)


@pytest.mark.parametrize("question", [Operation.FILE, Operation.AGREEMENT, Operation.AGREE])
def test_a_day_without_movements_has_no_content(world, question):
    assert world.ask(table.of(question), reportDate=world.yesterday - timedelta(days=2)).status_code == 204


def test_a_feed_at_its_end_has_no_content(world):
    feed = table.of(Operation.CHANGES)
    after = world.ask(feed).json()["after"]

    assert world.ask(feed, query=f"?after={after}").status_code == 204


@guarded
def test_nobody_is_answered_without_a_token(world, endpoint):
    answer = world.ask(endpoint, token="")

    assert answer.status_code == 401
    assert told(answer) and told(answer) <= lawful(endpoint)


@pytest.mark.parametrize("endpoint", [each for each in table.TABLE if "Code}" in each.path], ids=table.named)
def test_a_strangers_codes_are_refused_with_a_code_of_the_table(world, endpoint):
    answer = world.ask(endpoint, iysCode=FOREIGN, brandCode=FOREIGN, integratorCode=FOREIGN)

    assert answer.status_code in (400, 403, 404)
    assert told(answer) and told(answer) <= lawful(endpoint)


BODIES = [
    b"", b"{", b"null", b"1", b'"x"', b"[]", b"{}", b"[null]", b"[1]", b"[[]]", b"[{}]", [consent("x")],
    [consent()] * 2,
    {"recipient": "x", "type": "x", "recipientType": "x"}, KEY | {"type": "EPOSTA"}, KEY | {"recipient": "x"},
    KEY | {"recipient": None}, KEY | {"recipient": "+90532123456789012"}, KEY | {"recipientType": 1},
    KEY | {"type": []},
    {name: value for name, value in KEY.items() if name != "type"}, consent(consentDate="x"), consent(status="x"),
    consent(consentDate="2010-01-01 00:00:00"), consent(consentDate="2999-01-01 00:00:00"), consent(source="IYS_WEB"),
    consent(source="HS_KARAR"), consent(retailerAccess=[]), consent(retailerCode=""), consent(retailerCode=1),
    consent(unknown=1), consent(channel="MESAJ"), [consent(retailerAccess="x")], [consent(unknown=1)],
    {"recipients": []}, {"recipients": None}, {"recipients": "x"}, {"recipients": [1]}, {"recipients": ["x"]},
    {"recipients": [make.PHONE] * 2}, {"recipients": [make.PHONE] * 1001}, {"recipients": ["a@example.com"]},
    {"connection": None}, {"connection": []}, {"connection": [{}]},
    {"connection": [{"url": "ftp://x", "type": "MESAJ"}]},
    {"url": "https://example.com/", "type": "x", "username": "a", "password": "b"}, {"agreementStatus": False},
    {"agreementStatus": "true"}, SHOP | {"status": "open"}, SHOP | {"city": 1}, KEY | {"retailerAccess": [1]},
    KEY | {"retailerAccess": [RETAILER]}, KEY | {"retailerAccess": list(range(101))},
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("endpoint", [each for each in table.TABLE if each.takes and each.question != Operation.TOKEN],
                         ids=table.named)  # fmt: skip
def test_whatever_is_sent_only_codes_of_the_table_come_back(world, endpoint):
    for body in BODIES:
        answer = world.ask(endpoint, body)

        assert answer.status_code in {*endpoint.success, 400, 403, 422}, (body, answer.text)
        assert told(answer) <= lawful(endpoint), body
        assert told(answer) or answer.status_code in endpoint.success, (body, answer.text)


@pytest.mark.parametrize(
    ("question", "path", "query"),
    [
        (Operation.BULK_RESULT, {"requestId": "x" * 37}, ""),
        (Operation.BULK_RESULT, {"requestId": "abc"}, ""),
        (Operation.BULK_RESULT, {"requestId": "123"}, ""),
        (Operation.MULTI_STATUS, {"recipientType": "X"}, ""),
        (Operation.MULTI_STATUS, {"type": "X"}, ""),
        *[
            (Operation.HISTORY, {}, query)
            for query in ("?limit=0", "?limit=101", "?limit=x", "?offset=-1", "?offset=x")
        ],
        *[(Operation.PARTNER_BRANDS, {}, query) for query in ("?limit=0", "?limit=101", "?limit=x", "?offset=x")],
        (Operation.CHANGES, {}, "?source=X"),
        (Operation.CHANGES, {}, "?limit=1001"),
        (Operation.SUMMARY, {"recipientType": "X"}, ""),
        *[
            (question, {"reportDate": day}, "")
            for question in (
                Operation.SUMMARY,
                Operation.FILE,
                Operation.AGREEMENT,
                Operation.AGREE,
                Operation.TIMESTAMP,
            )
            for day in ("2020-01-01", "2999-01-01", "yesterday", "2026-02-30")
        ],
    ],
)
def test_a_wrong_path_or_query_is_refused_with_a_code_of_the_table(world, question, path, query):
    endpoint = table.of(question)
    answer = world.ask(endpoint, query=query, **path)

    assert answer.status_code in (400, 422), answer.text
    assert told(answer) and told(answer) <= lawful(endpoint)


@pytest.mark.parametrize("field", ["username", "password", "grant_type"])
def test_a_token_is_refused_as_oauth_does(world, field):
    answer = world.ask(table.of(Operation.TOKEN), PASSWORD | {field: ""})

    assert answer.status_code == 400
    assert set(answer.json()) == {"error", "error_description"}
