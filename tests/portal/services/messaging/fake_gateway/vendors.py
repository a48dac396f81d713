"""Calls to the fake vendors as their documents have them, over Flask's client, and a receiver of their pushes."""

from flask import Flask, request
from werkzeug.serving import WSGIRequestHandler

VERIMOR = {"username": "908500000001", "password": "demo"}
NETGSM = ("8500000002", "demo")
ILETIMERKEZI = {"authentication": {"key": "demo", "hash": "demo"}}
NUMBER = "5321234567"
TEXT = "Merhaba"


class Vendors:
    """A browser at the fake gateway that speaks each vendor's language."""

    def __init__(self, app, *, report_delay=0):
        self.app = app
        self.browser = app.test_client()
        self.control("settings", report_delay=report_delay, hang_seconds=0)

    def control(self, what, **fields):
        answer = self.browser.post(f"/control/{what}", json=fields)
        assert answer.status_code < 300, answer.text
        return answer

    def shown(self) -> str:
        return self.browser.get("/").text

    # Verimor

    def verimor_send(self, *numbers, text=TEXT, **fields):
        messages = [{"msg": text, "dest": f"90{each}", "id": str(n)} for n, each in enumerate(numbers, 1)]
        body = VERIMOR | {"source_addr": "DENEME", "messages": messages} | fields
        return self.browser.post("/verimor/v2/send.json", json=body)

    def verimor(self, path, **query):
        return self.browser.get(f"/verimor/v2/{path}", query_string=VERIMOR | query)

    # NetGSM

    def netgsm_send(self, *numbers, text=TEXT, **fields):
        messages = [{"msg": text, "no": each, "referansID": str(n)} for n, each in enumerate(numbers, 1)]
        return self.netgsm("send", **{"msgheader": "DENEME", "messages": messages} | fields)

    def netgsm(self, path, **body):
        return self.browser.post(f"/netgsm/sms/rest/v2/{path}", json=body, auth=NETGSM)

    def netgsm_inbox(self, **query):
        return self.browser.get("/netgsm/sms/rest/v2/inbox", query_string=query, auth=NETGSM)

    # İleti Merkezi

    def iletimerkezi_send(self, *numbers, text=TEXT, **fields):
        message = [{"text": text, "receipents": {"number": list(numbers)}}]
        return self.iletimerkezi("send-sms", order={"sender": "DENEME", "iys": "0", "message": message} | fields)

    def iletimerkezi(self, path, **asked):
        return self.browser.post(f"/iletimerkezi/v1/{path}/json", json={"request": ILETIMERKEZI | asked})

    # The same for each vendor

    def send(self, vendor, *numbers, **fields):
        return getattr(self, f"{vendor}_send")(*numbers, **fields)

    def states(self, vendor, sent) -> list:
        """The vendor's state words of a batch, by pull."""
        if vendor == "verimor":
            return [each["status"] for each in self.verimor("status", id=sent.text).json]
        if vendor == "netgsm":
            return [each["status"] for each in self.netgsm("report", jobids=[sent.json["jobid"]]).json["jobs"]]
        order = {"id": sent.json["response"]["order"]["id"]}
        return [
            each["status"] for each in self.iletimerkezi("get-report", order=order).json["response"]["order"]["message"]
        ]

    def code(self, answer) -> str:
        """What the vendor calls the outcome of a call."""
        body = answer.get_json(silent=True)
        if isinstance(body, dict) and "response" in body:
            return str(body["response"]["status"]["code"])
        return body["code"] if isinstance(body, dict) else answer.text

    def accepted(self) -> list[dict]:
        return self.browser.get("/control/messages").json["messages"]


class Receiver:
    """Keeps what is pushed to it; answers with `statuses`, and with 200 when they are used up."""

    def __init__(self):
        self.statuses = []
        self.requests = []
        self.app = Flask(__name__)
        self.app.add_url_rule("/push", "push", self._take, methods=["GET", "POST"])

    def _take(self):
        self.requests.append(
            (request.method, request.args.to_dict(), request.form.to_dict(), request.get_json(silent=True))
        )
        return "", self.statuses.pop(0) if self.statuses else 200

    @property
    def bodies(self) -> list:
        """JSON bodies, in the order in which they came."""
        return [body for *_, body in self.requests]


class QuietHandler(WSGIRequestHandler):
    """Logs nothing: a vendor may push an address in a query."""

    def log(self, type, message, *args):
        pass
