"""Locks of the doors. Every blueprint is registered through one of them; even "open to all" is a lock with a name.

Behind the locks of people each page names the power it needs, on the line above it; one that names none is shut.
"""

from collections.abc import Callable

from flask import Blueprint, abort, current_app, g, redirect, request, url_for
from flask_login import current_user
from flask_wtf.csrf import CSRFError

from portal.core import clock
from portal.core.extensions import csrf, db, login, read_session
from portal.domain.identity import sessions
from portal.domain.identity.permissions import Permission
from portal.domain.providers import networks
from portal.web.shared import address_session

ACCESS_RULES: dict[str, str] = {}  # Door by name: its lock, for the test that none is missing.


def open_to_all(blueprint: Blueprint) -> Blueprint:
    """Anybody may come in; nothing private stands behind it."""
    ACCESS_RULES[blueprint.name] = "open to all"
    return blueprint


def without_cookies(blueprint: Blueprint) -> Blueprint:
    """Anybody may come in and leaves no trace. What is posted there changes nothing, so it needs no CSRF token."""
    ACCESS_RULES[blueprint.name] = "without cookies"
    csrf.exempt(blueprint)
    return blueprint


def by_code(blueprint: Blueprint) -> Blueprint:
    """The code in the address is the credential; the door checks it on each request. No cookie, so no CSRF token."""
    ACCESS_RULES[blueprint.name] = "by code"
    csrf.exempt(blueprint)
    return blueprint


def by_password(blueprint: Blueprint) -> Blueprint:
    """Another program comes in: the token in the address and Basic auth say which; the door checks both each time."""
    ACCESS_RULES[blueprint.name] = "by password"
    csrf.exempt(blueprint)
    return blueprint


def by_proven_address(blueprint: Blueprint) -> Blueprint:
    """Whoever has shown by a code that an address is theirs. A form carries a token that is bound to that proof."""
    csrf.exempt(blueprint)
    return _guarded(blueprint, "by a proven address", _check_address)


def signed_in(blueprint: Blueprint) -> Blueprint:
    """Whoever has a session, for pages about themselves."""
    return _guarded(blueprint, "signed in", _check_person)


def of_a_provider(blueprint: Blueprint) -> Blueprint:
    """People of a provider, from its networks, and only what is their provider's."""
    return _guarded(blueprint, "of a provider", _check_provider)


def of_the_operator(blueprint: Blueprint) -> Blueprint:
    """The operator's own people."""
    return _guarded(blueprint, "of the operator", _check_operator)


def needs(power: Permission, *, fresh: bool = False) -> Callable:
    """Say what a page needs. With `fresh` a factor must have been shown a moment ago (step-up)."""

    def name(view: Callable) -> Callable:
        view.needs, view.needs_fresh = power, fresh
        return view

    return name


def _guarded(blueprint: Blueprint, rule: str, check: Callable) -> Blueprint:
    if blueprint.name not in ACCESS_RULES:
        blueprint.before_request(lambda: None if request.method == "OPTIONS" else check())
    ACCESS_RULES[blueprint.name] = rule
    return blueprint


def _check_person():
    if not current_user.is_authenticated:
        return login.unauthorized()
    _note_presence()
    return _check_step_up()


def _check_address():
    """Without a proof on to where one is asked for. What was posted then is told not to have counted."""
    if address_session.proof() is None:
        came_too_late = request.method not in ("GET", "HEAD")
        return redirect(
            url_for("my_consents_entry.over" if came_too_late or address_session.token() else "my_consents_entry.ask"),
            303,
        )
    g.language = address_session.proof().language
    if request.method == "POST" and not address_session.is_own_form():
        raise CSRFError("not of this overview")
    return None


def _check_provider():
    if not current_user.is_authenticated:
        return login.unauthorized()
    if current_user.provider is None:
        return redirect(url_for("account.choose"), 303)
    cidrs = [each.cidr for each in networks.of(read_session(), current_user.provider_id)]
    if cidrs and not networks.holds(cidrs, request.remote_addr or ""):
        abort(403, "network")
    if not current_user.may_at_provider(_view().needs):
        abort(403, "role" if current_user.provider.suspended_at is None else "suspended")
    _note_presence()
    return _check_step_up()


def _check_operator():
    if not current_user.is_authenticated:
        return login.unauthorized()
    if not current_user.may_at_operator(_view().needs):
        abort(403, "role")
    _note_presence()
    return _check_step_up()


def _check_step_up():
    view = _view()
    if view.needs_fresh and not current_user.is_stepped_up(clock.now()):
        return redirect(url_for("signin.step_up", next=_way_back()), 303)
    return None


def _way_back() -> str | None:
    """Where to go on, with what was chosen there; a form that was posted has none."""
    if request.method not in ("GET", "HEAD"):
        return None
    return request.full_path if request.query_string else request.path


def _view() -> Callable:
    return current_app.view_functions[request.endpoint]


def _note_presence() -> None:
    if sessions.see(db.session, current_user.sign_in, clock.now()):
        db.session.commit()
