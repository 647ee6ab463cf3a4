#!/usr/bin/env python3
"""Writes the manual pages: deploy/man/pages.py WEIRCTL FOLDER

What can go stale is not written by hand: weirctl's commands come from the program, the configuration's keys from
docs/CONFIGURATION.md, which a test holds to the daemons' declarations. The rest is in the .in files beside this one:
@NAME@ stands for what is filled in; a name that nobody fills in is an error.
"""

from __future__ import annotations

import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import textwrap
import time

FOLDER = pathlib.Path(__file__).resolve().parent
CONFIGURATION = FOLDER.parent.parent / "docs" / "CONFIGURATION.md"
# Options that every command has: told once.
EVERYWHERE = {"dir", "config", "socket-dir", "json", "help", "version"}


def roff(text: str) -> str:
    """Text that roff prints as it stands."""
    for letter, name in (("\\", "\\e"), ("–", "\\(en"), ("…", "..."), ("→", "\\(->"), ("·", "\\(bu")):
        text = text.replace(letter, name)
    lines = [re.sub(r"\s+", " ", line).strip() for line in text.split("\n")]
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in lines if line)


def sentences(text: str) -> str:
    """Prose, each sentence on a line of its own, as mdoc wants it. A single capital before the dot is an initial."""
    end = r"(?:(?<=[^A-Z ][.!?])|(?<=[A-Z]{2}[.!?])) (?=[^a-z ])"
    paragraphs = [re.sub(end, "\n", " ".join(part.split())) for part in text.split("\n\n")]
    return "\n.Pp\n".join(roff(part) for part in paragraphs if part)


def filled(page: str) -> str:
    """A page with its long lines folded; those of examples are none."""
    lines = []
    for line in page.split("\n"):
        fold = len(line) > 79 and not line.startswith(".")
        # A folded line must not begin with what roff takes for a macro.
        pieces = textwrap.wrap(line, 79, break_long_words=False, break_on_hyphens=False) if fold else [line]
        lines += ["\\&" + piece if fold and piece[:1] in (".", "'") else piece for piece in pieces]
    return "\n".join(lines)


def markdown(text: str) -> str:
    """A sentence of a page without its marks; links keep their words."""
    return re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", text).replace("`", "").replace("**", "").replace("*", "")


# weirctl(1)


def option(argument: dict) -> str:
    names = [("--" if name["kind"] == "long" else "-") + name["name"] for name in argument["names"]]
    flags = " , ".join("Fl " + name[1:].replace("-", "\\-") for name in names)
    value = f" Ar {argument['valueName']}" if argument["kind"] == "option" else ""
    return f".It {flags}{value}\n{told(argument)}"


def told(argument: dict) -> str:
    """What an argument means, with its values and its default."""
    text = [argument.get("abstract", "")]
    values, default = argument.get("allValues"), argument.get("defaultValue")
    text += [f"One of {', '.join(values)}."] if values and values != [argument["valueName"]] else []
    text += [f"Default: {default}."] if default and argument["kind"] != "flag" else []
    return sentences(" ".join(text)) or sentences(f"The {argument['valueName']}.")


def arguments_of(command: dict) -> list[dict]:
    """Those that this command has and not every one."""
    shown = [argument for argument in command.get("arguments", []) if argument.get("shouldDisplay")]
    return [a for a in shown if a["kind"] == "positional" or a["preferredName"]["name"] not in EVERYWHERE]


def usage(argument: dict) -> str:
    if argument["kind"] == "positional":
        word = f"Ar {argument['valueName']}" + (" ..." if argument["isRepeating"] else "")
    else:
        word = "Fl -" + argument["preferredName"]["name"]
        word += f" Ar {argument['valueName']}" if argument["kind"] == "option" else ""
    return f".Op {word}" if argument["isOptional"] else f".{word}"


def commands(command: dict, path: list[str]) -> list[str]:
    """One subsection for each command that can be called, in the order of --help."""
    found = []
    for inner in command.get("subcommands", []):
        name = [*path, inner["commandName"]]
        if inner.get("shouldDisplay") and name != ["help"]:
            found += [page_of(inner, name)] + commands(inner, name)
    return found


def page_of(command: dict, name: list[str]) -> str:
    own = arguments_of(command)
    lines = [f".Ss {' '.join(name)}", f".Nm weirctl {' '.join(name)}", *map(usage, own), ".Pp"]
    if command.get("subcommands"):
        lines = [f".Ss {' '.join(name)}"]
    lines.append(sentences(command.get("abstract", "")))
    if command.get("discussion"):
        lines += [".Pp", sentences(command["discussion"])]
    if own:
        positional = [f".It Ar {a['valueName']}\n{told(a)}" for a in own if a["kind"] == "positional"]
        lines += [".Bl -tag -width Ds", *positional, *[option(a) for a in own if a["kind"] != "positional"], ".El"]
    return "\n".join(lines)


def statuses(discussion: str) -> str:
    """The table of exit statuses in the program's own help."""
    rows = re.findall(r"^ +(\d+)  (.+)$", discussion, re.MULTILINE)
    return "\n".join([".Bl -tag -width Ds", *[f".It {number}\n{roff(text)}" for number, text in rows], ".El"])


# weir.yaml(5)


def rules(page: str) -> str:
    """The list under "How values are written"."""
    section = page.split("## How values are written")[1].split("\n## ")[0]
    items = re.findall(r"^\* ((?:.+\n)+?)(?=\*|\n|\Z)", section, re.MULTILINE)
    return "\n".join([".Bl -bullet", *[".It\n" + sentences(markdown(item)) for item in items], ".El"])


def keys(page: str) -> str:
    """A section for each table of keys."""
    lines = []
    for section in page.split("\n## ")[1:]:
        rows = re.findall(r"^\| `(.+?)` \| (.+?) \| (.+?) \| (.+) \|$", section, re.MULTILINE)
        if rows:
            title = section.split("\n")[0]
            lines += [f".Sh {title.upper()}", ".Bl -tag -width Ds", *map(key, rows), ".El"]
    return "\n".join(lines)


def key(row: tuple[str, str, str, str]) -> str:
    path, form, default, meaning = row
    facts = {"required": "required", "–": "no default", "empty": "empty by default"}
    default = facts.get(default) or f"default {markdown(default)}"
    return f".It Cm {roff(path)}\n{sentences(markdown(meaning))}\n{roff(f'({markdown(form)}; {default}.)')}"


def main(weirctl: str, folder: str) -> None:
    def ask(word: str) -> str:
        return subprocess.run([weirctl, word], capture_output=True, text=True, check=True).stdout

    top = json.loads(ask("--experimental-dump-help"))["command"]
    page = CONFIGURATION.read_text()
    when = datetime.datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", time.time())), datetime.timezone.utc)
    every = [a for a in top["arguments"] if a.get("shouldDisplay")]
    facts = {
        "DATE": f"{when:%B} {when.day}, {when.year}", "VERSION": ask("--version").split()[1],
        "OPTIONS": "\n".join([".Bl -tag -width Ds", *map(option, every), ".El"]),
        "COMMANDS": "\n".join(commands(top, [])), "STATUSES": statuses(top["discussion"]),
        "RULES": rules(page), "KEYS": keys(page),
    }
    out = pathlib.Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    for template in sorted(FOLDER.glob("*.in")):
        text = re.sub(r"@([A-Z]+)@", lambda found: facts[found[1]], template.read_text())
        (out / template.stem).write_text(filled(text))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) if len(sys.argv) == 3 else __doc__)
