"""One recipient's movements at a brand, in pages of up to a hundred."""

from iys_sandbox import movements
from iys_sandbox.context import box
from iys_sandbox.errors import Refused, refuse_if
from iys_sandbox.query_validation import single_problems
from iys_sandbox.request_fields import number_asked_for
from iys_sandbox.rights import Sender
from portal.core.iys_protocol import Problem

LONGEST_PAGE = 100


def of(sender: Sender, body: object) -> dict:
    """A page of the movements of the key that `body` names, newest consentDate first: H182, H183, H186, H187."""
    offset, limit = paging()
    if not isinstance(body, dict):
        raise Refused(Problem("H097"))
    refuse_if(single_problems(body))
    sender.must_read(body["type"])
    key = movements.key_of(sender.brand_code, body)
    where = f"FROM movement WHERE {movements.OF_KEY}"
    newest_first = "ORDER BY coalesce(consent_date, '') DESC, seq DESC LIMIT ? OFFSET ?"
    with box().store.reading() as db:
        found = db.execute(f"SELECT count(*) {where}", key).fetchone()[0]
        rows = db.execute(f"SELECT * {where} {newest_first}", (*key, limit, offset)).fetchall()
    pagination = {"totalCount": found, "pageSize": len(rows), "offset": offset}
    return {"list": [movements.told(row) for row in rows], "pagination": pagination}


def paging() -> tuple[int, int]:
    """`offset` and `limit` of the query."""
    offset = number_asked_for("offset", "H182", 0)
    limit = number_asked_for("limit", "H183", LONGEST_PAGE)
    if limit == 0:
        raise Refused(Problem("H187", ["limit"], limit))
    if limit > LONGEST_PAGE:
        raise Refused(Problem("H186", ["limit"], limit))
    return offset, limit
