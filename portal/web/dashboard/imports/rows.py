"""The lines of a file with one result, the fix of a problem, the entries of a group, and the bad lines to download."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from portal.core import clock, iys_protocol
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.ids import parse_id
from portal.core.models import BatchState, ImportBatch
from portal.domain.identity.permissions import Permission
from portal.services.imports import batches, profiles, queries
from portal.services.imports.chunk_parser import sheet_parser
from portal.services.imports.layout import Fix, Layout
from portal.services.imports.queries import ImportedEntry, RowGroup, Sample
from portal.services.imports.row_results import PROBLEMS, RESULTS
from portal.services.imports.store import file_name_of, header_of, layout_of, outline_of
from portal.services.imports.unknown_words import unknown_words
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.imports.batch_page import MAY_FIX, own_batch_or_404, page_context
from portal.web.dashboard.imports.fixes import (
    FIX_LABELS,
    WORD_KINDS,
    WordsForm,
    available_fix,
    build_words_form,
    preview_fix,
)
from portal.web.shared import limits, masked_cells
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.import_errors import errors_workbook
from portal.web.shared.import_labels import FIELDS, label_result
from portal.web.shared.redirects import rollback_and_redirect

A_PAGE = 50
GROUP_LABELS = {
    RowGroup.ACCEPTED: (_l("İYS kabul etti"), _l("İYS bu kayıtları aldı.")),
    RowGroup.WAITING: (
        _l("Bekliyor"),
        _l("Sırada, yolda ya da bir engelin kalkmasını bekliyor. Kendiliğinden bildirilir."),
    ),
    RowGroup.NOT_NEEDED: (
        _l("Bildirmeye gerek kalmadı"),
        _l("İYS bunları zaten biliyor, daha yenisini tutuyor ya da geri alınacak bir onay tutmuyor."),
    ),
    RowGroup.REFUSED: (_l("İYS kabul etmedi"), _l("İYS'nin nedenini ve çaresini her satırda görürsünüz.")),
    RowGroup.ANNULLED: (_l("Geri alındı"), _l("İYS'ye gönderilmeden geri alındı; hiçbir etkisi kalmadı.")),
}

Entry = TypeVar("Entry", Sample, ImportedEntry)


@blueprint.get("/imports/<id:batch_id>/lines/<result>")
@needs(Permission.LOOK)
def import_lines(batch_id: int, result: str) -> str:
    """The lines with one result; for a problem, with its fix."""
    if result not in RESULTS:
        abort(404)
    return _show(own_batch_or_404(read_session(), batch_id), result)


@blueprint.post("/imports/<id:batch_id>/cures")
@needs(Permission.IMPORT)
def fix_import(batch_id: int) -> ResponseReturnValue:
    """Apply a fix to all lines, or undo it; a new dry run follows."""
    own_batch_or_404(read_session(), batch_id)
    fix = next((each for each in Fix if each == request.form.get("cure")), None) or abort(400)
    on = request.form.get("on") != "no"
    done = _("Çare uygulandı; dosya yeniden kontrol ediliyor.")
    undone = _("Çare geri alındı; dosya yeniden kontrol ediliyor.")
    return _change_layout(batch_id, lambda layout: layout.with_fix(fix, on=on), done if on else undone)


@blueprint.post("/imports/<id:batch_id>/words/<result>")
@needs(Permission.IMPORT)
def explain_words(batch_id: int, result: str) -> ResponseReturnValue:
    batch = own_batch_or_404(read_session(), batch_id)
    if result not in PROBLEMS or batch.state != BatchState.DRY_RUN:
        abort(404)
    form = build_words_form(_unknown_words(batch, result))
    if not form.validate_on_submit():
        return _show(batch, result, form), 422
    said = _("Sözcükler öğrenildi; dosya yeniden kontrol ediliyor.")
    return _change_layout(batch_id, form.apply_to, said, updates_profile=True)


@blueprint.get("/imports/<id:batch_id>/piles/<group>")
@needs(Permission.LOOK)
def import_group(batch_id: int, group: str) -> str:
    batch = own_batch_or_404(read_session(), batch_id)
    if group not in tuple(RowGroup):
        abort(404)
    after = parse_id(request.args.get("after", "")) or 0
    rows: list[ImportedEntry] = []
    if batch.layout:
        found = queries.group_rows(read_session(), vault(), batch, RowGroup(group), limit=A_PAGE + 1, after=after)
        rows = _mask_unless_importer(found)
    codes = {each.entry.code for each in rows if each.entry.code}
    return render_template(
        "dashboard/imports/group.html",
        **page_context(batch),
        group=RowGroup(group),
        words=GROUP_LABELS[RowGroup(group)],
        rows=rows[:A_PAGE],
        columns=_columns(rows),
        after=rows[A_PAGE - 1].entry.id if len(rows) > A_PAGE else None,
        is_first=not after,
        sentences={code: iys_protocol.sentence_of(code) for code in codes},
        cures={code: iys_protocol.cure_of(code) for code in codes},
    )


@blueprint.get("/imports/<id:batch_id>/errors.xlsx")
@limiter.limit(limits.EXPORTS, key_func=limits.provider_key)
@needs(Permission.EXPORT, fresh=True)
def import_errors(batch_id: int) -> Response:
    batch = own_batch_or_404(read_session(), batch_id)
    record_audit("import.errors_taken", "import_batch", batch.id)
    db.session.commit()
    return errors_workbook(batch)


def _change_layout(
    batch_id: int, change: Callable[[Layout], Layout], message: str, *, updates_profile: bool = False
) -> ResponseReturnValue:
    batch = own_batch_or_404(db.session, batch_id)
    page = url_for(".import_batch", batch_id=batch_id)
    try:
        if batch.state not in MAY_FIX:
            raise batches.WrongState
        layout = change(layout_of(vault(), batch))
        batches.set_layout(db.session, vault(), batch, layout, clock.now())
        if updates_profile:
            header = header_of(outline_of(vault(), batch), layout)
            profiles.remember(db.session, vault(), batch.provider_id, header, layout, clock.now())
    except batches.WrongState:
        return rollback_and_redirect(page, _("Dosya bu sırada ilerledi; artık böyle düzeltilemez."))
    db.session.commit()
    flash(message)
    return redirect(page, 303)


def _show(batch: ImportBatch, result: str, form: WordsForm | None = None) -> str:
    after = parse_id(request.args.get("after", ""))
    samples: list[Sample] = []
    if batch.layout and batch.outline:
        start = -1 if after is None else after
        found = queries.result_samples(read_session(), vault(), batch, result, limit=A_PAGE + 1, after=start)
        samples = _mask_unless_importer(found)
    is_open = batch.state == BatchState.DRY_RUN and current_user.may_at_provider(Permission.IMPORT)
    fix = available_fix(batch, result) if is_open and result in PROBLEMS else None
    return render_template(
        "dashboard/imports/rows.html",
        **page_context(batch),
        result=label_result(result, (batch.tally or {}).get(result, 0)),
        samples=samples[:A_PAGE],
        columns=_columns(samples),
        after=samples[A_PAGE - 1].key if len(samples) > A_PAGE else None,
        is_first=after is None,
        fix=fix,
        fix_label=FIX_LABELS[fix] if fix else None,
        fixed_cells=preview_fix(samples, fix) if fix else [],
        words_form=form
        or (build_words_form(_unknown_words(batch, result)) if is_open and result in WORD_KINDS else None),
    )


def _mask_unless_importer(found: list[Entry]) -> list[Entry]:
    """Cells as in the file for whoever may import files; addresses and names masked for the rest."""
    if current_user.may_at_provider(Permission.IMPORT):
        return found
    return [replace(each, cells=masked_cells.mask_cells(each.cells)) for each in found]


def _columns(shown: Sequence[Sample | ImportedEntry]) -> list[str]:
    """The table's headings: the file's own, or the fields."""
    cells = shown[0].cells if shown else ()
    return [cell.header or str(FIELDS[cell.field]) for cell in cells]


def _unknown_words(batch: ImportBatch, result: str) -> dict[str, dict[str, int]]:
    """The unknown words of this problem, in the first lines that have it."""
    kind = WORD_KINDS.get(result)
    if kind is None:
        return {}
    outline, layout = outline_of(vault(), batch), layout_of(vault(), batch)
    lines = queries.lines_with_result(read_session(), vault(), batch, result)
    parser = sheet_parser(outline, layout.sheets[0], layout, file_name_of(vault(), batch), clock.now())
    known = unknown_words(lines, parser)
    return {kind: known.get(kind, {})}
