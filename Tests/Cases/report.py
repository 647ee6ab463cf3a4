#!/usr/bin/env python3
"""Lists every case of cases.md with how many tests prove it, and fails when one is not proven.

    Tests/Cases/report.py .build/swift-test.log .build/client-test.xml

A case is proven when at least one test names it and every test that names it has passed. One that is marked "not yet" may
be without. A test that names a case which is not listed fails the report as well: it is misspelt.
"""

from __future__ import annotations

import collections
import dataclasses
import pathlib
import re
import sys

import results

FOLDER = pathlib.Path(__file__).resolve().parent
# So many failing tests of a case are named.
NAMED = 5


@dataclasses.dataclass(frozen=True)
class Case:
    id: str
    text: str
    where: str


def listed(text: str) -> list[Case]:
    """The cases of a page: the rows of its tables that begin with an id."""
    cases = [Case(*found) for found in re.findall(r"^\| ([A-Z]-\d\d) \| (.+?) \| (.+?) \|$", text, re.MULTILINE)]
    twice = [id for id, count in collections.Counter(case.id for case in cases).items() if count > 1]
    assert cases and not twice, f"cases.md lists cases, each once; twice: {twice}"
    return cases


def verdict(case: Case, tests: list[results.Test]) -> str:
    if not all(test.passed for test in tests):
        return "FAIL"
    return "pass" if tests else "not yet" if case.where == "not yet" else "NO TEST"


def report(cases: list[Case], tests: list[results.Test]) -> tuple[list[str], list[str]]:
    """The lines to print, and what is wrong."""
    proofs = collections.defaultdict(list)
    for test in tests:
        for id in test.cases:
            proofs[id].append(test)
    lines, wrong, verdicts = [], [], collections.Counter()
    for case in cases:
        named = proofs.pop(case.id, [])
        word = verdict(case, named)
        verdicts[word] += 1
        lines.append(f"{case.id}  {word:<7} {len(named):>5}  {case.text}")
        lines += [f"         by {test.name}" for test in [test for test in named if not test.passed][:NAMED]]
        if word in ("FAIL", "NO TEST"):
            wrong.append(f"{case.id}: {word}")
    wrong += [f"{id} is no case of cases.md; {tests[0].name} names it" for id, tests in sorted(proofs.items())]
    lines.append(f"{len(cases)} cases: " + ", ".join(f"{count} {word}" for word, count in verdicts.most_common()))
    return lines, wrong


def main(log: str, junit: str) -> int:
    runs = [
        results.of_swift(pathlib.Path(log), FOLDER.parent), results.of_clients(pathlib.Path(junit), FOLDER.parent),
    ]
    cases = listed((FOLDER / "cases.md").read_text())
    lines, wrong = report(cases, [test for run in runs for test in run.tests])
    wrong += [run.problem for run in runs if run.problem]
    print("\n".join(lines + wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) if len(sys.argv) == 3 else __doc__)
