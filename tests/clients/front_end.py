"""A small front end, on the committed SDL, for the tools that front ends are made with."""

import shutil
from pathlib import Path
from subprocess import CompletedProcess

import graphql_schema
from tests.clients import node

SOURCE = Path(__file__).with_name("front_end")
SDL = Path(graphql_schema.__file__).with_name("schema.graphql")


class FrontEnd:
    """A copy of it in a folder of its own, because tools write beside what they read."""

    def __init__(self, parent: Path) -> None:
        self.folder = parent / SOURCE.name
        shutil.copytree(SOURCE, self.folder)
        shutil.copy(SDL, self.folder)
        (self.folder / "node_modules").symlink_to(node.PACKAGES)

    def replace(self, name: str, old: str, new: str) -> None:
        """Put another text where `old` stands first in that file; it must stand there."""
        file = self.folder / name
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new, 1))

    def files(self, pattern: str) -> set[str]:
        return {path.name for path in self.folder.glob(pattern)}

    def compile_relay(self) -> CompletedProcess[str]:
        return self._run("relay-compiler", "relay.config.json")

    def generate_types(self) -> CompletedProcess[str]:
        return self._run("graphql-codegen", "--config", "codegen.json")

    def check_types(self) -> CompletedProcess[str]:
        return self._run("tsc", "--noEmit", "--strict", "--project", "tsconfig.json")

    def lint_schema(self) -> CompletedProcess[str]:
        return self._run("eslint", "--format", "json", "schema.graphql")

    def _run(self, tool: str, *arguments: str) -> CompletedProcess[str]:
        return node.run_tool(tool, *arguments, folder=self.folder)
