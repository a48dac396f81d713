"""A failure in words that are not all mail systems' own may quote a person: it waits, whatever the words."""

import pytest

from portal.services.messaging.gateways.mail_system_words import unfamiliar_answer
from portal.services.messaging.gateways.protocol import DOUBTFUL_ANSWER
from tests.portal.services.messaging.gateways import bounce_samples
from tests.portal.services.messaging.gateways.test_bounces import parse
from tests.portal.services.messaging.gateways.test_machine_answers import MORE_REFUSALS, REFUSALS

# As servers said them; a line that begins with blanks goes on with the one above.
OF_SERVERS = (
    """
550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your Internet service provider
  since part of their network is on our block list (S3140). You can also refer your provider to
  http://mail.live.com/mail/troubleshooting.aspx#errors. [AM7EUR03FT041.eop-EUR03.prod.protection.outlook.com]
550 5.7.606 Access denied, banned sending IP [192.0.2.1]. To request removal from this list please visit
  https://sender.office.com/ and follow the directions. For more information please go to
  http://go.microsoft.com/fwlink/?LinkID=526655 (AS16012609)
550 5.7.511 Access denied, banned sender[192.0.2.1]. To request removal from this list please forward this
  message to delist@messaging.microsoft.com. For more information please go to
  http://go.microsoft.com/fwlink/?LinkId=526653. AS(1410)
550 5.7.515 Access denied, sending domain ORNEK.COM.TR doesn't meet the required authentication level. The
  sender's domain in the 5322.From address doesn't meet the authentication requirements defined for the sender.
  To learn how to fix this see: https://go.microsoft.com/fwlink/p/?linkid=2319303 Spf= Fail , Dkim= Pass ,
  DMARC= Pass [DB1PEPF000509F0.eurprd03.prod.outlook.com 2025-05-06T10:11:12.123Z 08DD8C3A1B2C3D4E]
550 5.7.509 Access denied, sending domain ornek.com.tr does not pass DMARC verification and has a DMARC policy
  of reject.
550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP. For more information please
  go to http://go.microsoft.com/fwlink/?LinkId=526653
550 5.7.1 Service unavailable, Client host [192.0.2.1] blocked using Spamhaus. To request removal from this list
  see https://www.spamhaus.org/query/ip/192.0.2.1 (AS3130).
  [DB8EUR05FT030.eop-eur05.prod.protection.outlook.com]
550 5.7.350 Remote server returned message detected as spam -> 554 5.7.1 Message rejected as spam by Content
  Filtering.
550 5.7.23 The message was rejected because of Sender Policy Framework violation -> 550 5.7.1 SPF check failed
550 5.7.1 TRANSPORT.RULES.RejectMessage; the message was rejected by organization policy
550 5.7.1 RESOLVER.RST.AuthRequired; authentication required
550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required; Delivery restriction check
  failed because the sender was not authenticated when sending to this group
550 5.7.129 RESOLVER.RST.RestrictedToRecipientsPermission; not authorized to send to the recipient because the
  sender isn't on the recipient's list of senders to accept mail from
550 5.7.64 TenantAttribution; Relay Access Denied
550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain
550 5.7.1 Client does not have permissions to send as this sender
550 5.7.1 Unable to relay
550 5.7.1 Message rejected as spam by Content Filtering.
550-5.7.1 [192.0.2.1      19] Our system has detected that this message is 550-5.7.1 likely unsolicited mail. To
  reduce the amount of spam sent to Gmail, 550-5.7.1 this message has been blocked. Please visit 550-5.7.1
  https://support.google.com/mail/?p=UnsolicitedMessageError 550 5.7.1  for more information.
  ffacd0b85a97d-38f2598f9e8si5123.123 - gsmtp
550-5.7.1 [192.0.2.1] Our system has detected an unusual rate of unsolicited mail originating from your IP
  address. To protect our users from spam, mail sent from your IP address has been blocked. Please visit
  https://support.google.com/mail/?p=UnsolicitedIPError to review our Bulk Email Senders Guidelines. x1-20020a -
  gsmtp
550-5.7.1 [192.0.2.1 19] Our system has detected that this message is likely suspicious due to the very low
  reputation of the sending domain. To best protect our users from spam, the message has been blocked. Please
  visit https://support.google.com/mail/answer/188131 for more information.
550-5.7.26 This mail has been blocked because the sender is unauthenticated. Gmail requires all senders to
  authenticate with either SPF or DKIM. Authentication results: DKIM = did not pass SPF [ornek.com.tr] with ip:
  [192.0.2.1] = did not pass For instructions on setting up authentication, go to
  https://support.google.com/mail/answer/81126#authentication a640c23a62f3a-aa5f4de3bf2si1.1 - gsmtp
550-5.7.26 Unauthenticated email from ornek.com.tr is not accepted due to domain's DMARC policy. Please contact
  the administrator of ornek.com.tr domain if this was a legitimate mail. To learn about the DMARC initiative,
  go to https://support.google.com/mail/?p=DmarcRejection
550-5.7.25 [192.0.2.1] The IP address sending this message does not have a PTR record setup, or the
  corresponding forward DNS entry does not point to the sending IP. As a policy, Gmail does not accept messages
  from IPs with missing PTR records. For more information, go to
  https://support.google.com/mail/answer/81126#ip-practices
550-5.7.1 The user or domain that you are sending to (or from) has a policy that prohibited the mail that you
  sent. Please contact your domain administrator for further details. For more information, go to
  https://support.google.com/a/answer/172179
552-5.7.0 This message was blocked because its content presents a potential security issue. Please visit
  https://support.google.com/mail/?p=BlockedMessage to review our message content and attachment content
  guidelines.
550 5.7.0 Mail relay denied [192.0.2.1]. Invalid credentials for relay
554 5.7.9 Message not accepted for policy reasons. See https://postmaster.yahooinc.com/error-codes
553 5.7.1 [BL21] Connections will not be accepted from 192.0.2.1, because the ip is in Spamhaus's list; see
  https://postmaster.yahooinc.com/550-bl23.html
554 Message not allowed - [PH01] Email not accepted for policy reasons. Please visit
  https://postmaster.yahooinc.com/error-codes [120]
554 delivery error: dd This user doesn't have a yahoo.com account (ayse@yahoo.com) [0] -
  mta4055.mail.bf1.yahoo.com
554 5.7.1 [CS01] Message rejected due to local policy. Please visit https://support.apple.com/en-us/HT204137
550 5.7.1 Mail from IP 192.0.2.1 was rejected due to listing in Spamhaus PBL. For details please see
  http://www.spamhaus.org/query/bl?ip=192.0.2.1
554 5.7.1 [HM08] Message rejected due to local policy. Please visit https://support.apple.com/en-us/HT204137
554 5.7.1 Your message was rejected due to ornek.com.tr's DMARC policy. See
  https://support.apple.com/en-us/HT204137 for info
554 5.7.1 Message rejected under suspicion of SPAM; https://ya.cc/1IrBc 1448266542-mdVYqlQ4Nq
550 5.7.1 Policy rejection; https://yandex.com/support/mail/spam/sending-limits.html
550 5.7.1 No such user!
550 spam message rejected. Please visit http://help.mail.ru/notspam-support/id?c=abc or report details to
  abuse@corp.mail.ru. Error code: 5A1B. ID: 77.
550 5.7.1 This message was not accepted due to domain (ornek.com.tr) owner DMARC policy (RFC 7489)
  https://help.mail.ru/mail-help/postmaster/dmarc
550 5.7.0 Local Policy Violation
554 5.7.0 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.1
550 5.7.1 SPF unauthorized mail is prohibited.
550 csi.mimecast.org Poor Reputation Sender. - https://community.mimecast.com/docs/DOC-1369#550
  [vH7Ns8biNg-p6EfZ0QaVMQ.us149]
550 Administrative prohibition - envelope blocked - https://community.mimecast.com/docs/DOC-1369#550
  [z7qZw5BPd1zlDYHka4589ru.us222]
554 Email rejected due to security policies - https://community.mimecast.com/docs/DOC-1369#554
  [Kp3bTQz7OQ6xN9hQ.eu12]
550 permanent failure for one or more recipients (ayse@example.com:blocked)
554 Service unavailable; Client host [mta.example.com] blocked using Barracuda Reputation;
  http://www.barracudanetworks.com/reputation/?r=1&ip=192.0.2.1
554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org;
  https://www.spamhaus.org/query/ip/192.0.2.1
554 5.7.1 <ayse@example.com>: Relay access denied
554 5.7.1 <bilgi@ornek.com.tr>: Sender address rejected: Access denied
550 5.7.1 <ayse@example.com>: Recipient address rejected: Access denied
550 5.7.23 <ayse@example.com>: Recipient address rejected: Message rejected due to: SPF fail - not authorized.
  See http://www.openspf.net/Why
504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname
550 5.7.1 Client host rejected: cannot find your reverse hostname, [192.0.2.1]
554 5.7.1 <mx.ornek.com.tr[192.0.2.1]>: Client host rejected: Access denied
554 5.7.1 Spam message rejected
554 5.7.1 Message rejected: spam score 12.3 (required 5.0)
550 5.7.1 This message scored 9.1 spam points.
550 This message was classified as SPAM and may not be delivered
550 "The mail server detected your message as spam and has prevented delivery."
550-"JunkMail rejected - mx.ornek.com.tr [192.0.2.1]:39153 is in an RBL on rbl.example.net, see Poor Reputation
  Sender"
550 High probability of spam
550 Sender verify failed
550 relay not permitted
550-Verification failed for <bilgi@ornek.com.tr> 550-No Such User Here 550 Sender verify failed
550 Administrative prohibition
550 SPF: 192.0.2.1 is not allowed to send mail from ornek.com.tr. Please see http://www.openspf.org/Why
554 5.7.0 Reject, id=20025-09 - SPAM
550 5.7.1 Message content rejected, UBE, id=00000-22-225
554 5.7.1 Gtube pattern
550 5.7.1 <ayse@example.com>... Relaying denied. Proper authentication required.
550 5.7.1 <ayse@example.com>... Access denied
553 5.3.0 <ayse@example.com>... Mail from 192.0.2.1 rejected, see http://www.spamhaus.org/lookup/
553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)
554-Transaction failed 554-Reject due to policy restrictions. 554 For explanation visit
  https://postmaster.gmx.net/en/error-messages?ip=192.0.2.1&c=hi
550-Requested action not taken: mailbox unavailable 550 For explanation visit
  https://postmaster.web.de/en/error-messages?ip=192.0.2.1&c=rr
554 IP=192.0.2.1 - A problem occurred. (Ask your postmaster for help or to contact tosa@rx.t-online.de to
  clarify.) (BL)
550 #5.7.1 Your access to submit messages to this e-mail system has been rejected.
554-mx.example.com 554 Your access to this mail system has been rejected due to the sending MTA's poor
  reputation. If you believe that this failure is in error, please contact the intended recipient via alternate
  means.
553-Message filtered. Refer to the Troubleshooting page at http://www.symanteccloud.com/troubleshooting for more
  information. (#5.7.1)
501 Connection rejected by policy [7.7] 20805, please visit www.messagelabs.com/support for more details about
  this error message.
554 5.7.1 This message has been blocked because it contains FortiSpamURL blocked URL
554 5.7.1 Message cannot be accepted, spam filter rejection
550 Authentication is required for relay
554 Sending address not accepted due to spam filter
550 Delivery is not allowed to this address.
550 5.7.1 Requested action not taken: message refused
554 Denied by policy
552 5.7.0 Attachment type not allowed. File "a.zip" has unacceptable extension
550 5.7.1 Email rejected per SPF policy
550 5.7.1 Mesaj reddedildi
550 5.7.1 Reklam icerigi nedeniyle reddedildi
550 Kullanici bulunamadi
550 Kullanıcı bulunamadı
550 5.7.1 Bu mesaj spam olarak algilandi
550 User unknown
550 <ayse@example.com>: User unknown in virtual mailbox table
550 No such user here
550 5.7.1 Denied by policy - contact us at postmaster@example.com
554 5.7.7 Email policy violation detected
554 5.7.1 Rejected for policy reasons. RULE: 7a1
550 Message rejected due to content restrictions
550 5.7.1 Command rejected
571 Delivery not authorized, message refused
550 The mail server could not deliver mail to x@example.com.  The account or domain may not exist, they may be
  blacklisted, or missing the proper dns entries.
550 Domain example.com has exceeded the max emails per hour (150/150 (100%)) allowed.  Message discarded.
553 5.7.1 <bilgi@example.com>: Sender address rejected: not owned by user bilgi
550-Your message was classified as SPAM. Please add more content, cut down on HTML links, use fewer naughty words
550 Requested action not taken: mailbox unavailable invalid DNS MX or A/AAAA resource record (mx-gmx)
550 5.7.1 Your email was rejected because you are not permitted to send to this distribution group
550 5.7.1 You are not allowed to send mail to this list
550 Gunluk mail gonderim limitiniz dolmustur
550 Saatlik gönderim limitiniz aşıldı
550 Hesabınız askıya alınmıştır
550 Bu hesap kapatılmıştır
550 Böyle bir kullanıcı bulunmamaktadır
550 Alıcı adresi geçersiz
550 5.7.1 Utilisateur inconnu
Connection timed out
""".strip()
    .replace("\n  ", " ")
    .splitlines()
)
OF_PEOPLE = r"""
Lütfen beni listenizden çıkarın
Artık mesaj atmayın
Bir daha yazmayın
E-posta istemiyorum
Reklam göndermeyin
Bu adresi silin
Bu adrese mail atmayın
Kaydımı iptal edin
Abonelikten çıkar
Beni silin
Beni rahat bırakın
Bana mail atma
Mail atma
Mesaj atma
Yeter
İptal
Çıkar beni
Sil
Dur
Hayır
Hayır teşekkürler
Gerek yok
İlgilenmiyoruz
İstemem
Onay vermedim
İznim yok
Rızam yok
Spam gönderme
Spam atmayın
Reklam yapmayın
Sizi şikayet edeceğim
KVKK'ya şikayet ederim
İYS'den ret verdim
Ticari elektronik ileti almak istemiyorum
Mail listenizden çıkmak istiyorum
Listeden düşün
Adresimi silin lütfen
Rahatsız etmeyin
Mesajlarınız rahatsız ediyor
Engelledim sizi
Sizi engelledim
Sizinle işim yok
Üyeliğimi kapatın
Hesabımı silin
Böyle mailler göndermeyin
Bu mailler artık gelmesin
Mail gelmesin
Reklam mailiniz kabul edilmedi
Bu kutuya reklam girmez
Vazgeçtim
Beni arama, yazma
Please remove me
Remove me from your list
Take me off your mailing list
Unsubscribe
Unsubscribe me
Stop
Stop it
Stop sending me mail
Stop emailing
Please stop emailing this address
Do not send mail to this address
Do not contact this address again
Do not mail me
Don't send me messages
Don't write again
Never write to this address again
No thanks
No thank you
No spam please
No spam
No mail
No more messages
No more mail from your domain
No further messages to this address, please
I don't want this
I don't want your mail
I do not accept your messages
We do not want your mail
We don't accept marketing mail
We do not accept advertising
Go away
Leave me alone
Not interested
Opt out
Opt me out
Delete this address
Delete my address
Please delete
Unwanted mail
Unsolicited mail refused
Your mail is unwanted
Your messages are unwanted here
Your newsletter is not wanted
Cease and desist
Cease sending to this address
End all messages to this address
Quit sending
Lose this address
Forget this address
Your mail is junk
Get lost
This is spam, stop
Spammer
You are a spammer
You are blocked
I blocked you
I have blocked you
I reject this
I refuse this mail
I am refusing your mail
Blocked by user
Rejected by user
Rejected by the owner of this mailbox
User does not accept your messages
The recipient does not accept mail from your domain
My mailbox is not for advertising
I withdraw my consent
I object
Please respect my privacy
You have no permission to send to this address
You have no consent
Keine Werbung bitte
Bitte keine Mails mehr
Bitte keine E-Mails mehr senden
Bitte abmelden
Bitte austragen
Ich möchte keine E-Mails
Kein Interesse
Nehmen Sie mich aus dem Verteiler
Löschen Sie meine Daten
Unerwünscht
Nicht mehr schreiben
Lassen Sie mich in Ruhe
Ich widerspreche der Nutzung meiner Daten
Не пишите мне
Не присылайте больше
Отпишите меня
Удалите меня из рассылки
Отказ
Нет
Мне это не интересно
Прекратите рассылку
Больше не пишите
توقفوا عن مراسلتي
لا أريد رسائلكم
احذفوا بريدي
إلغاء الاشتراك
لا
أوقفوا الرسائل
Ne m'écrivez plus
Désabonnez-moi
No me escriban más
Non scrivetemi più
Geen reclame
RET
IPTAL
R E T
yazmayin2
atmayin.Lutfen
Biktim.Yeter.Silin
????? ?? ???? ?????
L?tfen yazmay?n
\320\275\320\265 \320\277\320\270\321\210\320\270\321\202\320\265
=D0=9D=D0=B5 =D0=BF=D0=B8=D1=88=D0=B8
=?UTF-8?Q?L=C3=BCtfen_yazmay=C4=B1n?=
L\303\274tfen yazmay\304\261n
beni_listeden_cikarin
No permission
Permission refused
No permission to mail this address
This address must not receive messages
Return to sender
Enough
Bye
Too much mail
Your mail is illegal
Not allowed to send mail to this address
It is not allowed to send mail to this address
You are not allowed to send mail to this address
Reported as spam
I do not read your mail
The sender is on the recipient's blocked senders list
Rejected by header based manually Blocked Senders
Wrong address
Not wanted
Block this sender
Deny
We refuse mail from your domain
Kindly refrain from mailing
Refrain from contacting
Cancel my subscription
Forget me
""".strip().splitlines()
ASCII = str.maketrans("çğıöşüÇĞİÖŞÜ", "cgiosuCGIOSU")
AROUND = [
    "550 5.7.1 {}", "550 {}", "554 5.7.1 Message rejected, {}", "550 5.7.0 Bounce, id=20025-09 - {}",
    "host mx.example.com[192.0.2.1] said: 550 5.7.1 <ayse@example.com>: {} (in reply to end of DATA command)",
]  # fmt: skip


def test_what_servers_say_in_their_own_words_waits_for_nobody():
    assert len(OF_SERVERS) > 60
    assert [each for each in OF_SERVERS if unfamiliar_answer(each)] == []


@pytest.mark.parametrize("around", AROUND)
def test_what_people_have_servers_say_waits_in_each_language(around):
    said = [*REFUSALS, *MORE_REFUSALS, *OF_PEOPLE]
    said += [each.translate(ASCII) for each in said]
    assert [each for each in said if not unfamiliar_answer(around.format(each))] == []


@pytest.mark.parametrize("status", ["5.1.1", "5.2.2", "5.4.4", "4.7.1"])
def test_a_status_that_tells_why_waits_for_nobody(status):
    assert unfamiliar_answer("550 Boyle biri yok burada", status) == ""
    assert unfamiliar_answer(f"550 {status} Boyle biri yok burada", "5.7.1") == ""


@pytest.mark.parametrize("status", ["5.7.1", "5.0.0", "5.2.0", ""])
def test_a_bounce_that_quotes_a_person_waits_beside_its_report(status):
    block = bounce_samples.block("failed", status, "smtp; 550 <ayse@example.com>: Mail atmayı kesin. (123-456)")
    told = parse(bounce_samples.dsn("MAILER-DAEMON@example.com", "It failed.", block))
    assert [each.state for each in told.reports] == ["failed"]
    assert [(each.source, each.word) for each in told.blocked] == [
        (DOUBTFUL_ANSWER, "smtp; < >: Mail atmayı kesin. ( )")
    ]


def test_a_bounce_without_a_form_and_one_without_a_field_wait_by_their_lines():
    text = (
        "Sorry, it failed.\n\n  ayse@example.com\n    SMTP error from remote mail server:\n    550 Mail atmayi kesin."
    )
    odd = bounce_samples.plain(
        "Mailer-Daemon@example.com", "Mail delivery failed", text, X_Failed_Recipients="a@b.example"
    )
    block = bounce_samples.block("failed", "5.7.1")
    for mail in (odd, bounce_samples.dsn("MAILER-DAEMON@x", "... said: 550 5.7.1\n  Mail atmayi kesin", block)):
        assert ["Mail atmayi kesin" in each.word for each in parse(mail).blocked] == [True]


def test_a_whole_answer_is_read_of_which_the_field_has_the_first_line():
    block = bounce_samples.block("failed", "5.7.1", "smtp; 550-5.7.1 Message rejected")
    text = ">>> DATA\n<<< 550-5.7.1 Message rejected\n<<< 550 5.7.1 Adresimi listeden kaldirin"
    assert len(parse(bounce_samples.dsn("MAILER-DAEMON@x", text, block)).blocked) == 1
