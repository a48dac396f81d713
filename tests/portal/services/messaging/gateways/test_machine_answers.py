"""What machines answer by themselves, and mail systems quote: people's words wait, failures do not."""

import json

import pytest

from portal.services.messaging.gateways import mail_webhooks, own_words
from portal.services.messaging.gateways.protocol import DOUBTFUL_ANSWER
from portal.services.messaging.gateways.vendor_push import VendorPush
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
def test_a_servers_answer_that_quotes_its_user_waits_in_whichever_words(said):
    is_in_mail_alone = said.startswith("I ")  # As some mail systems say, too.
    assert bool(own_words.refusing_diagnostic([f"smtp; 550 5.7.1 {said}"])) != is_in_mail_alone


@pytest.mark.parametrize(
    "head",
    [
        "Auto-Submitted: auto-replied (vacation)\n", "Auto-Submitted: auto-generated\n", "X-Autoreply: yes\n",
        "Precedence: auto_reply\n", "X-Mailer: x\n", "Return-Path: <>\nX-Autoreply: yes\n", "Return-Path: <>\n",
    ],
)  # fmt: skip
@pytest.mark.parametrize("subject", ["Re: Marka: onay", "Otomatik yanıt: Marka", "Bir daha yollamayınız"])
def test_what_a_machine_answers_in_somebodys_words_waits_whatever_they_are(head, subject):
    for said in (*REFUSALS, *ABSENCES, "Teşekkürler.", bounces.QMAIL):
        mail = f"{head}From: Ayşe Yılmaz <ayse@example.com>\nSubject: {subject}\n\n{said}"
        (answer,) = bounces.parse(mail).replies
        assert said.splitlines()[0] in answer.text
        assert not (answer.is_automatic and subject.startswith("Bir daha yollamay"))


def test_what_servers_say_of_failures_refuses_nothing():
    said = (*ABSENCES, *FAILURES)
    assert [each for each in said if own_words.refusing_diagnostic([each]) or own_words.refusing_sentence(each)] == []
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
