"""What the documents point to exists."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import ROOT

TESTS = ROOT / "tests"
THREATS = (ROOT / "docs/threats.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::(\w+)`", THREATS)))


def functions(file: Path) -> set[str]:
    """The functions that a file defines."""
    return {node.name for node in ast.walk(ast.parse(file.read_bytes())) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(("file", "name"), NAMED, ids=["::".join(one) for one in NAMED])
def test_a_test_that_shows_a_control_exists(file: str, name: str) -> None:
    assert name.startswith("test_")
    assert name in functions(TESTS / file)


def test_every_threat_names_a_test() -> None:
    rows = [
        line for line in THREATS.splitlines() if line.startswith("| ") and not line.startswith(("| Threat", "| ---"))
    ]
    assert len(rows) > 20
    assert [row for row in rows if not re.search(r"\.py::test_\w+` *\|$", row)] == []


@pytest.mark.parametrize("document", sorted((ROOT / "docs").rglob("*.md")), ids=lambda path: path.stem)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8")):
        assert (document.parent / target).exists(), target


def test_the_example_of_the_python_interface_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rng, rows = np.random.default_rng(1), ["station_id,registered,ballots,valid,invalid,v_a,v_b"]
    for number in range(1, 301):
        registered, valid = 1000, int(rng.integers(500, 700))
        votes = int(rng.binomial(valid, 0.55))
        rows.append(f"P-{number},{registered},{valid},{valid},0,{votes},{valid - votes}")
    rows.append("P-301,100,200,200,0,150,50")
    (tmp_path / "stations.csv").write_text("\n".join(rows))
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/examine.md").read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(example, "docs/examine.md", "exec"), {})
    said = capsys.readouterr().out
    assert "More ballots than registered voters: stations 1, ballots beyond 100." in said
    assert "In question: 100 votes or ballots" in said
    assert re.search(r"^a -?\d", said, re.MULTILINE)
    assert re.search(r"^invented 0\.1 1\.0$", said, re.MULTILINE)
