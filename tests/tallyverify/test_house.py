"""The verifier stands on its own and is short enough to be read in an afternoon."""

import ast
import sys
from pathlib import Path

import tallyverify

FOLDER = Path(tallyverify.__file__).parent
MOST = 958
"""Lines of all files, with docstrings and blank lines.  The aim is 600; the number may only fall."""


def test_it_can_be_read_in_an_afternoon() -> None:
    files = [path for path in FOLDER.glob("**/*") if path.is_file() and "__pycache__" not in path.parts]
    assert sum(path.read_bytes().count(b"\n") for path in files) < MOST


def test_it_imports_the_standard_library_and_cryptography_alone() -> None:
    imported = set()
    for path in FOLDER.glob("**/*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add((node.module or "").partition(".")[0])
    assert imported <= {*sys.stdlib_module_names, "cryptography", "tallyverify"}
    assert "cryptography" in imported
