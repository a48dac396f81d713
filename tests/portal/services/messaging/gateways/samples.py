"""Batches, and what each vendor answers, as its documents have it; nothing here is read from our descriptions."""

from portal.services.messaging.gateways.generic_http import GenericHttpGateway, vendor_description
from portal.services.messaging.gateways.protocol import Batch, OutgoingMessage
from portal.services.messaging.gateways.vendors import VENDORS

LOGINS = {
    "verimor": {"username": "908501234567", "password": "demo"},
    "netgsm": {"username": "8501234567", "password": "demo"},
    "iletimerkezi": {"key": "demo", "hash": "demo"},
}
TAKEN = {
    "verimor": (200, "20212"),
    "netgsm": (200, {"code": "00", "jobid": "20212", "description": "queued"}),
    "iletimerkezi": (200, {"response": {"status": {"code": 200}, "order": {"id": 20212}}}),
}


def message(number=1, to=None, text="Onayınız?", **more):
    return OutgoingMessage(number, to or f"+90532000{number:04}", text, **more)


def batch(*messages, **more):
    return Batch(77, "DENEME", messages or (message(1), message(2)), **more)


def coded(name, url, **more):
    return VENDORS[name].open(LOGINS[name], base_url=url, is_trusted=True, **more)


def described(name, url):
    return GenericHttpGateway(vendor_description(name), LOGINS[name], base_url=url, is_trusted=True)


def iletimerkezi_status(code):
    return {"response": {"status": {"code": code, "message": "…"}}}
