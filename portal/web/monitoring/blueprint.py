"""The blueprint of what watching programs ask."""

from flask import Blueprint

blueprint = Blueprint("monitoring", __name__)
