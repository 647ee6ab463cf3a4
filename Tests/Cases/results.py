"""What ran, how it ended, and which cases it proves: from the log of `swift test` and pytest's JUnit file.

What began and did not end has failed, and a run without its end is told as such.
"""

from __future__ import annotations

import collections
import dataclasses
import pathlib
import re
import xml.etree.ElementTree

import mentions


@dataclasses.dataclass(frozen=True)
class Test:
    """One test with one set of arguments."""

    name: str
    cases: frozenset[str]
    passed: bool


@dataclasses.dataclass
class Run:
    """The tests of one run; `problem` when it did not come to its end."""

    tests: list[Test]
    problem: str | None = None


# The lines of Swift Testing. They name the function and not its suite: functions of one name are one test here, which has
# passed when all of them have. Arguments may hold line feeds; those of fixtures are names.
_NAME = r"(\w+\([\w:]*\))"
_STARTED = re.compile(rf"\bTest {_NAME} started\.$", re.MULTILINE)
_ENDED = re.compile(rf"\bTest {_NAME} (?:with \d+ test cases? )?(passed|failed) after ", re.MULTILINE)
_ARGUMENTS = re.compile(rf"\bTest case passing \d+ arguments? (.*) to {_NAME} started\.$", re.MULTILINE)
_ISSUE = re.compile(rf"\bTest {_NAME} recorded an issue (?:with \d+ arguments? (.*) )?at \w+\.swift:\d+", re.MULTILINE)
_RUN_ENDED = re.compile(r"\bTest run with \d+ tests? .*(?:passed|failed) after ")


def of_swift(log: pathlib.Path, sources: pathlib.Path) -> Run:
    """What `swift test` printed about the tests whose sources are in a folder."""
    if not log.exists():
        return Run([], f"{log} is not there: the Swift tests did not run")
    text = log.read_text(errors="replace")
    arguments, blamed = collections.defaultdict(list), collections.defaultdict(list)
    for found, name in _ARGUMENTS.findall(text):
        arguments[name].append(found)
    for name, found in _ISSUE.findall(text):
        blamed[name].append(found)
    ends = collections.defaultdict(list)
    for name, end in _ENDED.findall(text):
        ends[name].append(end)
    comments = mentions.of_swift(sources)
    tests = []
    for name, starts in collections.Counter(_STARTED.findall(text)).items():
        about = mentions.in_name(name) | comments.get(name.partition("(")[0], set())
        failed = set() if ends[name] == ["passed"] * starts else set(blamed[name]) or {""}
        # An issue that no arguments are blamed for is one of the whole test.
        failed = set(arguments[name]) | {""} if failed - set(arguments[name]) else failed
        for found in arguments[name] or [""]:
            cases = frozenset(about | mentions.in_arguments(found))
            tests.append(Test(f"{name} {found}".rstrip(), cases, found not in failed))
    return Run(tests, None if _RUN_ENDED.search(text) else f"{log}: the Swift tests did not come to their end")


def of_clients(junit: pathlib.Path, sources: pathlib.Path) -> Run:
    """What `pytest --junitxml` wrote about the tests whose sources are in a folder."""
    if not junit.exists():
        return Run([], f"{junit} is not there: the client tests did not run")
    try:
        root = xml.etree.ElementTree.fromstring(junit.read_text(errors="replace"))
    except xml.etree.ElementTree.ParseError as problem:
        return Run([], f"{junit}: {problem}")
    comments = {path.stem: mentions.of_python(path) for path in sources.rglob("test_*.py")}
    return Run([_of_element(found, comments) for found in root.iter("testcase") if found.find("skipped") is None])


def _of_element(element: xml.etree.ElementTree.Element, comments: dict[str, dict[str, set[str]]]) -> Test:
    name, _, parameters = element.get("name").partition("[")
    module = element.get("classname").rpartition(".")[2]
    about = comments.get(module, {}).get(name, set())
    cases = mentions.in_name(name.removeprefix("test_")) | mentions.in_parameters(parameters) | about
    passed = element.find("failure") is None and element.find("error") is None
    return Test(f"{module}.{element.get('name')}", frozenset(cases), passed)
