"""The desk: a provider's people read complaints with the whole history behind them, answer, and settle them."""

from flask import Blueprint

from portal import dashboard

door = Blueprint("desk", __name__, url_prefix="/desk")
door.context_processor(dashboard.layout)

from portal.desk import (  # noqa: E402 - the pages register with the door
    answering,  # noqa: F401
    cases,  # noqa: F401
    persons,  # noqa: F401
    queue,  # noqa: F401
    refusals,  # noqa: F401
)
