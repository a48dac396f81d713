"""The page of a file that the operator imports for a provider: layout, dry run, and questions to the provider."""

from dataclasses import replace
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from portal.core import clock
from portal.core.extensions import limiter, read_session, vault
from portal.core.models import WORKER_STATES, BatchState, Brand, ImportBatch, Provider
from portal.domain.identity.permissions import Permission
from portal.services.imports import batches, provider_questions
from portal.services.imports import layout as layouts
from portal.services.imports.reading.file_problems import FileProblem
from portal.services.imports.stored_rows import layout_of
from portal.web.operator.blueprint import blueprint
from portal.web.operator.imports import imported_batch_or_404, is_closed_to_imports
from portal.web.shared import column_layout_page, limits, masked_cells
from portal.web.shared.access import needs
from portal.web.shared.row_result_labels import label_tally
from portal.web.shared.signed_in_person import person_key

WORDS = {
    "status": _l("Onay mı, ret mi olduğu"),
    "source": _l("İzinlerin nasıl alındığı (kaynak)"),
    "date": _l("İzinlerin hangi gün alındığı"),
    "origin": _l("Onayları neyin kanıtladığı (dayanak)"),
}
# Problems that make a default necessary, though a column is there.
LEFT_BLANK = {
    "status_missing": "status", "source_missing": "source", "date_missing": "date", "origin_missing": "origin",
}  # fmt: skip


class AskForm(FlaskForm):
    what = SelectMultipleField(
        _l("Firmaya ne sorulsun?"), widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self.what.choices = [(name, WORDS[name]) for name in provider_questions.ASKABLE]


@blueprint.get("/providers/<id:provider_id>/imports/<id:batch_id>")
@limiter.limit(limits.SEARCH, key_func=person_key)
@needs(Permission.BEHALF, fresh=True)
def import_batch(provider_id: int, batch_id: int) -> ResponseReturnValue:
    """Show a file with masked addresses; without delegation, nothing of it."""
    batch = imported_batch_or_404(read_session(), provider_id, batch_id)
    provider = read_session().get_one(Provider, provider_id)
    return refuse_without_delegation(provider) if is_closed_to_imports(provider) else render_batch(provider, batch)


def refuse_without_delegation(provider: Provider) -> ResponseReturnValue:
    """Redirect to the list, which says why nothing may be done."""
    flash(_("Firmanın verdiği yetki geri alınmış ya da bitmiş, ya da firma durdurulmuş; dosyası artık açılamaz."))
    return redirect(url_for(".imports", provider_id=provider.id), 303)


def render_batch(provider: Provider, batch: ImportBatch, page: column_layout_page.LayoutPage | None = None) -> str:
    """The page of a batch, with the layout form as posted if given."""
    good, problems = label_tally(batch.tally or {})
    missing = _missing_defaults(batch)
    return render_template(
        "operator/import.html",
        provider=provider,
        batch=batch,
        name=masked_cells.file_name(batch),
        brand_name=read_session().get_one(Brand, batch.brand_id).name,
        problem=FileProblem(batch.problem or "") if batch.state == BatchState.UNREADABLE else None,
        is_working=batch.state in WORKER_STATES,
        progress=batches.progress(batch, clock.now()),
        page=_layout(batch, page),
        good=good,
        problems=problems,
        total=sum((batch.tally or {}).values()),
        awaits_answer=provider_questions.awaits_answer(batch),
        asked=[WORDS[name] for name in batch.asked or ()],
        ask=AskForm(formdata=None, what=missing) if _may_ask(batch) else None,
        may_begin=may_start(batch),
        may_drop=batch.state in batches.MAY_DROP,
    )


def may_start(batch: ImportBatch) -> bool:
    """Whether the dry run is done and nothing is missing."""
    if batch.state != BatchState.DRY_RUN or provider_questions.awaits_answer(batch):
        return False
    return not layouts.missing(layout_of(vault(), batch))


def read_layout(batch: ImportBatch) -> column_layout_page.LayoutPage:
    """The layout page as the operator may see and change it."""
    page = column_layout_page.layout_page(read_session(), vault(), batch, asks_facts=False)
    page.form.words = masked_cells.filter_words(page.form.words)
    return replace(page, lines=masked_cells.mask_lines(page.lines, page.sheet.header_line))


def _layout(batch: ImportBatch, page: column_layout_page.LayoutPage | None) -> column_layout_page.LayoutPage | None:
    may_choose = batch.state in (BatchState.READ, BatchState.DRY_RUN) and not provider_questions.awaits_answer(batch)
    return page or (read_layout(batch) if may_choose else None)


def _may_ask(batch: ImportBatch) -> bool:
    return batch.state == BatchState.DRY_RUN and not provider_questions.awaits_answer(batch)


def _missing_defaults(batch: ImportBatch) -> list[str]:
    """The defaults that are still missing: for the whole file, or for lines whose cell is blank."""
    if batch.state != BatchState.DRY_RUN:
        return []
    missing = set(layouts.missing(layout_of(vault(), batch)))
    missing |= {name for word, name in LEFT_BLANK.items() if (batch.tally or {}).get(word)}
    return [name for name in provider_questions.ASKABLE if name in missing]
