"""İzinlerim: what holds for one's own address, at every brand of this portal. A code to the address opens it.

Two doors: before the code anybody may come in and leaves no trace; after it a cookie of a quarter of an hour is the
key. Here one sees and refuses. Nobody grants: a grant is an answer to a firm's own question (KVKK 2025/1072).
"""
