"""Sessions in a signed cookie for people of a provider. A recipient's page neither sets nor renews one."""

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin

# Blueprints whose pages neither read nor set the session cookie.
WITHOUT_SESSION = (
    "recipient",
    "consent_points",
    "verification",
    "my_consents_entry",
    "my_consents",
    "api",
    "api_docs",
    "monitoring",
)


class Sessions(SecureCookieSessionInterface):
    """Flask's own sessions, which set no cookie on those pages, also for a colleague who is signed in."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Most requests are of recipients, who have no cookie: an empty session without reading one."""
        return super().open_session(app, request) if "HTTP_COOKIE" in request.environ else self.session_class()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if request.blueprint not in WITHOUT_SESSION and request.endpoint != "static":
            super().save_session(app, session, response)
