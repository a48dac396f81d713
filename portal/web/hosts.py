"""Which host serves what: short hosts serve links only, the main ones everything else, unknown ones nothing."""

from flask import Flask, abort, current_app, request
from werkzeug.middleware.proxy_fix import ProxyFix

LINKS_ONLY = ("recipient.", "static")
AT_ROOT = ("recipient.short_page", "recipient.short_decide")


def guard(app: Flask) -> None:
    """Check the host of every request, behind a counted number of proxies."""
    hops = app.config["PROXY_HOPS"]
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)
    app.before_request(_check)


def is_short_host() -> bool:
    """Whether this request came by a host that serves links only."""
    return _host() in current_app.config["SHORT_HOSTS"]


def _check() -> None:
    endpoint = request.endpoint or ""
    if endpoint == "web.health":  # A supervisor or a balancer asks by number.
        return
    if is_short_host():
        if not endpoint.startswith(LINKS_ONLY):
            abort(404)
    elif _host() not in current_app.config["HOSTS"] or endpoint in AT_ROOT:
        abort(404)


def _host() -> str:
    return request.host.rsplit(":", 1)[0].lower()
