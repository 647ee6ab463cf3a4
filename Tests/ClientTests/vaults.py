"""A tokend of a test's own, asked by weirctl."""

from __future__ import annotations

import json
import pathlib
import subprocess

import binaries
from binaries import Program

KEY = "0123456789abcdef0123456789abcdef"


def write(path: pathlib.Path, text: str) -> pathlib.Path:
    """A file that only its owner reads, as daemons want their secrets."""
    path.write_text(text)
    path.chmod(0o600)
    return path


class Vault:
    """tokend with the provider definitions of `connections`, which is YAML."""

    def __init__(self, folder: pathlib.Path, connections: str, keys: str = "encryption_key: {file: key}") -> None:
        self.folder, self.connections = folder, connections
        self.log = folder / "tokend.log"
        self.state = folder / "state"
        self.configuration = folder / "weir.yaml"
        write(folder / "key", KEY + "\n")
        self.configure(keys)
        self.start()

    def configure(self, keys: str) -> None:
        write(
            self.configuration,
            f"tokend:\n  socket: tokend.sock\n  state_directory: state\n  {keys}\n{self.connections}")

    def start(self, **environment: str) -> None:
        self.program = Program(
            "tokend", "--config", str(self.configuration), log=self.log, environment=environment)

    def kill(self) -> None:
        self.program.process.kill()
        self.program.process.wait()

    def end(self) -> int:
        return self.program.end()

    def try_ask(self, *words: str, stdin: str | None = None) -> subprocess.CompletedProcess:
        """A question, whatever its end."""
        command = [binaries.path("weirctl"), "--config", str(self.configuration), "--json", *words]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60)

    def ask(self, *words: str, stdin: str | None = None) -> list[dict]:
        answer = self.try_ask(*words, stdin=stdin)
        assert answer.returncode == 0, answer.stderr
        return [json.loads(line) for line in answer.stdout.splitlines()]

    def accounts(self) -> dict[str, dict]:
        """What is listed, by the name of the account."""
        return {row["account"].split("/")[2]: row for row in self.ask("connection", "list")}

    def stored(self) -> bytes:
        """Everything that lies in its state directory."""
        return b"".join(file.read_bytes() for file in sorted(self.state.rglob("*")) if file.is_file())
