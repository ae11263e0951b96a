"""Where a request comes from."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Return the visitor's network address as text, or "" where there is none that can be read.

    Only the last `TRUSTED_PROXIES` entries of X-Forwarded-For were written by proxies we know; anything further
    left is the visitor's own claim.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
        if len(hops) >= settings.TRUSTED_PROXIES:
            address = hops[-settings.TRUSTED_PROXIES]
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    # A server that listens on IPv6 sees IPv4 visitors as ::ffff:192.0.2.7, which would all be one network.
    return str(getattr(found, "ipv4_mapped", None) or found)


def network_of(address: str) -> str:
    """Return what one household or office shares: the IPv4 address itself, the /64 network of an IPv6 one."""
    if ":" not in address:
        return address
    return str(ipaddress.ip_network(f"{address}/64", strict=False))
