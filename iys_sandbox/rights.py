"""Authorisation of a request: its token, the brands it may act for, its rights there, and an active subscription."""

import json
from sqlite3 import Row
from typing import NamedTuple

from flask import request

from iys_sandbox import accounts, tokens
from iys_sandbox.context import now, sandbox
from iys_sandbox.errors import LONGEST_NUMBER, JsonObject, Refused, problem_with_values
from portal.core import iys_protocol
from portal.core.iys_protocol import IysProblem

NOT_YOUR_PROVIDER = IysProblem("H353", text="iysCode, kullanıcı izinleriyle eşleştirilemiyor")


class AuthorisedSender(NamedTuple):
    """The provider and brand of a request, and its user's rights there, by channel."""

    iys_code: int
    brand_code: int
    rights: dict[str, str]
    may_agree: bool

    def check_read_right(self, channel: object) -> None:
        """Refuse (H355) a channel that it may not read. An unknown channel is left to the field rules."""
        if channel in accounts.CHANNELS and channel not in self.rights:
            raise Refused(IysProblem("H355"))

    def check_write_right(self, channel: object) -> None:
        """Refuse (H355) a channel that it may not write."""
        if channel in accounts.CHANNELS and self.rights.get(channel) != "write":
            raise Refused(IysProblem("H355"))

    def check_agreement_right(self) -> None:
        """Refuse (H355) a partner without the right to reconcile (agreementControl)."""
        if not self.may_agree:
            raise Refused(IysProblem("H355"))


def authorised_sender(iys_code: str, brand_code: str) -> AuthorisedSender:
    """The codes of the path, once the request's token may act for both: H351, H190, H191, H353, H520 to H586."""
    account, iys_number = authorised_provider(iys_code)
    brand_number = _parse_code(brand_code, "H191")
    with sandbox().store.reading() as db:
        select = """SELECT authority.* FROM authority JOIN brand USING (brand_code)
                    WHERE username = ? AND brand_code = ? AND iys_code = ?"""
        authority = db.execute(select, (account["username"], brand_number, iys_number)).fetchone()
    if authority is None:
        raise Refused(IysProblem("H353"))
    _check_subscriptions(account, iys_number)
    return AuthorisedSender(iys_number, brand_number, json.loads(authority["rights"]), bool(authority["may_agree"]))


def authorised_provider(iys_code: str, *, must_be_active: bool = False) -> tuple[Row, int]:
    """The account and the iysCode of the path, once it may act for some brand of it: H351, H190, H353."""
    account = account_of_token()
    number = _parse_code(iys_code, "H190")
    with sandbox().store.reading() as db:
        select = "SELECT 1 FROM authority JOIN brand USING (brand_code) WHERE username = ? AND iys_code = ?"
        acts_for = db.execute(select, (account["username"], number)).fetchone()
    if acts_for is None:
        raise Refused(NOT_YOUR_PROVIDER)
    if must_be_active:
        _check_subscriptions(account, number)
    return account, number


def authorised_partner(integrator_code: str, *, must_be_active: bool, code: str) -> Row:
    """The partner's account that the path names; `code` for a provider's own user (H363, H522), H353 for another's."""
    account = account_of_token()
    if account["integrator_code"] is None:
        raise Refused(IysProblem(code))
    if str(account["integrator_code"]) != integrator_code:
        raise Refused(IysProblem("H353", text="integratorCode, kullanıcı izinleriyle eşleştirilemiyor"))
    if must_be_active:
        _check_subscription(account["integrator_code"], "Entegratör")
    return account


def account_of_token() -> Row:
    """The account of the request's token: H351."""
    scheme, _, access_token = request.headers.get("Authorization", "").partition(" ")
    account = None
    if scheme.lower() == "bearer":
        with sandbox().store.reading() as db:
            account = tokens.account_of_access_token(db, access_token.strip(), now())
    if account is None:
        raise Refused(IysProblem("H351"))
    return account


def subscription_state(subscription: JsonObject) -> str:
    """ACTIVE, PAUSED, EXPIRED, CLOSED or NONE; one whose last day is over has EXPIRED."""
    is_over = subscription.get("expirationDate", "9999") <= iys_protocol.format_wire_date(now())
    return "EXPIRED" if subscription["status"] == "ACTIVE" and is_over else str(subscription["status"])


def _check_subscriptions(account: Row, iys_code: int) -> None:
    if account["integrator_code"] is not None:
        _check_subscription(account["integrator_code"], "Entegratör")
    _check_subscription(iys_code, "HS")


def _check_subscription(code: int, whose: str) -> None:
    with sandbox().store.reading() as db:
        subscription = accounts.subscription_of(db, code)
    state = subscription_state(subscription)
    if state == "NONE":
        raise Refused(problem_with_values("H524", iysCode=code))
    if state == "CLOSED":
        raise Refused(IysProblem("H521"))
    if state != "ACTIVE":
        raise Refused(problem_with_values("H520", **{"PAUSED|EXPIRED": state, "HS|Entegratör": whose}))
    if not subscription.get("api", True):
        raise Refused(IysProblem("H586"))


def _parse_code(text: str, code: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER):
        raise Refused(IysProblem(code, value=text))
    return int(text)
