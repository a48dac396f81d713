"""Which program of the portal this process is."""

import sys
from itertools import pairwise

ROLES = {
    ("iys", "forward"): "forwarder",
    ("jobs", "work"): "worker",
    ("messages", "send"): "sender",
    ("webhooks", "send"): "webhooks",
}


def own_role() -> str:
    """By how it was started: "web" under gunicorn, "command" for commands that end by themselves."""
    if "gunicorn" in sys.argv[0]:
        return "web"
    return next((role for words, role in ROLES.items() if words in pairwise(sys.argv)), "command")
