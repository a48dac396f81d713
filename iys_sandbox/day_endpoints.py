"""İYS's endpoints for the reconciliation of a past day: counts, file, hash, time stamp, agreement."""

import re
from datetime import date, timedelta

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from iys_sandbox import day_file
from iys_sandbox.context import now, sandbox
from iys_sandbox.errors import JsonObject, Refused
from iys_sandbox.request_fields import json_of_request
from iys_sandbox.request_guard import iys_endpoint
from iys_sandbox.rights import AuthorisedSender, authorised_sender
from portal.core import clock
from portal.core.iys_protocol import Channel, IysProblem, Operation, RecipientType

blueprint = Blueprint("day_endpoints", __name__)
BRAND = "/sps/<iys_code>/brands/<brand_code>"
OLDEST = timedelta(days=7)


@blueprint.get(f"{BRAND}/changes/<report_date>/recipients/<recipient_type>")
@iys_endpoint(Operation.SUMMARY)
def summary(iys_code: str, brand_code: str, report_date: str, recipient_type: str) -> ResponseReturnValue:
    """Counts of a day by channel and source; H116."""
    sender, day = _sender_and_day(iys_code, brand_code, report_date)
    if recipient_type not in tuple(RecipientType):
        raise Refused(IysProblem("H116", ["recipientType"], recipient_type))
    lines = [
        line for line in day_file.day_lines(sandbox(), sender.brand_code, day) if line.recipient_type == recipient_type
    ]
    return {"changeStats": [{"type": channel, "consents": _source_counts(lines, channel)} for channel in Channel]}


@blueprint.get(f"{BRAND}/changes/<report_date>/file")
@iys_endpoint(Operation.FILE)
def file(iys_code: str, brand_code: str, report_date: str) -> ResponseReturnValue:
    """The CSV of a day; 204 for a day without movements."""
    sender, day = _sender_and_day(iys_code, brand_code, report_date)
    content = day_file.day_csv(sandbox(), sender.brand_code, day)
    return Response(content, content_type="text/csv; charset=utf-8") if content else ("", 204)


@blueprint.get(f"{BRAND}/agreements/<report_date>")
@iys_endpoint(Operation.AGREEMENT)
def agreement(iys_code: str, brand_code: str, report_date: str) -> ResponseReturnValue:
    """The hash of the day's file, and whether the provider has agreed to it."""
    sender, day = _sender_and_day(iys_code, brand_code, report_date)
    content = day_file.day_csv(sandbox(), sender.brand_code, day)
    if not content:
        return "", 204
    with sandbox().store.reading() as db:
        select = "SELECT 1 FROM agreement WHERE brand_code = ? AND day = ?"
        is_agreed = db.execute(select, (sender.brand_code, day.isoformat())).fetchone() is not None
    return {
        "processStatus": "completed",
        "hashValue": day_file.csv_digest(content),
        "hashMethod": "SHA-384",
        "agreementStatus": is_agreed,
    }


@blueprint.put(f"{BRAND}/agreements/<report_date>")
@iys_endpoint(Operation.AGREE)
def agree(iys_code: str, brand_code: str, report_date: str) -> ResponseReturnValue:
    """Store the provider's agreement, which is final; H512 for anything else."""
    sender, day = _sender_and_day(iys_code, brand_code, report_date)
    body = json_of_request()
    if not isinstance(body, dict) or body.get("agreementStatus") is not True:
        given = body.get("agreementStatus") if isinstance(body, dict) else body
        raise Refused(IysProblem("H512", ["agreementStatus"], given))
    if not day_file.day_csv(sandbox(), sender.brand_code, day):
        return "", 204
    with sandbox().store.transaction() as db:
        db.execute("INSERT OR IGNORE INTO agreement VALUES (?, ?)", (sender.brand_code, day.isoformat()))
    return {"agreementCaptured": True}


@blueprint.get(f"{BRAND}/agreements/<report_date>/timestamp")
@iys_endpoint(Operation.TIMESTAMP)
def timestamp(iys_code: str, brand_code: str, report_date: str) -> ResponseReturnValue:
    """The .tsr of the day's file; 204 for a day without movements."""
    sender, day = _sender_and_day(iys_code, brand_code, report_date)
    content = day_file.day_csv(sandbox(), sender.brand_code, day)
    if not content:
        return "", 204
    token = day_file.timestamp_response(content, made_at=clock.start_of_day(day + timedelta(days=1)))
    headers = {"Content-Disposition": f'attachment; filename="{day.isoformat()}.tsr"'}
    return Response(token, content_type="application/timestamp-reply", headers=headers)


def _sender_and_day(iys_code: str, brand_code: str, report_date: str) -> tuple[AuthorisedSender, date]:
    """AuthorisedSender and day, once the day is over and not older than seven days: H355, H501, H502."""
    sender = authorised_sender(iys_code, brand_code)
    sender.check_agreement_right()
    try:
        day = date.fromisoformat(report_date) if re.fullmatch(r"\d{4}-\d\d-\d\d", report_date, re.ASCII) else None
    except ValueError:
        day = None
    if day is None:
        raise Refused(IysProblem("H501", ["reportDate"], report_date))
    today = clock.day(now())
    if not today - OLDEST <= day < today:
        raise Refused(IysProblem("H502", ["reportDate"], report_date))
    return sender, day


def _source_counts(lines: list[day_file.Line], channel: str) -> list[JsonObject]:
    """A first ONAY, or one after RET, is a grant; a RET after ONAY is a refusal; an ONAY again is neither."""
    counts = []
    for side in ("HS", "IYS"):
        mine = [line for line in lines if line.type == channel and line.source.startswith("IYS_") is (side == "IYS")]
        granted = sum(line.status == "ONAY" and line.before != "ONAY" for line in mine)
        refused = sum(line.status == "RET" and line.before == "ONAY" for line in mine)
        tally = {"approval": granted, "rejection": refused, "pending": 0, "total": granted + refused}
        counts.append({"source": side, **tally})
    return counts
