"""The virtual environment in `.venv`: made and filled from the hash-locked requirements, only when they changed.

Standard library only: this runs before anything is installed.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
RUN_LOCK, TEST_LOCK = ROOT / "requirements.txt", ROOT / "requirements-dev.txt"


def install(*locks: Path) -> None:
    """Make `.venv` hold what `locks` name. Does nothing where they are as they were at the last time.

    Ends the program with a sentence where that is not possible.
    """
    if not PYTHON.exists():  # also where it is a link to a Python that the system has replaced
        say("Making the virtual environment .venv (once).")
        try:
            make_venv()
        except BaseException:  # half of one would be taken for a whole one at the next start
            shutil.rmtree(VENV, ignore_errors=True)
            raise
    for lock in locks:
        stamp = VENV / f".installed-{lock.name}"
        wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
        if stamp.exists() and stamp.read_text() == wanted:
            continue
        say(f"Installing {lock.name}.")
        uv = find_uv()
        installer = [uv, "pip", "install", "--python", PYTHON] if uv else [PYTHON, "-m", "pip", "install", "--no-deps"]
        call([*installer, "--quiet", "--require-hashes", "--requirement", lock])
        stamp.write_text(wanted)


def find_uv() -> str | None:
    """Return the uv on PATH, a faster pip, if it runs: version managers leave shims that only complain."""
    uv = shutil.which("uv")
    return uv if uv and subprocess.run([uv, "--version"], capture_output=True, check=False).returncode == 0 else None


def make_venv() -> None:
    """Make an empty `.venv` with this Python. It needs pip in it only where there is no uv."""
    shutil.rmtree(VENV, ignore_errors=True)
    uv = find_uv()
    if uv:
        call([uv, "venv", "--quiet", "--python", sys.executable, VENV])
    elif importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
        call([sys.executable, "-m", "venv", VENV])
    else:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        sys.exit(
            f"This Python lacks its venv part. On Debian and Ubuntu, install it with: apt install python{version}-venv"
        )


def call(command: list) -> None:
    """Run an installer; end the program with a sentence where it fails."""
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PIP_ROOT_USER_ACTION": "ignore"}
    try:
        ended = subprocess.run(command, env=os.environ | quiet, check=False).returncode
    except OSError as error:
        sys.exit(f"{command[0]} could not be started: {error.strerror}. Delete the folder .venv and try again.")
    if ended:
        sys.exit("The installation failed; the lines above say why. If it keeps failing, delete the folder .venv.")


def say(sentence: str) -> None:
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()
