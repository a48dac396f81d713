"""Access rules. create_app registers every blueprint through one of them; even "open to all" is a rule with a name.

Under the rules for people who sign in, each view names the permission it needs (`needs`); without one it is shut.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint, abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFError

from portal.core import clock
from portal.core.extensions import csrf, db, login, read_session
from portal.core.models import AddressProof
from portal.domain.identity import sessions
from portal.domain.identity.permissions import Permission
from portal.domain.providers import networks
from portal.web.shared import address_session, held_forms, languages, maintenance, other_provider

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])
Check = Callable[[], ResponseReturnValue | None]

# During maintenance people still search, to answer somebody; and record refusals, by these views and those of REFUSE.
SEARCHES = ("dashboard.search", "desk.search", "operator.search_recipient")
REFUSALS = ("operator.refuse_reply",)
ACCESS_RULES: dict[str, str] = {}  # By blueprint name; a test checks that none is missing.


def open_to_all(blueprint: Blueprint) -> Blueprint:
    """No check: nothing here is private."""
    return _register(blueprint, "open to all")


def without_cookies(blueprint: Blueprint) -> Blueprint:
    """No check and no cookie. What is posted changes nothing, so it needs no CSRF token."""
    return _register(blueprint, "without cookies", needs_csrf=False)


def by_code(blueprint: Blueprint) -> Blueprint:
    """The code in the URL is the credential; each view checks it. No cookie, so no CSRF token, but for what a case's
    page adds for who has proved the address: that cookie is SameSite=Strict."""
    return _register(blueprint, "by code", needs_csrf=False)


def by_password(blueprint: Blueprint) -> Blueprint:
    """For programs: the token in the URL and Basic auth, or a bearer token, are the credentials; each view checks."""
    return _register(blueprint, "by password", needs_csrf=False)


def by_key(blueprint: Blueprint, check: Check) -> Blueprint:
    """For a provider's programs: the key of each request is the credential, and its scopes say what it may do."""
    return _register(blueprint, "by key", check, needs_csrf=False)


def by_proven_address(blueprint: Blueprint) -> Blueprint:
    """For whoever has proved an address by a code. Forms carry a token that is bound to that proof."""
    return _register(blueprint, "by a proven address", _check_address, needs_csrf=False)


def signed_in(blueprint: Blueprint) -> Blueprint:
    """For whoever is signed in: pages about themselves."""
    return _register(blueprint, "signed in", _check_person)


def of_a_provider(blueprint: Blueprint) -> Blueprint:
    """For people of a provider, from its networks."""
    return _register(blueprint, "of a provider", _check_provider)


def of_the_operator(blueprint: Blueprint) -> Blueprint:
    """For people of the operator."""
    return _register(blueprint, "of the operator", _check_operator)


def needs(permission: Permission, *, fresh: bool = False, names_provider: bool = False) -> Callable[[View], View]:
    """Decorator: the permission a view needs. With `fresh`, a factor must have been shown a moment ago (step-up). With
    `names_provider`, for a file whose URL has no id: the URL says whose it is, and url_for adds that by itself."""

    def mark(view: View) -> View:
        view.needs = permission  # type: ignore[attr-defined]  # Decorators around it copy the attributes.
        view.needs_fresh = fresh  # type: ignore[attr-defined]  # As above.
        view.names_provider = names_provider  # type: ignore[attr-defined]  # As above.
        return view

    return mark


def takes_late(view: View) -> View:
    """Decorator: what is posted by a proven address counts for an hour after its session, too, unless the person left.
    The view then shows nothing."""
    view.is_late_taken = True  # type: ignore[attr-defined]  # As above.
    return view


def takes_other_tabs(view: View) -> View:
    """Decorator: what is posted by the form of another session of this browser counts for that session, as long as
    takes_late() has it. The view then shows nothing."""
    view.is_taken_of_tabs = True  # type: ignore[attr-defined]  # As above.
    return view


def _register(
    blueprint: Blueprint, rule: str, check: Check | None = None, *, needs_csrf: bool = True
) -> Blueprint:  # fmt: skip
    if not needs_csrf:
        csrf.exempt(blueprint)
    if check is not None and blueprint.name not in ACCESS_RULES:
        blueprint.before_request(lambda: None if request.method == "OPTIONS" else check())
    ACCESS_RULES[blueprint.name] = rule
    return blueprint


def _check_person() -> ResponseReturnValue | None:
    languages.keep_asked()
    if not current_user.is_authenticated:
        return login.unauthorized()
    return _admit()


def _check_address() -> ResponseReturnValue | None:
    """Without a proof, redirect to where one is asked for; or to the page that says that the session is over."""
    proof = address_session.proof(is_late_taken=getattr(_current_view(), "is_late_taken", False))
    if proof is None:
        was_open = request.method not in ("GET", "HEAD") or address_session.token()
        return address_session.say_over() if was_open else redirect(url_for("my_consents_entry.ask"), 303)
    g.language = proof.language
    return _check_form_session(proof) if request.method == "POST" else None


def _check_form_session(proof: AddressProof) -> ResponseReturnValue | None:
    """A form is of the cookie's session, or of one that was proved in another tab before: that one's own refusal is
    taken, and nothing else."""
    of_form = address_session.form_session()
    if of_form is None:
        raise CSRFError("not of an overview")
    if of_form.id == proof.id:
        return None
    g.language = of_form.language
    is_taken = getattr(_current_view(), "is_taken_of_tabs", False) and address_session.take_form_session(of_form)
    return None if is_taken else address_session.say_over()


def _check_provider() -> ResponseReturnValue | None:
    languages.keep_asked()
    if not current_user.is_authenticated:
        return login.unauthorized()
    if current_user.provider is None:
        return redirect(url_for("account.choose"), 303)
    _restore_held_form()
    if (conflict := other_provider.conflict_page(is_named=_current_view().names_provider)) is not None:
        return conflict
    cidrs = [each.cidr for each in networks.list_networks(read_session(), current_user.provider_id)]
    if cidrs and not networks.contain_address(cidrs, request.remote_addr or ""):
        abort(403, "network")
    if not current_user.may_at_provider(_current_view().needs):
        abort(403, "role" if current_user.provider.suspended_at is None else "suspended")
    _stop_writes_in_maintenance()
    return _admit()


def _check_operator() -> ResponseReturnValue | None:
    languages.keep_asked()
    if not current_user.is_authenticated:
        return login.unauthorized()
    if not current_user.may_at_operator(_current_view().needs):
        abort(403, "role")
    _stop_writes_in_maintenance()
    return _admit()


def _stop_writes_in_maintenance() -> None:
    is_read = request.method in ("GET", "HEAD") or request.endpoint in (*SEARCHES, *REFUSALS)
    if not is_read and _current_view().needs != Permission.REFUSE:
        maintenance.stop_writes()


def _admit() -> ResponseReturnValue | None:
    """Record activity. Where the view needs a fresh factor, redirect there, and back to this page. A posted form
    without files goes along (307), and comes back as it was."""
    if sessions.record_activity(db.session, current_user.sign_in, clock.now()):
        db.session.commit()
    if not _current_view().needs_fresh:
        return None
    if current_user.is_stepped_up(clock.now()):
        _restore_held_form()
        return None
    here = request.full_path if request.query_string else request.path
    if request.method in ("GET", "HEAD"):
        return redirect(url_for("signin.step_up", next=here), 303)
    can_hold = held_forms.can_hold()
    return redirect(url_for("signin.step_up", form=here if can_hold else None), 307 if can_hold else 303)


def _restore_held_form() -> None:
    if request.method == "POST" and held_forms.FIELD in request.form and not held_forms.restore():
        abort(400)


def _current_view() -> Any:
    return current_app.view_functions[request.endpoint or ""]
