"""The door for anybody: to check a message, to verify a receipt, and to read what all this is. No cookie, no code."""

from flask import Blueprint

door = Blueprint("anybody", __name__)


from portal.anybody import checking, reading, verifying  # noqa: E402, F401 - its pages register with the door
