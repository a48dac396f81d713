"""The blueprint of pages that everybody may read."""

from flask import Blueprint

door = Blueprint("web", __name__)
