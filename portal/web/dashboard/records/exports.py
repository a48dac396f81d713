"""Export consents, decisions and recipients as files. The audit entry is written before the first byte is sent.

Columns hold İYS's own words where it has them, so that programs can read and import them again.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from flask import Response, render_template, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from portal.core import clock
from portal.core.addresses import without_plus
from portal.core.extensions import db, limiter, read_session, vault
from portal.domain.consents.evidence import Evidence
from portal.domain.identity.permissions import Permission
from portal.services import exports
from portal.services.exports import ExportKind, consents, decisions, recipients
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.records.export_form import ExportForm
from portal.web.shared import limits
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.downloads import Format, download, file_name
from portal.web.shared.labels import label
from portal.web.shared.own_rows import own_brands

FILE_NAMES = {ExportKind.CONSENTS: "izinler", ExportKind.DECISIONS: "kararlar", ExportKind.RECIPIENTS: "alicilar"}
RETAILERS = (_l("Bayi kodu"), _l("Bayi erişimi"))
HEADERS: dict[ExportKind, tuple[str, ...]] = {
    ExportKind.CONSENTS: (
        _l("Adres"), _l("Marka"), _l("Kanal"), _l("Alıcı tipi"), _l("Durum"), _l("İzin tarihi"), _l("Kaynak"),
        _l("İYS durumu"), _l("İYS durum tarihi"), _l("Gönderilebilir"), _l("Kanıtın gücü"), _l("Kanıt"),
        *RETAILERS,
    ),
    ExportKind.DECISIONS: (
        _l("Adres"), _l("Marka"), _l("Kanal"), _l("Alıcı tipi"), _l("Durum"), _l("İzin tarihi"), _l("Kaynak"),
        _l("Geliş yolu"), _l("Kayıt zamanı"), _l("İYS sonucu"), _l("İYS kodu"), _l("İYS işlem numarası"),
        _l("İYS kabul zamanı"), _l("Karar numarası"), _l("Dosya numarası"), _l("Dosyadaki satır"), _l("Geri alındı"),
        *RETAILERS,
    ),
    ExportKind.RECIPIENTS: (
        _l("Adres"), _l("Tür"), _l("Kayıt zamanı"), _l("Gönderilebilen kanallar"), _l("Reddedilen kanallar"),
        _l("El değiştirdi"),
    ),
}  # fmt: skip


@blueprint.get("/exports", endpoint="exports")
@needs(Permission.EXPORT)
def show_exports() -> str:
    """Show the filter form and how many rows match."""
    form = _form()
    return render_template(
        "dashboard/records/exports.html",
        form=form,
        kind=form.kind,
        kinds=ExportKind,
        formats=Format,
        count=exports.count(read_session(), form.wanted(current_user.provider_id), clock.now()),
        chosen=form.url_parameters(),
    )


@blueprint.get("/exports/file")
@limiter.limit(limits.EXPORTS, key_func=limits.provider_key)
@needs(Permission.EXPORT, fresh=True, names_provider=True)
def export_file() -> Response:
    """Send the file, with addresses unmasked."""
    form, at = _form(), clock.now()
    wanted = form.wanted(current_user.provider_id)
    format = request.args.get("format", Format.XLSX, Format)
    record_audit(
        "export.taken", "provider", current_user.provider_id, kind=form.kind, choices=wanted.describe(), format=format
    )
    db.session.commit()
    rows = exports.rows(read_session(), vault(), wanted, at)
    return download(
        map(LINES[form.kind], rows),
        header=[str(each) for each in HEADERS[form.kind]],
        sheet=label(form.kind),
        name=file_name(current_user.provider_id, f"{FILE_NAMES[form.kind]}-{clock.day(at)}"),
        format=format,
    )


def _form() -> ExportForm:
    return ExportForm(request.args.get("kind", ExportKind.CONSENTS, ExportKind), own_brands())


def _consent_line(row: consents.ExportedConsent) -> Sequence[object]:
    return (
        _address(row.address), row.brand_name, row.channel.value, row.recipient_type.value, row.status or "",
        _moment(row.consent_date), row.source, row.iys_status, _moment(row.iys_as_of),
        gettext("Evet") if row.may_send else gettext("Hayır"),
        *((label(Evidence(row.evidence).strength), label(Evidence(row.evidence))) if row.evidence else ("", "")),
        *_retailers(row),
    )  # fmt: skip


def _decision_line(row: decisions.ExportedDecision) -> Sequence[object]:
    return (
        _address(row.address), row.brand_name, row.channel.value, row.recipient_type.value, row.status.value,
        _moment(row.consent_date), row.source, label(row.origin), _moment(row.recorded_at),
        label(row.outcome) if row.outcome else "", row.code, row.transaction_id, _moment(row.accepted_at),
        str(row.id), str(row.batch_id or ""), row.line, _moment(row.annulled_at), *_retailers(row),
    )  # fmt: skip


def _recipient_line(row: recipients.ExportedRecipient) -> Sequence[object]:
    return (
        _address(row.address), label(row.kind), _moment(row.since), " ".join(row.may_send), " ".join(row.refused),
        _moment(row.held_since),
    )  # fmt: skip


def _retailers(row: consents.ExportedConsent | decisions.ExportedDecision) -> tuple[str, str]:
    return str(row.retailer_code or ""), " ".join(map(str, row.retailer_access or ()))


def _address(address: str | None) -> str:
    return gettext("okunamadı") if address is None else without_plus(address)


def _moment(at: datetime | None) -> str:
    """As İYS writes dates: Turkey time, to the second."""
    return "" if at is None else clock.istanbul(at).strftime("%Y-%m-%d %H:%M:%S")


LINES: dict[ExportKind, Callable[..., Sequence[object]]] = {
    ExportKind.CONSENTS: _consent_line, ExportKind.DECISIONS: _decision_line, ExportKind.RECIPIENTS: _recipient_line,
}  # fmt: skip
