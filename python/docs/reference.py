"""Writes reference.md beside this file, of all docstrings that are public. `--check` compares and writes nothing."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

DOCS = Path(__file__).parent
PACKAGE = DOCS.parent / "mino"
# Headline, and a file or a package of which the names that it offers are meant.
PARTS = [
    ("mino", "_mino.pyi"),
    ("mino.workflow", "workflow.py"),
    ("mino.airflow", "airflow"),
    ("mino.dagster", "dagster"),
]


def public(folder: Path) -> set[str]:
    """The names that a package offers."""
    tree = ast.parse((folder / "__init__.py").read_text())
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    return {name for name in imported if name not in {"annotations", "import_module", "TYPE_CHECKING", "Any"}}


def signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """As it is written, without `self`."""
    arguments = ast.unparse(node.args)
    for own in ("self, ", "cls, ", "self", "cls"):
        arguments = arguments.removeprefix(own)
    gives = f" → {ast.unparse(node.returns)}" if node.returns and ast.unparse(node.returns) != "None" else ""
    return f"({arguments.removeprefix('/, ')}){gives}"


def described(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, depth: int) -> Iterator[str]:
    """A class with its public methods, or a function."""
    if isinstance(node, ast.ClassDef):
        made = next((item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == "__init__"), None)
        yield f"{'#' * depth} `{node.name}{signature(made).split(' → ')[0] if made else ''}`"
    else:
        yield f"{'#' * depth} `{node.name}{signature(node)}`"
    yield ast.get_docstring(node) or ""
    if isinstance(node, ast.ClassDef):
        for item in node.body:
            if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) and not item.name.startswith("_"):
                yield f"**`{item.name}{signature(item)}`** {ast.get_docstring(item) or ''}"


def rendered() -> str:
    """The whole reference, as Markdown."""
    lines = ["# Reference", "Made from the docstrings by `reference.py`."]
    for headline, place in PARTS:
        lines.append(f"## {headline}")
        path = PACKAGE / place
        files, names = ([path], None) if path.is_file() else (sorted(path.rglob("*.py")), public(path))
        for node in [node for file in files for node in ast.parse(file.read_text()).body]:
            if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if not node.name.startswith("_") and (names is None or node.name in names):
                lines += described(node, 3)
    return "\n\n".join(line for line in lines if line) + "\n"


if __name__ == "__main__":
    target = DOCS / "reference.md"
    if "--check" not in sys.argv:
        target.write_text(rendered())
    elif target.read_text() != rendered():
        sys.exit("python/docs/reference.md is not what the docstrings say: run python/docs/reference.py")
