"""Files of consents: bring one, read its dry run, start it, cancel or undo it, and get its errors back."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, BinaryIO, cast

import flask
from flask import g, request
from spectree import Response
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import HTTPException

from portal.api.v1 import file_schemas as schemas
from portal.api.v1.authentication import needs_scope
from portal.api.v1.blueprint import BRAND_PATH, blueprint, specification
from portal.api.v1.import_answers import digest_of, error_answer, import_answer, person_needed_errors
from portal.api.v1.schemas import Problem, WriteHeaders
from portal.api.v1.writes import answer_once, id_or_404, record_audit, refuse, refuse_program
from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.lazy_text import N_
from portal.core.models import BatchState, ImportBatch
from portal.domain import packages
from portal.domain.consents import MINUTE
from portal.domain.identity import api_keys
from portal.domain.identity.permissions import Scope
from portal.services.imports import batches, profiles, program_uploads, undo, uploads
from portal.services.imports.batches import MAY_DROP
from portal.services.imports.reading import Unreadable
from portal.services.imports.row_errors import RowErrors
from portal.web.shared import limits, problems
from portal.web.shared.body_limits import max_bytes
from portal.web.shared.import_errors import errors_workbook
from portal.web.shared.problems import ApiProblem

IMPORT = f"{BRAND_PATH}/imports/<importId>"
OTHER_DIGEST = (
    "digest_old", N_("Bu özet, son denemenin değil: dosyayı yeniden okuyun, dryRun.digest değerini gönderin.")
)  # fmt: skip
REFUSALS_STAND = "refusals_stand", N_("Dosya ret yazdı; retleri yalnız bir kişi geri alabilir.")
Change = Callable[[ImportBatch, datetime], None]


@blueprint.post(f"{BRAND_PATH}/imports")
@specification.validate(resp=Response(HTTP_200=schemas.ImportAnswer), operation_id="addImport")
@max_bytes(uploads.LARGEST_POST)
@needs_scope(Scope.IMPORTS_REFUSE, limit=limits.API_FILES)
def add_import(query: schemas.UploadQuery, headers: WriteHeaders) -> dict[str, Any]:
    """Take a file as the body, or as the part "file" of a form; the worker reads it and makes a dry run."""
    if query.profile and not profiles.is_known(read_session(), g.caller.provider_id, query.profile):
        refuse(ApiProblem.PROFILE_UNKNOWN)
    batch = _store(query)
    body, batch_id = program_uploads.describe(batch.digest, query.profile), batch.id

    def release(_: datetime) -> dict[str, Any]:
        return _release(batch_id)

    try:
        answer = answer_once(
            headers, release, body=body, request_id=batch_id, rows=0,
            act_again=lambda first: release if _may_refuse_again(first) else None,
        )  # fmt: skip
    except HTTPException:
        uploads.discard(db.session, batch_id)
        raise
    if answer["importId"] != str(batch_id):
        uploads.discard(db.session, batch_id)
    return answer


@blueprint.get(IMPORT)
@specification.validate(resp=Response(HTTP_200=schemas.ImportAnswer), operation_id="showImport")
@needs_scope(Scope.IMPORTS_REFUSE)
def show_import(importId: str) -> dict[str, Any]:
    """Show how far a file is, what its dry run found, and what became of it."""
    return _answer(read_session(), _own_or_404(importId))


@blueprint.post(f"{IMPORT}/start")
@specification.validate(resp=Response(HTTP_200=schemas.ImportAnswer, HTTP_409=Problem), operation_id="addImportStart")
@needs_scope(Scope.IMPORTS_REFUSE)
def add_import_start(importId: str, json: schemas.StartBody, headers: WriteHeaders) -> dict[str, Any]:
    """Write the file as its dry run said. What somebody must vouch for, no program can."""
    for scope in () if json.onlyRefusals else (Scope.GRANT, Scope.IMPORTS):
        if scope not in g.caller.scopes:
            refuse(ApiProblem.SCOPE_MISSING, scope=scope)
    return _change(importId, headers, lambda batch, at: _start(batch, json, at))


@blueprint.post(f"{IMPORT}/cancel")
@specification.validate(
    resp=Response(HTTP_200=schemas.ImportAnswer, HTTP_409=Problem), operation_id="addImportCancellation"
)  # fmt: skip
@needs_scope(Scope.IMPORTS)
def add_import_cancellation(importId: str, json: schemas.NoBody, headers: WriteHeaders) -> dict[str, Any]:
    """Drop a file that was not started; stop one that is being written, whose written lines stay."""
    return _change(importId, headers, _cancel)


@blueprint.post(f"{IMPORT}/undo")
@specification.validate(resp=Response(HTTP_200=schemas.ImportAnswer, HTTP_409=Problem), operation_id="addImportUndo")
@needs_scope(Scope.IMPORTS)
def add_import_undo(importId: str, json: schemas.NoBody, headers: WriteHeaders) -> dict[str, Any]:
    """Take back a file's grants that were not sent to İYS yet. One that refused is taken back by a person only."""
    return _change(importId, headers, _undo)


@blueprint.get(f"{IMPORT}/errors")
@specification.validate(resp=Response(HTTP_200=schemas.ImportErrors), operation_id="listImportErrors")
@needs_scope(Scope.IMPORTS, limit=limits.API_LISTS)
def list_import_errors(importId: str, query: schemas.ErrorsQuery) -> dict[str, Any]:
    """List lines with errors as they stood in the file, up to 1,000 a page."""
    batch = _own_or_404(importId)
    found = RowErrors(read_session(), vault(), batch)
    pages = found.pages(int(query.cursor or 0))
    _, lines = next(pages, (0, []))
    following = next(pages, None)
    record_audit("import.errors_taken", "import_batch", batch.id)
    db.session.commit()
    return {
        "header": found.header, "items": [error_answer(each) for each in lines],
        "nextCursor": str(following[0]) if following else None,
    }  # fmt: skip


@blueprint.get(f"{IMPORT}/errors.xlsx")
@specification.validate(resp=Response("HTTP_200"), operation_id="downloadImportErrors")
@needs_scope(Scope.IMPORTS, limit=limits.API_FILES)
def download_import_errors(importId: str) -> flask.Response:
    """The same as a workbook, which can be corrected and brought again."""
    batch = _own_or_404(importId)
    record_audit("import.errors_taken", "import_batch", batch.id)
    db.session.commit()
    return errors_workbook(batch)


def _own_or_404(text: str) -> ImportBatch:
    found = read_session().get(ImportBatch, id_or_404(text))
    if found is None or found.brand_id != g.brand.id:
        refuse(ApiProblem.NOT_FOUND)
    if not _sees_results():
        first_key_id = api_keys.find_first_id(read_session(), g.caller)
        if not program_uploads.is_brought_by(read_session(), found, first_key_id):
            refuse(ApiProblem.NOT_FOUND)
    return found


def _sees_results() -> bool:
    """Whether the key may see more than the state of what it brought."""
    return Scope.IMPORTS in g.caller.scopes


def _answer(session: Session, batch: ImportBatch) -> dict[str, Any]:
    return import_answer(session, batch, shows_results=_sees_results())


def _store(query: schemas.UploadQuery) -> ImportBatch:
    """Store the file. It is held until the request is stored, too, which says its profile."""
    is_form = request.mimetype == "multipart/form-data"
    part = _only_part() if is_form else None
    name, stream = query.fileName or (part and part.filename) or "", part.stream if part else request.stream
    try:
        return uploads.store_upload(
            db.session, vault(), provider_id=g.caller.provider_id, brand_id=g.brand.id, user_id=None, name=name,
            stream=cast(BinaryIO, stream), is_held=True, at=clock.now(),
        )  # fmt: skip
    except Unreadable as unreadable:
        refuse(unreadable.problem)


def _only_part() -> FileStorage:
    """The file of a form; whatever else the form has is refused, as nobody would read it."""
    parts = [*request.files.items(multi=True), *request.form.items(multi=True)]
    part = request.files.get("file")
    unread = [name or "" for name, each in parts if each is not part]  # A part may have no name.
    found = [("file", "missing")] * (part is None) + [(name, "extra_forbidden") for name in unread]
    if part is None or found:
        refuse(
            ApiProblem.INVALID,
            errors=[problems.field_error(name, *problems.FIELD_PROBLEMS[problem]) for name, problem in found],
        )
    return part


def _may_refuse_again(first: dict[str, Any]) -> bool:
    """Whether the file that came by this Idempotency-Key was run, and would refuse anew: a minute later the same bytes
    are another act, as where a file is put into a folder anew."""
    kept = read_session().get(ImportBatch, int(first["importId"]))
    if kept is None or kept.state != BatchState.DONE:
        return False
    return abs(clock.now() - kept.created_at) >= MINUTE and batches.may_refuse_anew(kept)


def _release(batch_id: int) -> dict[str, Any]:
    batch = db.session.get_one(ImportBatch, batch_id, populate_existing=True)
    batch.lease_until = None
    db.session.flush()
    return _answer(db.session, batch)


def _change(text: str, headers: WriteHeaders, change: Change) -> dict[str, Any]:
    batch_id = _own_or_404(text).id

    def act(at: datetime) -> dict[str, Any]:
        batch = db.session.get_one(ImportBatch, batch_id, populate_existing=True)
        try:
            change(batch, at)
        except batches.WrongState:
            refuse(ApiProblem.WRONG_STATE)
        return _answer(db.session, batch)

    return answer_once(headers, act)


def _start(batch: ImportBatch, body: schemas.StartBody, at: datetime) -> None:
    if batch.state != BatchState.DRY_RUN:
        raise batches.WrongState
    if body.digest != digest_of(batch, shows_results=_sees_results()):
        refuse(ApiProblem.WRONG_STATE, errors=[problems.field_error("digest", *OTHER_DIGEST)])
    try:
        batches.start(db.session, batch, None, at, only_refusals=body.onlyRefusals, seen=str(batch.dry_run_at))
    except packages.PackageFull:
        refuse(ApiProblem.PACKAGE_FULL)
    except (batches.AnswerMissing, batches.Unconfirmed):
        errors = person_needed_errors(batch, shows_results=_sees_results())
        refuse_program("dashboard.import_batch", errors, batch_id=batch.id)


def _cancel(batch: ImportBatch, at: datetime) -> None:
    cancel = batches.drop if batch.state in MAY_DROP else batches.stop
    cancel(db.session, batch, None, at)


def _undo(batch: ImportBatch, at: datetime) -> None:
    batches.undo(db.session, batch, None, at)
    if undo.has_refusals(db.session, batch):
        errors = [problems.field_error("file", *REFUSALS_STAND)]
        refuse_program("dashboard.ask_undo", errors, batch_id=batch.id)
