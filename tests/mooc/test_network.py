"""Where a request comes from, as the throttle counts it."""

import pytest
from django.test import RequestFactory

from mooc.lib.network import client_address, network_of


@pytest.mark.parametrize(
    ("seen", "address", "network"),
    [
        ("192.0.2.7", "192.0.2.7", "192.0.2.7"),
        ("2001:db8::7", "2001:db8::7", "2001:db8::/64"),
        # A server that listens on IPv6 sees every visitor of the old internet like this.
        ("::ffff:192.0.2.7", "192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::1%eth0", "fe80::/64"),
        ("192.0.2.7:4711", "", ""),
        ("unix:", "", ""),
        ("", "", ""),
    ],
)
def test_one_household_is_one_network(seen, address, network):
    request = RequestFactory().get("/", REMOTE_ADDR=seen)
    assert client_address(request) == address
    assert network_of(address) == network
