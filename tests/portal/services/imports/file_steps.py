"""Small files, brought and worked through as the worker does it."""

import io

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import Brand, ImportBatch
from portal.services.imports import uploads, worker
from tests import make


def csv_of(*lines: str, header: str = "Telefon;Durum;Tarih;Kaynak;Dayanak") -> bytes:
    return "\r\n".join((header, *lines, "")).encode("utf-8-sig")


def work_all(app) -> None:
    """Until the worker has nothing to do."""
    with app.app_context():
        for _ in range(200):
            todo = worker.unfinished_batches()
            if not todo:
                return
            for batch_id in todo:
                worker.work(batch_id)


def uploaded(app, content: bytes, *, on_behalf: bool = False, name: str = "izinler.csv") -> int:
    """A file of the first brand as nobody has read it yet, brought by a shell; its batch's id."""
    with app.app_context():
        brand: Brand = make.brand()
        batch: ImportBatch = uploads.store_upload(
            db.session, vault(), provider_id=brand.provider_id, brand_id=brand.id, user_id=None, name=name,
            stream=io.BytesIO(content), on_behalf=on_behalf, at=clock.now(),
        )  # fmt: skip
        db.session.commit()
        return batch.id
