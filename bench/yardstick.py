"""The yardstick: a bare Flask application that answers every link with a short text."""

from flask import Flask

app = Flask(__name__)


@app.route("/k/<code>", methods=["GET", "POST"])
def answer(code: str) -> str:
    return "ok"
