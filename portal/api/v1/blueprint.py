"""The blueprint of the API, and the specification that its views describe themselves to."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, current_app, g, request
from pydantic import ValidationError
from spectree import SecurityScheme, SpecTree
from spectree.models import SecureType, SecuritySchemeData
from spectree.plugins.flask_plugin import FlaskPlugin
from spectree.utils import get_multidict_items
from werkzeug.exceptions import RequestEntityTooLarge

from portal.api.v1.schemas import Problem, WriteHeaders
from portal.core import clock
from portal.core.extensions import db, vault
from portal.domain.identity import api_calls
from portal.domain.identity.api_keys import Caller
from portal.web.shared import problems
from portal.web.shared.problems import ApiProblem

VERSION = "1.0"
BRAND_PATH = "/brands/<int:brandCode>"
KEPT_BODIES = ("", "application/json", "text/plain")  # Of calls with test keys; no file.
MAX_LIST_BYTES = 8 * 1024 * 1024  # 10,000 rows of 800 bytes, or 50,000 addresses of 160.

encode_json = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


class ApiBlueprint(Blueprint):
    """Doubled slashes lead nowhere. Flask would redirect, and repeat the address of a person that begins with one."""

    def add_url_rule(self, rule: str, *arguments: Any, **options: Any) -> None:
        super().add_url_rule(rule, *arguments, merge_slashes=False, **options)


blueprint = ApiBlueprint("api", __name__, url_prefix="/api/v1")


class RequestsOnly(FlaskPlugin):
    """Validates requests. What is answered is our own, and its errors would name addresses in the log."""

    def validate(
        self, func: Callable[..., Any], query: Any, json: Any, form: Any, headers: Any, *args: Any, **kwargs: Any
    ) -> Any:  # fmt: skip
        """Call the view with what its models read; each wrong field is answered by its name, without its value."""
        try:
            if query:
                asked = get_multidict_items(request.args, query) if request.query_string else {}
                kwargs["query"] = query.model_validate(asked)
            if json:
                kwargs["json"] = json.model_validate(request.get_json())
            if headers:
                kwargs["headers"] = headers.model_validate(dict(request.headers))
        except ValidationError as error:
            if error.title == WriteHeaders.__name__:
                body = problems.field_problem_body(ApiProblem.IDEMPOTENCY_KEY, "Idempotency-Key")
                return problems.body_response(body)
            found = error.errors(include_input=False, include_url=False, include_context=False)
            return problems.problem_response(ApiProblem.INVALID, errors=problems.field_errors(found))
        answer = func(**kwargs)
        return _json_response(answer) if isinstance(answer, dict) else answer


def _json_response(body: dict[str, Any]) -> Response:
    """As Flask makes one, by an encoder made once; what was asked for with a digest of it (ETag)."""
    text = encode_json(body).encode()
    response = current_app.response_class(text, mimetype="application/json")
    if request.method == "GET":
        response.set_etag(hashlib.sha1(text, usedforsecurity=False).hexdigest())
        if "HTTP_IF_NONE_MATCH" in request.environ:
            response.make_conditional(request)
    return response


specification = SpecTree(
    backend=RequestsOnly,
    title="İzinlink API",
    version=VERSION,
    mode="strict",
    annotations=True,
    validation_error_model=Problem,
    naming_strategy=lambda model: model.__name__,
    nested_naming_strategy=lambda _parent, child: child,
    security_schemes=[SecurityScheme("key", SecuritySchemeData(SecureType.HTTP, scheme="bearer"))],
    security={"key": []},
)


@blueprint.after_request
def tell_limit(response: Response) -> Response:
    """Say how much of the key's limit is left."""
    response.headers.extend(g.get("limit_headers") or {})
    return response


@blueprint.after_request
def keep_test_call(response: Response) -> Response:
    """Keep what a test key sent and was answered, for the page that shows it to the program's author."""
    caller: Caller | None = g.get("caller")
    if caller is not None and caller.is_test:
        try:
            is_file = request.mimetype not in KEPT_BODIES or (request.content_length or 0) > MAX_LIST_BYTES
            body = "" if is_file else request.get_data(as_text=True)
        except (RequestEntityTooLarge, UnicodeDecodeError):
            body = ""
        answer = response.get_data(as_text=True) if response.is_json and "has_secret" not in g else ""
        content = api_calls.CallContent(request.full_path.removesuffix("?"), body, answer)
        code = response.get_json().get("code") if response.mimetype == "application/problem+json" else None
        db.session.rollback()  # Of a view that failed; all others have committed.
        api_calls.record(
            db.session, vault(), caller, request.method, content, status=response.status_code, code=code, at=clock.now()
        )
        db.session.commit()
    return response
