"""Forms that were posted when a factor had to be shown first: kept, encrypted, in the page that asks for the factor.

So are forms of another provider than the one chosen by now. Then the browser repeats the POST (307), and the held
fields take the place of that page's own, with the token that says for which provider they are. What is held is good for
its session and path only, for 15 minutes. Files are not held.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta

from flask import request
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from portal.core import clock
from portal.core.extensions import vault
from portal.core.models import NO_PROVIDER
from portal.core.vault import CannotOpen

FIELD = "held"
PLACE = "held_form"
LIFETIME = timedelta(minutes=15)
MOST_BYTES = 16 * 1024
EXPIRED = _l("Form 15 dakikadan uzun bekledi ve gönderilmedi; yeniden doldurun.")


@dataclass(frozen=True)
class HeldForm:
    path: str
    fields: list[tuple[str, str]]


def can_hold() -> bool:
    """Whether the posted form has no file and is small, or is held already."""
    is_small = (request.content_length or 0) <= MOST_BYTES or FIELD in request.form
    return request.mimetype == "application/x-www-form-urlencoded" and is_small


def hold(path: str) -> str:
    """The posted fields as a text for this session, which was meant for a path of ours. A form that is held already
    stays as it is."""
    if FIELD in request.form:
        return request.form[FIELD]
    fields = list(request.form.items(multi=True))
    text = json.dumps({"path": path, "fields": fields, "at": clock.now().timestamp()})
    return urlsafe_b64encode(vault().seal(text, PLACE, NO_PROVIDER, current_user.sign_in.id)).decode()


def find() -> HeldForm | None:
    """The form that this request holds; None where there is none, it is another session's, or too old."""
    try:
        sealed = urlsafe_b64decode(request.form.get(FIELD, "").encode(errors="replace"))
        kept = json.loads(vault().read(sealed, PLACE, NO_PROVIDER, current_user.sign_in.id))
    except (ValueError, CannotOpen):
        return None
    is_recent = 0 <= clock.now().timestamp() - kept["at"] <= LIFETIME.total_seconds()
    return HeldForm(kept["path"], [(name, value) for name, value in kept["fields"]]) if is_recent else None


def restore() -> bool:
    """Let the held fields be this request's form; False where they were meant for another page or are too old."""
    held = find()
    if held is None or held.path.partition("?")[0] != request.path:
        return False
    request.form = MultiDict(held.fields)  # type: ignore[assignment]  # werkzeug's own is immutable.
    return True
