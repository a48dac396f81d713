"""Pushes: an address is tested before it is registered, and receives what citizens do."""

import base64
import json

import pytest
from werkzeug.wrappers import Request, Response

from iys_sandbox import create_sandbox
from portal.core import iys_protocol
from tests.iys_sandbox.callers import ACCOUNT, GRANT, Provider, codes
from tests.servers import serving

REGISTRATION = iys_protocol.push_registration_path(700100, 700100)
REMOVAL = iys_protocol.push_removal_path(700100, 700100)


class PushEndpoint:
    """A push endpoint that asks for Basic auth and keeps what it receives."""

    def __init__(self):
        self.received = []
        self.answers = []  # Said instead of 200, one after the other.
        self.is_careless = False

    def __call__(self, environ, start_response):
        request = Request(environ)
        knows = request.headers.get("Authorization") == "Basic " + base64.b64encode(b"iys:gizli").decode()
        if not knows and not self.is_careless:
            return Response(status=401)(environ, start_response)
        self.received.append(json.loads(request.get_data()))
        status = self.answers.pop(0) if self.answers else 200
        return Response(status=status)(environ, start_response)

    def rows(self):
        return [row for body in self.received for row in body["list"] if row["recipient"] != "pushtest@iys.org.tr"]


@pytest.fixture
def endpoint():
    return PushEndpoint()


@pytest.fixture
def url(endpoint):
    with serving(endpoint) as url:
        yield f"{url}/inbound"


def connection(url, /, **changes):
    return {"url": url, "type": "MESAJ", "username": "iys", "password": "gizli", **changes}


def registers(provider, *connections):
    return provider.posts(REGISTRATION, {"connection": list(connections)})


def refuses(provider, recipient=GRANT["recipient"]):
    fields = {"recipient": recipient, "type": "MESAJ", "status": "RET", "brandCode": 700100}
    return provider.client.post("/citizens", json=fields).json["movements"]


def test_an_address_is_tried_out_and_kept(provider, endpoint, url):
    answer = registers(provider, connection(url))

    assert answer.json == {"message": "Bağlantı oluşturuldu"}
    (test,) = endpoint.received
    assert [row["recipient"] for row in test["list"]] == ["pushtest@iys.org.tr"]
    assert provider.gets(REGISTRATION).json == [
        {"url": url, "type": "MESAJ", "registerTime": "2026-11-24 12:00:00", "status": "Bağlantı Oluşturuldu"}
    ]


def test_an_address_that_takes_strangers_in_is_not_kept(provider, endpoint, url):
    endpoint.is_careless = True

    assert codes(registers(provider, connection(url))) == ["H530"]
    assert [one["status"] for one in provider.gets(REGISTRATION).json] == ["Bağlantı Oluşturulamadı"]


def test_an_address_that_does_not_take_the_test_is_not_kept(provider, endpoint, url):
    endpoint.answers = [500]

    assert codes(registers(provider, connection(url))) == ["H530"]
    assert codes(registers(provider, connection("http://127.0.0.1:9/"))) == ["H530"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"type": "FAKS"}, "H117"),
        ({"username": ""}, "H093"),
        ({"password": None}, "H093"),
        ({"url": "http://example.com/x"}, "H531"),
        ({"url": None}, "H531"),
    ],
)
def test_what_is_no_connection_is_refused(provider, url, changes, code):
    assert codes(registers(provider, connection(url, **changes))) == [code]


def test_an_address_in_clear_is_refused_unless_allowed(file, clock, url):
    app = create_sandbox(file, clock=clock, requests_per_second=0)
    app.extensions["sandbox"].store.add_account(**ACCOUNT)

    assert codes(registers(Provider(app), connection(url))) == ["H531"]


def test_a_type_has_two_live_addresses_at_most(provider, url):
    for name in "ab":
        assert registers(provider, connection(f"{url}/{name}")).status_code == 200

    assert codes(registers(provider, connection(f"{url}/c"))) == ["H530"]
    assert registers(provider, connection(f"{url}/c", type="ARAMA")).status_code == 200


def test_a_citizens_act_is_pushed_and_a_providers_is_not(provider, endpoint, url):
    registers(provider, connection(url))
    provider.adds(GRANT)
    (movement,) = refuses(provider)

    (row,) = endpoint.rows()
    assert (row["transactionId"], row["source"], row["brandCode"]) == (movement["transactionId"], "IYS_WEB", 700100)


def test_only_the_registered_type_is_told(provider, endpoint, url):
    registers(provider, connection(url, type="ARAMA"))
    refuses(provider)

    assert endpoint.rows() == []


def test_an_unanswered_push_is_tried_again(provider, endpoint, url):
    registers(provider, connection(url))
    endpoint.answers = [503]
    refuses(provider)

    assert provider.client.get("/push").json["deliveries"] == [{"id": 1, "tries": 1, "answer": "503", "open": True}]
    provider.client.post("/clock", json={"forward": 60})
    assert len(endpoint.rows()) == 2
    assert provider.client.get("/push").json["deliveries"] == [{"id": 1, "tries": 2, "answer": "200", "open": False}]


def test_pushes_can_be_late_double_and_held(provider, endpoint, url):
    registers(provider, connection(url))
    provider.client.post("/push", json={"delay": 30, "copies": 2})
    refuses(provider)
    assert endpoint.rows() == []

    provider.client.post("/clock", json={"forward": 30})
    assert len(endpoint.rows()) == 2

    provider.client.post("/push", json={"held": True})
    refuses(provider, "+905330000000")
    assert len(endpoint.rows()) == 2
    assert provider.client.post("/push/deliver").json == {"delivered": 1}
    assert len(endpoint.rows()) == 3


def test_pushes_can_come_in_another_order(provider, endpoint, url):
    registers(provider, connection(url))
    provider.client.post("/push", json={"held": True, "shuffled": True})
    wanted = [refuses(provider, f"+9053300000{number:02}")[0]["transactionId"] for number in range(10)]

    provider.client.post("/push/deliver")

    told = [row["transactionId"] for row in endpoint.rows()]
    assert sorted(told) == sorted(wanted)
    assert told != wanted


def test_a_removed_address_receives_nothing(provider, endpoint, url):
    registers(provider, connection(url))

    assert codes(provider.posts(REMOVAL, connection(url, password="falsch"))) == ["H530"]
    assert provider.posts(REMOVAL, connection(url)).json == {"message": "Bağlantı Kaldırıldı"}

    refuses(provider)
    assert endpoint.rows() == []
    assert provider.gets(REGISTRATION).json == []
