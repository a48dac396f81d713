"""The blueprint of message and receipt checks, help and privacy."""

from flask import Blueprint

blueprint = Blueprint("verification", __name__)
