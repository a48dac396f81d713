"""Our table against İYS's own document: IYS_OPENAPI names the file (`bin/test contract`)."""

import os
import re
from functools import lru_cache
from pathlib import Path

import pytest

from portal.core import iys_protocol
from tests.contract import document_errors, table
from tests.contract.document import Document, Operation

pytestmark = pytest.mark.document
each_endpoint = pytest.mark.parametrize("endpoint", table.TABLE, ids=table.named)


@lru_cache
def document() -> Document:
    return Document(Path(os.environ["IYS_OPENAPI"]))


def operation(endpoint: table.Endpoint) -> Operation:
    found = document().operation(endpoint.method, endpoint.path)
    assert found, "the document knows no such path and method"
    return found


@each_endpoint
def test_a_success_has_the_status_and_the_kind_of_the_document(endpoint):
    theirs = operation(endpoint)

    assert set(endpoint.success) == theirs.success
    assert {endpoint.media} - {""} <= theirs.media


@each_endpoint
def test_a_request_has_the_fields_of_the_document(endpoint):
    theirs = operation(endpoint)

    assert set(endpoint.takes) == set(theirs.takes)
    assert set(endpoint.query) == theirs.query
    if endpoint.question not in document_errors.REQUIRED:
        assert set(endpoint.needs) == theirs.needs


@each_endpoint
def test_a_word_of_a_request_may_be_what_the_document_lists(endpoint):
    theirs = {name: schema["enum"] for name, schema in operation(endpoint).takes.items() if "enum" in schema}

    ours = table.WORDS | dict(endpoint.words)
    assert {name: ours[name] for name in theirs if name in ours} == {
        name: set(words) for name, words in theirs.items() if name in ours
    }


@each_endpoint
def test_a_success_tells_what_the_document_says(endpoint):
    theirs = operation(endpoint)
    unknown = {(endpoint.question.value, name) for name in theirs.tells - set(endpoint.tells)}

    assert unknown - document_errors.NAMES.keys() == set()
    assert {name for name in endpoint.tells if name not in theirs.tells and f'"{name}"' not in theirs.shown} == set()


@each_endpoint
def test_every_code_of_the_documents_examples_is_in_the_table(endpoint):
    theirs = {(status, code) for status, codes in operation(endpoint).codes.items() for code in codes}
    ours = {(status, code) for status, codes in endpoint.codes.items() for code in codes}

    assert theirs - ours == set()


@each_endpoint
def test_a_code_that_no_example_shows_stands_in_the_chapter_of_codes(endpoint):
    shown, listed = operation(endpoint).codes, document().listed_codes()
    told = {
        (endpoint.question.value, status, code)
        for status, codes in endpoint.codes.items()
        for code in codes
        if code not in shown.get(status, ()) and listed.get(code) != status
    }

    assert told - document_errors.CODES.keys() == set()


def test_every_code_of_the_document_is_in_the_registry_with_its_status():
    listed = document().listed_codes()

    assert {code: status for code, status in listed.items() if iys_protocol.CODES[code].http != status} == {}


def test_every_code_of_the_registry_is_in_the_document():
    ours = {code for code in iys_protocol.CODES if code not in document().text}

    assert ours - document_errors.NOT_IN_THE_DOCUMENT.keys() == set()


def test_every_wire_text_stands_in_the_document():
    ours = {each.code for each in iys_protocol.CODES.values() if each.message and each.message not in document().text}

    assert ours - document_errors.TEXTS.keys() == set()


@pytest.mark.parametrize("name", table.LIMITS)
def test_a_limit_is_what_the_document_says(name):
    assert re.search(table.LIMITS[name].words, document().text), "the document says this limit in other words now"


def test_every_slip_is_still_there():
    """An error that İYS corrects is removed here too."""
    operations = {each.question.value: operation(each) for each in table.TABLE}

    listed = document().listed_codes()
    assert {code for _, status, code in document_errors.CODES if listed.get(code) == status} == set()
    assert {(name, word) for name, word in document_errors.NAMES if word not in operations[name].tells} == set()
    assert {code for code in document_errors.NOT_IN_THE_DOCUMENT if code in document().text} == set()
    assert {code for code in document_errors.TEXTS if iys_protocol.CODES[code].message in document().text} == set()


def test_the_document_is_the_version_we_built_for():
    assert document().whole["info"]["version"].startswith("3.2.0"), "read its release notes, then correct this line"
