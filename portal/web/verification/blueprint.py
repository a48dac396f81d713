"""The door for anybody: to check a message, to verify a receipt, and to read what all this is. No cookie, no code."""

from flask import Blueprint

blueprint = Blueprint("verification", __name__)
