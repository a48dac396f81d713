"""What machines answer by themselves, and mail systems quote: people's words wait, absences and failures do not."""

import json
import textwrap

import pytest

from portal.services.messaging.gateways import mail_webhooks, own_words
from portal.services.messaging.gateways.protocol import DOUBTFUL_ANSWER, VendorPush
from tests.portal.services.messaging.gateways import bounce_samples
from tests.portal.services.messaging.gateways import test_bounces as bounces

# Written by somebody who did not know the rule.
REFUSALS = """
Lütfen bana bir daha e-posta yollamayın.
Bana artık e-posta iletmeyin.
Ticari e-posta almak istememekteyim.
Beni rahat bırakın.
Bu adresi listenizden düşün.
Reklam iznim yoktur.
Ticari ileti onayım yok.
Aboneliğimi sonlandırın.
Bu adrese reklam yollanmasın.
İletişim iznimi geri alıyorum.
I no longer wish to receive your emails.
Please take me off your list.
Do not email me.
Not interested, leave me alone.
Stop emailing me.
Please opt me out.
""".strip().splitlines()
ABSENCES = """
Please do not hesitate to contact me.
Bana gelen e-postalar 30 Kasım'dan sonra silinecektir.
Bu mail adresim kapatılmıştır.
I'm off until Tuesday.
Ofis dışındayım, 5 Aralık'ta döneceğim.
Yıllık izinde olduğumdan e-postalarınıza cevap veremeyeceğim.
Acil durumda beni cepten arayın; ofis dışındayım.
Şirketten ayrıldım, yeni adresim ayse@example.com.
Bu bir otomatik yanıttır, lütfen yanıtlamayın.
Bu e-posta adresi artık kullanılmamaktadır.
I am out of the office and will not be able to read your e-mail.
I no longer work at this company.
I am on leave. My mailbox is not monitored. Please do not reply.
Mesajınızı aldık. If you are not the intended recipient, please delete this e-mail.
""".strip().splitlines()
FAILURES = """
550 5.1.1 <ayse@me.com> is no longer on our mailing list
host mx.example.com refused to talk to me: 554 5.7.1 blocked
Sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)
I'm not going to try again; this message has been in the queue too long.
550 5.7.1 Reklam icerigi nedeniyle reddedildi
550 Denied by policy - contact us at postmaster@example.com
550 5.7.1 Unauthenticated email is not accepted due to domain's DMARC policy
The recipient's email provider rejected it.
Kullanici yok
""".strip().splitlines()
SIEVE = """\
Return-Path: <>
From: ayse@example.com
To: {to}
Subject: Automatically rejected mail
Auto-Submitted: auto-replied (rejected)
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

{said}

--b
Content-Type: message/disposition-notification

Final-Recipient: rfc822; ayse@example.com
Disposition: automatic-action/MDN-sent-automatically; deleted

--b--
"""


# Beside an absence, a receipt, thanks or a signature, which excuse themselves alone.
POLITE_REFUSALS = [
    "E-posta adresim gizlidir, lütfen sisteminizden siliniz.", "Bu e-postalara kapalıyız. Teşekkürler.",
    "Kişiye özel numaramı sisteminizden silin. Teşekkürler.", "Please, I am unavailable for your mail.",
    "Hallo, ich bitte um Austragung. Ich bin im Urlaub.", "Hallo Herr Müller, ich bitte um Löschung",
    "This address is closed to your messages.", "I do not check my emails from you.", "Please contact Nobody.",
    "Teşekkür ederim, üyelikten ayrılmak istiyorum.", "E-postanızı aldık. Bir daha yollamayınız.",
    "Lütfen bir daha ileti yollamayınız. Teşekkürler.", "Geri dönüş yapmayın, ilgilenmiyorum.",
    "Bana ulaşmayın, ulaştığınız her kez şikâyet edeceğim.", "Adresim değişti, bu adrese gönderimi durdurun.",
    "Mesajınızı aldık, fakat artık istemiyoruz.", "Thank you, but I hereby withdraw my consent.",
    "Aboneliği bitirin. Saygılar, Ayşe Yılmaz, Ofis: 0212", "No more emails please. Thank you.",
    "Thanks, please leave me out of this.", "I have left your company; no longer your buyer.", "Away with your emails!",
    "We are closed to your emails.", "Please delete this e-mail address.", "E-postalarınıza kapalıyız.",
    "Danke, kein Interesse.", "Ich bin im Urlaub und will keine Werbung.", "No email until I ask.", "Thanks. Bu kadar.",
    "Teşekkürler\nVazgeçtim Sizden", "Please contact my lawyer. Best regards, Ayşe Yılmaz",
    "Mesajınızı aldım.\nTel: 0212 555 01 01\nUğraşmayın",
]  # fmt: skip
NOTICES = [
    "Merhaba,\n1-15 Aralık tarihleri arasında yıllık izinde olacağım. Acil durumlarda Ahmet Yılmaz'a\n"
    "(ahmet@example.com) ulaşabilirsiniz.\nİyi çalışmalar,\nAyşe Yılmaz\nSatış Müdürü\nÖrnek Gıda San. ve Tic. A.Ş.\n"
    "Atatürk Mah. Ihlamur Sok. No:5 Ataşehir/İstanbul\nTel: +90 212 555 01 01\nwww.example.com",
    "Değerli Müşterimiz, talebiniz alınmıştır. Talep numaranız: 458712. 24 saat içinde size dönüş yapılacaktır.",
    "Ayşe Yılmaz şirketimizden ayrılmıştır. Mehmet Demir ile iletişime geçebilirsiniz: mehmet@example.com",
    "Bu süre içinde e-postalarıma sınırlı\nerişimim olacaktır, dönüşümde yanıt\nvereceğim.",
    "Thank you for your email. I am out of the office until 5 December with limited access to email. For urgent"
    " matters, please contact Jane Doe at jane@example.com.\nBest regards",
    "Hi,\nWe've received your request (#45821) and our support team will get back to you within 24 hours.",
    "Vielen Dank für Ihre Nachricht. Ich bin bis zum 5. Dezember nicht im Büro. In dringenden Fällen wenden Sie sich"
    " bitte an Frau Müller.\nMit freundlichen Grüßen",
    "Şu an tatildeyim, pazartesi döneceğim.\n\niPhone'umdan gönderildi",
]


# By somebody else, in more languages.
MORE_REFUSALS = """
Lütfen bir daha ileti yollamayınız.
Lütfen artık yazmayınız.
Mesaj yollamayın artık.
E-posta yollamayınız.
Bir daha yollama.
Lütfen mail göndermekten vazgeçin.
Mail atmayı kesin.
Mail atmayı bırakın.
Lütfen üyeliği sonlandırınız.
Aboneliği bitirin.
Bülten aboneliğimden ayrılmak istiyorum.
Üyelikten ayrılmak istiyorum.
Kaydımı silin.
Verilerimi silin.
Verilerimi silmenizi istiyorum.
KVKK kapsamında verilerimin silinmesini talep ediyorum.
Onayımı geri çekiyorum, ileti istemiyorum.
Bu adrese ticari ileti göndermenize onay vermiyorum.
Sizden mail almak istemiyorum.
Sizinle iletişime geçmek istemiyoruz.
Bu kutuya reklam kabul edilmez.
Reklam kabul etmiyoruz.
Bu adrese gönderilen reklam iletileri için rızamız bulunmamaktadır.
Yeter artık.
Bıktım sizden.
İlgilenmiyorum.
Yazma bana.
Spam yapmayın.
I do not want these emails.
I no longer wish to hear from you.
Please do not send any emails to this address.
Do not email this address again.
Please stop.
Stop spamming.
No more emails please.
No more mails.
We do not accept unsolicited advertising.
Please remove this address from your list.
Remove this address from your mailing list.
Kindly delete my address from your database.
Delete my data.
Please cease all communication.
I hereby withdraw my consent.
I object to the processing of my data for direct marketing.
Bitte senden Sie mir keine E-Mails mehr.
Bitte löschen Sie meine Adresse.
Keine Werbung.
Je ne veux plus recevoir vos e-mails.
Прошу больше не присылать мне письма.
لا ترسلوا لي رسائل بعد الآن
Lutfen beni aramayin, mail de atmayin.
Adresimi kayıtlarınızdan kaldırınız.
Adresimi kayıtlarınızdan çıkarınız.
Bana ulaşmayın.
Bana mail atılmasını istemem.
Beni bu gruptan çıkarın.
Bu e-postaları almak istemem.
Lütfen bu adrese e-posta göndermeyi durdurunuz.
E-posta gönderimini durdurun.
Tarafıma ileti gönderilmesine rızam yoktur.
""".strip().splitlines()


@pytest.mark.parametrize("said", REFUSALS)
def test_what_refuses_waits_in_whichever_words(said):
    wrapped = "\n".join(textwrap.wrap(said, 25))
    auto = bounces.plain("ayse@example.com", "Otomatik yanit", wrapped, Auto_Submitted="auto-replied")
    assert len(bounces.parse(auto).replies) == 1
    is_in_mail_alone = said.startswith("I ")  # As some mail systems say, too.
    assert bool(own_words.refusing_diagnostic([f"smtp; 550 5.7.1 {said}"])) != is_in_mail_alone


@pytest.mark.parametrize("around", ["{}", "{}\nAyşe Yılmaz\nSatış Ofisi: 0212 555 01 01", "Tatildeyim.\n{}"])
def test_no_language_and_no_signature_hides_a_refusal(around):
    said = (*REFUSALS, *([] if around.startswith("Tatil") else MORE_REFUSALS if around == "{}" else []))
    mails = [
        bounces.plain("ayse@example.com", "Otomatik yanit", around.format(each), Auto_Submitted="auto-replied")
        for each in said
    ]
    assert [each for each, mail in zip(said, mails, strict=True) if not bounces.parse(mail).replies] == []


@pytest.mark.parametrize(
    "around",
    [
        "{}", "Ofis dışındayım. {}", "{}\nİyi çalışmalar\nAyşe Yılmaz, Satış Müdürü", f"Tatildeyim.\n{'_' * 20}\n{{}}",
        "Mesajınızı aldım.\nGönderen: Ayşe\n{}",
    ],
)  # fmt: skip
def test_a_polite_word_or_an_absence_beside_it_excuses_no_refusal(around):
    said = (*POLITE_REFUSALS, *REFUSALS, *MORE_REFUSALS)
    assert [each for each in said if not _answers(around.format(each))] == []


@pytest.mark.parametrize("mark", ["Auto-Submitted: auto-generated", "X-Autoreply: yes", "X-Mailer: x"])
def test_what_comes_without_an_envelopes_sender_waits_unless_it_is_a_notice_or_a_mail_systems(mark):
    mail = bounces.plain("Ayşe Yılmaz <ayse@example.com>", "Otomatik yanıt", "{said}").replace(
        "Subject:", f"{mark}\nSubject:"
    )
    assert "Return-Path: <>" in mail
    said = (*POLITE_REFUSALS, *MORE_REFUSALS)
    assert [each for each in said if not bounces.parse(mail.replace("{said}", each)).replies] == []
    assert [each for each in NOTICES if bounces.parse(mail.replace("{said}", each)).replies] == []


@pytest.mark.parametrize("subject", ["Lütfen bir daha ileti yollamayınız", "Otomatik yanıt: İstemiyorum, beni çıkarın"])
def test_what_a_subject_says_alone_waits(subject):
    assert len(_answers("Teşekkürler.", subject)) == 1


def test_notices_of_which_each_sentence_is_known_say_nothing():
    assert [each for each in NOTICES if _answers(each)] == []
    assert [each for each in NOTICES if not _answers(f"{each}\nArtık yollamayınız.")] == []


def _answers(said, subject="Otomatik yanıt"):
    sender = "Ayşe Yılmaz <ayse@example.com>"
    return bounces.parse(bounces.plain(sender, subject, said, Auto_Submitted="auto-replied")).replies


def test_absences_and_failures_do_not():
    mails = {
        each: bounces.plain("ayse@example.com", "Otomatik yanit", each, Auto_Submitted="auto-replied")
        for each in ABSENCES
    }
    assert [each for each in ABSENCES if bounces.parse(mails[each]).replies] == []
    all_told = (*ABSENCES, *FAILURES)
    assert [
        each for each in all_told if own_words.refusing_diagnostic([each]) or own_words.refusing_sentence(each)
    ] == []
    assert not own_words.refusing_sentence("Subject: Bize yazın, e-postamız iptal olmadı")


def test_a_failure_with_its_recipients_own_words_in_its_text_waits_beside_its_report():
    said, failed = (
        "Bana yazmayin artik.",
        bounce_samples.block("failed", "5.7.1", "smtp; 550 5.7.1 rejected by moderator"),
    )
    told = bounces.parse(bounce_samples.dsn("postmaster@example.com", f"Comments from the recipient:\n{said}", failed))
    assert [each.state for each in told.reports] == ["failed"]
    assert [(each.source, each.word) for each in told.blocked] == [(DOUBTFUL_ANSWER, "Bana yazmayin artik")]


@pytest.mark.parametrize("said", ["Beni rahat bırakın", "I do not want your emails", "Bültenden ayrılmak istiyorum"])
def test_an_event_that_nobody_knows_with_a_sentence_that_may_refuse_waits(said):
    event = {"event": "replied", "email": "ayse@example.com", "RawTextBody": said}
    (told,) = mail_webhooks.parse_brevo_push(VendorPush(json.dumps(event).encode(), "application/json")).replies
    assert told.sender == "ayse@example.com"


@pytest.mark.parametrize("said", ["No thanks.", "Bu kişi iletinizi almayacak."])
def test_a_mail_that_its_readers_rule_threw_away_waits(said):
    (told,) = bounces.parse(SIEVE, said=said).replies
    assert said in told.text
