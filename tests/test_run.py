"""`./run` and `./test`: what they read, when they install, and how they start and stop two programs together."""

import hashlib
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from scripts import dotenv, start, venv

ROOT = Path(__file__).parent.parent
SERVER = """
import http.server, sys
class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Quiet).serve_forever()
"""
SITE = """
import sys
from scripts import start
port = int(sys.argv[1])
commands = {"The web server": [sys.executable, "-c", sys.argv[2], str(port)],
            "The worker": [sys.executable, "-c", sys.argv[3]]}
sys.exit(start.keep_running(commands, None, port))
"""
SLEEPER = "import time; time.sleep(60)"


def test_an_env_file(tmp_path):
    path = tmp_path / ".env"
    path.write_text(
        "\ufeff# ours\n\nMOOC_TITLE=Bread and water  # what learners see\nexport PORT = 8001\n"
        "A='x # y'\nB=\"\"\nC=a#b\nD=\nE=# nothing\nF=postgres://u:p@h/db?x=1\n",
        encoding="utf-8",
    )
    assert dotenv.read_env(path) == {
        "MOOC_TITLE": "Bread and water", "PORT": "8001", "A": "x # y", "B": "", "C": "a#b", "D": "", "E": "",
        "F": "postgres://u:p@h/db?x=1",
    }  # fmt: skip


def test_no_env_file_is_no_settings(tmp_path):
    assert dotenv.read_env(tmp_path / ".env") == {}


def test_a_line_that_is_no_setting_is_named_without_its_text(tmp_path):
    (tmp_path / ".env").write_text("A=1\nmy secret\n")
    with pytest.raises(SystemExit, match=r"^Line 2 of \.env cannot be read"):
        dotenv.read_env(tmp_path / ".env")


def test_the_environment_wins_over_the_file_and_both_over_our_defaults(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("MOOC_TITLE=File\nPORT=8001\nDEBUG=false\n")
    monkeypatch.setattr(start, "ROOT", tmp_path)
    monkeypatch.setenv("MOOC_TITLE", "Environment")
    for name in ("DEBUG", "PORT", "MOOC_DOMAIN"):
        monkeypatch.delenv(name, raising=False)
    made = start.site_environment()
    assert {name: made[name] for name in ("MOOC_TITLE", "DEBUG", "MOOC_DOMAIN")} == {
        "MOOC_TITLE": "Environment", "DEBUG": "false", "MOOC_DOMAIN": "127.0.0.1:8001",
    }  # fmt: skip


def test_a_taken_port_is_a_sentence():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(SystemExit, match=f"Port {port} cannot be used: .*PORT=8080 ./run"):
            start.free_port(str(port))
    assert start.free_port(str(port)) == port


@pytest.mark.parametrize("text", ["", "http", "0", "70000", "-1", "²"])
def test_a_port_that_is_none_is_a_sentence(text):
    with pytest.raises(SystemExit, match=r"^PORT is .*Write a number from 1 to 65535\.$"):
        start.free_port(text)


@pytest.fixture
def house(tmp_path, monkeypatch):
    """An installed `.venv`, as far as the stamps say; what would be called is kept in the list returned."""
    called = []
    python, lock = tmp_path / "python", tmp_path / "requirements.txt"
    python.touch()
    lock.write_text("django==5.2")
    monkeypatch.setattr(venv, "VENV", tmp_path)
    monkeypatch.setattr(venv, "PYTHON", python)
    monkeypatch.setattr(venv, "call", called.append)
    monkeypatch.setattr(venv, "find_uv", lambda: None)
    return lock, called


def test_it_installs_only_when_the_lock_has_changed(house):
    lock, called = house
    venv.install(lock)
    venv.install(lock)
    assert len(called) == 1
    assert called[0][-3:] == ["--require-hashes", "--requirement", lock]
    lock.write_text("django==5.2.1")
    venv.install(lock)
    assert len(called) == 2
    assert (lock.parent / ".installed-requirements.txt").read_text() == hashlib.sha256(lock.read_bytes()).hexdigest()


def test_an_installation_that_failed_is_tried_again(house, monkeypatch):
    lock, called = house
    monkeypatch.setattr(venv, "call", lambda _command: sys.exit("The installation failed."))
    with pytest.raises(SystemExit):
        venv.install(lock)
    monkeypatch.setattr(venv, "call", called.append)
    venv.install(lock)
    assert len(called) == 1


def test_half_a_venv_is_not_kept(house, monkeypatch):
    lock, _called = house
    monkeypatch.setattr(venv, "VENV", lock.parent / "venv")
    monkeypatch.setattr(venv, "PYTHON", lock.parent / "venv" / "python")

    def make_half():
        venv.VENV.mkdir()
        venv.PYTHON.touch()
        raise start.Stop

    monkeypatch.setattr(venv, "make_venv", make_half)
    with pytest.raises(start.Stop):
        venv.install(lock)
    assert not venv.VENV.exists()


def test_debian_without_its_venv_part_is_told_the_package(house, monkeypatch):
    lock, _called = house
    venv.PYTHON.unlink()
    monkeypatch.setattr(venv.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(SystemExit, match=r"apt install python3\.\d+-venv$"):
        venv.install(lock)


def test_an_installer_that_fails_ends_in_a_sentence(tmp_path):
    with pytest.raises(SystemExit, match="The installation failed"):
        venv.call([sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(SystemExit, match="could not be started"):
        venv.call([tmp_path / "missing"])


@pytest.mark.parametrize("script", ["run", "test"])
def test_an_older_python_is_told_so(script):
    code = f"import sys; sys.version_info = (3, 9, 2); exec(open({script!r}).read())"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr == f"This needs Python 3.11 or newer, and this is Python 3.9. Try: python3.11 {script}\n"


@pytest.mark.parametrize("script", ["run", "test"])
def test_help(script):
    ended = subprocess.run([ROOT / script, "--help"], capture_output=True, text=True, check=False)
    assert ended.returncode == 0
    assert ended.stdout.startswith(f"usage: ./{script} ")


def start_site(web: str, worker: str) -> tuple[subprocess.Popen, int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    command = [sys.executable, "-c", SITE, str(port), web, worker]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True), port


def nobody_listens(port: int) -> bool:
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize("ask", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_both_stop_together_quickly_and_quietly(ask):
    site, port = start_site(SERVER, SLEEPER)
    assert any("The site runs" in line for line in iter(site.stdout.readline, ""))
    assert urllib.request.urlopen(f"http://127.0.0.1:{port}/").status == 200
    began = time.monotonic()
    site.send_signal(ask)
    said, _nothing = site.communicate(timeout=10)
    assert site.returncode == 0
    assert time.monotonic() - began < 2
    assert "Traceback" not in said
    assert nobody_listens(port)


def test_one_that_does_not_listen_is_made_to_stop(monkeypatch):
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    child = subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE, start_new_session=True)
    child.stdout.readline()
    monkeypatch.setattr(start, "STOP_SECONDS", 0.1)
    start.end([child])
    child.stdout.close()
    assert child.returncode == -signal.SIGKILL


@pytest.mark.parametrize(("web", "worker", "name"), [(SERVER, "raise SystemExit(7)", "worker"), ("1", SLEEPER, "web")])
def test_when_one_dies_the_other_is_stopped_and_the_exit_code_says_so(web, worker, name):
    site, port = start_site(web, worker)
    said, _nothing = site.communicate(timeout=10)
    assert site.returncode == 1
    assert f"The {name}" in said
    assert "has ended with exit code" in said
    assert nobody_listens(port)
