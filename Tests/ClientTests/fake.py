"""The fake upstream as a test sees it: started, asked for its record, steered, ended."""

from __future__ import annotations

import base64
import json
import pathlib
import subprocess
import sys
import urllib.error
import urllib.request

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "FakeUpstream"


class Fake:
    """One running fake. Use as a context manager."""

    def __init__(self, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(FOLDER), *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        line = self._process.stdout.readline().split()
        assert line[:1] == ["listening"], "the fake upstream did not start"
        self.address = line[1]
        self.url = f"http://{self.address}"

    def __enter__(self) -> Fake:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait(timeout=10)

    def requests(self) -> list[dict]:
        """What it was asked, with `head` and `body` as bytes and `headers` as pairs of lower-case name and value."""
        found = self._call("GET", "requests")
        for request in found:
            request["head"] = base64.b64decode(request["head"])
            request["body"] = base64.b64decode(request["body"])
        return found

    def only_request(self) -> dict:
        """The one request since the last reset."""
        (request,) = self.requests()
        return request

    def counters(self) -> dict[str, int]:
        return self._call("GET", "counters")

    def violations(self) -> list[str]:
        return self._call("GET", "violations")

    def wait(self, seconds: float = 10, at_most: dict[str, int] | None = None, **at_least: int) -> dict[str, int]:
        """Waits until every number is in its bound; fails the test with the numbers when it does not come to that."""
        bounds = [f"{name}={bound}" for name, bound in at_least.items()]
        bounds += [f"at_most.{name}={bound}" for name, bound in (at_most or {}).items()]
        return self._call("GET", f"wait?seconds={seconds}&" + "&".join(bounds))

    def open_gate(self, name: str) -> None:
        self._call("POST", f"open?gate={name}")

    def reset(self) -> None:
        self._call("POST", "reset")

    def _call(self, method: str, action: str):
        request = urllib.request.Request(f"{self.url}/_fake/{action}", method=method)
        try:
            with urllib.request.urlopen(request, timeout=90) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as problem:
            raise AssertionError(f"fake upstream, {action}: {problem.code} {problem.read().decode()}") from None


def header(request: dict, name: str) -> str | None:
    """The first value of a recorded request's header."""
    return next((value for found, value in request["headers"] if found == name), None)


def ask(directive: str, words: str = "hello") -> list[dict]:
    """Messages whose prompt asks the fake for a situation; the same for both dialects."""
    return [{"role": "user", "content": f"{words} [[fake {directive}]]"}]
