"""Security headers of every answer: no script but one of ours, nothing from third parties, no page in a frame."""

from flask import Flask, Response, request

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
# The only pages with a script, a file of ours: it asks the browser for a passkey, or us how far a file is by now.
WITH_SCRIPT = (
    "account.new_passkey",
    "account.register_passkey",
    "dashboard.import_batch",
    "signin.second_step",
    "signin.show_passkey",
    "signin.step_up",
    "signin.step_up_by_passkey",
)
THAT_ASKS_US = ("dashboard.import_batch",)
# The address of a recipient's page is its credential: it must not travel on, nor be kept or found.
BY_CODE = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}
WITH_CODE = ("recipient", "consent_points", "callbacks", "my_consents_entry", "my_consents", None)
SIGNED_IN = {"Referrer-Policy": "same-origin", "Cache-Control": "no-store"}

KEPT = ("static", "recipient.logo", "recipient.colour", "verification.keys")  # Alike for all: they may be kept.


def add(app: Flask) -> None:
    """Set them on each answer."""
    app.after_request(_set)


def _set(response: Response) -> Response:
    response.headers.extend(HEADERS)
    if request.endpoint in WITH_SCRIPT:
        response.headers["Content-Security-Policy"] += "; script-src 'self'"
    if request.endpoint in THAT_ASKS_US:
        response.headers["Content-Security-Policy"] += "; connect-src 'self'"
    if request.endpoint in KEPT and response.status_code < 400:
        response.headers["Referrer-Policy"] = "no-referrer"
        return response
    for name, value in (BY_CODE if request.blueprint in WITH_CODE else SIGNED_IN).items():
        response.headers[name] = value
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response
