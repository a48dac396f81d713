"""The consent point at an address, or a 404."""

from flask import abort

from portal import points
from portal.extensions import reading
from portal.points import Place


def find(slug: str) -> Place:
    """The point at this address; nothing else stands under /b/."""
    place = points.find(reading(), slug)
    if place is None:
        abort(404)
    return place
