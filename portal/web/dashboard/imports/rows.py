"""Lines of a file with one verdict, and the cure of a problem; and the entries of a pile."""

from collections.abc import Sequence
from dataclasses import replace

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from portal.core import clock, iys_protocol
from portal.core.extensions import db, read_session, vault, wake
from portal.core.models import BatchState, ImportBatch
from portal.domain.identity.permissions import Permission
from portal.services.imports import batches, queries
from portal.services.imports.layout import Fix, Layout
from portal.services.imports.queries import Row, RowGroup, Sample
from portal.services.imports.row_parser import RowParser
from portal.services.imports.row_results import PROBLEMS, RESULTS
from portal.services.imports.unknown_words import unknown_words
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.imports.batch_page import MAY_FIX, page_context, own_batch_or_404
from portal.web.dashboard.imports.fixes import available_fix, preview_fix
from portal.web.shared import column_layout_page, masked_cells
from portal.web.shared.access import needs
from portal.web.shared.column_labels import FIELDS
from portal.web.shared.fix_labels import FIX_LABELS, WORD_KINDS, GROUP_LABELS, WordsForm, build_words_form
from portal.web.shared.row_result_labels import label_result
from portal.web.shared.url_converters import parse_id

A_PAGE = 50


@blueprint.get("/imports/<id:batch_id>/lines/<verdict>")
@needs(Permission.LOOK)
def import_lines(batch_id: int, verdict: str):
    """The lines with one verdict; of a problem, with its cure."""
    if verdict not in RESULTS:
        abort(404)
    return _show(own_batch_or_404(read_session(), batch_id), verdict)


@blueprint.post("/imports/<id:batch_id>/cures")
@needs(Permission.IMPORT)
def cure_import(batch_id: int):
    """Let a cure be done to all lines, or leave them as they are again; then rehearse anew."""
    own_batch_or_404(read_session(), batch_id)
    cure = next((each for each in Fix if each == request.form.get("cure")), None) or abort(400)
    on = request.form.get("on") != "no"
    done = _("Çare uygulandı; dosya yeniden kontrol ediliyor.")
    undone = _("Çare geri alındı; dosya yeniden kontrol ediliyor.")
    return _read_anew(batch_id, lambda layout: layout.with_fix(cure, on=on), done if on else undone)


@blueprint.post("/imports/<id:batch_id>/words/<verdict>")
@needs(Permission.IMPORT)
def explain_words(batch_id: int, verdict: str):
    """Say what words of a column mean; then rehearse anew."""
    batch = own_batch_or_404(read_session(), batch_id)
    if verdict not in PROBLEMS or batch.state != BatchState.DRY_RUN:
        abort(404)
    form = build_words_form(_unknown(batch, verdict))
    if not form.validate_on_submit():
        return _show(batch, verdict, form), 422
    said = _("Sözcükler öğrenildi; dosya yeniden kontrol ediliyor.")
    return _read_anew(batch_id, form.taught, said, is_for_the_next_too=True)


@blueprint.get("/imports/<id:batch_id>/piles/<pile>")
@needs(Permission.LOOK)
def import_pile(batch_id: int, pile: str):
    """The entries of a pile as they stand with İYS now."""
    batch = own_batch_or_404(read_session(), batch_id)
    if pile not in tuple(RowGroup):
        abort(404)
    after = parse_id(request.args.get("after", "")) or 0
    rows = (
        queries.group_rows(read_session(), vault(), batch, RowGroup(pile), limit=A_PAGE + 1, after=after)
        if batch.layout
        else []
    )
    rows = _as_one_may_see(rows)
    codes = {each.code for each in rows if each.code}
    return render_template(
        "dashboard/imports/group.html",
        **page_context(batch),
        pile=RowGroup(pile),
        words=GROUP_LABELS[pile],
        rows=rows[:A_PAGE],
        columns=_columns(rows),
        after=rows[A_PAGE - 1].key if len(rows) > A_PAGE else None,
        is_first=not after,
        sentences={code: iys_protocol.sentence_of(code) for code in codes},
        cures={code: iys_protocol.cure_of(code) for code in codes},
    )


def _read_anew(batch_id: int, change, said: str, *, is_for_the_next_too: bool = False):
    batch = own_batch_or_404(db.session, batch_id)
    if batch.state not in MAY_FIX:
        flash(_("Dosya bu sırada ilerledi; artık böyle düzeltilemez."))
        return redirect(url_for(".import_batch", batch_id=batch_id), 303)
    try:
        layout: Layout = change(queries.layout_of(vault(), batch))
        batches.set_layout(db.session, vault(), batch, layout, clock.now())
        if is_for_the_next_too:
            column_layout_page.remember_profile(db.session, vault(), batch, queries.outline_of(vault(), batch), layout)
    except batches.WrongState:
        db.session.rollback()
        flash(_("Dosya bu sırada ilerledi; artık böyle düzeltilemez."))
    else:
        db.session.commit()
        wake("import", batch_id)
        flash(said)
    return redirect(url_for(".import_batch", batch_id=batch_id), 303)


def _show(batch: ImportBatch, verdict: str, form: WordsForm | None = None) -> str:
    after = parse_id(request.args.get("after", ""))
    of_batch = queries.result_samples(
        read_session(), vault(), batch, verdict, limit=A_PAGE + 1, after=-1 if after is None else after
    ) if batch.layout and batch.outline else []  # fmt: skip
    of_batch = _as_one_may_see(of_batch)
    is_open = batch.state == BatchState.DRY_RUN and current_user.may_at_provider(Permission.IMPORT)
    cure = available_fix(batch, verdict) if is_open and verdict in PROBLEMS else None
    return render_template(
        "dashboard/imports/rows.html",
        **page_context(batch),
        told=label_result(verdict, queries.tally_of(batch).get(verdict, 0)),
        samples=of_batch[:A_PAGE],
        columns=_columns(of_batch),
        after=of_batch[A_PAGE - 1].key if len(of_batch) > A_PAGE else None,
        is_first=after is None,
        cure=cure,
        cure_words=FIX_LABELS[cure] if cure else None,
        mended=preview_fix(of_batch, cure) if cure else [],
        words_form=form or (build_words_form(_unknown(batch, verdict)) if is_open and verdict in WORD_KINDS else None),
    )


def _as_one_may_see(found: list[Sample] | list[Row]) -> list[Sample] | list[Row]:
    """As the file says it, for whoever may bring files; addresses and names masked for the rest."""
    if current_user.may_at_provider(Permission.IMPORT):
        return found
    return [replace(each, cells=masked_cells.mask_cells(each.cells)) for each in found]


def _columns(shown: Sequence[Sample | Row]) -> list[str]:
    """What the columns of the table are called: in the file, or by what they hold."""
    cells = shown[0].cells if shown else ()
    return [cell.header or str(FIELDS[cell.field]) for cell in cells]


def _unknown(batch: ImportBatch, verdict: str) -> dict[str, dict[str, int]]:
    """The words of this problem that nothing explains, in the first lines that have it."""
    kind = WORD_KINDS.get(verdict)
    if kind is None:
        return {}
    outline, layout = queries.outline_of(vault(), batch), queries.layout_of(vault(), batch)
    header_line = outline.sheets[layout.sheets[0]].header_line
    lines = queries.lines_with_result(read_session(), vault(), batch, verdict)
    known = unknown_words(lines, RowParser(layout, at=clock.now(), header_line=header_line))
    return {kind: known.get(kind, {})}
