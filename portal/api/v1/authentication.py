"""Who calls: the key of a request, the networks it may come from, its limit, and the scope that the view needs."""

import json
import math
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import structlog
from flask import current_app, g, request
from flask.typing import ResponseReturnValue
from limits import parse
from sqlalchemy import bindparam, select
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from portal.core import clock
from portal.core.extensions import db, limiter, rate_limit_key, read_session
from portal.core.models import Brand, Provider
from portal.domain.identity import api_keys
from portal.domain.identity.api_keys import Caller
from portal.domain.identity.permissions import Scope
from portal.domain.providers import networks
from portal.web.shared import limits, problems
from portal.web.shared.problems import ApiProblem

View = TypeVar("View", bound=Callable[..., Any])

BRAND_CODE = "brandCode"  # In a URL.
MAX_BRAND_CODE = 2**31 - 1  # No brand has it; a database takes no larger ones.
PROVIDER_LIMITS = {  # Counted for all keys together.
    limits.API_LISTS: "api-lists", limits.API_LINKS: "api-links", limits.API_FILES: "api-files",
    limits.API_IYS: "api-iys",
}  # fmt: skip
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="izinlink"'}


def needs(scope: Scope, *, limit: str = limits.API) -> Callable[[View], View]:
    """Decorator: the scope a view needs, and the limit that counts its requests: by key, some by provider."""

    def mark(view: View) -> View:
        view.__dict__.update(needs=scope, limit=limit)  # Decorators around it copy them.
        return view

    return mark


def check_key() -> ResponseReturnValue | None:
    """Admit a request with a good key, or answer what is wrong. The body is read last."""
    at = clock.now()
    view: Any = current_app.view_functions[request.endpoint or ""]
    caller = _caller(at)
    if isinstance(caller, ApiProblem):
        return _refuse_guess(caller)
    g.caller = caller
    structlog.contextvars.bind_contextvars(key=caller.key_id)
    if caller.has_networks and not _is_in_networks(caller):
        return problems.problem_response(ApiProblem.NETWORK)
    if wait := _count(view.limit, caller):
        return problems.problem_response(ApiProblem.TOO_MANY, headers={"Retry-After": str(wait)})
    if view.needs not in caller.scopes:
        return problems.problem_response(ApiProblem.SCOPE_MISSING, scope=view.needs)
    if api_keys.record_use(db.session, caller, at):
        db.session.commit()
    if (request.view_args or {}).keys() & {BRAND_CODE} and not _take_brand(caller):
        return problems.problem_response(ApiProblem.BRAND_UNKNOWN)
    return _check_body() if "json" in view.__annotations__ else None


def _take_brand(caller: Caller) -> bool:
    """Put the brand of the URL into g.brand, so that no view can forget to look whether the key reaches it; all others
    are as unknown as one that does not exist."""
    code = min((request.view_args or {}).pop(BRAND_CODE), MAX_BRAND_CODE)
    found = read_session().execute(BRANDS, {"provider_id": caller.provider_id, "code": code}).one_or_none()
    g.brand, g.provider = found or (None, None)
    return g.brand is not None and (caller.brand_ids is None or g.brand.id in caller.brand_ids)


# With its provider, which most views need; built once.
BRANDS = (
    select(Brand, Provider)
    .join(Provider, Provider.id == Brand.provider_id)
    .where(Brand.provider_id == bindparam("provider_id"), Brand.brand_code == bindparam("code"))
)


def _is_in_networks(caller: Caller) -> bool:
    cidrs = [each.cidr for each in networks.list_networks(read_session(), caller.provider_id)]
    return networks.contain_address(cidrs, request.remote_addr or "")


def _caller(at: datetime) -> Caller | ApiProblem:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text:
        return ApiProblem.KEY_MISSING
    return api_keys.find_caller(read_session(), text.strip(), at) or ApiProblem.KEY_UNKNOWN


def _refuse_guess(found: ApiProblem) -> ResponseReturnValue:
    """Only wrong keys count here, by address: many programs may stand behind one."""
    is_guess = found == ApiProblem.KEY_UNKNOWN
    if is_guess and (again_at := limits.wait_for(limits.GUESSED_KEYS, "guessed-keys", rate_limit_key())):
        return problems.problem_response(ApiProblem.TOO_MANY, headers={"Retry-After": str(_seconds_until(again_at))})
    return problems.problem_response(found, headers=CHALLENGE)


def _count(limit: str, caller: Caller) -> int:
    """Count a request, and note what its limit's headers say; the seconds to wait where it is reached. More keys bring
    no more lists."""
    act, whose = (PROVIDER_LIMITS[limit], caller.provider_id) if limit in PROVIDER_LIMITS else ("api", caller.key_id)
    again_at = limits.wait_for(limit, act, str(whose))
    if limiter.enabled:
        item = parse(limit)
        stats = limiter.limiter.get_window_stats(item, act, str(whose))
        reset = max(0, math.ceil(stats.reset_time - clock.now().timestamp()))
        g.limit_headers = {
            "RateLimit-Limit": str(item.amount), "RateLimit-Remaining": str(stats.remaining),
            "RateLimit-Reset": str(reset),
        }  # fmt: skip
    return _seconds_until(again_at) if again_at else 0


def _seconds_until(moment: datetime) -> int:
    return max(1, math.ceil((moment - clock.now()).total_seconds()))


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
