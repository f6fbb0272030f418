"""What the documents promise holds: links lead somewhere, code runs, dependencies have reasons."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from pathlib import Path

import pytest

from dynamite_widget import samples

REPOSITORY = Path(__file__).resolve().parents[1]
DOCUMENTS = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_links_lead_to_files_that_exist(document: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", document.read_text())
    local = [link for link in links if not link.startswith("http")]
    assert [link for link in local if not (document.parent / link).exists()] == []


def test_the_code_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(samples.path("rocket.jpg"), tmp_path / "street.jpg")
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", (REPOSITORY / "README.md").read_text(), re.DOTALL)
    names: dict[str, object] = {}
    exec(code, names)
    names["w"].close()
    names["m"].close()
    assert names["s"].label_map[80, 120] == names["car"]


def test_every_dependency_is_named_with_its_reason() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    names = {re.split(r"[<>=!~ ;\[]", line)[0] for group in groups for line in group}
    names |= set(json.loads((REPOSITORY / "package.json").read_text())["devDependencies"])
    rows = re.findall(
        r"^\|(.+)\|", (REPOSITORY / "docs" / "dependencies.md").read_text(), re.MULTILINE
    )
    explained = {
        name.strip() for row in rows for cell in row.split("|") for name in cell.split(",")
    }
    assert names - explained == set()
