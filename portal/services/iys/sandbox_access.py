"""Call the sandbox for a provider in sandbox mode, with an account that is created there when it is first needed.

These calls pass no limit, budget, breaker or success rate of İYS, and no token of İYS is used here.
"""

import json
import time
from datetime import timedelta
from functools import lru_cache

from flask import current_app
from sqlalchemy import Row, select

from portal.core import clock, iys_protocol
from portal.core.extensions import db, read_session
from portal.core.models import Brand, Connection, Credential, CredentialKind, Provider
from portal.domain.providers import sandbox_mode
from portal.services.iys import tokens
from portal.services.iys.call_guard import NotNow
from portal.services.iys.client import NO_ANSWER, Client, IysAnswer

PATIENCE = 3.0  # Seconds for an answer, and half of it for each step of signing in: together less than any lease.
REST = timedelta(seconds=10)  # After the sandbox did not answer.
LATER = timedelta(minutes=10)  # Where there is no sandbox, or the provider left sandbox mode.
ACCOUNTS = "/accounts"  # Of the sandbox's own interface, which İYS does not have.
NOT_KNOWN = ("H351", "H353")  # The sandbox lost its data, or a brand is new: register again.

_silent_until: dict[str, float] = {}  # Of this process, by URL of a sandbox.


ProviderCredential = Row[Credential, Provider]


def ask(provider_id: int, path: str, *, body: bytes | None = None, method: str = "POST") -> IysAnswer:
    """Call the sandbox for a provider. Raises NotNow without a sandbox, or outside of sandbox mode.

    Call it with no transaction open.
    """
    client, account = _answering_client(), _read_account(provider_id)
    token = tokens.stored_token(account.Credential, clock.now()) or _fetch_token(client, account)
    answer = _ask_sandbox(client, method, path, body, token)
    if answer.code in NOT_KNOWN:
        _register(client, account)
        answer = _ask_sandbox(client, method, path, body, _fetch_token(client, account))
    return answer


def is_resting() -> bool:
    """Whether there is no sandbox, or it just failed to answer."""
    url = current_app.config["SANDBOX_URL"]
    return not url or _silent_seconds(url) > 0


def end_leftovers(_client: Client | None = None) -> bool:
    """End what was decided in the very moment in which sandbox mode ended; False if there is nothing. Commits."""
    at = clock.now()
    providers = sandbox_mode.list_left_over(read_session(), at)
    for provider_id in providers:
        sandbox_mode.stop_sending(db.session, provider_id, at)
    db.session.commit()
    return bool(providers)


def _silent_seconds(url: str) -> float:
    return _silent_until.get(url, 0.0) - time.monotonic()


def _ask_sandbox(
    client: Client, method: str, path: str, body: bytes | None, bearer: str | None, patience: float = PATIENCE
) -> IysAnswer:
    answer = client.ask(method, path, body=body, bearer=bearer, deadline=patience)
    if answer.status == NO_ANSWER:
        _silent_until[client.base_url] = time.monotonic() + REST.total_seconds()
    return answer


def _answering_client() -> Client:
    url, at = current_app.config["SANDBOX_URL"], clock.now()
    if not url:
        raise NotNow(at + LATER)
    if (seconds := _silent_seconds(url)) > 0:
        raise NotNow(at + timedelta(seconds=seconds))
    return _client(url)


@lru_cache(maxsize=4)
def _client(url: str) -> Client:
    return Client(url, is_sandbox=True)


def _read_account(provider_id: int) -> ProviderCredential:
    theirs = (
        select(Credential, Provider)
        .join(Connection, Connection.credential_id == Credential.id)
        .join(Provider, Provider.id == Connection.provider_id)
        .where(Provider.id == provider_id, Credential.kind == CredentialKind.SANDBOX, Provider.admitted_at.is_(None))
        .execution_options(populate_existing=True)
    )
    account = read_session().execute(theirs).one_or_none()
    if account is None:
        raise NotNow(clock.now() + LATER, sandbox_mode.OVER)
    return account


def _fetch_token(client: Client, account: ProviderCredential) -> str:
    """Fetch a token, stored for all processes; an account that the sandbox does not know is created."""
    at, answer = clock.now(), _sign_in(client, account.Credential)
    if answer.status in (400, 401):
        _register(client, account)
        answer = _sign_in(client, account.Credential)
    token = answer.content.get("access_token")
    if not tokens.is_token(token):
        raise NotNow(at + REST)
    tokens.store_tokens(account.Credential, answer.content, at)
    return token


def _sign_in(client: Client, credential: Credential) -> IysAnswer:
    password = tokens.open_sealed(credential, Credential.PASSWORD, credential.password)
    body = {"username": credential.username, "password": password, "grant_type": "password"}
    return _ask_sandbox(client, "POST", iys_protocol.TOKEN_PATH, json.dumps(body).encode(), None, PATIENCE / 2)


def _register(client: Client, account: ProviderCredential) -> None:
    """Register the account and its brands at the sandbox; repeatable. Raises NotNow."""
    credential, provider = account
    brands = select(Brand.brand_code).where(Brand.provider_id == provider.id).order_by(Brand.id)
    body = {
        "username": credential.username, "iysCode": provider.iys_code, "title": provider.title,
        "password": tokens.open_sealed(credential, Credential.PASSWORD, credential.password),
        "brands": list(read_session().scalars(brands)),
    }  # fmt: skip
    key = current_app.config["SANDBOX_KEY"] or None
    answer = _ask_sandbox(client, "POST", ACCOUNTS, json.dumps(body).encode(), key, PATIENCE / 2)
    if answer.status != 201:
        raise NotNow(clock.now() + REST)
