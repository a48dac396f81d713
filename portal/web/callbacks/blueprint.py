"""The blueprint of addresses that other programs post to."""

from flask import Blueprint

blueprint = Blueprint("callbacks", __name__, url_prefix="/inbound")
