"""Endpoints: made, changed, paused and turned on again. None of it loses an event: the endpoint's position stays."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import Boolean, ColumnElement, Integer, and_, bindparam, delete, exists, func, not_, or_, select, update
from sqlalchemy.orm import Session

from portal.core.addresses.problems import ExplainedProblem
from portal.core.database import changed_rows
from portal.core.ids import new_id
from portal.core.lazy_text import N_
from portal.core.models import (
    Brand,
    Event,
    EventType,
    OffReason,
    Provider,
    WebhookAlgorithm,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookState,
)
from portal.core.vault import CannotOpen, Vault
from portal.domain.webhooks import signatures

MAX_ENDPOINTS = 10  # Endpoints of a provider.
PORTS = (443, 8443)
LONGEST_URL = 500
A_DAY = timedelta(days=1)

# The condition that an event is one of an API key with the same brands (events.feed): those of the firm as a whole are
# not for one that is limited to brands, and those of a sandbox brand end with it.
IS_FOLLOWED = and_(
    or_(not_(bindparam("is_limited", type_=Boolean())), Event.brand_id.in_(bindparam("brand_ids", expanding=True))),
    or_(Event.brand_id.is_(None), exists().where(Brand.id == Event.brand_id, Brand.has_not_ended())),
)
WANTED = select(Event).where(
    Event.provider_id == bindparam("provider_id"), Event.sequence.is_not(None), IS_FOLLOWED,
    Event.sequence > bindparam("position"), Event.type.in_(bindparam("types", expanding=True)),
    ~exists().where(WebhookDelivery.endpoint_id == bindparam("endpoint_id"), WebhookDelivery.event_id == Event.id),
).order_by(Event.sequence).limit(bindparam("most", type_=Integer()))  # fmt: skip  # Built once: each batch needs it.


class UrlProblem(ExplainedProblem):
    """Why no endpoint can have a URL."""

    SPELLING = (
        "spelling",
        N_("Bu, bir webhook adresi olamaz."),
        N_("https:// ile başlayan tam adresi yazın; kullanıcı adı, parola ve # içermesin."),
    )
    PORT = "port", N_("Bu port kullanılamaz."), N_("Adresiniz 443 ya da 8443 numaralı portta yanıt versin.")
    IN_CLEAR = (
        "in_clear",
        N_("Tam adresler şifresiz gönderilmez."),
        N_("https:// ile başlayan bir adres yazın ya da adresleri gizli bırakın."),
    )


class BadUrl(ValueError):
    """No endpoint can have this URL; `problem` has the sentence and its cure."""

    def __init__(self, problem: UrlProblem):
        super().__init__(problem.value)
        self.problem = problem


class TooManyEndpoints(ValueError):
    """The provider has MAX_ENDPOINTS endpoints."""


@dataclass(frozen=True)
class Choices:
    """What an endpoint's owner chooses."""

    url: str
    types: Collection[EventType]
    brand_ids: Collection[int] | None
    shows_addresses: bool


def check_url(url: str, *, shows_addresses: bool, in_development: bool) -> None:
    """https, on one of PORTS; in development also http, and on any port. Whether the host is on the public internet is
    checked at each connection. Raises BadUrl."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadUrl(UrlProblem.SPELLING) from None
    is_in_clear = parts.scheme == "http"
    is_plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url and len(url) <= LONGEST_URL
    if not is_plain or not parts.hostname or "@" in parts.netloc or parts.fragment:
        raise BadUrl(UrlProblem.SPELLING)
    if parts.scheme != "https" and not (is_in_clear and in_development):
        raise BadUrl(UrlProblem.SPELLING)
    if not in_development and (port or 443) not in PORTS:
        raise BadUrl(UrlProblem.PORT)
    if is_in_clear and shows_addresses:
        raise BadUrl(UrlProblem.IN_CLEAR)


def create(
    session: Session, vault: Vault, provider: Provider, choices: Choices, algorithm: WebhookAlgorithm, *, user_id: int,
    at: datetime,
) -> tuple[WebhookEndpoint, str]:  # fmt: skip
    """Make an endpoint, which hears of what comes after now; it, and its secret. Raises TooManyEndpoints."""
    session.execute(select(Provider.id).where(Provider.id == provider.id).with_for_update(key_share=True))
    if session.scalars(select(func.count()).where(WebhookEndpoint.provider_id == provider.id)).one() >= MAX_ENDPOINTS:
        raise TooManyEndpoints
    endpoint_id, secret = new_id(), signatures.draw_secret(algorithm)
    endpoint = WebhookEndpoint(
        id=endpoint_id, provider_id=provider.id, algorithm=algorithm,
        secret=vault.seal(secret, WebhookEndpoint.SECRET, provider.id, endpoint_id), failures=0, is_slow=False,
        position=last_sequence(session, provider.id), due_at=at, heartbeat_at=at + A_DAY, created_by=user_id,
        created_at=at,
    )  # fmt: skip
    change(vault, endpoint, choices)
    session.add(endpoint)
    session.flush()
    return endpoint, secret


def change(vault: Vault, endpoint: WebhookEndpoint, choices: Choices) -> None:
    """Store what its owner chooses, for all that is sent from now on."""
    endpoint.url = vault.seal(choices.url, WebhookEndpoint.URL, endpoint.provider_id, endpoint.id)
    endpoint.types = sorted(choices.types)
    endpoint.brand_ids = None if choices.brand_ids is None else sorted(choices.brand_ids)
    endpoint.shows_addresses = choices.shows_addresses


def read_url(vault: Vault, endpoint: WebhookEndpoint) -> str:
    return vault.read(endpoint.url, WebhookEndpoint.URL, endpoint.provider_id, endpoint.id)


def show_url(vault: Vault, endpoint: WebhookEndpoint) -> str:
    """Empty where its seal is damaged, so that another one can be written."""
    try:
        return read_url(vault, endpoint)
    except CannotOpen:
        return ""


def find_public_key(vault: Vault, endpoint: WebhookEndpoint) -> str | None:
    """What verifies its signatures; None where they are made with a common secret, or the seal is damaged."""
    place = WebhookEndpoint.SECRET, endpoint.provider_id, endpoint.id
    with suppress(CannotOpen):
        return signatures.public_part(vault.read(endpoint.secret, *place))
    return None


def read_secrets(vault: Vault, endpoint: WebhookEndpoint, at: datetime) -> list[str]:
    """The secrets that sign now: the present one and, for a while after it was replaced, the former one."""
    place = endpoint.provider_id, endpoint.id
    secrets = [vault.read(endpoint.secret, WebhookEndpoint.SECRET, *place)]
    if endpoint.former_secret and endpoint.former_until and at < endpoint.former_until:
        secrets.append(vault.read(endpoint.former_secret, WebhookEndpoint.FORMER, *place))
    return secrets


def replace_secret(vault: Vault, endpoint: WebhookEndpoint, overlap: timedelta, at: datetime) -> str:
    """A new secret; the former one signs as well until the overlap is over."""
    place, secret = (endpoint.provider_id, endpoint.id), signatures.draw_secret(endpoint.algorithm)
    former = read_secrets(vault, endpoint, at)[0]
    endpoint.former_secret = vault.seal(former, WebhookEndpoint.FORMER, *place) if overlap else None
    endpoint.former_until = at + overlap if overlap else None
    endpoint.secret = vault.seal(secret, WebhookEndpoint.SECRET, *place)
    return secret


def turn_off(session: Session, endpoint_id: int, reason: OffReason, at: datetime) -> None:
    """Send it nothing until somebody turns it on again."""
    _turn_off(session, WebhookEndpoint.id == endpoint_id, reason, at)


def end_sandbox(session: Session, provider_id: int, at: datetime) -> None:
    """Pause all endpoints of a provider that goes live: they may be of a test system, as its test keys were."""
    _turn_off(session, WebhookEndpoint.provider_id == provider_id, OffReason.PAUSED, at)


def pause_all(session: Session, at: datetime) -> list[WebhookEndpoint]:
    """Pause the endpoints of every provider; those that were on."""
    were_on = select(WebhookEndpoint).where(WebhookEndpoint.due_at.is_not(None)).order_by(WebhookEndpoint.id)
    paused = list(session.scalars(were_on))
    _turn_off(session, WebhookEndpoint.due_at.is_not(None), OffReason.PAUSED, at)
    return paused


def _turn_off(session: Session, which: ColumnElement[bool], reason: OffReason, at: datetime) -> None:
    session.execute(
        update(WebhookEndpoint).where(which, WebhookEndpoint.due_at.is_not(None))
        .values(due_at=None, off_reason=reason, off_at=at, mailed_at=None)
    )  # fmt: skip


def turn_on(session: Session, endpoint: WebhookEndpoint, at: datetime) -> None:
    """Send again, from where it stood; and once more what was given up while it failed."""
    if endpoint.due_at is not None:
        return
    if endpoint.failing_since is not None:
        catch_up(session, endpoint.id, endpoint.failing_since, at)
    endpoint.due_at, endpoint.off_reason, endpoint.off_at = at, None, None
    endpoint.failures, endpoint.failing_since, endpoint.mailed_at = 0, None, None


def catch_up(session: Session, endpoint_id: int, since: datetime, at: datetime) -> None:
    """After an outage that began at `since`: make due what waits, and once more what was given up."""
    mine = WebhookDelivery.endpoint_id == endpoint_id
    session.execute(update(WebhookDelivery).where(mine, WebhookDelivery.due_at > at).values(due_at=at))
    _send_again(session, at, mine, WebhookDelivery.state == WebhookState.FAILED, WebhookDelivery.ended_at >= since)


def remove(session: Session, endpoint_id: int) -> None:
    """Delete an endpoint and what is left of its log. The lock comes first: a batch that ends now writes to the log."""
    session.execute(select(WebhookEndpoint.id).where(WebhookEndpoint.id == endpoint_id).with_for_update())
    session.execute(delete(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint_id))
    session.execute(delete(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id))


def delete_log(session: Session, endpoint_id: int, most: int) -> int:
    """Delete up to `most` rows of an endpoint's log; how many they were."""
    its = select(WebhookDelivery.id).where(WebhookDelivery.endpoint_id == endpoint_id).limit(most)
    return changed_rows(session, delete(WebhookDelivery).where(WebhookDelivery.id.in_(its)))


def find_wanted(session: Session, endpoint: WebhookEndpoint, most: int) -> Sequence[Event]:
    """The next events that the endpoint is to be told of, but for those that were tried."""
    return session.scalars(WANTED, _wanted(endpoint, most)).all()


def count_wanted(session: Session, endpoint: WebhookEndpoint, most: int) -> int:
    """How many they are, if fewer than `most`."""
    wanted = WANTED.with_only_columns(Event.id).subquery()
    return session.scalars(select(func.count()).select_from(wanted), _wanted(endpoint, most)).one()


def _wanted(endpoint: WebhookEndpoint, most: int) -> dict[str, object]:
    its = {"endpoint_id": endpoint.id, "provider_id": endpoint.provider_id, "types": endpoint.types}
    return its | {"position": endpoint.position, "most": most} | _followed(endpoint)


def _followed(endpoint: WebhookEndpoint) -> dict[str, object]:
    return {"is_limited": endpoint.brand_ids is not None, "brand_ids": endpoint.brand_ids or []}


def queue_message(
    session: Session, endpoint: WebhookEndpoint, type_: str, facts: dict[str, object], at: datetime
) -> WebhookDelivery:
    """Queue a test or a heartbeat."""
    message = WebhookDelivery(
        provider_id=endpoint.provider_id, endpoint_id=endpoint.id, type=type_, facts=facts, due_at=at, created_at=at,
        state=WebhookState.WAITING, attempts=0,
    )  # fmt: skip
    session.add(message)
    session.flush()
    return message


def replay(session: Session, delivery: WebhookDelivery, at: datetime) -> None:
    """Send one message once more, with the same id."""
    _send_again(session, at, WebhookDelivery.id == delivery.id)


def replay_since(session: Session, endpoint: WebhookEndpoint, since: datetime, at: datetime) -> None:
    """Send once more whatever happened since then, also what was never sent to this endpoint."""
    first = select(func.min(Event.sequence)).where(
        Event.provider_id == endpoint.provider_id, Event.sequence <= endpoint.position, Event.at >= since
    )
    endpoint.position = (session.scalar(first) or endpoint.position + 1) - 1
    its = select(Event.id).where(Event.id == WebhookDelivery.event_id, IS_FOLLOWED).params(_followed(endpoint))
    mine = WebhookDelivery.endpoint_id == endpoint.id
    _send_again(session, at, mine, WebhookDelivery.created_at >= since, its.exists())


def last_sequence(session: Session, provider_id: int) -> int:
    """The number of a provider's last event; 0 where there is none."""
    own = select(func.max(Event.sequence)).where(Event.provider_id == provider_id, Event.sequence.is_not(None))
    return session.scalar(own) or 0


def _send_again(session: Session, at: datetime, *which: ColumnElement[bool]) -> None:
    again = {"state": WebhookState.WAITING, "attempts": 0, "due_at": at, "ended_at": None}
    session.execute(update(WebhookDelivery).where(*which).values(again))
