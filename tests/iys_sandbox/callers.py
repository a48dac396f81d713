"""Callers of the sandbox: their requests, and the clock of the tests."""

from datetime import UTC, datetime, timedelta

from portal.core import iys_protocol

ACCOUNT = {"username": "ayse", "password": "çok gizli", "iys_code": 700100, "brands": [700100, 700101]}
ADD = iys_protocol.add_path(700100, 700100)
ADD_V1 = ADD.removeprefix("/v2")
STATUS = iys_protocol.single_status_path(700100, 700100)
GRANT = {
    "recipient": "+905321234567",
    "type": "MESAJ",
    "source": "HS_WEB",
    "status": "ONAY",
    "consentDate": "2026-11-24 11:00:00",
    "recipientType": "BIREYSEL",
}
REFUSAL = GRANT | {"status": "RET", "consentDate": "2026-11-24 11:30:00"}


class Watch:
    """A clock that stands still until it is wound forward; it begins on a Tuesday at 12:00 in Turkey."""

    def __init__(self):
        self.now = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

    def __call__(self):
        return self.now

    def forward(self, **duration):
        self.now += timedelta(**duration)


class Provider:
    """A caller with an account and a token."""

    def __init__(self, app):
        self.client = app.test_client()
        self.signs_in()

    def signs_in(self, **changes):
        fields = {"username": ACCOUNT["username"], "password": ACCOUNT["password"], "grant_type": "password"}
        answer = self.client.post("/oauth2/token", json=fields | changes)
        self.token = (answer.json or {}).get("access_token")
        return answer

    def posts(self, path, body):
        kind = "data" if isinstance(body, bytes | str) else "json"
        return self.client.post(path, headers={"Authorization": f"Bearer {self.token}"}, **{kind: body})

    def gets(self, path):
        return self.client.get(path, headers={"Authorization": f"Bearer {self.token}"})

    def adds(self, body, path=ADD):
        return self.posts(path, body)

    def movements(self):
        return self.client.get("/ledger.json").json["movements"]

    def asks_for_fault(self, **fault):
        return self.client.post("/faults", json=fault)


def codes(answer):
    return [error.code for error in iys_protocol.parse_errors(answer.status_code, answer.data)]
