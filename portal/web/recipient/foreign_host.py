"""What comes by another firm's own host: an old link, once the host it names passed to that firm, or a receipt of
several. Nothing is shown there. Who opens it is sent on to the main host; what is posted refuses as there, and a page
of ours leads on. A redirect would not: browsers hold forms to the host of their page (form-action)."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import Response, abort, g, make_response, redirect, render_template, request
from flask.globals import request_ctx

from portal.web.recipient import page_content
from portal.web.recipient.blueprint import blueprint
from portal.web.shared import absolute_urls, hosts
from portal.web.shared.languages import PAGE_OF_POST


def check_host(provider_ids: Iterable[int]) -> None:
    """Send whoever opens a true code of these firms on, where the host of this request does not show it."""
    if all(map(hosts.serves, provider_ids)):
        return
    if request.method != "POST":
        abort(redirect(_main_url(request.endpoint, request.view_args, lang=request.args.get("lang"))))
    g.is_foreign_host = True


def is_foreign_host() -> bool:
    """Whether this request posts a true code to a host that does not show it: it may refuse, and grants nothing."""
    return bool(g.get("is_foreign_host"))


def note_refusal() -> None:
    """A refusal was recorded, whatever becomes of the rest of this request."""
    g.is_refused = True


@blueprint.after_request
def replace_answer(response: Response) -> Response:
    """Lead to the answer at the main host. Mail programs' is plain text, and the page of a case whose address changed
    hands (410) is the same anywhere: they name nobody."""
    is_nameless = response.mimetype != "text/html" or response.status_code == 410
    if not is_foreign_host() or is_nameless or response.status_code >= 500:
        return response
    is_taken = response.location is not None
    leads_to = _match(response.location) if response.location else (request.endpoint, request.view_args)
    url = _main_url(*leads_to, **page_content.language_args())
    page = render_template(
        "recipient/foreign_host.html", is_taken=is_taken, is_refused=bool(g.get("is_refused")), url=url
    )
    return make_response(page, 200 if is_taken else response.status_code)


def _match(url: str) -> tuple[str, Mapping[str, Any]]:
    """The endpoint of one of our URLs, and the values in it."""
    adapter = request_ctx.url_adapter
    assert adapter  # It has found this request's endpoint.
    return adapter.match(urlsplit(url).path, "GET")


def _main_url(endpoint: str | None, values: Mapping[str, Any] | None, **query: str | None) -> str:
    """URL of a page at the main host, of what answers a POST only the page in its place."""
    assert endpoint and values  # Codes stand in URLs.
    page = PAGE_OF_POST.get(endpoint, endpoint).replace(".short_", ".")
    return absolute_urls.absolute_url(page, **values, **query)
