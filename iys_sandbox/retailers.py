"""The retailers (bayi) of brands, and which of them have access to which consent."""

import json
from collections.abc import Collection, Iterable
from sqlite3 import Connection, Row

from iys_sandbox.errors import JsonObject, Refused, problem_with_values, refuse_if
from iys_sandbox.movements import OF_KEY, Key
from portal.core.iys_protocol import RETAILER_FIELDS, IysProblem, validate_retailer

FIRST_CODE = 58_954_385  # A code has eight digits; this one comes before that of the example in İYS's document.
# What the page of one, a short list and the list of a consent show of each.
OF_PAGE = (*RETAILER_FIELDS, "retailerAccessCount")
SHORT = ("title", "city", "status", "retailerAccessCount", "retailerCode")
OF_CONSENT = ("title", "mersis", "alias", "name", "tckn", "mobile", "city", "town", "retailerCode")
# What nobody may have twice under one iysCode, and İYS's code for it.
UNIQUE = {"mersis": "H230", "tckn": "H231"}


def add_retailer(db: Connection, iys_code: int, brand_code: int, body: JsonObject) -> int:
    """Store a retailer; its code. Refuses broken field rules, and numbers of another retailer of the provider."""
    refuse_if([IysProblem(problem.code, text=problem.text) for problem in validate_retailer(body)])
    others = [_fields(row) for row in db.execute("SELECT * FROM retailer WHERE iys_code = ?", (iys_code,))]
    for field, code in UNIQUE.items():
        same = [other for other in others if field in body and other.get(field) == body[field]]
        refuse_if([IysProblem("H253" if other["status"] == "passive" else code) for other in same])
    row = (iys_code, brand_code, json.dumps({"status": "active"} | body))
    stored = db.execute("INSERT INTO retailer (iys_code, brand_code, fields) VALUES (?, ?, ?)", row)
    return FIRST_CODE + (stored.lastrowid or 0)


def find_retailer(db: Connection, brand_code: int, retailer_code: object) -> Row | None:
    """A brand's retailer by its code; None for a code of another brand, and for what is no code at all (H180)."""
    if not isinstance(retailer_code, int) or not FIRST_CODE < retailer_code < 10**8:
        return None
    select = "SELECT * FROM retailer WHERE brand_code = ? AND id = ?"
    found: Row | None = db.execute(select, (brand_code, retailer_code - FIRST_CODE)).fetchone()
    return found


def list_retailers(db: Connection, brand_code: int) -> list[Row]:
    """All retailers of a brand, in the order they were added."""
    return db.execute("SELECT * FROM retailer WHERE brand_code = ? ORDER BY id", (brand_code,)).fetchall()


def delete_retailer(db: Connection, brand_code: int, retailer_code: int) -> None:
    """Delete a retailer: H058 for an unknown one, and a 400 while a consent refers to it."""
    found = find_retailer(db, brand_code, retailer_code)
    if found is None:
        raise Refused(problem_with_values("H058", retailerCode=retailer_code))
    if _access_count(db, found):
        raise Refused(problem_with_values("H061", retailerCode=retailer_code), http=400)  # İYS names no code for it.
    db.execute("DELETE FROM retailer WHERE id = ?", (found["id"],))


def give_access(db: Connection, key: Key, retailer_codes: Iterable[int]) -> None:
    """Give known retailers access to a consent; the one who mediated it has access, too."""
    rows = [(*key, code - FIRST_CODE) for code in retailer_codes]
    db.executemany("INSERT OR IGNORE INTO retailer_access VALUES (?, ?, ?, ?, ?)", rows)


def take_access(db: Connection, key: Key, retailer_codes: Iterable[int]) -> None:
    """Take a consent's access from retailers, also from the one who mediated it."""
    rows = [(*key, code - FIRST_CODE) for code in retailer_codes]
    db.executemany(f"DELETE FROM retailer_access WHERE {OF_KEY} AND retailer_id = ?", rows)  # nosec B608


def clear_access(db: Connection, key: Key) -> None:
    """Take a consent's access from all retailers."""
    db.execute(f"DELETE FROM retailer_access WHERE {OF_KEY}", key)  # nosec B608


def retailers_with_access(db: Connection, key: Key) -> list[Row]:
    """The retailers with access to a consent."""
    ids = f"SELECT retailer_id FROM retailer_access WHERE {OF_KEY}"  # nosec B608
    return db.execute(f"SELECT * FROM retailer WHERE id IN ({ids}) ORDER BY id", key).fetchall()  # nosec B608


def as_wire(db: Connection, row: Row, only: Collection[str] | None = None) -> JsonObject:
    """A retailer under İYS's names, or only some of them."""
    whole = _fields(row) | {"retailerAccessCount": _access_count(db, row), "retailerCode": FIRST_CODE + row["id"]}
    return {name: value for name, value in whole.items() if only is None or name in only}


def _fields(row: Row) -> JsonObject:
    fields: JsonObject = json.loads(row["fields"])
    return fields


def _access_count(db: Connection, row: Row) -> int:
    return int(db.execute("SELECT count(*) FROM retailer_access WHERE retailer_id = ?", (row["id"],)).fetchone()[0])
