"""Nothing is recorded by a clock that is wrong: who posts is told to try again, which may reach another machine."""

from flask import Flask, request
from werkzeug.exceptions import ServiceUnavailable

from portal.core import clock_check

READING = ("GET", "HEAD", "OPTIONS")


def init_app(app: Flask) -> None:
    app.before_request(_refuse_to_record)


def _refuse_to_record() -> None:
    if request.method not in READING and not clock_check.may_write():
        raise ServiceUnavailable(retry_after=5)
