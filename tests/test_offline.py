"""The guard of tests/offline.py, tried on tests that reach for the network."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.offline import is_here

pytestmark = pytest.mark.any_database

ROOT = Path(__file__).parent.parent
REACHES = {
    "192.0.2.1 port 80": "socket.create_connection(('192.0.2.1', 80), timeout=1)",
    "2001:db8::1 port 443": "socket.socket(socket.AF_INET6).connect(('2001:db8::1', 443))",
    "192.0.2.1 port 53": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
    "the look-up of example.org": "socket.getaddrinfo('example.org', 443)",
    "the look-up of 192.0.2.7": "socket.gethostbyaddr('192.0.2.7')",
    "the look-up of www.example.org": "import requests; requests.get('https://www.example.org/', timeout=1)",
}


def run_pytest(folder: Path, body: str) -> str:
    test = folder / "test_reaching.py"
    test.write_text(f"import socket\n\ndef test_it():\n    {body}\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.offline", "-c", "/dev/null", "--rootdir", folder, test]
    ran = subprocess.run([*command, "-p", "no:django"], cwd=ROOT, capture_output=True, text=True, check=False)
    return ran.stdout + ran.stderr


def test_each_way_out_fails_with_the_address_it_tried(tmp_path):
    body = "import pytest\n    " + "\n    ".join(
        f"with pytest.raises(BaseException, match={target!r}): {reach}" for target, reach in REACHES.items()
    )
    said = run_pytest(tmp_path, body)
    assert "1 failed" in said
    assert f"A test tried to use the network: {', '.join(REACHES)}." in said


def test_code_that_swallows_the_refusal_still_fails_the_test(tmp_path):
    said = run_pytest(
        tmp_path, "try: socket.create_connection(('192.0.2.1', 80), timeout=1)\n    except BaseException: pass"
    )
    assert "1 failed" in said
    assert "A test tried to use the network: 192.0.2.1 port 80." in said


def test_this_machine_may_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass
    assert socket.getaddrinfo("localhost", 80)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "", None, b"127.0.0.1"])
def test_names_of_this_machine(host):
    assert is_here(host)


@pytest.mark.parametrize("host", ["10.0.0.1", "fe80::1%eth0", "localhost.example.org", "2130706433"])
def test_names_of_other_machines(host):
    assert not is_here(host)
