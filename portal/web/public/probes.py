"""What supervisors and load balancers ask: does the process answer, and can it do its work? And what we ask brands' own
hosts: do they lead here?"""

from collections.abc import Collection

from flask import Response, abort, request
from flask.typing import ResponseReturnValue

from portal.core.extensions import limiter, read_session
from portal.domain.providers import domain_reviews
from portal.services import domains, readiness
from portal.web.public.blueprint import blueprint

PROBES_OF_AN_ADDRESS = "600 per minute"  # Each readiness check asks the database, and writes it every few seconds.
LOOPBACK = ("127.0.0.1", "::1")
LONGEST_HOST = 253


@blueprint.get("/livez")
@limiter.exempt
def livez() -> dict[str, str]:
    """Answer at all. Whoever restarts a process for this asks nothing of the database, which may be away."""
    return {"status": "ok"}


@blueprint.get("/readyz")
@limiter.limit(PROBES_OF_AN_ADDRESS)
def readyz() -> ResponseReturnValue:
    """200 where every check finds nothing, else 503 with the names of those that do; `?exclude=worker` leaves some
    out."""
    return _readiness(request.args.getlist("exclude"))


@blueprint.get("/health")
@limiter.limit(PROBES_OF_AN_ADDRESS)
def health() -> ResponseReturnValue:
    """Whether this process may get requests, whatever other programs do: what a load balancer asks."""
    return _readiness(readiness.NOT_TO_ANSWER)


@blueprint.get("/certificate-ask")
@limiter.limit(PROBES_OF_AN_ADDRESS)
def certificate_ask() -> ResponseReturnValue:
    """200 where Caddy may get a certificate for `?domain=`, a brand's own host. Asked on this machine only, past the
    proxy: whoever comes through one is told of no host."""
    host = request.args.get("domain", "").lower()
    is_local = request.remote_addr in LOOPBACK and len(host) <= LONGEST_HOST
    if is_local and domain_reviews.may_have_certificate(read_session(), host):
        return {"status": "ok"}
    abort(404)


@blueprint.get(domains.ANSWER_PATH)
@limiter.exempt
def host_answer() -> ResponseReturnValue:
    """By any host, since one is asked before its links open, and without the database. It tells of none."""
    host = request.host.rsplit(":", 1)[0].lower()
    if len(host) > LONGEST_HOST:
        abort(404)
    return Response(domains.host_answer(host), mimetype="text/plain")


def _readiness(excluded: Collection[str]) -> ResponseReturnValue:
    faults = readiness.find_faults([name for name in readiness.READY if name not in excluded])
    if not faults:
        return {"status": "ok"}
    return {"status": "failing", "failing": [each.check for each in faults]}, 503
