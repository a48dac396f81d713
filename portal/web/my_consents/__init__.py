"""İzinlerim: the consents of one's own address at every brand of this portal, after a code sent to the address.

Two blueprints: the pages before the code set no cookie; those behind it need the session cookie of 15 minutes. One
sees and refuses here. Nobody grants: a grant is an answer to a firm's own question (KVKK 2025/1072).
"""
