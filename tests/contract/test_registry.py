"""The client's side of the contract: paths, bodies, limits and codes of the portal are those of the table."""

import json
import re
from datetime import date, datetime

import pytest

from config import from_environment
from portal.core import iys_protocol
from portal.core.clock import ISTANBUL
from portal.core.iys_protocol import Action, Channel, Operation, RecipientType, Source, Status
from portal.services.iys import rate_limit, success_rate
from tests.conftest import SECRETS
from tests.contract import table

DAY = date(2026, 11, 24)
PATHS = {
    Operation.TOKEN: [iys_protocol.TOKEN_PATH],
    Operation.ADD: [iys_protocol.add_path(1, 2)],
    Operation.BULK_ADD: [iys_protocol.bulk_add_path(1, 2)],
    Operation.BULK_RESULT: [iys_protocol.bulk_result_path(1, 2, "a-b")],
    Operation.STATUS: [iys_protocol.single_status_path(1, 2)],
    Operation.MULTI_STATUS: [iys_protocol.multi_status_path(1, 2, RecipientType.MERCHANT, Channel.EMAIL)],
    Operation.HISTORY: [iys_protocol.history_path(1, 2)],
    Operation.CHANGES: [iys_protocol.changes_path(1, 2, source="HS", after="1_ab")],
    Operation.PUSH_REGISTER: [iys_protocol.push_registration_path(1, 2)],
    Operation.PUSH_LIST: [iys_protocol.push_registration_path(1, 2)],
    Operation.PUSH_REMOVE: [iys_protocol.push_removal_path(1, 2)],
    Operation.BRANDS: [iys_protocol.brands_path(1)],
    Operation.PARTNER_BRANDS: [iys_protocol.partner_brands_path(3), iys_protocol.partner_brands_path(3, 1)],
    Operation.SUBSCRIPTION: [iys_protocol.subscription_path(1)],
    Operation.PARTNER_SUBSCRIPTION: [iys_protocol.partner_subscription_path(3)],
    Operation.RETAILERS: [iys_protocol.retailer_list_path(1, 2)],
    Operation.RETAILER: [iys_protocol.retailer_path(1, 2, 12345678)],
    Operation.RETAILER_ADD: [iys_protocol.retailers_path(1, 2)],
    Operation.RETAILER_REMOVE: [iys_protocol.retailer_path(1, 2, 12345678)],
    Operation.ACCESS_LIST: [iys_protocol.retailer_access_list_path(1, 2)],
    Operation.ACCESS_ADD: [iys_protocol.retailer_access_path(1, 2)],
    Operation.ACCESS_REMOVE: [iys_protocol.retailer_access_path(1, 2, removes=True)],
    Operation.TOWNS: [iys_protocol.TOWNS_PATH],
    Operation.ACCESS_REPLACE: [iys_protocol.retailer_access_path(1, 2)],
    Operation.ACCESS_CLEAR: [iys_protocol.retailer_access_path(1, 2, removes=True, of_all=True)],
    Operation.SUMMARY: [iys_protocol.summary_path(1, 2, DAY, RecipientType.INDIVIDUAL)],
    Operation.FILE: [iys_protocol.file_path(1, 2, DAY)],
    Operation.AGREEMENT: [iys_protocol.agreement_path(1, 2, DAY)],
    Operation.AGREE: [iys_protocol.agreement_path(1, 2, DAY)],
    Operation.TIMESTAMP: [iys_protocol.timestamp_path(1, 2, DAY)],
}
VALUES = {
    "iysCode": "1", "brandCode": "2", "integratorCode": "3", "requestId": "a-b", "recipientType": "TACIR|BIREYSEL",
    "type": "EPOSTA", "reportDate": "2026-11-24", "retailerCode": "12345678",
}  # fmt: skip


def pattern(path: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda name: f"({VALUES[name[1]]})", path)


def test_every_question_has_its_path_and_its_endpoint():
    assert set(PATHS) == set(Operation)
    assert {each.question for each in table.TABLE} == set(Operation)


@pytest.mark.parametrize("endpoint", table.TABLE, ids=table.named)
def test_a_path_is_the_tables(endpoint):
    paths = [path.partition("?") for path in PATHS[endpoint.question]]

    (asked,) = [query for path, _, query in paths if re.fullmatch(pattern(endpoint.path), path)]
    assert set(re.findall(r"(\w+)=", asked)) <= set(endpoint.query)


def test_a_frozen_payload_has_the_fields_of_the_table():
    body = iys_protocol.freeze_payload(
        recipient="fatma@example.com", channel=Channel.EMAIL, recipient_type=RecipientType.INDIVIDUAL,
        status=Status.REFUSED, source=Source.WEB, consent_date=datetime(2026, 11, 24, 12, tzinfo=ISTANBUL),
    )  # fmt: skip

    for question in (Operation.ADD, Operation.BULK_ADD):
        assert set(table.of(question).needs) <= set(json.loads(body)) <= set(table.of(question).takes)


@pytest.mark.parametrize("endpoint", table.TABLE, ids=table.named)
def test_every_code_an_endpoint_may_answer_has_a_meaning(endpoint):
    codes = {code for codes in endpoint.codes.values() for code in codes}

    assert codes <= set(iys_protocol.CODES)


@pytest.mark.parametrize("endpoint", table.TABLE, ids=table.named)
def test_a_code_has_the_status_of_the_table(endpoint):
    told = {
        (code, status)
        for status, codes in endpoint.codes.items()
        for code in codes
        if iys_protocol.CODES[code].http != status
    }

    # Each in two ways in İYS's document; our reaction hangs on the code.
    assert told <= {("H467", 400), ("H061", 400), ("H245", 500), ("H268", 500)}


@pytest.mark.parametrize("endpoint", table.TABLE, ids=table.named)
def test_a_limit_is_waited_for_and_a_lost_token_renewed(endpoint):
    for code in endpoint.codes.get(429, ()):
        assert iys_protocol.action_of(429, [code]) is Action.WAIT
    for code in endpoint.codes.get(401, ()):
        assert iys_protocol.action_of(401, [code]) is Action.AUTH


def test_the_portal_stays_below_every_limit():
    said_nothing_of = {name: value for name, value in SECRETS.items() if name != "IYS_REQUESTS_PER_SECOND"}
    settings = from_environment(said_nothing_of)

    assert settings["IYS_REQUESTS_PER_SECOND"] < table.LIMITS["calls a second"].says
    assert settings["IYS_TOKEN_CALLS_PER_HOUR"] <= table.LIMITS["token"].says
    assert rate_limit.PER_HOUR[Operation.STATUS] < table.LIMITS["status"].says
    assert rate_limit.PER_HOUR[Operation.HISTORY] < table.LIMITS["history"].says
    assert table.LIMITS["consents in a list"].says >= iys_protocol.MAX_LIST_SIZE
    assert table.LIMITS["rows of a pull"].says >= iys_protocol.MAX_LIST_SIZE
    assert table.LIMITS["calls before the ratio counts"].says > success_rate.FEWEST_CALLS
    assert success_rate.WARN > success_rate.PAUSE > table.LIMITS["percent that must succeed"].says / 100
