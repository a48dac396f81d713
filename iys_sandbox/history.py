"""History of one recipient's movements at a brand, in pages of up to 100."""

from iys_sandbox import movements
from iys_sandbox.context import sandbox
from iys_sandbox.errors import Refused, refuse_if
from iys_sandbox.query_validation import single_problems
from iys_sandbox.request_fields import parse_number
from iys_sandbox.rights import Sender
from iys_sandbox.wire_types import JsonObject
from portal.core.iys_protocol import Problem

MOST_ON_A_PAGE = 100


def history_page(sender: Sender, body: object) -> JsonObject:
    """A page of the movements of the key that `body` names, newest consentDate first: H182, H183, H186, H187."""
    offset, limit = parse_paging()
    if not isinstance(body, dict):
        raise Refused(Problem("H097"))
    refuse_if(single_problems(body))
    sender.check_read_right(body["type"])
    key = movements.key_of(sender.brand_code, body)
    where = f"FROM movement WHERE {movements.OF_KEY}"
    newest_first = "ORDER BY coalesce(consent_date, '') DESC, seq DESC LIMIT ? OFFSET ?"
    with sandbox().store.reading() as db:
        found = db.execute(f"SELECT count(*) {where}", key).fetchone()[0]
        rows = db.execute(f"SELECT * {where} {newest_first}", (*key, limit, offset)).fetchall()
    pagination = {"totalCount": found, "pageSize": len(rows), "offset": offset}
    return {"list": [movements.as_list_item(row) for row in rows], "pagination": pagination}


def parse_paging() -> tuple[int, int]:
    """`offset` and `limit` of the query."""
    offset = parse_number("offset", "H182", 0)
    limit = parse_number("limit", "H183", MOST_ON_A_PAGE)
    if limit == 0:
        raise Refused(Problem("H187", ["limit"], limit))
    if limit > MOST_ON_A_PAGE:
        raise Refused(Problem("H186", ["limit"], limit))
    return offset, limit
