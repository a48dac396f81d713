"""Security headers of every response: no script but our own, nothing from third parties, no framing."""

from functools import cache

from flask import Flask
from flask.globals import request_ctx

from portal.web.shared.responses import PortalResponse

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
# The only pages with a script (a static file): it asks the browser for a passkey, copies and prints recovery codes,
# copies what is pasted at a vendor of messages, polls the progress of an import or a campaign, or previews its message
# or the calls to a vendor.
WITH_PREVIEW = (
    *(
        f"dashboard.{name}"
        for name in ("campaign_message", "save_message_text", "preview_message_text", "send_message_to_self")
    ),
    *(f"{place}.{name}" for place in ("dashboard", "operator") for name in ("new_gateway", "change_gateway")),
)
WITH_SCRIPT = (
    *WITH_PREVIEW,
    "account.make_codes",
    "account.new_passkey",
    "account.register_passkey",
    "dashboard.campaign",
    "dashboard.import_batch",
    "signin.enrol",
    "signin.second_step",
    "signin.show_passkey",
    "signin.step_up",
    "signin.step_up_by_passkey",
    *(f"{place}.{act}_gateway" for place in ("dashboard", "operator") for act in ("show", "test")),
    *(f"{place}.check_gateway_domain" for place in ("dashboard", "operator")),
)
WITH_POLLING = ("dashboard.campaign", "dashboard.import_batch", *WITH_PREVIEW)
# The URL of a recipient's page is its credential: no referrer, no cache, no search index.
BY_CODE = HEADERS | {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}
WITH_CODE = ("recipient", "consent_points", "callbacks", "my_consents_entry", "my_consents", None)
SIGNED_IN = HEADERS | {"Referrer-Policy": "same-origin", "Cache-Control": "no-store"}
CACHED = HEADERS | {"Referrer-Policy": "no-referrer"}

CACHEABLE = (
    "static",
    "recipient.logo",
    "recipient.colour",
    "verification.keys",
    "verification.status",
)  # The same for everybody.


def init_app(app: Flask) -> None:
    app.after_request(_set_headers)


def _set_headers(response: PortalResponse) -> PortalResponse:
    request = request_ctx.request
    is_cached = request.endpoint in CACHEABLE and response.status_code < 400
    if not is_cached:
        response.headers.remove("Cache-Control")  # A view's own.
    response.fixed_headers = _headers_of(request.endpoint, is_cached, request.is_secure)
    return response


@cache
def _headers_of(endpoint: str | None, is_cached: bool, is_secure: bool) -> tuple[tuple[str, str], ...]:
    blueprint = endpoint.rpartition(".")[0] or None if endpoint else None
    headers = dict(CACHED if is_cached else BY_CODE if blueprint in WITH_CODE else SIGNED_IN)
    if endpoint in WITH_SCRIPT:
        headers["Content-Security-Policy"] += "; script-src 'self'"
    if endpoint in WITH_POLLING:
        headers["Content-Security-Policy"] += "; connect-src 'self'"
    if is_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return tuple(headers.items())
