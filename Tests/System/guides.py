"""docs/panduan can be followed: every command is one that the programs know, every picture and link is there.

That what is typed ends as the guides say, packaging/guides shows on a machine of its own.
"""

import functools
import json
import os
import re
import shlex
import subprocess

import handbook
from box import PROGRAMS, ROOT, Failure
from commands import expect

OURS = {"hadir", "hadir-central", "hadird", "hadir-sim"}
# Of a plain Debian 12, as the guides use them.
DEBIAN = {"apt-get", "cat", "chgrp", "chmod", "cp", "date", "df", "head", "journalctl", "ls", "mv", "openssl", "rm", "sed",
          "sudo", "systemctl", "systemd-ask-password", "tail", "timedatectl"}
# --experimental-dump-help tells a default subcommand only where its name is written in the source.
IMPLIED = {"backup": "make"}
# What begins inline code that is a command.
INLINE = re.compile(r"(?<!`)`((?:hadir|hadir-central|hadird|hadir-sim) [^`]+)`")
LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")


@functools.cache
def known(program):
    told = subprocess.run([os.path.join(PROGRAMS, program), "--experimental-dump-help"], capture_output=True, text=True,
                          check=True, timeout=60)
    return json.loads(told.stdout)["command"]


def child(command, name):
    return next((one for one in command.get("subcommands", []) if one["commandName"] == name), None)


def options(command):
    """name as it is typed: whether a value follows."""
    return {("--" if name["kind"] == "long" else "-") + name["name"]: one["kind"] == "option"
            for one in command.get("arguments", []) for name in one.get("names", [])}


def mistake(words):
    """What the program would not understand of `words`, the program first; None where it would."""
    command, left = known(words[0]), list(words[1:])
    while left and child(command, left[0]):
        command = child(command, left.pop(0))
    default = command.get("defaultSubcommand") or words[0] == "hadir-central" and IMPLIED.get(command["commandName"])
    if default:
        command = child(command, default) or command
    if [one for one in command.get("subcommands", []) if one["commandName"] != "help"]:
        return f"no such subcommand: {' '.join(words[:3])}"
    options_, given, positional = options(command), set(), []
    while left:
        word, equals, _ = left.pop(0).partition("=")
        if not word.startswith("-") or word == "-":
            positional.append(word)
        elif word not in options_:
            return f"`{' '.join(words[:3])}` has no {word}"
        else:
            given.add(word)
            if options_[word] and not equals:
                if not left:
                    return f"{word} needs a value"
                left.pop(0)
    takes = [one for one in command.get("arguments", []) if one["kind"] == "positional"]
    if len(positional) > len(takes) and not any(one["isRepeating"] for one in takes):
        return f"{positional[len(takes):]} is too much"
    if len(positional) < sum(not one["isOptional"] for one in takes):
        return f"an argument is missing: {', '.join(one['valueName'] for one in takes)}"
    for one in command.get("arguments", []):
        names = {("--" if name["kind"] == "long" else "-") + name["name"] for name in one.get("names", [])}
        if one["kind"] == "option" and not one["isOptional"] and one.get("defaultValue") is None and not names & given:
            return f"{'/'.join(sorted(names))} is missing"
    return None


def lines(text):
    """Whole commands: joined where they go on, without what is written into files."""
    text = re.sub(r"<<'(\w+)'(.*?)\n.*?\n\1(?=\n|$)", r"\2", text, flags=re.DOTALL)
    return re.sub(r"(\\|(?<=\|))\n", " ", text).splitlines()


def commands(line):
    """The words of each command of a line: behind pipes, in `$(…)`, without what the shell takes away."""
    for inside in re.findall(r"\$\(([^()]*)\)", line):
        yield from commands(inside)
    lexer = shlex.shlex(re.sub(r"\"?\$\([^()]*\)\"?", "VALUE", line), posix=True, punctuation_chars="|;&<>")
    lexer.whitespace_split, lexer.commenters = True, ""
    words = []
    for word in [*lexer, ";"]:
        if word in ("|", ";", "&&", "||", "&"):
            words = [one for at, one in enumerate(words)
                     if one not in ("<", ">", ">>") and (at == 0 or words[at - 1] not in ("<", ">", ">>"))]
            while words and re.match(r"[A-Z_]+=", words[0]):
                words.pop(0)
            if words:
                yield words
            words = []
        else:
            words.append(word)


def wrong(name):
    """Every mistake of a guide, each with its line."""
    text = handbook.read(name)
    found = []
    typed = [(block.first + 1, line) for block in handbook.parts(text, name)
             if isinstance(block, handbook.Block) and block.language in ("sh", "console") for line in lines(block.text)]
    typed += [(number, one) for number, line in enumerate(text, 1) for one in INLINE.findall(line)]
    for number, line in typed:
        for words in commands(line):
            if words[0] not in OURS | DEBIAN:
                found.append(f"{name}:{number}: no such program: {words[0]}")
            elif words[0] in OURS and len(words) > 1:
                inline = f"`{line}`" in text[number - 1]
                problem = mistake(words)
                # Inline a command is named, with what matters of it.
                if problem and not (inline and "is missing" in problem):
                    found.append(f"{name}:{number}: {problem}")
    for number, line in enumerate(text, 1):
        for is_picture, target in LINK.findall(line):
            problem = broken(name, target)
            if problem:
                found.append(f"{name}:{number}: {problem}")
    return found, len(typed)


def broken(name, target):
    """Why a link leads nowhere."""
    if "://" in target:
        return None
    path, _, heading = target.partition("#")
    file = os.path.join(handbook.FOLDER, path) if path else os.path.join(handbook.FOLDER, name)
    if not os.path.exists(file):
        return f"{target} is not there"
    if os.path.realpath(file) != file and not os.path.realpath(file).startswith(ROOT):
        return f"{target} is outside"
    if heading:
        with open(file, encoding="utf-8") as opened:
            headings = {re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-")
                        for line in opened.read().splitlines() if line.startswith("#")}
        if heading not in headings:
            return f"{target}: no such heading"
    return None


def test_guides_say_what_programs_know():
    names = handbook.names()
    expect(set(handbook.ORDER) | {"README.md"} == set(names), f"guides: {names}")
    every, count = [], 0
    for name in names:
        found, typed = wrong(name)
        every += found
        count += typed
    expect(not every, "\n".join(every))
    expect(count > 40, f"only {count} commands are found in the guides")
    shown = {target for name in names for line in handbook.read(name) for is_picture, target in LINK.findall(line)
             if is_picture}
    there = {"gambar/" + file for file in os.listdir(handbook.PICTURES)}
    expect(there == shown, f"pictures that nobody refers to: {there - shown}")
    expect(all(os.path.getsize(os.path.join(handbook.FOLDER, file)) <= 150_000 for file in there), "a picture is large")
    return f"{count} commands, {len(there)} pictures"


def test_guides_are_checked():
    """What this module calls wrong is wrong: a test that finds nothing proves nothing."""
    for line, word in [("hadir device probed tcp://192.168.1.201", "no such subcommand"),
                       ("hadir device probe tcp://192.168.1.201 --fast", "--fast"),
                       ("hadir device probe", "argument is missing"),
                       ("hadir node enroll a b", "too much"),
                       ("hadir-central user list | hadir-central node lst --state DIR", "no such subcommand"),
                       ("hadir-central token add --role reader", "--state"),
                       ("hadir device replace lobby tcp://192.168.1.210 --from", "needs a value")]:
        problems = [problem for words in commands(line) if (problem := mistake(words))]
        expect(any(word in problem for problem in problems), f"{line}: {problems}")
    for line in ["hadir journal status", "hadir import /media/usb/1_attlog.dat --device lobby --yes",
                 "LANG=id_ID.UTF-8 hadir config check FILE > out", "hadir-central token add --role=reader --state DIR"]:
        problems = [problem for words in commands(line) if (problem := mistake(words))]
        expect(not problems, f"{line}: {problems}")
    expect(broken("README.md", "no-such-guide.md") and broken("README.md", "../operations.md#no-such-heading"), "links")
    expect(not broken("README.md", "../operations.md#restoring-the-centre"), "a link that leads somewhere")
    try:
        handbook.parts(["```sh", "hadir"])
    except Failure:
        return None
    raise Failure("a block without an end is taken")
