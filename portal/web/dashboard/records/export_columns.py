"""The columns of exported files: İYS's own words where it has them, so that programs can read and import them again."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from flask_babel import gettext

from portal.core import clock
from portal.services.exports import ExportKind, ExportRow, consents, decisions, recipients
from portal.web.shared.labels import label


def header(kind: ExportKind) -> list[str]:
    return HEADERS[kind]()


def lines(kind: ExportKind, rows: Iterator[ExportRow]) -> Iterator[Sequence[object]]:
    return map(LINES[kind], rows)


def _consent_header() -> list[str]:
    return [
        gettext("Adres"), gettext("Marka"), gettext("Kanal"), gettext("Alıcı tipi"), gettext("Durum"),
        gettext("İzin tarihi"), gettext("Kaynak"), gettext("İYS durumu"), gettext("İYS durum tarihi"),
        gettext("Gönderilebilir"),
    ]  # fmt: skip


def _consent(row: consents.Row) -> Sequence[object]:
    return (
        _address(row.address), row.brand_name, row.channel.value, row.recipient_type.value, row.status.value,
        _moment(row.consent_date), row.source, row.iys_status, _moment(row.iys_as_of),
        gettext("Evet") if row.may_send else gettext("Hayır"),
    )  # fmt: skip


def _decision_header() -> list[str]:
    return [
        gettext("Adres"), gettext("Marka"), gettext("Kanal"), gettext("Alıcı tipi"), gettext("Durum"),
        gettext("İzin tarihi"), gettext("Kaynak"), gettext("Geliş yolu"), gettext("Kayıt zamanı"),
        gettext("İYS sonucu"), gettext("İYS kodu"), gettext("İYS işlem numarası"), gettext("İYS kabul zamanı"),
        gettext("Karar numarası"), gettext("Dosya numarası"), gettext("Dosyadaki satır"), gettext("Geri alındı"),
    ]  # fmt: skip


def _decision(row: decisions.Row) -> Sequence[object]:
    return (
        _address(row.address), row.brand_name, row.channel.value, row.recipient_type.value, row.status.value,
        _moment(row.consent_date), row.source, label(row.origin), _moment(row.recorded_at),
        label(row.outcome) if row.outcome else "", row.code, row.transaction_id, _moment(row.accepted_at),
        str(row.id), str(row.batch_id or ""), row.line, _moment(row.annulled_at),
    )  # fmt: skip


def _recipient_header() -> list[str]:
    return [
        gettext("Adres"), gettext("Tür"), gettext("Kayıt zamanı"), gettext("Gönderilebilen kanallar"),
        gettext("Reddedilen kanallar"),
    ]  # fmt: skip


def _recipient(row: recipients.Row) -> Sequence[object]:
    return _address(row.address), label(row.kind), _moment(row.since), " ".join(row.may_send), " ".join(row.refused)


HEADERS: dict[ExportKind, Callable[[], list[str]]] = {
    ExportKind.CONSENTS: _consent_header, ExportKind.DECISIONS: _decision_header,
    ExportKind.RECIPIENTS: _recipient_header,
}  # fmt: skip
LINES: dict[ExportKind, Callable[..., Sequence[object]]] = {
    ExportKind.CONSENTS: _consent, ExportKind.DECISIONS: _decision, ExportKind.RECIPIENTS: _recipient,
}  # fmt: skip


def _address(address: str | None) -> str:
    return gettext("okunamadı") if address is None else address


def _moment(at: datetime | None) -> str:
    """As İYS writes dates: Turkey time, to the second."""
    return "" if at is None else clock.istanbul(at).strftime("%Y-%m-%d %H:%M:%S")
