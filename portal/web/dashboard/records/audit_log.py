"""The provider's audit log: list, filter, and export as a file."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from flask import Response, render_template, request
from flask_babel import gettext
from flask_login import current_user

from portal.core import clock
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.ids import parse_id
from portal.domain.audit import queries
from portal.domain.identity.permissions import Permission
from portal.web.dashboard.blueprint import blueprint
from portal.web.shared import limits
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.audit_view import AuditFilter, entry_views
from portal.web.shared.downloads import Format, download, file_name

A_PAGE = 50


@blueprint.get("/audit")
@needs(Permission.AUDIT)
def audit() -> str:
    people = queries.list_people(read_session(), current_user.provider_id)
    form = AuditFilter(people)
    wanted = form.wanted(current_user.provider_id)
    rows = queries.find_page(read_session(), wanted, before=parse_id(request.args.get("before", "")), limit=A_PAGE + 1)
    return render_template(
        "dashboard/records/audit_log.html",
        form=form,
        entries=list(entry_views(vault(), rows[:A_PAGE], {each.id for each in people})),
        before=rows[A_PAGE - 1].AuditEntry.id if len(rows) > A_PAGE else None,
        is_first="before" not in request.args,
        chosen=form.url_parameters(),
    )


@blueprint.get("/audit.csv")
@limiter.limit(limits.EXPORTS, key_func=limits.provider_key)
@needs(Permission.AUDIT, fresh=True, names_provider=True)
def audit_csv() -> Response:
    return _export(Format.CSV)


@blueprint.get("/audit.xlsx")
@limiter.limit(limits.EXPORTS, key_func=limits.provider_key)
@needs(Permission.AUDIT, fresh=True, names_provider=True)
def audit_xlsx() -> Response:
    return _export(Format.XLSX)


def _export(format: Format) -> Response:
    people = queries.list_people(read_session(), current_user.provider_id)
    wanted = AuditFilter(people).wanted(current_user.provider_id)
    record_audit("audit.taken", "provider", current_user.provider_id, choices=_choices(wanted), format=format)
    db.session.commit()
    return download(
        _lines(wanted, {each.id for each in people}),
        header=[
            gettext("Zaman"),
            gettext("Kim"),
            gettext("Ne yaptı"),
            gettext("Neyle ilgili"),
            gettext("Numarası"),
            gettext("Ayrıntı"),
            gettext("Nereden"),
        ],
        sheet=gettext("Denetim kayıtları"),
        name=file_name(current_user.provider_id, f"denetim-{clock.day(clock.now())}"),
        format=format,
    )


def _lines(wanted: queries.EntryFilter, people: set[int]) -> Iterator[Sequence[object]]:
    for each in entry_views(vault(), queries.iterate_entries(read_session(), wanted), people):
        at = clock.istanbul(each.at).isoformat(sep=" ", timespec="seconds")
        yield at, each.who, each.act, each.subject, str(each.subject_id), each.facts, each.device


def _choices(wanted: queries.EntryFilter) -> str:
    """For the audit entry: enum values, numbers and days only."""
    chosen = {name: value for name, value in asdict(wanted).items() if name != "provider_id" and value is not None}
    return " ".join(f"{name}={value}" for name, value in chosen.items())
