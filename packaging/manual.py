"""Manual pages made from what a program says of itself, and from a sample configuration: nobody writes them twice."""

import json
import re
import subprocess
import textwrap


def description(program):
    """What ArgumentParser knows of a program's commands and options."""
    told = subprocess.run([program, "--experimental-dump-help"], check=True, capture_output=True, text=True).stdout
    return json.loads(told)["command"]


def escaped(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in text.split("\n"))


def prose(text):
    """Paragraphs; indented lines and lists stay as they stand, headings in capitals become bold."""
    out = []
    for block in textwrap.dedent(text).strip("\n").split("\n\n"):
        lines = block.strip("\n").split("\n")
        if not any(lines):
            continue
        out.append(".PP")
        while lines and lines[0].isupper():
            out += [f"\\fB{escaped(lines.pop(0))}\\fR", ".br"]
        if any(line.startswith((" ", "-")) for line in lines):
            out += [".nf", escaped("\n".join(lines)), ".fi"]
        elif lines:
            out.append(escaped("\n".join(lines)))
    return out


def spelled(argument):
    """(how an argument is written in use, how it stands at the head of its explanation)."""
    value = f"<{argument.get('valueName', 'value')}>"
    if argument["kind"] == "positional":
        return value + ("..." if argument.get("isRepeating") else ""), value
    names = [("-" if name["kind"] == "short" else "--") + name["name"] for name in argument["names"]]
    preferred = argument["preferredName"]
    use = ("-" if preferred["kind"] == "short" else "--") + preferred["name"]
    if argument["kind"] == "option":
        use += " " + value
        names = [f"{name} {value}" for name in names]
    return use + ("..." if argument.get("isRepeating") else ""), ", ".join(names)


def shown(entries):
    return [entry for entry in entries or [] if entry.get("shouldDisplay", True)]


def synopsis(words, command):
    parts = [" ".join(words)]
    for argument in shown(command.get("arguments")):
        if "help" in [name["name"] for name in argument.get("names") or []]:
            continue
        use = spelled(argument)[0]
        parts.append(f"[{use}]" if argument.get("isOptional") else use)
    if shown(command.get("subcommands")):
        parts.append("<command>" if not command.get("defaultSubcommand") else "[<command>]")
    first, rest = parts[0], " ".join(parts[1:])
    return [f"\\fB{escaped(first)}\\fR {escaped(rest)}".rstrip()]


def options(command):
    out = []
    for argument in shown(command.get("arguments")):
        out += [".TP", f"\\fB{escaped(spelled(argument)[1])}\\fR"]
        text = argument.get("abstract") or ""
        if argument.get("discussion"):
            text += "\n" + argument["discussion"]
        if argument.get("allValues"):
            text += " One of: " + ", ".join(argument["allValues"]) + "."
        default = argument.get("defaultValue")
        if default and "default" not in text:
            text += f" Default: {default}."
        out.append(escaped(" ".join(text.split())) or "\\&")
    return out


def sections(words, command):
    """A command and all below it, each under a heading of its own."""
    out = [f'.SS "{escaped(" ".join(words))}"'] + synopsis(words, command)
    out += prose(command.get("abstract") or "") + prose(command.get("discussion") or "") + options(command)
    for below in shown(command.get("subcommands")):
        if below["commandName"] != "help":
            out += sections(words + [below["commandName"]], below)
    return out


def page(name, section, words, command, also, version, date):
    abstract = " ".join((command.get("abstract") or "").split()).rstrip(".")
    out = head(name, section, abstract, version, date)
    out += [".SH SYNOPSIS"] + synopsis(words, command)
    if command.get("discussion"):
        out += [".SH DESCRIPTION"] + prose(command["discussion"])
    out += [".SH OPTIONS"] + options(command)
    return out, also


def head(name, section, abstract, version, date):
    return [f'.TH {escaped(name.upper())} {section} "{date}" "hadir {version}" "hadir"', ".nh", ".ad l",
            ".SH NAME", f"{escaped(name)} \\- {escaped(abstract)}"]


def tail(also):
    return [".SH SEE ALSO", ",\n".join(f"\\fB{escaped(name)}\\fR({section})" for name, section in also)]


def program_pages(program, name, section, also, version, date):
    """{file name: text}: a page of the program, and one of each command below it."""
    command = description(program)
    below = [entry for entry in shown(command.get("subcommands")) if entry["commandName"] != "help"]
    pages = {}
    out, _ = page(name, section, [name], command, also, version, date)
    if below:
        out.append(".SH COMMANDS")
        for entry in below:
            out += [".TP", f"\\fB{escaped(name + '-' + entry['commandName'])}\\fR({section})",
                    escaped(" ".join((entry.get("abstract") or "").split())) or "\\&"]
    pages[f"{name}.{section}"] = out + tail(also)
    for entry in below:
        words = [name, entry["commandName"]]
        out, _ = page("-".join(words), section, words, entry, also, version, date)
        lower = [each for each in shown(entry.get("subcommands")) if each["commandName"] != "help"]
        if lower:
            out.append(".SH COMMANDS")
            for each in lower:
                out += sections(words + [each["commandName"]], each)
        pages[f"{'-'.join(words)}.{section}"] = out + tail([(name, section)] + also)
    return {file: "\n".join(lines) + "\n" for file, lines in pages.items()}


def sample_page(sample, name, abstract, also, version, date):
    """A page of section 5 from a sample that is its own manual: comments become text, settings stand as they are."""
    out = head(name, 5, abstract, version, date) + [".SH DESCRIPTION"]
    with open(sample, encoding="utf-8") as file:
        blocks = file.read().split("\n\n")
    for block in blocks:
        lines = [line for line in block.strip("\n").split("\n") if set(line) - set("#- ")]
        if lines and lines[0].startswith("# [") and ":" in lines[0]:
            out.append(f'.SS "{escaped(lines.pop(0)[2:].split(". ")[0])}"')
        if not lines:
            continue
        out.append(".PP")
        literal = False
        for line in lines:
            is_text = re.match(r"#( |$)", line) and not re.match(r"#  |# [a-z_]+ = |# \[", line)
            if bool(is_text) == literal:
                out += [".fi", ".RE"] if literal else [".RS", ".nf"]
                literal = not literal
            out.append(escaped(line.lstrip("#").strip()) or "\\&")
            if re.match(r"# [a-z_, ]+: ", line):
                out.append(".br")
        if literal:
            out += [".fi", ".RE"]
    return "\n".join(out + tail(also)) + "\n"
