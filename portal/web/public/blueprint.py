"""The blueprint of pages that everybody may read."""

from flask import Blueprint

blueprint = Blueprint("public", __name__)
