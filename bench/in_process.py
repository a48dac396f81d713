"""Pages and decisions in one process without a server or a network: for profiles, and for CPU times on a busy machine.

`python -m bench.in_process get|post sqlite|postgresql [requests]` prints the CPU time of a request, ours and bare
Flask's, in the best tenth of the rounds. `py-spy record -o post.svg -- python -m bench.in_process post postgresql`
draws where it goes.
"""

import io
import logging
import os
import sys
import time
from collections.abc import Sequence
from statistics import quantiles
from typing import Any

from flask import Flask
from werkzeug.test import run_wsgi_app

from bench import decisions, environments, yardstick
from bench.load import Request, WrongAnswer
from portal.app import create_app
from tests import make

ROUNDS, WARM = 60, 100
DATABASES = {"sqlite": environments.SQLITE, "postgresql": environments.POSTGRESQL}


def main(case: str, database: str, count: str = "4000") -> None:
    with environments.new_portal_settings(DATABASES[database]) as environ:
        with environments.portal(environ) as app:
            requests = _requests(app, case, int(count) + WARM)
        logging.getLogger().handlers[:] = [logging.FileHandler(os.devnull)]
        ours, bare = create_app(os.environ | environ), yardstick.app
        for app in (ours, bare):
            _measure(app, requests[:WARM])
        size = int(count) // ROUNDS
        rounds = [requests[at : at + size] for at in range(WARM, WARM + ROUNDS * size, size)]
        times = [(_measure(ours, each), _measure(bare, each)) for each in rounds]
    best = [quantiles(each, n=10)[0] * 1e6 for each in zip(*times, strict=True)]
    print(f"{case} on {database}: {best[0]:.0f} µs, bare Flask {best[1]:.0f} µs, {best[0] / best[1]:.1f} times as much")


def _requests(app: Flask, case: str, count: int) -> list[Request]:
    codes = make.codes(app, environments.phone_list(count)).values()
    if case == "get":
        return [Request("GET", f"/k/{code}") for code in codes]
    return list(decisions.decision_posts(codes, app.config["LINK_SALT"], decisions.CHOICES["phone"]))


def _measure(app: Flask, requests: Sequence[Request]) -> float:
    """Seconds of this process's CPU for each request."""
    environs, began = [_environ(each) for each in requests], time.process_time()
    for each in environs:
        _serve(app, each)
    return (time.process_time() - began) / len(requests)


def _serve(app: Flask, environ: dict[str, Any]) -> None:
    _, status, _ = run_wsgi_app(app, environ, buffered=True)
    if status[0] not in "23":
        raise WrongAnswer(status)


def _environ(request: Request) -> dict[str, Any]:
    """As gunicorn makes it."""
    body = request.body.encode()
    environ = {
        "REQUEST_METHOD": request.method, "SCRIPT_NAME": "", "PATH_INFO": request.path, "QUERY_STRING": "",
        "RAW_URI": request.path, "SERVER_NAME": "localhost", "SERVER_PORT": "5000", "HTTP_HOST": "localhost:5000",
        "REMOTE_ADDR": "127.0.0.1", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.version": (1, 0), "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body), "wsgi.errors": sys.stderr, "wsgi.multithread": True,
        "wsgi.multiprocess": True, "wsgi.run_once": False,
    }  # fmt: skip
    form = {"CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": str(len(body))}
    return environ | form if body else environ


if __name__ == "__main__":
    main(*sys.argv[1:])
