"""Checks on every HTML page that a test opens: heading, labels, forms, ids, links, permissions, template leftovers.

PageCheckingClient, the client of every test, runs them on each page that was rendered from a template; on PostgreSQL
not again, where pages are the same.
"""

import html
import itertools
import re
import threading
from collections.abc import Callable, Collection
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from flask import Flask, template_rendered
from flask.testing import FlaskClient
from jinja2 import Template
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.test import TestResponse

from portal.domain.identity.permissions import Permission
from tests import databases

STATIC = Path(__file__).resolve().parent.parent / "static"
TAG = re.compile(r'<(/?)([a-z][a-z0-9]*)([^>"]*(?:"[^"]*"[^>"]*)*)>')
ATTRIBUTE = re.compile(r"""([a-zA-Z][-a-zA-Z]*)(?:="([^"]*)")?""")
ONLY_A_CLASS = re.compile(r'\s+class="[^"]*"')
CONTROLS = {"input", "select", "textarea", "progress", "meter"}
HEADINGS = {f"h{level}" for level in range(1, 7)}
NEED_NO_LABEL = ("hidden", "submit", "button")
LABELS = ("aria-label", "aria-labelledby")
REFERENCES = {"aria-labelledby", "aria-describedby", "for"}
LINKS = {"href", "src"}
# Forms whose address holds a code that is the credential, and forms that change nothing: a token would prove nothing.
NEED_NO_TOKEN = ("/m/", "/s/", "/dogrula", "/kontrol")
TOKENS = {"csrf_token", "form"}
# Parts of a page that a script of ours fetches anew.
FRAGMENTS = (
    "dashboard/imports/progress.html",
    "dashboard/campaigns/audience_progress.html",
    "dashboard/campaigns/campaign_progress.html",
)
SIGNED_IN = ("dashboard/", "desk/", "operator/", "account/")  # Templates of pages behind a session.
SHORT_ENDPOINTS = "recipient.short_"  # Their /<code> matches any path of one part.
ERROR = re.compile(r"^(Hata|Error): ")  # Before the title of a page that refused something.
QUOTED = re.compile(r"<(code|textarea)\b.*?</\1>", re.DOTALL)  # Templates of gateways are shown as they are.
LEFTOVERS = re.compile(r"\{\{|\{%|%\}|%\(\w+\)[sd]|Undefined\b|LazyString|lazy_gettext|object at 0x|function at 0x")
NOTHING = re.compile(r">\s*None\s*<")  # On a Turkish page; in English it is also a word.
INLINE = re.compile(r"""<(?:script(?! src="/static/)|style|iframe\b|object\b|embed\b)""", re.IGNORECASE)
ELSEWHERE = re.compile(r"""<(?:link|img|script)\b[^>]*["'](?:https?:)?//""", re.IGNORECASE)


class Page:
    """One page, read once, as a browser would read it."""

    def __init__(self, text: str):
        self.text = text
        self.language = ""
        self.heading_levels: list[int] = []
        self.ids: list[str] = []
        self.referenced_ids: set[str] = set()
        self.labelled_ids: set[str] = set()
        self.controls: list[tuple[dict[str, str], bool]] = []  # Attributes, and whether a label stands around it.
        self.forms: list[tuple[dict[str, str], set[str]]] = []  # Attributes, and the names of hidden fields.
        self.links: set[tuple[str, str]] = set()  # (method, address) of each way off the page and each of its files.
        self.scripted_tags: list[str] = []  # With a style or an event handler of their own.
        self._is_in_label = False
        for closing, name, attributes in TAG.findall(text):
            if name == "label":
                self._is_in_label = not closing
            if attributes and not ONLY_A_CLASS.fullmatch(attributes):
                self._read_tag(name, attributes)
            elif name in HEADINGS and not closing:
                self.heading_levels.append(int(name[1]))

    def texts_of(self, tag: str) -> list[str]:
        """What stands within each tag of that name, without inner tags and with single spaces."""
        inner = re.findall(rf"<{tag}\b[^>]*>(.*?)</{tag}>", self.text, re.DOTALL)
        return [" ".join(html.unescape(re.sub(r"<[^>]*>", "", each)).split()) for each in inner]

    def unlabelled_controls(self) -> list[dict[str, str]]:
        return [
            attributes
            for attributes, is_wrapped in self.controls
            if not is_wrapped
            and attributes.get("id") not in self.labelled_ids
            and not any(attributes.get(name) for name in LABELS)
        ]

    def _read_tag(self, name: str, raw_attributes: str) -> None:
        found = ATTRIBUTE.findall(raw_attributes)
        attributes = {key: html.unescape(value) if "&" in value else value for key, value in found}
        if any(key == "style" or key.startswith("on") for key in attributes):
            self.scripted_tags.append(f"<{name}{raw_attributes}>")
        if "id" in attributes:
            self.ids.append(attributes["id"])
        for key in REFERENCES & attributes.keys():
            self.referenced_ids.update(attributes[key].split())
        for key in LINKS & attributes.keys():
            self.links.add(("GET", attributes[key]))
        if name == "html":
            self.language = attributes.get("lang", "")
        elif name in HEADINGS:
            self.heading_levels.append(int(name[1]))
        elif name == "label":
            self.labelled_ids.add(attributes.get("for", ""))
        elif name == "form":
            self.forms.append((attributes, set()))
            self.links.add((attributes.get("method", "get").upper(), attributes.get("action", "")))
        elif name in CONTROLS:
            self._read_control(attributes)

    def _read_control(self, attributes: dict[str, str]) -> None:
        kind = attributes.get("type")
        if kind == "hidden" and self.forms:
            self.forms[-1][1].add(attributes.get("name", ""))
        if kind not in NEED_NO_LABEL:
            self.controls.append((attributes, self._is_in_label))


def page_faults(page: Page) -> list[str]:
    """What is wrong with a page by itself, whoever looks at it."""
    titles, headings = [ERROR.sub("", each) for each in page.texts_of("title")], page.texts_of("h1")
    found = {
        "title and heading": [] if len(titles) == 1 and titles == headings and titles[0] else [titles, headings],
        "heading levels": page.heading_levels if _leaves_out_a_level(page.heading_levels) else [],
        "language": [] if page.language in ("tr", "en") else [page.language],
        "controls without a label": page.unlabelled_controls(),
        "forms without a token": _forms_without_token(page),
        "ids used twice": [] if len(page.ids) == len(set(page.ids)) else page.ids,
        "ids that nothing has": page.referenced_ids.difference(page.ids),
        "open passwords": _open_passwords(page),
        "leftovers of a template": LEFTOVERS.findall(QUOTED.sub("", page.text)),
        "None in a page": NOTHING.findall(page.text) if page.language == "tr" else [],
        "inline code": INLINE.findall(page.text) + page.scripted_tags + _scripted_links(page),
        "from elsewhere": ELSEWHERE.findall(page.text),
    }
    return [f"{rule}: {faults}" for rule, faults in found.items() if faults]


def _leaves_out_a_level(levels: list[int]) -> bool:
    return any(below > above + 1 for above, below in itertools.pairwise(levels))


def _scripted_links(page: Page) -> list[str]:
    return [address for _, address in page.links if address.lower().startswith("javascript:")]


def _forms_without_token(page: Page) -> list[str]:
    return [
        attributes.get("action", "")
        for attributes, hidden in page.forms
        if attributes.get("method") == "post"
        and not attributes.get("action", "").startswith(NEED_NO_TOKEN)
        and not hidden & TOKENS
    ]


def _open_passwords(page: Page) -> list[dict[str, str]]:
    """Password fields that show what is typed, come filled in, or keep a password manager out."""
    fields = [
        attributes
        for attributes, _ in page.controls
        if attributes.get("type") == "password" or "password" in attributes.get("name", "")
    ]
    return [
        field
        for field in fields
        if field.get("type") != "password" or field.get("value") or "onpaste" in field or not field.get("autocomplete")
    ]


def link_faults(
    page: Page, app: Flask, host: str, permissions: Collection[Permission] | None, *, except_path: str = ""
) -> list[str]:
    """Links and forms that lead nowhere, or to what this person may not open; permissions: None where any may."""
    faults: list[str] = []
    for method, address in page.links:
        path = unquote(address.partition("#")[0].partition("?")[0].removeprefix(f"http://{host}"))
        if path.startswith("/static/"):
            faults += [] if _is_static_file(path) else [f"no such file: {path}"]
        elif path.startswith("/") and not path.startswith("//") and path not in (except_path, except_path.rstrip("/")):
            needed = _needed_permission(app, host, method, path)
            if isinstance(needed, NoWay):
                faults.append(f"{method} {path} leads nowhere: {needed.why}")
            elif permissions is not None and needed not in permissions and needed != Permission.SELF:
                faults.append(f"{method} {path} needs {needed}, which this person does not have")
    return faults


class NoWay(NamedTuple):
    """Why an address leads nowhere."""

    why: str


@lru_cache(maxsize=1 << 14)  # Most links stand on every page.
def _needed_permission(app: Flask, host: str, method: str, path: str) -> Permission | NoWay:
    """What one must be allowed to do where an address leads; SELF where anybody may go."""
    adapter = app.url_map.bind(host)
    try:
        endpoint, _ = adapter.match(path, method)
    except RequestRedirect:
        return Permission.SELF
    except HTTPException as error:
        return NoWay(str(error))
    if endpoint.startswith(SHORT_ENDPOINTS) and adapter.server_name in app.config["HOSTS"]:
        return NoWay("only short hosts have codes there")
    return getattr(app.view_functions[endpoint], "needs", Permission.SELF)


@cache
def _is_static_file(path: str) -> bool:
    return (STATIC / path.removeprefix("/static/")).is_file()


class PageCheckingClient(FlaskClient):
    """A test client that reads each answer to its end, as browsers do, and checks each page that it is given."""

    checks_pages = not databases.SERVER

    def open(self, *arguments, buffered: bool = True, **options) -> TestResponse:
        if not self.checks_pages:
            return super().open(*arguments, buffered=buffered, **options)
        rendered: list[Rendering] = []
        with template_rendered.connected_to(_recorder(rendered), self.application):
            answer = super().open(*arguments, buffered=buffered, **options)
        if rendered and answer.mimetype == "text/html" and answer.data:
            check_page(answer, self.application, rendered[-1])
        return answer


class Rendering(NamedTuple):
    """A rendered template, and what its reader may do where they are signed in."""

    template: str
    permissions: set[Permission] | None


def _recorder(rendered: list[Rendering]) -> Callable[..., None]:
    """Notes each rendering of this thread while its request still knows who asked."""
    thread = threading.get_ident()

    def record(sender: Flask, template: Template, context: dict, **_: object) -> None:
        if threading.get_ident() != thread:
            return
        may = context.get("may")
        permissions = {permission for permission in Permission if may(permission)} if may else None
        rendered.append(Rendering(template.name or "", permissions))

    return record


def check_page(answer: TestResponse, app: Flask, rendering: Rendering) -> None:
    """Fail with everything that is wrong with a page."""
    page = Page(answer.text)
    # An error page links to its own address in the other language, which leads nowhere itself.
    own_path = answer.request.path if answer.status_code >= 400 else ""
    faults = link_faults(page, app, answer.request.host, rendering.permissions, except_path=own_path)
    if rendering.template not in FRAGMENTS:
        faults += page_faults(page)
        if rendering.template.startswith(SIGNED_IN) and ("POST", "/sign-out") not in page.links:
            faults.append("no way to sign out")
    assert not faults, f"{answer.request.path} ({rendering.template}): {faults}"
