"""İYS's eight error bodies, read alike."""

import json

import pytest

from portal.core import iys_protocol
from portal.core.iys_protocol import MISSING, WireError


def read(status, body):
    return iys_protocol.parse_errors(status, json.dumps(body, ensure_ascii=False).encode())


def test_a_plain_error_is_read():
    assert read(401, {"errors": [{"code": "H351", "message": "Eksik veya geçersiz jeton!"}]}) == [
        WireError("H351", message="Eksik veya geçersiz jeton!")
    ]


def test_field_errors_keep_their_place_and_value():
    body = {
        "errors": [
            {"code": "H115", "location": ["status"], "value": "ONAYY", "message": "…"},
            {"code": "H110", "location": ["status"], "message": "…"},
            {"code": "H116", "location": ["recipientType"], "value": None, "message": "…"},
        ]
    }

    assert [(error.code, error.location, error.value) for error in read(422, body)] == [
        ("H115", ["status"], "ONAYY"),
        ("H110", ["status"], MISSING),
        ("H116", ["recipientType"], None),
    ]


def test_errors_of_a_list_keep_their_index():
    errors = read(
        422, {"errors": [{"code": "H194", "index": 0}, {"code": "H121", "index": 7, "location": ["recipient"]}]}
    )

    assert [(error.code, error.index) for error in errors] == [("H194", 0), ("H121", 7)]


def test_failed_items_of_a_bulk_result_are_read_out_of_a_success():
    body = [
        {"index": 0, "status": "success", "transactionId": "ab"},
        {"index": 1, "status": "failure", "error": {"code": "H175", "message": "…"}},
        {"index": 2, "status": "enqueue"},
    ]

    assert [(error.code, error.index) for error in read(200, body)] == [("H175", 1)]


def test_a_token_error_is_read():
    body = {"error": "invalid_grant", "error_description": "Yenileme jetonu boş olamaz."}

    assert read(400, body) == [WireError("invalid_grant", message="Yenileme jetonu boş olamaz.")]


def test_a_lookup_error_without_a_code_is_still_an_error():
    assert read(400, {"status": 400, "message": "parse_exception"}) == [WireError("", message="parse_exception")]


@pytest.mark.parametrize(
    "body",
    [
        {"errors": {"code": "H1005", "message": "title bulunamadı."}},
        {"code": "H1005", "message": "title bulunamadı."},
        {"errors": [{"code": "H1005", "message": "title bulunamadı."}]},
    ],
)
def test_via_errors_are_read_in_their_three_forms(body):
    assert read(400, body) == [WireError("H1005", message="title bulunamadı.")]


def test_via_pass_errors_are_read_with_those_beneath():
    body = {
        "errorCode": "ERR-SYS-0007",
        "errorMessage": "Alt sistem hatası",
        "data": [{"field": "phoneNumber", "message": "…"}],
        "subSystemErrorInfo": {"status": 400, "errors": [{"code": "H1015", "message": "…"}]},
    }

    errors = read(400, body)

    assert [(error.code, error.location) for error in errors] == [("ERR-SYS-0007", ["phoneNumber"]), ("H1015", None)]
    assert [error.message for error in errors] == ["Alt sistem hatası", "…"]


@pytest.mark.parametrize("fields", [None, "phoneNumber", {"field": "phoneNumber"}, ["field", {"message": "…"}, 7]])
def test_a_via_pass_error_that_names_no_field_has_no_place(fields):
    errors = read(400, {"errorCode": "ERR-SYS-0007", "data": fields})

    assert [(error.code, error.location) for error in errors] == [("ERR-SYS-0007", None)]


def test_the_misspelt_key_of_iys_is_read_as_a_code():
    assert [error.code for error in read(403, {"errors": [{"code:": "H353", "message": "…"}]})] == ["H353"]


def test_a_flat_error_keeps_its_index():
    assert [(error.code, error.index) for error in read(200, [{"code": "H568", "index": 3}])] == [("H568", 3)]


@pytest.mark.parametrize("wrong", ["1", None, 1.5, {}])
def test_a_place_that_is_none_counts_as_absent(wrong):
    errors = read(422, {"errors": [{"code": "H121", "index": wrong, "location": wrong}]})

    assert [(error.index, error.location) for error in errors] == [(None, None)]


def test_a_flat_limit_error_is_read():
    assert [error.code for error in read(429, {"code": "H084", "message": "…"})] == ["H084"]


def test_an_opt_out_link_refused_inside_a_success_is_read():
    body = [{"url": "https://…", "recipient": "a@example.com"}, {"recipient": "b@example.com", "code": "H568"}]

    assert [error.code for error in read(200, body)] == ["H568"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"transactionId": "ab", "creationDate": "2026-11-24 12:00:00"},
        {"message": "Bağlantı oluşturuldu"},
        {"message": {"requestId": "1"}, "code": "OK"},
        {"requestId": "1", "list": []},
        [],
    ],
)
def test_a_success_has_no_errors(body):
    assert read(200, body) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><h1>502 Bad Gateway</h1></html>",
        b'{"errors":[{"code":"H1',
        b"\xff\xfe\x00",
        b"null",
        b'"H101"',
        b"[" * 100_000,
        b'{"errors":null}',
        b'{"errors":["H101",null]}',
        b'{"errors":[{}]}'[:-2],
        None,
    ],
)
def test_what_cannot_be_read_holds_no_errors(body):
    assert iys_protocol.parse_errors(502, body) == []


@pytest.mark.parametrize("code", [None, 101, {}, []])
def test_a_code_that_is_no_text_counts_as_none(code):
    assert [error.code for error in read(500, {"errors": [{"code": code, "location": "x", "index": "1"}]})] == [""]


def test_a_message_of_one_row_is_no_error_even_where_the_request_failed():
    assert read(400, [{"message": "…"}]) == []


def test_a_code_has_printable_characters_only():
    assert [error.code for error in read(400, {"code": "H1\x00\n20"})] == ["H120"]


def test_text_and_parsed_bodies_are_read_like_bytes():
    body = {"errors": [{"code": "H101", "message": "…"}]}

    assert iys_protocol.parse_errors(500, json.dumps(body)) == iys_protocol.parse_errors(500, body) == read(500, body)


def test_an_error_never_shows_an_address_in_a_log():
    error = read(422, {"errors": [{"code": "H121", "location": ["recipient"], "value": "+905321234567"}]})[0]

    assert "905321234567" not in repr(error)
