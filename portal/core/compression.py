"""Raw deflate with a dictionary of what sealed values repeat: İYS's answers, payloads, browsers."""

import zlib

# What is stored needs it for ever: it never changes. What occurs most often stands last.
DICTIONARY = (
    b"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
    b"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 "
    b"Safari/537.36 Edg/140.0.0.0 Instagram FBAN/FBIOS;FBAV/GSA/"
    b'{"ip": "2a02:", "user_agent": "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) '
    b'SamsungBrowser/28.0 Chrome/140.0.0.0 Mobile Safari/537.36"}{"ip": "88.2", "user_agent": "Mozilla/5.0 (iPhone; '
    b"CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 "
    b'Safari/604.1"}'
    b'{"requestId":"","list":["{"originalRequestInformation":{"requestId":"","message":"{"code": "H174", "message": "'
    b'{"errors":[{"index":0,"code":"H178","value":"","location":["{"index": 1, "status": "failure", "subRequestId": "'
    b'", "error": {"code": "H1", "message": "'
    b',"retailerCode":,"retailerAccess":["recipientType":"TACIR","source":"HS_FIZIKSEL_ORTAM","source":"HS_KARAR",'
    b'"source":"HS_ETKINLIK","source":"HS_2015","source":"HS_CAGRI_MERKEZI","source":"HS_MESAJ","source":"HS_EPOSTA"'
    b'{"recipient":"@hotmail.com","type":"EPOSTA",{"recipient":"@gmail.com","type":"EPOSTA","source":"HS_WEB","status":'
    b'"RET","consentDate":"2026-{"recipient":"+905","type":"ARAMA","source":"HS_WEB","status":"ONAY","consentDate":"'
    b'2027-01-{"recipient":"+9053","type":"MESAJ","source":"HS_WEB","status":"ONAY","consentDate":"2026-12-'
    b' 00:00:00","recipientType":"BIREYSEL"}'
    b'{"index": 10, "status": "success", "subRequestId": "", "transactionId": "", "creationDate": "2026-12-'
    b'{"transactionId":"","creationDate":"2027-01-"}'
)
WINDOW_BITS = -12  # Raw, and a window of 4 kB: more than the dictionary and what is usually compressed.
MEMORY = 5  # Of zlib's levels: a few kB, since memory is set up for each value.
PREPARED = zlib.compressobj(9, zlib.DEFLATED, WINDOW_BITS, MEMORY, zlib.Z_DEFAULT_STRATEGY, DICTIONARY)


def deflate(body: bytes) -> bytes:
    packer = PREPARED.copy()
    return packer.compress(body) + packer.flush()


def inflate(deflated: bytes) -> bytes:
    """Undo `deflate`. Raises zlib.error."""
    return zlib.decompressobj(WINDOW_BITS, DICTIONARY).decompress(deflated)
