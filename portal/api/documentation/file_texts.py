"""What the documentation says of files, as msgids."""

from portal.core.lazy_text import N_

OPERATIONS: dict[str, tuple[str, str]] = {
    "addImport": (
        N_("Dosya gönder"),
        N_(
            "CSV ya da Excel, en çok 128 MB; gövdenin kendisi ya da formun “file” parçası. Panelde adlandırılan sütun "
            "düzeniyle okunur ve denenir; hiçbir şey yazılmaz. Dosyada reference sütunu yoktur."
        ),
    ),
    "showImport": (
        N_("Bir dosya"),
        N_(
            "Nerede olduğunu, denemenin bulduğunu, yazılanların İYS'deki durumunu gösterir. personNeeded doluysa bir "
            "kişi page sayfasına bakmalı."
        ),
    ),
    "addImportStart": (
        N_("Dosyayı yazmaya başla"),
        N_(
            "Okuduğunuz denemenin özetiyle; başka özetle 409 döner, errors digest alanını gösterir. Anlaşılmayan "
            "sütun, not ya da renk varsa 409 person_needed döner: onlara ancak bir kişi kefil olur. Yalnız retleri "
            "her zaman yazabilirsiniz."
        ),
    ),
    "addImportCancellation": (
        N_("Dosyadan vazgeç"),
        N_("Başlamamış dosyayı siler; yazılanı durdurur. Yazılmış satırlar kalır."),
    ),
    "addImportUndo": (
        N_("Dosyayı geri al"),
        N_(
            "Dosyanın İYS'ye gitmemiş onaylarını geri alır. Ret yazmış dosyada 409 person_needed döner: onu page "
            "sayfasında bir kişi geri alır, onaylarını da."
        ),
    ),
    "listImportErrors": (
        N_("Dosyanın hatalı satırları"),
        N_("Dosyadaki gibi, her biri nedeni ve çaresiyle; İYS'nin kabul etmedikleri de buradadır."),
    ),
    "downloadImportErrors": (
        N_("Hatalı satırların Excel dosyası"),
        N_("Düzeltip yeniden göndermek için; eklenen sütunlar yeniden gelince tanınır."),
    ),
    "downloadExport": (
        N_("Kayıtları indir"),
        N_(
            "consents, decisions ya da recipients; CSV (UTF-8, BOM, “;”) ya da Excel. maySend=true ile yalnız şimdi "
            "ileti gönderilebilecekler. Sütunlar buradaki alan adlarıyladır; telefonlar + olmadan yazılır, reference "
            "yoktur: onu GET …/consents verir."
        ),
    ),
}
