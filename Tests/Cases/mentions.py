"""Which cases a test says it proves: by its name, by its argument's name, or in its own comments.

A comment counts that stands right above a Swift test or inside it; in Python the docstring and the comments inside. What
a file's header says counts for nothing: it does not tell which of the file's tests is meant.
"""

from __future__ import annotations

import ast
import pathlib
import re

LETTERS = "SXYTRCBO"
_IN_NAME = re.compile(rf"(?:^|_)([{LETTERS}{LETTERS.lower()}])_?(\d\d)(?=_|$)")
_IN_ARGUMENT = re.compile(rf'→ "?([{LETTERS}])-(\d\d)\b')
_IN_PARAMETER = re.compile(rf"(?:^|[-\[])([{LETTERS}{LETTERS.lower()}])-?(\d\d)(?=-|\]|$)")
_IN_TEXT = re.compile(rf"\b([{LETTERS}])-(\d\d)\b")
_RANGE = re.compile(rf"\b([{LETTERS}])-(\d\d) … \1-(\d\d)\b")


def in_name(name: str) -> set[str]:
    """`B24_everyRoute…`, `test_x12_x13_…`."""
    return _ids(_IN_NAME, re.sub(r"\W.*", "", name))


def in_arguments(text: str) -> set[str]:
    """Of a Swift test case: `fixture → X-07.openai-call-without-arguments`."""
    return _ids(_IN_ARGUMENT, text)


def in_parameters(text: str) -> set[str]:
    """Of a pytest case: `b19-cached-tokens-False-anthropic`."""
    return _ids(_IN_PARAMETER, text)


def in_text(text: str) -> set[str]:
    """`X-01, X-18` and `X-18 … X-23`."""
    found = _ids(_IN_TEXT, text)
    for letter, first, last in _RANGE.findall(text):
        found |= {f"{letter}-{number:02}" for number in range(int(first), int(last) + 1)}
    return found


def _ids(pattern: re.Pattern, text: str) -> set[str]:
    # Number 00 says that a test belongs to no case of its own.
    return {f"{letter.upper()}-{number}" for letter, number in pattern.findall(text) if number != "00"}


def of_swift(folder: pathlib.Path) -> dict[str, set[str]]:
    """What the comments above and inside each Swift test of a folder say, by the function's name."""
    found: dict[str, set[str]] = {}
    for path in folder.rglob("*.swift"):
        lines = path.read_text().split("\n")
        for index in (index for index, line in enumerate(lines) if line.lstrip().startswith("@Test")):
            text = "\n".join(lines[index : _end(lines, index)])
            if name := re.search(r"\bfunc (\w+)", text):
                comments = [line.partition("//")[2] for line in lines[_beginning(lines, index) : index]]
                comments += re.findall(r"(?:^|\s)//(.*)", text)
                found.setdefault(name[1], set()).update(in_text("\n".join(comments)))
    return found


def _beginning(lines: list[str], index: int) -> int:
    """The first line of the comment that ends right above this line."""
    while index > 0 and lines[index - 1].lstrip().startswith("//"):
        index -= 1
    return index


def _end(lines: list[str], index: int) -> int:
    """The line after the function that begins here; `swift format` puts its brace under its first letter."""
    brace = re.match(r" *", lines[index])[0] + "}"
    for end in range(index + 1, len(lines)):
        if lines[end - 1].rstrip() == brace or lines[end].lstrip().startswith("@Test"):
            return end
    return len(lines)


def of_python(path: pathlib.Path) -> dict[str, set[str]]:
    """What the docstring and the comments of each test of a file say, by the test's name."""
    lines = path.read_text().split("\n")
    found = {}
    for node in ast.walk(ast.parse("\n".join(lines))):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            comments = [text.partition("#")[2] for text in lines[node.lineno - 1 : node.end_lineno]]
            found[node.name] = in_text("\n".join([ast.get_docstring(node) or "", *comments]))
    return found
