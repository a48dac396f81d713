"""Look up the consent point of a URL, or abort with 404."""

from flask import abort

from portal.core.extensions import read_session
from portal.domain import consent_points
from portal.domain.consent_points import PublicPoint


def find_point(slug: str) -> PublicPoint:
    point = consent_points.find_point(read_session(), slug)
    if point is None:
        abort(404)
    return point
