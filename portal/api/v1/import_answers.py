"""Imports as the API shows them."""

import hashlib
import json
from typing import Any

from flask import g
from sqlalchemy.orm import Session

from portal.api.v1.moments import moment
from portal.core import clock
from portal.core.extensions import vault
from portal.core.lazy_text import N_
from portal.core.models import WORKER_STATES, BatchState, ImportBatch
from portal.domain.consents.import_plan import GRANTS, REFUSALS
from portal.services.imports import batches, provider_questions, queries, undo
from portal.services.imports.batch_problems import HELD, NO_ROOM, file_problem, held_grants
from portal.services.imports.batches import MAY_UNDO
from portal.services.imports.row_errors import ErrorLine
from portal.services.imports.row_results import PROBLEMS, SkipReason
from portal.services.imports.store import file_name_of
from portal.services.imports.unread import Mark, MarkKind, unread_of
from portal.web.shared import problems
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.labels import LABELS_BY_TYPE
from portal.web.shared.problems import ApiProblem, in_english

PERSON_NEEDED = {
    "columns": N_("Sütunların ne olduğu seçilmeli."), "answers": N_("Dosya hakkındaki sorular yanıtlanmalı."),
    "unread": N_("Anlaşılmayan sütun, söz ya da renk var."),
    "before_2015": N_("2015'ten önceki onaylara bir kişi kefil olmalı."),
    "first_grants": N_("İlk kez gelen onayların yazılan tarihlerde alındığına bir kişi kefil olmalı."),
}  # fmt: skip
OF_REFUSALS = ("columns", "answers")  # What refusals wait for, too: all else depends on what people said before.
RUN = (BatchState.STOPPED, BatchState.DONE, BatchState.UNDONE)


def import_answer(session: Session, batch: ImportBatch, *, shows_results: bool) -> dict[str, Any]:
    """A file in whichever state it is. What came of its rows, or would, also tells what its people said before: without
    `shows_results` its state alone is shown."""
    answer = _state_answer(batch)
    return answer | (_results(session, batch) if shows_results else _no_results(session, batch))


def _state_answer(batch: ImportBatch) -> dict[str, Any]:
    return {
        "importId": str(batch.id), "brandCode": g.brand.brand_code, "fileName": file_name_of(vault(), batch),
        "state": batch.state, "createdAt": moment(batch.created_at), "lines": batch.lines,
        "progress": _progress(batch) if batch.state in WORKER_STATES else None, "problem": _problem(batch),
        "page": absolute_url("dashboard.import_batch", batch_id=batch.id),
    }  # fmt: skip


def _results(session: Session, batch: ImportBatch) -> dict[str, Any]:
    return {
        "results": queries.tally_now(session, batch),
        "dryRun": _dry_run(session, batch) if batch.state == BatchState.DRY_RUN else None,
        "iys": _at_iys(session, batch) if batch.state in RUN else None,
        "undoable": _undoable(session, batch) if batch.state in MAY_UNDO else None,
        "personNeeded": _person_needed(batch),
    }  # fmt: skip


def _no_results(session: Session, batch: ImportBatch) -> dict[str, Any]:
    dry_run = {
        "digest": digest_of(batch, shows_results=False), "takesGrants": batches.takes_grants(session, batch),
        "grants": None, "refusals": None, "problems": None, "newAddresses": None,
    }  # fmt: skip
    return {
        "results": {}, "dryRun": dry_run if batch.state == BatchState.DRY_RUN else None, "iys": None, "undoable": None,
        "personNeeded": [each for each in _person_needed(batch) if each in OF_REFUSALS],
    }  # fmt: skip


def digest_of(batch: ImportBatch, *, shows_results: bool) -> str:
    """Of what a dry run said: whoever starts the file shows by it that they have read this one."""
    said = [batch.id, str(batch.dry_run_at)]
    if shows_results:  # From whose digest they could be guessed.
        said += [batch.tally, batch.new_addresses, batch.before_2015]
    number = int.from_bytes(hashlib.sha256(json.dumps(said, sort_keys=True).encode()).digest()[:8])
    return f"{number % 10**18:018}"


def error_answer(line: ErrorLine) -> dict[str, Any]:
    """A line with what is wrong with it."""
    return {
        "line": line.number, "cells": list(line.cells),
        "errors": [
            {"code": each.problem or None, "iysCode": each.code or None, "title": in_english(each.sentence),
             "titleTr": each.sentence, "fix": in_english(each.cure), "fixTr": each.cure}
            for each in line.errors
        ],
    }  # fmt: skip


def person_needed_errors(batch: ImportBatch, *, shows_results: bool) -> list[dict[str, str]]:
    """What only a person can vouch for, and what of the file is not understood: each thing's place and text."""
    names = [each for each in _person_needed(batch) if shows_results or each in OF_REFUSALS]
    needed = [problems.field_error("file", each, PERSON_NEEDED[each]) for each in names]
    if not shows_results:
        return needed
    unread = unread_of(vault(), batch)
    columns = [Mark(MarkKind.UNUSED, each.letter, each.header) for each in unread.columns if each.may_refuse]
    marks = [*columns, *(Mark(MarkKind.SHEET, text=each.name) for each in unread.sheets), *unread.marks]
    return needed + [_mark_error(each) for each in marks if unread.unconfirmed]


def _mark_error(mark: Mark) -> dict[str, str]:
    label, place = LABELS_BY_TYPE[MarkKind, mark.kind.value], ": ".join(filter(None, (mark.where, mark.text)))
    titles = {"title": f"{in_english(label)}: {place}", "titleTr": f"{label}: {place}"}
    return {"field": "fileName" if mark.kind == MarkKind.FILE else "file", "code": "unread"} | titles


def _progress(batch: ImportBatch) -> dict[str, Any]:
    found = batches.progress(batch, clock.now())
    left = None if found.seconds_left is None else round(found.seconds_left)
    return {"done": found.done, "total": found.total, "secondsLeft": left}


def _problem(batch: ImportBatch) -> dict[str, Any] | None:
    """Why it, or a part of it, is unreadable, or its grants were left out."""
    if found := file_problem(batch):
        return problems.problem_body(found.value, found.sentence, found.cure, status=422)
    if held := held_grants(batch):
        code = (ApiProblem.PACKAGE_FULL if held.problem == NO_ROOM else ApiProblem.PERSON_NEEDED).value
        body = problems.problem_body(code, HELD, SkipReason.GRANT_LEFT_OUT.cure, status=409)
        counts = {"refusals": held.refusals, "grants": held.grants}
        said = {"title": in_english(HELD) % {**counts, "reason": in_english(held.reason)}}
        return body | said | {"titleTr": HELD % {**counts, "reason": held.reason}}
    return None


def _dry_run(session: Session, batch: ImportBatch) -> dict[str, Any]:
    tally = batch.tally or {}
    kinds = {"grants": GRANTS, "refusals": REFUSALS, "problems": PROBLEMS}
    return {
        "digest": digest_of(batch, shows_results=True), "newAddresses": batch.new_addresses,
        "takesGrants": batches.takes_grants(session, batch),
        **{name: sum(tally.get(each, 0) for each in results) for name, results in kinds.items()},
    }  # fmt: skip


def _at_iys(session: Session, batch: ImportBatch) -> dict[str, int]:
    found = queries.count_groups(session, batch)
    return {
        "accepted": found.accepted, "waiting": found.waiting, "notNeeded": found.not_needed, "refused": found.refused,
        "annulled": found.annulled,
    }  # fmt: skip


def _undoable(session: Session, batch: ImportBatch) -> dict[str, int]:
    found = undo.count_undoable(session, batch)
    return {"free": found.free, "gone": found.gone}


def _person_needed(batch: ImportBatch) -> list[str]:
    """What only a person can choose, answer or vouch for. Refusals alone go without the last three."""
    is_tried = batch.state == BatchState.DRY_RUN
    needed = {
        "columns": batch.state == BatchState.READ, "answers": provider_questions.awaits_answer(batch),
        "unread": is_tried and bool(unread_of(vault(), batch).unconfirmed),
        "before_2015": is_tried and bool(batch.before_2015),
        "first_grants": is_tried and bool(batch.first_grants),
    }  # fmt: skip
    return [name for name, is_needed in needed.items() if is_needed]
