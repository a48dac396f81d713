"""Flask's hooks of the web layer: URL converters, session interface, request class, template globals and filters."""

from functools import partial

from flask import Flask
from flask_babel import format_date, format_datetime, get_locale

from portal.core import clock
from portal.web.shared import (
    absolute_urls,
    cell_labels,
    cookie_session,
    decision_status,
    encrypted_uploads,
    form_errors,
    gateway_words,
    hosts,
    labels,
    languages,
    maintenance,
    url_converters,
)

DAYS = {"day": "d MMMM yyyy", "month": "LLLL yyyy", "weekday": "EEEE", "weekday_short": "EEEEEE"}


def init_app(app: Flask) -> None:
    """Set them on the app. Filters show Turkey time."""
    app.url_map.converters["id"] = url_converters.IdConverter
    app.session_interface = cookie_session.Sessions()
    app.request_class = encrypted_uploads.EncryptingRequest
    app.jinja_env.globals.update(
        label=labels.label,
        explain_reason=gateway_words.explain_reason,
        decision_status=decision_status,
        locale=get_locale,
        now=clock.now,
        maintenance=maintenance.current,
        url_in=languages.url_in,
        offers_english=languages.offers_english,
        is_short_host=hosts.is_short_host,
        url_on_main_host=absolute_urls.url_on_main_host,
        has_form_errors=form_errors.has_form_errors,
        take_form_errors=form_errors.take_form_errors,
    )
    app.jinja_env.filters["label_cells"] = cell_labels.label_cells
    app.jinja_env.filters["moment"] = lambda at: format_datetime(at, "d MMMM yyyy HH:mm")
    app.jinja_env.filters["moment_to_second"] = lambda at: format_datetime(at, "d MMMM yyyy HH:mm:ss")
    for name, pattern in DAYS.items():
        app.jinja_env.filters[name] = partial(format_date, format=pattern)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
