"""Open the account of a gateway row: its adapter with its credentials. The demo gateway stands in by setting."""

import hmac
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy import select

from portal.core.addresses import AddressKind
from portal.core.extensions import db, read_session, vault
from portal.core.models import GatewayState, Message, MessageGateway, Provider
from portal.core.vault import CannotOpen
from portal.domain.notifications import gateways
from portal.domain.notifications.messages import HIGH_PRIORITY
from portal.services.messaging import (
    mailbox_reviews,
    outgoing_messages,
    quoted_links,
    routing,
    sender_names,
    sent_texts,
)
from portal.services.messaging.gateways import description_checks, description_words
from portal.services.messaging.gateways.demo import DemoGateway
from portal.services.messaging.gateways.generic_http import GenericHttpGateway
from portal.services.messaging.gateways.offered_vendors import CALLBACK_URL, OFFERED, bounce_domains
from portal.services.messaging.gateways.own_text import OwnText
from portal.services.messaging.gateways.protocol import Gateway
from portal.services.messaging.gateways.smtp import SmtpGateway
from portal.services.messaging.message_queues import Defaults

PUSH_PATH = "/callbacks/messages/"
FAKE_PATHS = {"verimor": "/verimor/v2", "netgsm": "/netgsm/sms/rest/v2", "iletimerkezi": "/iletimerkezi/v1"}


def own_name(row: MessageGateway) -> str:
    """What a firm calls a vendor that only its description knows; empty for others, and where that cannot be opened."""
    if row.vendor != gateways.GENERIC:
        return ""
    with suppress(CannotOpen, description_checks.BadDescription):
        text = gateways.read_credentials(vault(), row)["description"]
        description = description_checks.parse_description(text)
        return str(description.get("name") or urlsplit(description["base_url"]).hostname or "")
    return ""


@dataclass(frozen=True)
class Route:
    """The way that a message may leave now."""

    gateway_id: int | None  # None: by the demo gateway.


@dataclass(frozen=True)
class OpenedAccount:
    """An adapter that may be used now."""

    adapter: Gateway
    header: str
    row: MessageGateway | None  # None for the demo gateway.


def open_account(gateway_id: int | None) -> OpenedAccount | None:
    """The account of a gateway, or of the demo gateway. None where it stops, since it cannot be opened, names somebody
    else, has words of its own in its description or secrets or an address that nobody proved and approved, or was
    never set."""
    if gateway_id is None:
        url = current_app.config["MESSAGE_GATEWAY_URL"]
        return OpenedAccount(DemoGateway(url), "", None) if url else None
    row = db.session.get_one(MessageGateway, gateway_id)
    sender = sender_names.shown_sender(db.session, row)
    if sender is None:
        routing.stop(db.session, row.id, "foreign_sender")
        return None
    is_mail = row.carries == AddressKind.EMAIL
    if is_mail and (problem := mailbox_reviews.find_problem(db.session, row.provider_id, row.header)):
        routing.stop(db.session, row.id, problem)
        return None
    try:
        adapter = adapter_of(row)
        if row.vendor == gateways.GENERIC and isinstance(adapter, GenericHttpGateway):
            description_words.check_words(adapter.description)
            description_words.check_secrets(adapter.description, adapter.secrets)
        if isinstance(adapter, SmtpGateway):
            domain = adapter.bounce_domain
            adapter.shows_bounce_domain = sender_names.is_proved_domain(db.session, row.provider_id, domain)
        return OpenedAccount(adapter, sender, row)
    except description_checks.BadDescription:
        routing.stop(db.session, row.id, "words_of_description")
        return None
    except CannotOpen:
        routing.stop(db.session, row.id, "unreadable")
        return None


def adapter_of(row: MessageGateway, *, only_reads: bool = False) -> Gateway:
    """In development it speaks to the fake gateway. `only_reads`: it calls nobody, but reads what a vendor told us.
    Raises CannotOpen."""
    values = {**gateways.read_credentials(vault(), row), CALLBACK_URL: callback_url(row)}
    adapter = open_adapter(
        row.vendor, values, row.header, provider_id=row.provider_id, token_keys=_token_keys(row), only_reads=only_reads
    )
    if isinstance(adapter, GenericHttpGateway):
        adapter.own_text = OwnText(sent_texts.find_texts)
    if isinstance(adapter, SmtpGateway):
        adapter.former_domains = _domains(row)
        adapter.is_code = quoted_links.is_code
    return adapter


def callback_url(row: MessageGateway) -> str:
    """Where an account's vendor is to send reports and replies. Raises CannotOpen."""
    return f"{current_app.config['MAIN_BASE']}{PUSH_PATH}{gateways.read_secret(vault(), row)}"


def open_adapter(
    vendor: str, values: Mapping[str, str], header: str, *, provider_id: int | None, token_keys: Sequence[bytes] = (),
    only_reads: bool = False,
) -> Gateway:  # fmt: skip
    """The same for credentials that nobody has stored yet. In sandbox mode no vendor is reached, whatever is set.
    Only the operator's mail server (provider_id None) may have a private address."""
    config, offered = current_app.config, OFFERED[vendor]
    fake = config["MESSAGE_GATEWAY_URL"] if config["DEVELOPMENT"] and vendor in FAKE_PATHS else ""
    if in_sandbox_mode(provider_id) and not fake and not only_reads:
        return DemoGateway(config["MESSAGE_GATEWAY_URL"])
    return offered.open(
        values, header=header, base_url=f"{fake}{FAKE_PATHS[vendor]}" if fake else "", token_keys=token_keys,
        is_trusted=config["DEVELOPMENT"] or (provider_id is None and offered.carries == AddressKind.EMAIL),
        name=urlsplit(config["MAIN_BASE"]).hostname or "localhost",
    )  # fmt: skip


def _token_keys(row: MessageGateway) -> list[bytes]:
    """An account's own, and those of its owner's others, also removed ones: what they sent is answered for as long as
    somebody keeps it, wherever the answer arrives by now."""
    same = MessageGateway.provider_id == row.provider_id, MessageGateway.carries == row.carries
    others = read_session().scalars(select(MessageGateway.id).where(*same, MessageGateway.id != row.id))
    secret = current_app.config["SECRET_KEY"].encode()
    return [hmac.digest(secret, b"gateway|%d" % gateway_id, "sha256") for gateway_id in (row.id, *others)]


def _domains(row: MessageGateway) -> set[str]:
    """All to which an owner's accounts had bounces and refusals come, as with _token_keys."""
    same = MessageGateway.provider_id == row.provider_id, MessageGateway.carries == row.carries
    found = set[str]()
    for each in read_session().scalars(select(MessageGateway).where(*same)):
        with suppress(CannotOpen):
            found.update(bounce_domains(gateways.read_credentials(vault(), each)))
    return found


def in_sandbox_mode(provider_id: int | None) -> bool:
    """Whether an account is one of a provider in sandbox mode."""
    provider = read_session().get(Provider, provider_id) if provider_id else None
    return provider is not None and provider.in_sandbox_mode


def defaults(at: datetime) -> Defaults:
    """Who may send now for those without a gateway of their own."""
    rows = read_session().scalars(select(MessageGateway).where(MessageGateway.provider_id.is_(None)))
    return Defaults(
        frozenset(row.carries for row in rows if routing.is_ready(row, at)),
        has_demo=bool(current_app.config["MESSAGE_GATEWAY_URL"]),
        is_development=current_app.config["DEVELOPMENT"],
    )


def find_route(
    message: Message, brand_id: int | None, gateways_: Sequence[MessageGateway], at: datetime
) -> Route | datetime:  # fmt: skip
    """How a brand's message leaves by one of its provider's gateways, if there are any; or when to look again, which
    is now where an account is only paced."""
    if (is_sandbox := outgoing_messages.is_sandbox(message)) or not gateways_:
        return default_route(message, at) or (at + routing.WAY_WAIT if is_sandbox else at)
    gateway_id = routing.choose(db.session, brand_id, gateways_, at)
    return Route(gateway_id) if gateway_id else routing.looks_again_at(db.session, brand_id, gateways_, at)


def default_route(message: Message, at: datetime) -> Route | None:
    """How a message leaves of somebody without a gateway, or in sandbox mode: by the demo gateway or one of the
    operator's. None: not now."""
    is_sandbox = outgoing_messages.is_sandbox(message)
    if not is_sandbox and message.rank == HIGH_PRIORITY:
        theirs = select(MessageGateway).where(
            MessageGateway.provider_id.is_(None), MessageGateway.carries == message.address_kind,
            MessageGateway.state == GatewayState.WORKING,
        )  # fmt: skip
        ready = [row for row in db.session.scalars(theirs.with_for_update()) if routing.is_ready(row, at)]
        if ready:
            return Route(ready[0].id)
    return demo_route(is_sandbox=is_sandbox)


def demo_route(*, is_sandbox: bool) -> Route | None:
    """By the demo gateway, where it stands in: in sandbox mode and in development. It has no row, and never rests; what
    it does not take waits as long as any message."""
    shows = current_app.config["MESSAGE_GATEWAY_URL"]
    return Route(None) if shows and (is_sandbox or current_app.config["DEVELOPMENT"]) else None
