"""Routing by host: short hosts serve links only, the main ones everything else, unknown ones nothing.

A brand's own host, once it is verified, is a short host for that brand's links.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from flask import Flask, abort, current_app
from flask.globals import app_ctx, request_ctx
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import RequestRedirect

from portal.core import clock
from portal.core.extensions import read_session
from portal.core.models import Domain
from portal.domain.providers import domain_reviews
from portal.services.readiness.forwarded_headers import ForwardedHeaders

SERVED_ON_SHORT_HOSTS = ("recipient.", "static")
ONLY_ON_SHORT_HOSTS = tuple(f"recipient.short_{name}" for name in ("page", "decide", "not_mine", "disown"))
PROBES = (
    "public.health", "public.livez", "public.readyz", "public.certificate_ask", "public.host_answer",
    "monitoring.metrics",
)  # fmt: skip
REFRESH_EVERY = timedelta(seconds=15)  # Age of the process's list of brands' own hosts.
NEVER = datetime.min.replace(tzinfo=clock.ISTANBUL)

Owner = tuple[int, int]  # Brand and provider.

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class AskedHost:
    """What a request's host serves: everything but links of short hosts, or links only, of all or of one firm."""

    is_main: bool
    is_short: bool
    owner: Owner | None


def init_app(app: Flask) -> None:
    """Check the host of every request, behind a known number of proxies."""
    hops = app.config["PROXY_HOPS"]
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.extensions["forwarded_headers"] = ForwardedHeaders(hops)
    app.extensions["brand_hosts"] = (NEVER, {})
    app.before_request(_check)


def is_short_host() -> bool:
    return _asked_host().is_short


def is_short(host: str) -> bool:
    """Whether a host serves links only: one of ours, or a brand's own."""
    return host in current_app.config["SHORT_HOSTS"] or _owner_of(host) is not None


def is_ours(host: str) -> bool:
    config = current_app.config
    return host in config["HOSTS"] or host in config["SHORT_HOSTS"]


def vouched_brand(host: str) -> int | None:
    """The brand whose links at a host of its own we vouch for. Others that were proved serve links, but whoever has
    them may lead elsewhere by them."""
    return None if _owner_of(host) is None else domain_reviews.vouched_brand(read_session(), host)


def brand_of_host() -> int | None:
    """The brand whose own host this request came by; None at our hosts, which serve the links of all."""
    owner = _asked_host().owner
    return owner and owner[0]


def serves(provider_id: int) -> bool:
    """Whether the host of this request shows a firm's links: ours do, and its brands' own, also when one has passed to
    another of its brands. What is posted by others refuses all the same."""
    owner = _asked_host().owner
    return owner is None or owner[1] == provider_id


def _owner_of(host: str) -> Owner | None:
    return None if is_ours(host) else _brand_hosts().get(host)


def _check() -> None:
    request = request_ctx.request  # Each use of a proxy looks for it anew.
    endpoint = request.endpoint or ""
    if endpoint in PROBES:  # A supervisor or a load balancer asks by IP address.
        return
    current_app.extensions["forwarded_headers"].note_request(request.environ)
    host = _asked_host()
    if host.is_main:
        is_served = endpoint not in ONLY_ON_SHORT_HOSTS
    else:
        has_doubled_slash = "//" in request.path and isinstance(request.routing_exception, RequestRedirect)
        is_served = host.is_short and (has_doubled_slash or endpoint.startswith(SERVED_ON_SHORT_HOSTS))
    if not is_served:
        abort(404)


def _brand_hosts() -> dict[str, Owner]:
    read_at, known = current_app.extensions["brand_hosts"]
    at = clock.now()
    if abs(at - read_at) < REFRESH_EVERY:  # A clock that was set back must not make it last for ever.
        return known
    try:
        verified = select(Domain.host, Domain.brand_id, Domain.provider_id).where(Domain.verified_at.is_not(None))
        known = {host: (brand_id, provider_id) for host, brand_id, provider_id in read_session().execute(verified)}
    except SQLAlchemyError:  # The old list serves on.
        log.exception("hosts.unread")
    current_app.extensions["brand_hosts"] = (at, known)
    return known


def _asked_host() -> AskedHost:
    """The host of this request, kept for its other hooks."""
    own = app_ctx.g
    asked: AskedHost | None = own.get("asked_host")
    if asked is None:
        host, config = request_ctx.request.host.rsplit(":", 1)[0].lower(), current_app.config
        owner, is_short = _owner_of(host), host in config["SHORT_HOSTS"]
        asked = own.asked_host = AskedHost(
            is_main=host in config["HOSTS"] and not is_short, is_short=is_short or owner is not None, owner=owner
        )
    return asked
