"""Whatever a file looks like, the form over it, posted as a browser fills it in, says what the guess says."""

import io
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from werkzeug.datastructures import MultiDict

from portal.core.extensions import vault
from portal.core.iys_protocol import Channel
from portal.core.models import BatchState, ImportBatch
from portal.services.imports import layout as layouts
from portal.services.imports import worker
from portal.services.imports.store import layout_of
from tests import make
from tests.files.people import ALL_FOUR
from tests.portal.services.imports.test_ugly_files import ANSWERS, CASES, Case

pytestmark = [pytest.mark.slow, pytest.mark.alike]

TYPED = {"status": "ONAY", "source": "HS_WEB", "origin": ANSWERS["origin"], "date": "2026-11-24", "time": "14:02"}


class Filled(HTMLParser):
    """What a browser would send of the form with an action that ends so, if nobody touched it."""

    def __init__(self, page: str, action: str):
        super().__init__()
        self.action, self.fields, self.is_within, self.select = action, MultiDict(), False, None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        said = dict(attrs)
        if tag == "form":
            self.is_within = said.get("action", "").endswith(self.action)
        elif self.is_within and tag == "input" and (said["type"] not in ("checkbox", "radio") or "checked" in said):
            self.fields.add(said["name"], said.get("value", ""))
        elif self.is_within and tag == "select":
            self.select, self.fields[said["name"]] = said["name"], ""
        elif self.is_within and tag == "option" and "selected" in said:
            self.fields[self.select] = said["value"]


SOME = [  # Of those with the same four people fewer, since the form over them says the same.
    case if place % (12 if case.tally == ALL_FOUR else 4) == 0 else pytest.param(case, marks=pytest.mark.long)
    for place, case in enumerate(CASES)
]


@pytest.mark.parametrize("case", SOME, ids=str)
def test_a_form_that_is_posted_as_it_came_says_what_was_guessed(app, ayse, rows, case: Case):
    with app.app_context():
        brand = make.brand().id
    file = (io.BytesIO(case.made()), case.name or "liste.csv")
    address = ayse.posts("/dashboard/imports/new", {"brand": brand, "file": file}).location
    with app.app_context():
        worker.work(rows.one(ImportBatch).id)
        guessed = layout_of(vault(), rows.one(ImportBatch))
    asked = {name: ANSWERS[name] for name in layouts.missing(guessed) if name != "channels"}
    expected = replace(guessed, **asked, channels=guessed.channels or tuple(Channel))

    fields = Filled(ayse.opens(address).text, "/layout").fields
    if not guessed.channels:
        fields.setlist("channels", list(Channel))
    for name in {*asked, *(("time",) if "date" in asked else ())}:
        fields[name] = TYPED[name]
    answer = ayse.browser.post(f"{address}/layout", data=fields)

    assert answer.status_code == 303, answer.text
    assert rows.one(ImportBatch).state == BatchState.MAPPED
    with app.app_context():
        assert layout_of(vault(), rows.one(ImportBatch)) == expected
