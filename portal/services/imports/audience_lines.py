"""Lines of a campaign's lists that were not taken, and what nobody understands of the lists, as rows (AudienceLine)."""

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from portal.core.ids import new_ids
from portal.core.models import AudienceLine, AudienceList
from portal.core.vault import Vault
from portal.services.imports.unread import Mark

OF_INTAKE = -1  # The line of marks that are known before a list is read: of its file's name, of a program's fields.
MOST_MARKS = 500  # Of a campaign, for which somebody can vouch.
KEPT_VALUE = 120  # Characters.


def keep_marks(session: Session, vault: Vault, audience_list: AudienceList, marks: Iterable[Mark]) -> None:
    """Keep what nobody understands beside a list's lines until somebody has vouched for it: once for a campaign, of the
    list that told it last; and none beyond MOST_MARKS, with which nobody can vouch for any. The campaign is locked."""
    found = dict.fromkeys(mark.packed()[:KEPT_VALUE] for mark in marks)
    of_campaign = AudienceList.campaign_id == audience_list.campaign_id, AudienceList.unread_confirmed_at.is_(None)
    before = select(AudienceLine).join(AudienceList, AudienceList.id == AudienceLine.list_id).where(*of_campaign)
    before = before.where(AudienceLine.line == OF_INTAKE).limit(MOST_MARKS + 1)
    known = session.scalars(before).all() if found else []
    if len(known) > MOST_MARKS:
        return
    told_again = [
        each.id for each in known if vault.read(each.value, AudienceLine.PLACE, each.provider_id, each.id) in found
    ]
    session.execute(delete(AudienceLine).where(AudienceLine.id.in_(told_again)))
    _insert_lines(session, vault, audience_list, [(OF_INTAKE, each, AudienceLine.COLUMN) for each in found])


def replace_lines(
    session: Session, vault: Vault, audience_list: AudienceList, lines: Sequence[tuple[int, str, str]]
) -> None:
    """Write a list's (line, value, problem) in place of what an attempt before wrote; marks of its intake stay."""
    mine = AudienceLine.list_id == audience_list.id, AudienceLine.line != OF_INTAKE
    session.execute(delete(AudienceLine).where(*mine))
    _insert_lines(session, vault, audience_list, lines)


def _insert_lines(
    session: Session, vault: Vault, audience_list: AudienceList, lines: Sequence[tuple[int, str, str]]
) -> None:
    rows = [
        {
            "id": row_id,
            "provider_id": audience_list.provider_id,
            "list_id": audience_list.id,
            "line": line,
            "value": vault.seal(value[:KEPT_VALUE], AudienceLine.PLACE, audience_list.provider_id, row_id),
            "problem": problem,
        }
        for (line, value, problem), row_id in zip(lines, new_ids(len(lines)), strict=True)
    ]
    if rows:
        session.execute(insert(AudienceLine.__table__), rows)
