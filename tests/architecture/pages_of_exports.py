"""The page on which records are taken away."""

from types import SimpleNamespace as Thing

from portal.services.exports import Kind
from portal.web.dashboard.records.export_form import ExportFilter
from portal.web.shared.downloads import Format


def exports(kind: Kind, count: int = 250_000) -> dict:
    return {
        "form": ExportFilter(kind, [Thing(id=1, name="Örnek Mağaza")]), "kind": kind, "kinds": Kind, "formats": Format,
        "count": count, "chosen": {"kind": kind.value, "brand": "1"},
    }  # fmt: skip


OF_EXPORTS = {
    **{("dashboard/records/exports.html", kind.value): lambda kind=kind: exports(kind) for kind in Kind},
    ("dashboard/records/exports.html", "nothing"): lambda: exports(Kind.CONSENTS, 0),
}
