"""Who calls: the key of a request, the networks it may come from, its limit, and the scope that the view needs."""

import json
import math
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from flask import Response, current_app, g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from portal.core import clock
from portal.core.extensions import db, rate_limit_key, read_session, reader
from portal.core.models import Brand
from portal.domain.identity import api_keys
from portal.domain.identity.api_keys import Beside, Caller
from portal.domain.identity.permissions import Scope
from portal.domain.providers import networks
from portal.web.shared import app_logging, limits, maintenance, problems
from portal.web.shared.problems import ApiProblem

View = TypeVar("View", bound=Callable[..., Any])

BRAND_CODE = "brandCode"  # In a URL.
MAX_BRAND_CODE = 2**31 - 1  # No brand has it; a database takes no larger ones.
PROVIDER_LIMITS = {  # Counted for all keys together.
    limits.API_LISTS: "api-lists", limits.API_LINKS: "api-links", limits.API_FILES: "api-files",
    limits.API_IYS: "api-iys",
    limits.API_RETAILERS: "api-retailers",
}  # fmt: skip
# What is posted to ask, and refusals: the view of these stops the grants.
DURING_MAINTENANCE = (Scope.READ, Scope.CHECK, Scope.RETAILERS_READ, Scope.REFUSE)
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="izinlink"'}


def needs_scope(
    scope: Scope, *, limit: str = limits.API, whole_brand: bool = True, beside: Beside | None = None
) -> Callable[[View], View]:  # fmt: skip
    """Decorator: the scope a view needs, and the limit that counts its requests: by key, some by provider. Without
    `whole_brand` the view takes what it needs from `g.caller.brand`, which costs no statement, and has no `g.brand`.
    What it wants read `beside` the key is in `g.found`."""

    def mark(view: View) -> View:  # Decorators around it copy them.
        view.__dict__.update(scope=scope, limit=limit, whole_brand=whole_brand, beside=beside)
        return view

    return mark


def check_key() -> ResponseReturnValue | None:
    """Admit a request with a good key, or answer what is wrong. The body is read last."""
    at = clock.now()
    view: Any = current_app.view_functions[request.endpoint or ""]
    brand_code: int | None = (request.view_args or {}).pop(BRAND_CODE, None)
    found = _find_caller(brand_code, at, view.beside)
    if isinstance(found, ApiProblem):
        return _refuse_guess(found)
    g.caller, g.found = caller, _ = found
    app_logging.add_id(key=caller.key_id)
    if caller.has_networks and not _is_in_networks(caller):
        return problems.problem_response(ApiProblem.NETWORK)
    if wait := _count(view.limit, caller):
        return problems.problem_response(ApiProblem.TOO_MANY, headers={"Retry-After": str(wait)})
    if view.scope not in caller.scopes:
        return problems.problem_response(ApiProblem.SCOPE_MISSING, scope=view.scope)
    if view.scope not in DURING_MAINTENANCE and request.method not in ("GET", "HEAD") and maintenance.current():
        return maintenance_response()
    if api_keys.record_use(db.session, caller, at):
        db.session.commit()
    if brand_code is not None and caller.brand is None:  # Here, so that no view can forget to look.
        return problems.problem_response(ApiProblem.BRAND_UNKNOWN)
    if caller.brand is not None and view.whole_brand:
        g.brand = read_session().get_one(Brand, caller.brand.id)
    return _check_body() if "json" in view.__annotations__ else None


def maintenance_response() -> Response:
    seconds = str(int(maintenance.RETRY_AFTER.total_seconds()))
    return problems.problem_response(ApiProblem.MAINTENANCE, headers={"Retry-After": seconds})


def _is_in_networks(caller: Caller) -> bool:
    cidrs = [each.cidr for each in networks.list_networks(read_session(), caller.provider_id)]
    return networks.contain_address(cidrs, request.remote_addr or "")


def _find_caller(
    brand_code: int | None, at: datetime, beside: Beside | None
) -> tuple[Caller, list[Any]] | ApiProblem:  # fmt: skip
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text:
        return ApiProblem.KEY_MISSING
    code = None if brand_code is None else min(brand_code, MAX_BRAND_CODE)
    return api_keys.find_caller(reader(), text.strip(), code, at, beside) or ApiProblem.KEY_UNKNOWN


def _refuse_guess(found: ApiProblem) -> ResponseReturnValue:
    """Only wrong keys count here, by address: many programs may stand behind one."""
    is_guess = found == ApiProblem.KEY_UNKNOWN
    if is_guess and (again_at := limits.wait_for(limits.GUESSED_KEYS, "guessed-keys", rate_limit_key())):
        seconds = str(max(1, _seconds_until(again_at)))
        return problems.problem_response(ApiProblem.TOO_MANY, headers={"Retry-After": seconds})
    return problems.problem_response(found, headers=CHALLENGE)


def _count(limit: str, caller: Caller) -> int:
    """Count a request, and note what its limit's headers say; the seconds to wait where it is reached. More keys bring
    no more lists."""
    act, whose = (PROVIDER_LIMITS[limit], caller.provider_id) if limit in PROVIDER_LIMITS else ("api", caller.key_id)
    counted = limits.count(limit, act, str(whose))
    if counted is None:
        return 0
    seconds = _seconds_until(counted.reset_at)
    g.limit_headers = {
        "RateLimit-Limit": str(counted.most), "RateLimit-Remaining": str(max(0, counted.left)),
        "RateLimit-Reset": str(seconds),
    }  # fmt: skip
    return max(1, seconds) if counted.left < 0 else 0


def _seconds_until(moment: datetime) -> int:
    return max(0, math.ceil((moment - clock.now()).total_seconds()))


class UniqueNames:
    """Reads JSON like the module, but no object that has a name twice (RFC 8259, section 4)."""

    @staticmethod
    def loads(text: str | bytes) -> Any:
        return json.loads(text, object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("A name stands twice.")
    return found


def _check_body() -> ResponseReturnValue | None:
    """Read the body as JSON, here, so that nothing after this meets one that is none, or that readers understand in
    different ways."""
    request.json_module = UniqueNames
    try:
        if request.get_json() is None:  # "null" is no object, not an empty one.
            return problems.problem_response(ApiProblem.NOT_JSON, status=400)
    except UnsupportedMediaType:
        return problems.problem_response(ApiProblem.NOT_JSON)
    except (BadRequest, RecursionError):
        return problems.problem_response(ApiProblem.NOT_JSON, status=400)
    return None
