"""An İYS that says what a test has it say."""

import contextlib
import json
from datetime import timedelta

from werkzeug.http import http_date
from werkzeug.serving import WSGIRequestHandler

from portal.core import clock
from portal.services.iys.client import Client
from tests import servers

TOKEN = {"access_token": "t", "expires_in": 7200, "refresh_token": "r", "refresh_expires_in": 14400}


@contextlib.contextmanager
def iys_that_says(*, behind=timedelta(0), **answers):
    """A client of an İYS that gives these (status, body) by the end of the path; a list of them one after the other, a
    dict by the recipient. Bytes are a proxy's page. Its clock is so far behind ours."""

    def app(environ, start_response):
        path = environ["PATH_INFO"]
        end = "result" if "/request/" in path else path.rsplit("/", 1)[1]
        said = (200, TOKEN) if end == "token" else answers[end]
        if isinstance(said, dict):
            asked = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
            said = said[asked["recipient"]]
        status, body = said.pop(0) if isinstance(said, list) else said
        is_page = isinstance(body, bytes)
        start_response(f"{status} -", [("Content-Type", "text/html" if is_page else "application/json")])
        return [body if is_page else json.dumps(body).encode()]

    class Dated(WSGIRequestHandler):
        def date_time_string(self, timestamp=None) -> str:
            return http_date(clock.now() - behind)

    with servers.serving(app, Dated) as url:
        yield Client(url)
