import ast
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from app.cli import app
from app.cli.options import Exit
from app.domain.api_keys import find_prefix
from tests.commands import Place, Service

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
API = (ROOT / "docs" / "api.md").read_text()
PROMISES = README.partition("## What it promises")[2].partition("\n## ")[0]
COMMANDS = README.partition("## Commands")[2].partition("\n## ")[0]
NAMED_COMMANDS = re.findall(r"^\| `promograph ([a-z ]+)", COMMANDS, re.MULTILINE)
MAP = re.findall(r"^\| (`.*`) \|", README.partition("## Where")[2], re.MULTILINE)
PATH = re.compile(r"`((?:app|docs|tests|scripts|graphql_schema|workers)/[\w/.-]+)`")


def block(language: str) -> str:
    return blocks(README, language)[0]


def blocks(document: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", document, re.DOTALL)


def test_it_leads_with_the_two_commands() -> None:
    first = block("sh").splitlines()
    assert [line.split()[0] for line in first] == ["./scripts/run", "./scripts/test"]
    assert README.index("```sh") < 50


def test_documents_have_the_answers_that_are_shown(tmp_path: Path) -> None:
    with Place(tmp_path).serving("--demo") as service:
        read = ask(service, block("graphql"))
        mutation, making_a_key, redeeming = blocks(API, "graphql")
        written = [ask(service, mutation) for _ in range(2)]
        made = ask(service, making_a_key)["data"]["createApiKey"]
        redeemed = ask(service, redeeming, made["secret"])
    assert read == json.loads(block("json"))
    assert written == [json.loads(answer) for answer in blocks(API, "json")]
    assert made["userErrors"] == []
    assert [{"prefix": find_prefix(made["secret"])}] == made["apiKey"]["secrets"]["nodes"]
    told = redeemed["data"]["redeemCode"]
    assert ("errors" in redeemed, told["userErrors"], told["replayed"]) == (False, [], False)
    assert told["redemption"]["orderNumber"] == "SO-4711"


def ask(service: Service, query: str, key: str | None = None) -> Any:  # noqa: ANN401 - any JSON
    url = f"{service.url}/graphql"
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx.post(url, json={"query": query}, headers=headers, trust_env=False).json()


def test_each_promise_names_tests_that_exist() -> None:
    rows = [row for row in PROMISES.splitlines() if row.startswith("| ")][2:]
    assert len(rows) > 5
    for row in rows:
        proofs = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row)
        assert proofs, row
        for path, name in proofs:
            assert name in functions(ROOT / path), f"{path}::{name}"


def functions(path: Path) -> set[str]:
    return {
        node.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


@pytest.mark.parametrize(
    "command", re.findall(r"^\| `promograph ([a-z ]+)", COMMANDS, re.MULTILINE)
)
def test_each_command_exists_with_the_options_named(command: str) -> None:
    row = next(row for row in COMMANDS.splitlines() if row.startswith(f"| `promograph {command}"))
    told = CliRunner().invoke(app, [*command.split(), "--help"], env={"COLUMNS": "200"})

    assert told.exit_code == Exit.DONE
    for option in re.findall(r"--[a-z-]+", row):
        assert option in told.stdout


def test_every_command_is_named() -> None:
    top = {
        command.name or command.callback.__name__
        for command in app.registered_commands
        if command.callback
    }
    assert top <= {command.split()[0] for command in NAMED_COMMANDS}


def test_every_exit_code_is_explained() -> None:
    told = re.search(r"Exit codes: (.*?)\n\n", README, re.DOTALL)
    assert told is not None
    assert [int(code) for code in re.findall(r"\b\d+\b", told[1])] == sorted(Exit)


@pytest.mark.parametrize(
    "folder", re.findall(r"^\| (`.*`) \|", README.partition("## Where")[2], re.MULTILINE)
)
def test_every_folder_of_the_map_exists(folder: str) -> None:
    for path in re.findall(r"`([^`]+)`", folder):
        assert (ROOT / path).exists(), path


def test_every_link_between_documents_leads_somewhere() -> None:
    documents = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *ROOT.glob("docs/**/*.md")]
    for document in documents:
        for path in re.findall(
            r"`((?:app|docs|tests|scripts|graphql_schema|workers)/[\w/.-]+)`", document.read_text()
        ):
            assert (ROOT / path).exists(), f"{document.name}: {path}"
