"""Register push addresses at İYS, one per brand and channel; list and remove them."""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import structlog
from flask import current_app
from sqlalchemy import select, update

from portal.core import clock, iys_protocol
from portal.core.extensions import db, read_session, vault
from portal.core.ids import new_id
from portal.core.iys_protocol import Channel, Operation
from portal.core.models import Brand, Provider, PushRegistration
from portal.core.models.movement import token_digest
from portal.services.iys import calls, response_values
from portal.services.iys.client import Client, IysAnswer
from portal.services.iys.response_values import JsonObject

log = structlog.get_logger()

USERNAME = "izinlink"
LIVE = "Bağlantı Oluşturuldu"
RANDOM_BYTES = 32
BEING_MADE = timedelta(minutes=1)  # For which İYS may not list a new address yet.
PATIENCE = 8.0  # Seconds: İYS tries our address for up to 5 before it answers.


@dataclass(frozen=True)
class RegistrationResult:
    """`code` is İYS's where it refused; `is_unsure` where it did not answer: its list will show."""

    is_done: bool
    code: str | None = None
    is_unsure: bool = False


@dataclass(frozen=True)
class ListedAddress:
    """An address that İYS pushes a brand's movements to; `registration_id` if it is ours."""

    channel: Channel | None  # None: an unknown one.
    is_live: bool
    status: str  # İYS's text.
    host: str
    registration_id: int | None
    url: str = field(repr=False)  # Its last part may be a token.


def is_possible() -> bool:
    """Whether there is an address that İYS accepts: https, except for the sandbox."""
    return bool(current_app.config["PUSH_BASE"])


def register_address(client: Client, brand: Brand, channel: Channel) -> RegistrationResult:
    """Register a new address. It is stored first, since İYS tests it during the call. Commits."""
    registration_id, token, password = new_id(), secrets.token_urlsafe(RANDOM_BYTES), secrets.token_urlsafe(24)
    registration = PushRegistration(
        id=registration_id, provider_id=brand.provider_id, brand_id=brand.id, channel=channel,
        token_digest=token_digest(token), username=USERNAME, created_at=clock.now(),
        token=vault().seal(token, PushRegistration.TOKEN, brand.provider_id, registration_id),
        password=vault().seal(password, PushRegistration.PASSWORD, brand.provider_id, registration_id),
    )  # fmt: skip
    db.session.add(registration)
    path = iys_protocol.push_registration_path(_iys_code(brand), brand.brand_code)
    db.session.commit()
    connection = _connection(f"{current_app.config['PUSH_BASE']}/{token}", channel, password)
    answer = _ask_iys(client, brand, Operation.PUSH_REGISTER, path, {"connection": [connection]})
    if answer is not None and answer.status == 200:
        _update_registration(registration_id, registered_at=clock.now())
        return RegistrationResult(True)
    if answer is None or _is_refused(answer):
        _update_registration(registration_id, removed_at=clock.now())
        return RegistrationResult(False, answer.code if answer else None)
    listed = list_addresses(client, brand)  # No answer came: İYS's list shows whether the address was registered.
    if listed is None:
        return RegistrationResult(False, is_unsure=True)
    is_done = any(each.registration_id == registration_id and each.is_live for each in listed)
    if not is_done:
        _update_registration(registration_id, removed_at=clock.now())
    return RegistrationResult(is_done)


def remove_address(client: Client, brand: Brand, registration: PushRegistration) -> RegistrationResult:
    """Remove an address at İYS, unless İYS doesn't list it any more. Commits."""
    listed = list_addresses(client, brand)
    theirs = None if listed is None else next((e for e in listed if e.registration_id == registration.id), None)
    if listed is not None and theirs is None:
        _update_registration(registration.id, removed_at=clock.now())
        return RegistrationResult(True)
    url = theirs.url if theirs else _url(registration)
    path = iys_protocol.push_removal_path(_iys_code(brand), brand.brand_code)
    password = vault().read(registration.password, PushRegistration.PASSWORD, registration.provider_id, registration.id)
    body = _connection(url, registration.channel, password, registration.username)
    answer = _ask_iys(client, brand, Operation.PUSH_REMOVE, path, body)
    if answer is not None and answer.status == 200:
        _update_registration(registration.id, removed_at=clock.now())
        return RegistrationResult(True)
    is_unsure = answer is not None and not _is_refused(answer)
    return RegistrationResult(False, answer.code if answer else None, is_unsure)


def list_addresses(client: Client, brand: Brand) -> list[ListedAddress] | None:
    """List a brand's addresses at İYS, and update our rows from that; None where İYS does not answer. Commits."""
    path = iys_protocol.push_registration_path(_iys_code(brand), brand.brand_code)
    answer = _ask_iys(client, brand, Operation.PUSH_LIST, path, method="GET")
    if answer is None or answer.listed is None:
        return None
    mine = select(PushRegistration).where(PushRegistration.brand_id == brand.id, PushRegistration.removed_at.is_(None))
    ours = {each.token_digest: each for each in read_session().scalars(mine)}
    listed = [_parse_listed(row, ours) for row in answer.listed if isinstance(row, dict)]
    _synchronise(ours.values(), {each.registration_id for each in listed if each.is_live})
    return listed


def _synchronise(ours: Iterable[PushRegistration], live: set[int | None]) -> None:
    """Mark the addresses that İYS lists as registered, the others as removed."""
    at = clock.now()
    for registration in ours:
        is_being_made = registration.registered_at is None and registration.created_at > at - BEING_MADE
        if registration.id in live and registration.registered_at is None:
            _update_registration(registration.id, registered_at=at)
        elif registration.id not in live and not is_being_made:
            _update_registration(registration.id, removed_at=at)


def _parse_listed(row: JsonObject, ours: dict[bytes, PushRegistration]) -> ListedAddress:
    url, status = response_values.read_text(row.get("url")), response_values.read_text(row.get("status"))
    known = ours.get(token_digest(url.rsplit("/", 1)[-1]))
    channel = next((each for each in Channel if each == row.get("type")), None)
    return ListedAddress(channel, status == LIVE, status, _host(url), known.id if known else None, url)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _ask_iys(
    client: Client, brand: Brand, question: Operation, path: str, body: object = None, method: str = "POST"
) -> IysAnswer | None:
    """İYS's answer; None where no call could be made now."""
    try:
        raw = json.dumps(body).encode() if body is not None else None
        return calls.ask(client, brand.provider_id, question, path, body=raw, method=method, deadline=PATIENCE)
    except calls.NotNow as refusal:
        log.info("push.not_now", brand=brand.id, code=refusal.code)
        return None


def _is_refused(answer: IysAnswer) -> bool:
    """Whether İYS refused. After other failures it may have done what was asked: its list shows."""
    return 400 <= answer.status < 500


def _connection(url: str, channel: Channel, password: str, username: str = USERNAME) -> dict[str, str]:
    return {"url": url, "type": channel.value, "username": username, "password": password}


def _url(registration: PushRegistration) -> str:
    token = vault().read(registration.token, PushRegistration.TOKEN, registration.provider_id, registration.id)
    return f"{current_app.config['PUSH_BASE']}/{token}"


def _iys_code(brand: Brand) -> int:
    code = read_session().scalar(select(Provider.iys_code).where(Provider.id == brand.provider_id))
    assert code is not None  # A connected provider has its code.
    return code


def _update_registration(registration_id: int, **values: datetime) -> None:
    db.session.execute(update(PushRegistration).where(PushRegistration.id == registration_id).values(values))
    db.session.commit()
