"""The blueprint of addresses that other programs post to."""

from flask import Blueprint

door = Blueprint("inbound", __name__, url_prefix="/inbound")
