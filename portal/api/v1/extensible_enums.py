"""Fields of answers whose values may become more within v1, so that no enum holds them."""

from pydantic import Field

from portal.core.lazy_text import N_

REASON = Field(
    description=N_("Nedenler tablosundaki değerlerden biri; yenileri eklenebilir."), examples=["granted", "refused"]
)
RESULT = Field(
    description=N_("Satır sonuçları tablosundaki değerlerden biri; alınmadıysa problem. Yenileri eklenebilir."),
    examples=["grant", "refusal", "same", "known", "problem"],
)
ORIGIN = Field(
    description=N_("Kararın nasıl geldiği: Kararın yolu tablosundaki değerlerden biri; yenileri eklenebilir."),
    examples=["api", "link", "iys"],
)
SOURCE = Field(
    description=N_(
        "Bildirdiğiniz HS_ değeri ya da İYS'nin kendi değeri (IYS_WEB, IYS_WEB_YENI, IYS_AHS_HAT_KAPATMA…). "
        "İYS'ninkiler sayılı değildir: metin olarak saklayın. null: kaynaksız tacir kaydı."
    ),
    examples=["HS_WEB", "IYS_WEB", "IYS_AHS_HAT_KAPATMA"],
)
