"""What the API takes and answers of retailers, by İYS's own names."""

from typing import Annotated, Literal

from pydantic import Field

from portal.api.v1.schemas import Absent, Answer, ConsentQuery, RetailerCode, RetailerCodes, Strict, Text
from portal.core.iys_protocol import MAX_RETAILERS
from portal.core.lazy_text import N_

State = Literal["active", "passive", "suspended"]
TCKN = N_("Yetkili kişinin T.C. kimlik numarası: 11 hane.")
TIN = N_("Vergi numarası (10 hane) ya da şahıs firmasında T.C. kimlik numarası (11 hane).")


class Place(Strict):
    code: Text = Field(description=N_("İYS'nin il ya da ilçe kodu."))
    name: Text


class KnownPlace(Answer):
    code: str
    name: str


class RetailerBody(Strict):
    """A retailer to be added; İYS's own rules decide on the rest."""

    title: Text = Field(examples=["XYZ Ticaret"], description=N_("Bayinin ticari unvanı: en çok 255 karakter."))
    name: Text = Field(examples=["Fatma Çelik"], description=N_("Yetkili kişinin adı soyadı."))
    tckn: Text = Field(examples=["57703411244"], description=TCKN)
    tin: Text = Field(examples=["8450525470"], description=TIN)
    city: Place = Field(examples=[{"code": "34", "name": "İstanbul"}])
    town: Place = Field(
        examples=[{"code": "429", "name": "Kadıköy"}], description=N_("İlçe; kodunu …/retailers/towns verir.")
    )
    mersis: Text | None = Field(None, description=N_("MERSİS numarası: 16 hane."))
    alias: Text | None = Field(None, description=N_("Bayinin sizdeki adı."))
    mobile: Text | None = Field(None, description=N_("Yetkili kişinin telefonu, +905… biçiminde."))
    status: State = "active"


class RetailerAdded(Answer):
    retailerCode: RetailerCode


class Retailer(Answer):
    retailerCode: RetailerCode
    title: str
    alias: str | None
    name: str | None
    tckn: str | None = Field(description=TCKN)
    tin: str | None = Field(description=TIN)
    mersis: str | None
    mobile: str | None
    city: KnownPlace | None
    town: KnownPlace | None
    status: str | None = Field(description=N_("İYS'nin sözü; null: söylemedi."), examples=["active", "passive"])
    retailerAccessCount: int | None = Field(description=N_("Bayinin erişebildiği izinlerin sayısı."))


class Retailers(Answer):
    items: list[Retailer]
    total: int
    nextCursor: str | None


class Town(Answer):
    code: str
    name: str
    cityCode: str


class Towns(Answer):
    items: list[Town]


Cursor = Annotated[str, Field(pattern=r"^[0-9]{1,9}$")]


class RetailersQuery(Strict):
    limit: int = Field(100, ge=1, le=100)
    cursor: Cursor | Absent = None


class AccessQuery(ConsentQuery, RetailersQuery):
    """One consent, and the page of its retailers."""

    cursor: Cursor | None = None  # A body may hold null.


class WholeAccess(ConsentQuery):
    retailerAccess: RetailerCodes = Field(max_length=MAX_RETAILERS, description=N_("Boş liste: hiçbir bayi."))


class AccessBody(WholeAccess):
    retailerAccess: RetailerCodes = Field(min_length=1, max_length=MAX_RETAILERS)


class Access(Answer):
    retailerAccess: RetailerCodes
