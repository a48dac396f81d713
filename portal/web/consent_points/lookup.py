"""The consent point at an address, or a 404."""

from flask import abort

from portal.core.extensions import read_session
from portal.domain import consent_points
from portal.domain.consent_points import PublicPoint


def find_point(slug: str) -> PublicPoint:
    """The point at this address; nothing else stands under /b/."""
    place = consent_points.find_point(read_session(), slug)
    if place is None:
        abort(404)
    return place
