"""The blueprint of the API's documentation."""

from flask import Blueprint

blueprint = Blueprint("api_docs", __name__, url_prefix="/api")
