"""A page of metrics as a test asks it, read by Prometheus' own client, which shares no line with the daemons."""

from __future__ import annotations

from decimal import Decimal

from prometheus_client.parser import text_string_to_metric_families


class Metrics:
    """What one scrape said."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.families = {family.name: family for family in text_string_to_metric_families(text)}

    def names(self) -> set[str]:
        """Every name a query may use: of series, and of metrics that have none yet."""
        series = {sample.name for family in self.families.values() for sample in family.samples}
        declared = [line.split()[2:4] for line in self.text.splitlines() if line.startswith("# TYPE ")]
        empty = {name + suffix for name, kind in declared for suffix in _SUFFIXES[kind]}
        return series | empty

    def samples(self, name: str, **labels: str) -> list:
        """The series of that name with these labels, and any others."""
        return [
            sample for family in self.families.values() for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]

    def total(self, name: str, **labels: str) -> Decimal:
        """Their sum, exact to a millionth."""
        return sum((Decimal(str(round(sample.value, 6))) for sample in self.samples(name, **labels)), Decimal(0))

    def counters(self) -> dict[tuple, float]:
        """Everything that may only grow, by name and labels."""
        return {
            (sample.name, *sorted(sample.labels.items())): sample.value
            for family in self.families.values() if family.type in ("counter", "histogram")
            for sample in family.samples
        }


_SUFFIXES = {"counter": [""], "gauge": [""], "histogram": ["_bucket", "_sum", "_count"]}
