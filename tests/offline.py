"""A pytest plugin: a test that reaches for the network fails with the address it tried.

Sockets of this machine (Unix sockets, 127.0.0.0/8, ::1, localhost) stay open. The attempt is stopped by an exception
that no `except Exception` swallows, and remembered besides: the test fails even where the code survives it.
"""

import ipaddress
import socket
import sys
from collections.abc import Generator

import pytest

HERE = {"", "localhost", "localhost.localdomain"}
LOOK_UPS = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
SENDING = {"socket.connect", "socket.sendto", "socket.sendmsg"}
attempts: list[str] = []


class NetworkUsed(pytest.fail.Exception):
    """A test tried to leave this machine."""


def is_here(host: str | bytes | None) -> bool:
    """Say whether `host`, a name or an address, is this machine itself."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host or ""
    address = numeric(name)
    return address.is_loopback or address.is_unspecified if address else name.lower() in HERE


def numeric(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address that `name` spells in digits; None for a name that has to be looked up."""
    try:
        return ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return None


def guard(event: str, args: tuple) -> None:
    """Refuse what leaves this machine. Called by Python itself before it acts (see "Audit events" in its manual)."""
    if event in LOOK_UPS and not is_here(args[0]):
        # Digits are only taken apart, without asking anybody; the way back, to a name, does ask.
        if event == "socket.gethostbyaddr" or not numeric(str(args[0])):
            refuse(f"the look-up of {args[0]}")
    elif event in SENDING and args[0].family in {socket.AF_INET, socket.AF_INET6}:
        address = args[1]
        if address is not None and not is_here(address[0]):
            refuse(f"{address[0]} port {address[1]}")


def refuse(target: str) -> None:
    attempts.append(target)
    raise NetworkUsed(f"A test tried to use the network: {target}.")


def watched() -> Generator[None, object, object]:
    """Let a step of a test run; fail it if it tried to use the network and went on."""
    attempts.clear()
    result = yield
    if attempts:
        raise NetworkUsed(f"A test tried to use the network: {', '.join(attempts)}.")
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None, object, object]:
    return (yield from watched())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, object, object]:
    return (yield from watched())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None, object, object]:
    return (yield from watched())


sys.addaudithook(guard)
