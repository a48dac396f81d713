"""An İYS that says what a test has it say."""

import contextlib
import json

from portal.services.iys.client import Client
from tests import servers

TOKEN = {"access_token": "t", "expires_in": 7200, "refresh_token": "r", "refresh_expires_in": 14400}


@contextlib.contextmanager
def iys_that_says(**answers):
    """A client of an İYS that gives these (status, body) by the end of the path; a list of them one after the other.
    Bytes are a proxy's page."""

    def app(environ, start_response):
        path = environ["PATH_INFO"]
        end = "result" if "/request/" in path else path.rsplit("/", 1)[1]
        said = (200, TOKEN) if end == "token" else answers[end]
        status, body = said.pop(0) if isinstance(said, list) else said
        is_page = isinstance(body, bytes)
        start_response(f"{status} -", [("Content-Type", "text/html" if is_page else "application/json")])
        return [body if is_page else json.dumps(body).encode()]

    with servers.serving(app) as url:
        yield Client(url)
