"""What was done, and to what, in words that people read: one sentence for each act that an audit entry may hold."""

from flask_babel import gettext


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for a text that is translated later
    return text


ACTS: dict[str, str] = {
    "account.changed": N_("Ad ya da dil değiştirildi"),
    "account.opened": N_("Hesap açıldı"),
    "audience.brought": N_("Adres listesi getirildi"),
    "audit.taken": N_("Denetim kayıtları indirildi"),
    "campaign.launched": N_("Kampanya başlatıldı"),
    "campaign.opened": N_("Kampanya yazıldı"),
    "connection.made": N_("İYS hesabı bağlandı"),
    "connection.tested": N_("İYS bağlantısı denendi"),
    "day.agreed": N_("Günde mutabık kalındı"),
    "day.compared_again": N_("Gün yeniden karşılaştırıldı"),
    "day.file_taken": N_("Günün dosyası indirildi"),
    "decision.made": N_("Karar verildi"),
    "decision.renewed": N_("Ret yenilendi"),
    "difference.settled": N_("Fark çözüldü"),
    "domain.missing": N_("Alan adının kaydı bulunamadı"),
    "domain.verified": N_("Alan adı doğrulandı"),
    "factor.added": N_("Giriş yöntemi eklendi"),
    "factor.removed": N_("Giriş yöntemi kaldırıldı"),
    "factor.renamed": N_("Giriş yönteminin adı değiştirildi"),
    "inquiry.answered": N_("Soru yanıtlandı"),
    "links.taken": N_("Kişisel bağlantılar indirildi"),
    "list.released": N_("Bekleyen liste serbest bırakıldı"),
    "movements.heard": N_("İYS hareketleri alındı"),
    "package.ordered": N_("Paket istendi"),
    "package.taken_back": N_("Paket isteği geri alındı"),
    "paper.read": N_("Belge açıldı"),
    "passkey.copied": N_("Kopyalanmış olabilecek bir geçiş anahtarı reddedildi"),
    "password.changed": N_("Parola değiştirildi"),
    "provider.chosen": N_("Çalışılacak firma seçildi"),
    "push.registered": N_("Anlık bildirim kuruldu"),
    "push.removed": N_("Anlık bildirim kaldırıldı"),
    "recipient.looked_at": N_("Alıcı görüntülendi"),
    "recipient.not_found": N_("Aranan alıcı bulunamadı"),
    "recovery_codes.made": N_("Kurtarma kodları yenilendi"),
    "session.ended": N_("Bir oturum kapatıldı"),
    "sessions.ended": N_("Oturumlar kapatıldı"),
    "signed_in": N_("Giriş yapıldı"),
    "submission.closed": N_("Gönderim kapatıldı"),
    "submission.resent": N_("Yeniden gönderildi"),
}
SUBJECTS: dict[str, str] = {
    "brand": N_("Marka"),
    "bulk_request": N_("Liste"),
    "campaign": N_("Kampanya"),
    "connection": N_("Bağlantı"),
    "decision": N_("Karar"),
    "difference": N_("Fark"),
    "domain": N_("Alan adı"),
    "inquiry": N_("Soru"),
    "package_order": N_("Paket isteği"),
    "paper": N_("Belge"),
    "provider": N_("Firma"),
    "push_registration": N_("Anlık bildirim"),
    "receipt": N_("Karar belgesi"),
    "recipient": N_("Alıcı"),
    "reconciled_day": N_("Gün"),
    "submission": N_("Gönderim"),
    "user": N_("Kişi"),
}
FACTS: dict[str, str] = {
    "bad": N_("alınmayan"),
    "by": N_("nasıl"),
    "channel": N_("kanal"),
    "choices": N_("seçimler"),
    "clear": N_("sorunsuz"),
    "code": N_("kod"),
    "decisions": N_("karar"),
    "from": N_("nereden"),
    "good": N_("alınan"),
    "hash": N_("özet"),
    "kind": N_("tür"),
    "new": N_("yeni"),
    "outcome": N_("sonuç"),
    "provider": N_("firma"),
    "reason": N_("gerekçe"),
    "records": N_("kayıt"),
    "repeated": N_("yinelenen"),
    "role": N_("rol"),
    "settlement": N_("çözüm"),
    "size": N_("büyüklük"),
    "verified": N_("doğrulanan"),
}


def act_words(act: str) -> str:
    """An act in words; one of a later version stands as it is."""
    return gettext(ACTS[act]) if act in ACTS else act


def subject_words(subject: str) -> str:
    """What an act was about, in words."""
    return gettext(SUBJECTS[subject]) if subject in SUBJECTS else subject


def fact_words(fact: str) -> str:
    """The name of a fact, in words."""
    return gettext(FACTS[fact]) if fact in FACTS else fact
