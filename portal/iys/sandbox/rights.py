"""Who may act for whom: a live token, and the brands of its account."""

from typing import NamedTuple

from flask import request

from portal.registry import Problem

from . import tokens
from .box import box
from .refusals import Refused
from .store import LONGEST_NUMBER


class Sender(NamedTuple):
    """The provider and brand that a request speaks for."""

    iys_code: int
    brand_code: int


def sender_of(iys_code: str, brand_code: str) -> Sender:
    """The codes of the path, once the request's token may act for both: H351, H190, H191, H353."""
    account = _account()
    if account is None:
        raise Refused(Problem("H351"))
    sender = Sender(_number(iys_code, "H190"), _number(brand_code, "H191"))
    if sender.iys_code != account["iys_code"]:
        raise Refused(Problem("H353", text="iysCode, kullanıcı izinleriyle eşleştirilemiyor"))
    if str(sender.brand_code) not in account["brands"].split(","):
        raise Refused(Problem("H353"))
    return sender


def _account():
    scheme, _, access_token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    with box().store.reading() as db:
        return tokens.account_of(db, access_token.strip(), box().clock())


def _number(text: str, code: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER):
        raise Refused(Problem(code, value=text))
    return int(text)
