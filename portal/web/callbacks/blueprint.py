"""The blueprint of URLs that other programs post to."""

from flask import Blueprint

blueprint = Blueprint("callbacks", __name__)
