"""Metrics for Prometheus, of all programs, read from their rows: shut until the setting METRICS_TOKEN is there."""

import hmac
from collections.abc import Iterator

from flask import Response, abort, current_app, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Metric, generate_latest
from prometheus_client.registry import Collector

from portal.core import clock
from portal.core.extensions import limiter, read_session
from portal.web.monitoring import iys_measurements, measurements
from portal.web.monitoring.blueprint import blueprint

SCRAPES_OF_AN_ADDRESS = "60 per minute"  # Right or wrong tokens; each scrape asks the database some 20 statements.


@blueprint.get("/metrics")
@limiter.limit(SCRAPES_OF_AN_ADDRESS)
def metrics() -> Response:
    """404 where no token is set, 401 without the right one."""
    token = current_app.config["METRICS_TOKEN"]
    if not token:
        abort(404)
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.encode(), token.encode()):
        abort(401)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Measurements())
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class Measurements(Collector):
    """Measured anew at each scrape: every program tells the same, whichever is asked."""

    def collect(self) -> Iterator[Metric]:
        at, session = clock.now(), read_session()
        for measure in (*iys_measurements.ALL, *measurements.ALL):
            yield from measure(session, at)
