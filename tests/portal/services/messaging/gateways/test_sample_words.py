"""What words of vendors are guessed to mean, in answers to calls and as states of reports."""

import pytest

from portal.services.messaging.gateways import sample_words


@pytest.mark.parametrize(
    ("word", "fails", "succeeds"),
    [
        ("RED", True, False), ("İNVALİD_USER", True, False), ("-3", True, False), ("BAKIYE_YOK", True, False),
        ("OK", False, True), ("00", False, True), ("202", False, True), ("30", False, False), ("PK-1", False, False),
    ],
)  # fmt: skip
def test_words_tell_successes_from_failures(word, fails, succeeds):
    assert (sample_words.is_failure(word), sample_words.is_success(word)) == (fails, succeeds)


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        ("Number is blacklisted", "permanent/blocked_by_vendor"), ("Alıcı kara listede", "permanent/blocked_by_vendor"),
        ("Recipient opted out", "permanent/blocked_by_vendor"), ("Unsubscribed", "permanent/blocked_by_vendor"),
        ("Numara hesabınızın kara listesinde", "permanent/blocked_by_vendor"),
        ("Your account is blocked", "config/credentials"), ("Originator blacklisted", "config/header"),
        ("Hesap bloke: account blocked due to unpaid invoice", "config/credentials"),
        ("Request IP is blacklisted", "config/network_address"), ("Firma kara listede", "permanent/unknown"),
        ("Message content blocked (spam words)", "permanent/content"), ("Country blocked", "permanent/unknown"),
        ("Duplicate message blocked", "permanent/duplicate"), ("Account rate limit exceeded", "temporary/rate"),
        ("Kullanıcı kara listede", "permanent/unknown"), ("Number is blocked", "permanent/unknown"),
        ("Number blocked by the user", "permanent/blocked_by_vendor"),
        ("Recipient account is on blacklist", "permanent/blocked_by_vendor"),
        ("Numara firma kara listesinde", "permanent/blocked_by_vendor"), ("BLACKLIST", "permanent/blocked_by_vendor"),
        ("Content blacklisted", "permanent/unknown"), ("API key blacklisted", "permanent/unknown"),
        ("Müşteri kara listede", "permanent/blocked_by_vendor"),
        ("Gönderici numarası kara listede", "config/header"),
    ],
)  # fmt: skip
def test_only_of_a_number_that_is_blocked_is_a_refusal_guessed(said, meaning):
    assert sample_words.guess_error("", said) == meaning


LEFT, UNKNOWN = "failed/blocked_by_vendor", "accepted/unknown"


@pytest.mark.parametrize(
    ("word", "said", "state"),
    [
        ("BLACKLISTED", "Number is in blacklist", LEFT), ("OPTED_OUT", "", LEFT), ("UNSUBSCRIBED", "", LEFT),
        ("REJECTED_USER_OPT_OUT", "User opted out", LEFT), ("4", "Kara listede", LEFT), ("8", "DND list", LEFT),
        ("9", "Numara RET listesinde", LEFT), ("5", "Alıcı SMS almak istemiyor", LEFT),
        ("6", "Numara kara listede olduğu için gönderilmedi", LEFT),
        ("14", "The destination address has been blocklisted at the operator's request or on your account", LEFT),
        ("BLOCKLISTED", "", LEFT), ("EC_SC_BLOCKED_BY_END_USER", "", LEFT), ("BLIST", "", LEFT), ("RET", "", LEFT),
        ("9", "The end user has asked their operator to block messages from your short code", LEFT),
        ("BL", "SMS delivery to the number is restricted due to a request by the owner or WASPA", LEFT),
        ("9", "Recipient has opted out or requested not to receive", LEFT), ("9", "On the exclusion list", LEFT),
        ("9", "Delivery blocked by recipient", LEFT), ("STOPPED", "User sent STOP", LEFT), ("9", "Red listesi", LEFT),
        ("9", "Deny list", LEFT), ("9", "DNC list", LEFT), ("9", "User revoked consent, queued for deletion", LEFT),
        ("REFUSED", "Subscriber refused commercial SMS", LEFT), ("9", "Alıcı reddetti", LEFT), ("9", "Alıcı RET", LEFT),
        ("9", "Aboneden RET alındı", LEFT), ("9", "RET mesajı alındı", LEFT), ("9", "RET vermiş numara", LEFT),
        ("9", "Engelli listesine alındı", LEFT), ("9", "SMS teslim alınmadı (RET)", LEFT), ("9", "DNC listesi", LEFT),
        ("9", "SMS almak istemeyen numara", LEFT), ("9", "Alıcı listeden çıkmış", LEFT), ("9", "İzinsiz numara", LEFT),
        ("9", "İletilemedi (kapsama dışı, kara liste, format vb.)", LEFT), ("9", "Kabul etmedi (RET)", LEFT),
        ("9", "Number invalid, switched off or blacklisted", LEFT), ("9", "Numara veya içerik kara listede", LEFT),
        ("9", "Mesaj gönderilemedi, numara kara listede", LEFT), ("9", "Message to a number on the blacklist", LEFT),
        ("SENDER_BLACKLISTED", "", "failed/"), ("EC_BLACKLISTED_SENDERADDRESS", "", "failed/"),
        ("CONTENT_BLACKLISTED", "Blacklisted", "failed/"), ("IP_BLACKLISTED", "", "failed/"),
        ("EC_IMSI_BLACKLISTED", "IMSI is blocklisted", "failed/"), ("ACCOUNT_SUPPRESSED", "", "failed/"),
        ("EC_TEMPLATE_BLACKLISTED", "the requested template has been blocklisted", "failed/"),
        ("EC_ENTITY_BLACKLISTED", "", "failed/"), ("EC_PE_TM_HASH_BLACKLISTED", "", "failed/"),
        ("DUPLICATE", "Duplicate suppressed", "failed/"), ("9", "DND time restriction, retry after 9am", UNKNOWN),
        ("9", "The sender number has been blacklisted at the operator's request or on your account", "failed/"),
        ("9", "İçerik/URL kara listede", "failed/"),
        ("2", "Teslim edilmedi", "failed/"), ("2", "Teslim edilemedi", "failed/"), ("2", "Ulaştırılamadı", "failed/"),
        ("2", "Başarılı değil", "failed/"), ("2", "No route for delivery", "failed/"),
        ("2", "Cancelled before delivery", "failed/"), ("2", "Teslimat engellendi", "failed/"),
        ("2", "Operatör reddetti", "failed/"), ("2", "Henüz teslim edilmedi", "accepted/"),
        ("2", "Not yet delivered", "accepted/"), ("2", "Teslim edildi", "delivered/"),
        ("DELIVERED", "Delivered; the text told how to unsubscribe", "delivered/"), ("3", "Sıraya alındı", "accepted/"),
        ("5", "Kişi istemiyor, kuyruktan alındı", UNKNOWN), ("RECIPIENT_BLACKLISTED", "", LEFT),
        ("7", "Gönderici kara listede", "failed/"), ("8", "Gönderilmedi", "failed/"), ("3", "Kuyrukta", "accepted/"),
        ("9", "Operatörde beklemede", "accepted/"), ("9", "İşleniyor", "accepted/"), ("9", "Mavi", UNKNOWN),
        ("9", "Gönderim sırasında hata", "failed/"), ("9", "İşlenemedi", UNKNOWN),
    ],
)  # fmt: skip
def test_no_refusal_among_the_states_of_reports_counts_as_taken(word, said, state):
    assert sample_words.guess_state(word, said) == state
    if state == LEFT:
        assert sample_words.guess_error(word, said) == "permanent/blocked_by_vendor"
