"""Who may import whom: the contracts in pyproject.toml, and proof that they notice a wrong import."""

import shutil
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

pytestmark = pytest.mark.any_database

ROOT = Path(__file__).parent.parent
ROOMS = ["mooc", "mailing", "groups", "signup", "sequence", "dashboard_import"]
WRONG = {
    "sequence imports signup": ("sequence/models.py", "import signup.models"),
    "signup imports mailing": ("signup/views.py", "import mailing.models"),
    "mailing imports mooc": ("mailing/views.py", "import mooc.urls"),
    "dashboard_import imports signup": ("dashboard_import/models.py", "import signup.models"),
    "signup imports dashboard_import": ("signup/models.py", "import dashboard_import.models"),
    "mooc.lib imports sequence": ("mooc/lib/zones.py", "import sequence.models"),
    "models import views": ("groups/models.py", "import groups.views"),
}
RIGHT = [
    ("mooc/urls.py", "import dashboard_import.models, mailing.views"),
    ("mailing/views.py", "import mailing.models, sequence.models"),
    ("signup/models.py", "import sequence.models, mooc.lib.zones"),
]


def check_contracts(folder: Path) -> subprocess.CompletedProcess[str]:
    code = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def toy(tmp_path) -> Path:
    """Rooms of the same names with nothing in them but right imports, under our contracts."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for room in [*ROOMS, "mooc/lib"]:
        for name in ["__init__.py", "models.py", "views.py", "urls.py", "zones.py"]:
            (tmp_path / room).mkdir(parents=True, exist_ok=True)
            (tmp_path / room / name).touch()
    for path, line in RIGHT:
        (tmp_path / path).write_text(line)
    return tmp_path


def test_the_house_keeps_its_contracts():
    checked = check_contracts(ROOT)
    assert checked.returncode == 0, checked.stdout


def test_right_imports_pass(toy):
    checked = check_contracts(toy)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_import_is_noticed(toy, case):
    path, line = WRONG[case]
    (toy / path).write_text(line)
    checked = check_contracts(toy)
    assert checked.returncode == 1
    assert "BROKEN" in checked.stdout


def test_the_leaf_imports_nothing_of_ours_but_itself():
    graph = grimp.build_graph("mooc", cache_dir=None)
    leaf = {module for module in graph.modules if f"{module}.".startswith("mooc.lib.")}
    assert leaf
    for module in leaf:
        assert graph.find_modules_directly_imported_by(module) <= leaf, module
