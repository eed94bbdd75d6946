"""`./run`: which command needs what, and what the stamp of an earlier set-up says about the work to do."""

import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]


def load_run() -> ModuleType:
    """The script as a module; it has no suffix, so the loader is named."""
    loader = SourceFileLoader("tallyroom_run", str(ROOT / "run"))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


run: Any = load_run()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A project with requirement files and an environment whose interpreter is this one."""
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "run.txt").write_text("msgspec==0.22.0\n")
    (tmp_path / "requirements" / "dev.txt").write_text("msgspec==0.22.0\npytest==9.2.0\n")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    return tmp_path


@pytest.mark.parametrize("command", ["demo", "tallyroom", "tallyverify"])
def test_the_programs_need_few_packages(command: str) -> None:
    assert run.requirements_of(command) == "run"


BY_FILE = ("--numprocesses=auto", "--dist=loadfile")
"""The tests of a file run in one process, in order; the files on all cores."""


@pytest.mark.parametrize("command", ["test", "check", "python", "pytest"])
def test_other_commands_need_the_test_tools_too(command: str) -> None:
    assert run.requirements_of(command) == "dev"


def test_demo_is_the_night_of_azerbaijan() -> None:
    night = ["tallyroom", "rehearse", "azerbaijan-2024"]
    shown = [*night, "--speed", "1500", "--serve"]
    assert run.commands("demo", []) == [shown]
    assert run.commands("demo", ["--port", "8001"]) == [[*shown, "--port", "8001"]]
    assert run.commands("demo", ["--out", "x", "--once"]) == [[*night, "--once", "--out", "x"]]


def test_other_commands_keep_their_arguments() -> None:
    assert run.commands("test", ["-k", "proof"]) == [["pytest", *BY_FILE, "-k", "proof"]]
    assert run.commands("check", []) == [["ruff", "check"], ["mypy"]]
    assert run.commands("python", ["-V"]) == [["python", "-V"]]


def test_missing_packages_are_named_as_debian_names_them() -> None:
    assert run.missing_packages("test", {"node": "/usr/bin/node"}.get) == ["chromium"]
    assert run.missing_packages("test", lambda _: None) == ["chromium", "nodejs"]
    assert run.missing_packages("demo", lambda _: None) == []


def test_an_ordinary_user_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run.os, "geteuid", lambda: 1000)
    with pytest.raises(run.SetupError, match=r"missing: chromium\. .* apt-get install .* chromium$"):
        run.install_packages(["chromium"])


@pytest.mark.parametrize("text", ["", "{", '{"requirements": "ru'])
def test_a_stamp_cut_short_is_no_stamp(tmp_path: Path, text: str) -> None:
    (tmp_path / "stamp").write_text(text)
    assert run.read_stamp(tmp_path / "stamp") == {}


def test_without_a_stamp_the_environment_is_rebuilt(tree: Path) -> None:
    assert run.read_stamp(tree / ".venv" / "stamp") == {}
    assert run.set_up_to_do({}, "run", tree) == ("rebuild", "run")


@pytest.mark.parametrize(
    ("installed", "needed", "step", "requirements"),
    [
        ("run", "run", "none", "run"),
        ("run", "dev", "install", "dev"),
        ("dev", "dev", "none", "dev"),
        ("dev", "run", "none", "dev"),
    ],
)
def test_a_finished_set_up_serves_or_is_added_to(
    tree: Path, installed: str, needed: str, step: str, requirements: str
) -> None:
    assert run.set_up_to_do(run.stamp(installed, tree), needed, tree) == (step, requirements)


@pytest.mark.parametrize("changed", ["pyproject.toml", "requirements/dev.txt"])
def test_a_changed_requirement_is_installed(tree: Path, changed: str) -> None:
    found = run.stamp("dev", tree)
    with open(tree / changed, "a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert run.set_up_to_do(found, "run", tree) == ("install", "dev")


@pytest.mark.parametrize("key", ["root", "python"])
def test_a_moved_environment_is_rebuilt(tree: Path, key: str) -> None:
    assert run.set_up_to_do(run.stamp("run", tree) | {key: "/elsewhere"}, "run", tree) == ("rebuild", "run")


def test_an_environment_whose_python_is_gone_is_rebuilt(tree: Path) -> None:
    python = tree / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to(tree / "gone")
    assert run.set_up_to_do(run.stamp("run", tree), "run", tree) == ("rebuild", "run")


def test_help_needs_no_set_up_and_no_command_is_an_error() -> None:
    command = [sys.executable, str(ROOT / "run")]
    asked = subprocess.run([*command, "--help"], capture_output=True, text=True, check=False)
    assert (asked.returncode, asked.stdout, asked.stderr) == (0, run.__doc__, "")
    bare = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (bare.returncode, bare.stdout, bare.stderr) == (2, "", run.__doc__)
