"""From single runs to medians, ratios and a verdict on each bar. Pure: values in, Markdown out."""

from __future__ import annotations

import statistics

# A bar: its words, the figure's name, and the most it may be.
BARS = [
    ("gatewayd CPU per plain JSON request, nginx = 1", "cpu:json", 2.0),
    ("latency added at 50/s, p50, nginx = 1", "added:json at 50/s", 1.5),
    ("gatewayd CPU per event of a 64-event stream, nginx = 1", "cpu:stream", 1.8),
    ("gatewayd CPU per event, chat over an Anthropic upstream, the same surface untranslated = 1",
     "translated:stream, chat over anthropic", 2.0),
    ("gatewayd CPU per event, messages over an OpenAI upstream, the same surface untranslated = 1",
     "translated:stream, messages over openai", 2.0),
    ("gatewayd RSS at 32 connections, MB", "rss:json", 40.0),
]
# Which load the translated ones are compared with: the same surface, the same run.
UNTRANSLATED = {"stream, chat over anthropic": "stream", "stream, messages over openai": "stream, messages"}
PROXY = {"nginx": "nginx", "weir": "gatewayd"}


def brief(run: dict) -> str:
    """One run in a line."""
    cpu = "  ".join(f"{name} {cost['user'] + cost['system']:.1f} µs" for name, cost in run["cpu_us"].items())
    return f"{run['per_second']:9.0f}/s  p50 {run['p50_us']:>8} µs  p99 {run['p99_us']:>8} µs  CPU {cpu}"


def median(runs: list[dict], figure) -> float:
    return statistics.median(figure(run) for run in runs)


def cpu(process: str):
    return lambda run: sum(run["cpu_us"][process].values())


def markdown(kept: dict) -> str:
    runs = kept["runs"]
    machine = kept["machine"]
    parts = [
        f"# Gateway benchmark, {kept['date']}", "",
        f"{machine['cores']} cores, kernel {machine['kernel']}, load average {machine['load_average']:.1f} at the end; "
        f"medians of {kept['rounds']} alternating runs of {kept['seconds']:g} s. Read the ratios; the absolute figures "
        "are this machine's on this day.", "",
    ]
    for load, targets in runs.items():
        parts += _table(load, targets)
    return "\n".join(parts + _verdicts(runs))


def _table(load: str, targets: dict[str, list[dict]]) -> list[str]:
    is_stream = load.startswith("stream")
    unit = "event" if is_stream else "request"
    lines = [
        f"## {load}", "",
        f"| target | {unit}s/s | p50 µs | p99 µs | added p50, p99 | CPU µs per {unit} (user + system) | RSS MB |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, found in targets.items():
        rate = median(found, lambda run: (run["events"] if is_stream else run["requests"]) / run["seconds"])
        added = ""
        if "direct" in targets:
            added = ", ".join(f"{_added(targets, name, figure):.0f}" for figure in ("p50_us", "p99_us"))
        lines.append(
            f"| {name} | {rate:.0f} | {median(found, lambda run: run['p50_us']):.0f} "
            f"| {median(found, lambda run: run['p99_us']):.0f} | {added} | {_costs(found)} | {_memory(found)} |"
        )
    return lines + [""]


def _added(targets: dict[str, list[dict]], name: str, figure: str) -> float:
    """What a target adds to the latency of the upstream alone."""
    return median(targets[name], lambda run: run[figure]) - median(targets["direct"], lambda run: run[figure])


def _costs(found: list[dict]) -> str:
    texts = []
    for process in found[0]["cpu_us"]:
        user = median(found, lambda run: run["cpu_us"][process]["user"])
        system = median(found, lambda run: run["cpu_us"][process]["system"])
        texts.append(f"{process} {user + system:.1f} ({user:.1f} + {system:.1f})")
    return ", ".join(texts)


def _memory(found: list[dict]) -> str:
    return ", ".join(f"{name} {median(found, lambda run: run['rss_mb'][name]):.0f}" for name in found[0]["rss_mb"])


def figures(runs: dict) -> dict[str, float]:
    """The named figures that bars speak of; one that was not measured is absent."""
    found: dict[str, float] = {}
    for load, targets in runs.items():
        if targets.get("nginx") and targets.get("weir"):
            found[f"cpu:{load}"] = _ratio(lambda name: median(targets[name], cpu(PROXY[name])))
        if targets.get("weir"):
            found[f"rss:{load}"] = median(targets["weir"], lambda run: run["rss_mb"]["gatewayd"])
        if load in UNTRANSLATED and targets.get("weir") and runs.get(UNTRANSLATED[load], {}).get("weir"):
            plain = median(runs[UNTRANSLATED[load]]["weir"], cpu("gatewayd"))
            found[f"translated:{load}"] = median(targets["weir"], cpu("gatewayd")) / plain
        if all(targets.get(name) for name in ("direct", "nginx", "weir")):
            found[f"added:{load}"] = _ratio(lambda name: _added(targets, name, "p50_us"))
    return found


def _ratio(value) -> float:
    """Weir's figure over nginx's."""
    nginx = value("nginx")
    return value("weir") / nginx if nginx > 0 else float("inf")


def _verdicts(runs: dict) -> list[str]:
    known = figures(runs)
    lines = ["## Bars", "", "| bar | at most | measured | |", "|---|---|---|---|"]
    for words, name, most in BARS:
        if name in known:
            verdict = "met" if known[name] <= most else f"missed by {known[name] - most:.2f}"
            lines.append(f"| {words} | {most:g} | {known[name]:.2f} | {verdict} |")
        else:
            lines.append(f"| {words} | {most:g} | not measured | |")
    return lines + [""]
