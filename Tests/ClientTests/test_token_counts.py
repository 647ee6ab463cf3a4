"""How far the estimate of count_tokens is from counts that vendors document; docs/TRANSLATION.md states what comes out.

TokenCounts holds requests by kind, each with its true count and the page that tells it. A member may be `{"file": …}`,
a text of that folder, or `{"bytes": …}`, so many bytes in base64; a case may ask for the escapes of ASCII JSON.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import pathlib
import statistics

import binaries
import raw
from conftest import new_tenant

FOLDER = pathlib.Path(__file__).with_name("TokenCounts")
PAGE = binaries.ROOT / "docs" / "TRANSLATION.md"


@dataclasses.dataclass(frozen=True)
class Estimate:
    kind: str
    name: str
    true: int
    estimated: int

    @property
    def error(self) -> float:
        """In percent of the true count; above zero when the estimate is too high."""
        return 100 * (self.estimated - self.true) / self.true

    def __str__(self) -> str:
        return f"{self.kind:<12} {self.name:<34} {self.true:>6} {self.estimated:>6} {self.error:>+7.0f} %"


def filled(value: object) -> object:
    """A request with its texts and attachments in their places."""
    if isinstance(value, dict):
        if value.keys() == {"file"}:
            return (FOLDER / value["file"]).read_text(encoding="utf-8")
        if value.keys() == {"bytes"}:
            return base64.b64encode(bytes(value["bytes"])).decode()
        return {name: filled(member) for name, member in value.items()}
    return [filled(element) for element in value] if isinstance(value, list) else value


def body(case: dict) -> bytes:
    """The request as the SDKs write it: without spaces, and in UTF-8 unless the case asks for escapes."""
    request = {"model": "gpt-test"} | filled(case["request"])
    return json.dumps(request, ensure_ascii=case.get("escaped", False), separators=(",", ":")).encode()


def estimates(tenant) -> list[Estimate]:
    found = []
    for file in sorted(FOLDER.glob("*.json")):
        for case in json.loads(file.read_text(encoding="utf-8")):
            answer = raw.post(tenant, "/v1/messages/count_tokens", body(case))
            assert answer.status == 200 and answer.header("x-weir-estimated") == "input_tokens"
            counted = answer.json()["input_tokens"]
            found.append(Estimate(file.stem, case["name"], case["input_tokens"], counted))
    return found


def row(kind: str, of: list[Estimate]) -> str:
    """What the page says of a kind: cases, median error, and how far off the worst are on either side."""
    errors = [estimate.error for estimate in of]
    median = statistics.median(map(abs, errors))
    return f"| {kind} | {len(of)} | {median:.0f} % | {min(errors):+.0f} % | {max(errors):+.0f} % |"


def test_c04_the_estimate_is_as_far_off_as_the_page_says(weir):
    found = estimates(new_tenant(weir))
    print(*found, sep="\n")
    kinds = sorted({estimate.kind for estimate in found})
    rows = [row(kind, [estimate for estimate in found if estimate.kind == kind]) for kind in kinds]
    rows.append(row("all", found))
    stated = PAGE.read_text(encoding="utf-8").splitlines()
    missing = [line for line in rows if line not in stated]
    assert missing == [], "\n".join([f"{PAGE.name} must say", *missing, "because", *map(str, found)])


def test_c04_the_estimate_is_the_same_every_time(weir):
    tenant = new_tenant(weir)
    assert estimates(tenant) == estimates(tenant)
