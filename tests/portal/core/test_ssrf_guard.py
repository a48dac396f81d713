"""An address that leads into a private network is none of the public internet, in whichever notation it hides."""

import pytest

from portal.core.ssrf_guard import is_public


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1",
        "::", "fe80::1%eth0", "fd00::1", "fec0::1", "::ffff:127.0.0.1", "::127.0.0.1", "::ffff:0:10.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b:1::7f00:1", "2002:a00:1::1", "2001:0:7f00:1::", "ff02::1",
    ],
)  # fmt: skip
def test_an_address_that_leads_inside_is_not_public(text):
    assert not is_public(text)


@pytest.mark.parametrize("text", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"])
def test_an_address_of_the_internet_is_public(text):
    assert is_public(text)
