"""The verifier stands on its own and is short enough to be read in an afternoon."""

import ast
import sys
import tokenize
from pathlib import Path

import tallyverify

FOLDER = Path(tallyverify.__file__).parent
MOST = 800
"""Lines of code: without blank lines, comments and docstrings."""

LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def code_lines(path: Path) -> int:
    tree = ast.parse(path.read_bytes())
    words = [n for n in ast.walk(tree) if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)]
    docstrings = {line for node in words for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)}
    with tokenize.open(path) as stream:
        tokens = [token for token in tokenize.generate_tokens(stream.readline) if token.type not in LAYOUT]
    return len({line for token in tokens for line in range(token.start[0], token.end[0] + 1)} - docstrings)


def test_it_can_be_read_in_an_afternoon() -> None:
    assert sum(code_lines(path) for path in FOLDER.glob("**/*.py")) < MOST


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
