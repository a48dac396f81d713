"""What the app needs of the web layer: URL converters, sessions, encrypted uploads, template globals and filters."""

from functools import partial

from flask import Flask
from flask_babel import format_date, format_datetime, get_locale

from portal.core import clock
from portal.web.shared import (
    absolute_urls,
    cookie_session,
    decision_status,
    encrypted_uploads,
    hosts,
    labels,
    languages,
    url_converters,
)

DAYS = {"day": "d MMMM yyyy", "month": "LLLL yyyy", "weekday": "EEEE", "weekday_short": "EEEEEE"}


def configure(app: Flask) -> None:
    """Set URL converters, the session interface, the request class, and Jinja's globals and filters (Turkey time)."""
    app.url_map.converters["id"] = url_converters.IdConverter
    app.session_interface = cookie_session.Sessions()
    app.request_class = encrypted_uploads.SealingRequest
    app.jinja_env.globals.update(
        label=labels.label,
        decided=decision_status,
        locale=get_locale,
        now=clock.now,
        url_in=languages.url_in,
        is_short_host=hosts.is_short_host,
        on_main=absolute_urls.on_main,
    )
    app.jinja_env.filters["moment"] = lambda at: format_datetime(at, "d MMMM yyyy HH:mm")
    app.jinja_env.filters["moment_to_second"] = lambda at: format_datetime(at, "d MMMM yyyy HH:mm:ss")
    for name, pattern in DAYS.items():
        app.jinja_env.filters[name] = partial(format_date, format=pattern)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
