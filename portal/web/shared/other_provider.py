"""Pages of a provider that are open in one tab while the person went on to another provider in another tab.

A form, or a link to a file, acts for the provider whose page it stood on, or not at all.
"""

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal.core.extensions import csrf, read_session
from portal.core.ids import parse_id
from portal.core.models import Provider
from portal.domain.identity import sessions
from portal.web.shared import held_forms

ARGUMENT = "provider"


def conflict_page(*, is_named: bool) -> ResponseReturnValue | None:
    """The page (409) where a form, or with `is_named` a URL, is of another provider than the chosen one."""
    is_read = request.method in ("GET", "HEAD")
    if is_read and not is_named:
        return None
    made_for = request.args.get(ARGUMENT, "") if is_read else csrf.posted_provider()
    if made_for == str(current_user.provider_id):
        return None
    can_hold = not is_read and held_forms.can_hold()
    return render_template(
        "errors/other_provider.html",
        shown=_find_own_provider(made_for),
        chosen=current_user.provider,
        is_read=is_read,
        held=held_forms.hold(request.full_path if request.query_string else request.path) if can_hold else "",
    ), 409


def _find_own_provider(text: str) -> Provider | None:
    provider_id = parse_id(text)
    own = sessions.select_memberships(current_user.id).where(Provider.id == provider_id)
    row = read_session().execute(own).one_or_none()
    return row.Provider if row else None
