"""What all doors share: the front pages, health, and the words that templates may use."""

from functools import partial

from flask import Blueprint, Flask
from flask_babel import format_date, format_datetime, get_locale
from sqlalchemy import text

from portal import clock
from portal.extensions import limiter, reading
from portal.web import converters, decided, hosts, labels, languages, links, sessions, spool

door = Blueprint("web", __name__)
DAYS = {"day": "d MMMM yyyy", "month": "LLLL yyyy", "weekday": "EEEE", "weekday_short": "EEEEEE"}


@door.get("/health")
@limiter.exempt
def health():
    """Alive, with its database: for the supervisor and the balancer."""
    reading().execute(text("SELECT 1"))
    return {"status": "ok"}


def equip(app: Flask) -> None:
    """Give addresses their ids, people their sessions, uploads a sealed place, templates words and Turkey time."""
    app.url_map.converters["id"] = converters.IdConverter
    app.session_interface = sessions.Sessions()
    app.request_class = spool.SealingRequest
    app.jinja_env.globals.update(
        label=labels.label,
        decided=decided,
        locale=get_locale,
        now=clock.now,
        url_in=languages.url_in,
        is_short_host=hosts.is_short_host,
        on_main=links.on_main,
    )
    app.jinja_env.filters["moment"] = lambda at: format_datetime(at, "d MMMM yyyy HH:mm")
    app.jinja_env.filters["moment_to_second"] = lambda at: format_datetime(at, "d MMMM yyyy HH:mm:ss")
    for name, pattern in DAYS.items():
        app.jinja_env.filters[name] = partial(format_date, format=pattern)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


from portal.web import front  # noqa: E402, F401 - the pages register with the door
