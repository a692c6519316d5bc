"""Where the parts of a package come from: changes, licences, versions of dependencies."""

import json
import os
import re
import textwrap
import time

SWIFT_TEXT = """\
The Swift runtime and Foundation (/usr/lib/hadir-*/lib*.so), version {swift}. Licensed under the Apache License,
version 2.0, with the Runtime Library Exception: "As an exception, if you use this Software to compile your source code
and portions of this Software are embedded into the binary product as a result, you may redistribute such product
without providing attribution as would otherwise be required by Sections 4(a), 4(b) and 4(d) of the License." """


def changelog(root, version, when):
    """CHANGELOG.md as Debian wants it: one entry, what is newest at the top."""
    with open(os.path.join(root, "CHANGELOG.md"), encoding="utf-8") as file:
        lines = file.read().split("\n## ", 1)[1].splitlines()[1:]
    out, bullet = [f"hadir ({version}) bookworm; urgency=medium", ""], []

    def end():
        if bullet:
            out.extend(textwrap.wrap(" ".join(bullet), 78, initial_indent="  * ", subsequent_indent="    "))
            bullet.clear()

    for line in lines:
        if line.startswith("- "):
            end()
            bullet.append(line[2:].strip())
        elif line.startswith("#"):
            end()
            out.extend(["", f"  [ {line.lstrip('# ')} ]"])
        elif line.strip():
            bullet.append(line.strip())
    end()
    stamp = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(when))
    return "\n".join(out + ["", f" -- hadir <hadir@diskominfo.example.go.id>  {stamp}", ""])


def resolved(root, checkouts):
    """[(name, version, revision, address)]: Package.resolved, or what the build says that it took."""
    lock = os.path.join(root, "Package.resolved")
    if os.path.exists(lock):
        with open(lock, encoding="utf-8") as file:
            return [(pin["identity"], pin["state"].get("version", ""), pin["state"]["revision"], pin["location"])
                    for pin in json.load(file)["pins"]]
    with open(os.path.join(checkouts, "..", "workspace-state.json"), encoding="utf-8") as file:
        taken = json.load(file)["object"]["dependencies"]
    return [(each["packageRef"]["identity"], each["state"]["checkoutState"].get("version", ""),
             each["state"]["checkoutState"]["revision"], each["packageRef"]["location"]) for each in taken]


def dependencies(root, checkouts):
    head = ("# What hadir was built with, from Package.resolved: name, version, revision, address.\n"
            "# Libraries of Debian stand in the package's Depends.\n"
            f"swift {swift_version()}\n")
    return head + "".join(" ".join(entry) + "\n" for entry in sorted(resolved(root, checkouts)))


def swift_version():
    import subprocess
    said = subprocess.run(["swift", "--version"], capture_output=True, text=True, check=True)
    return re.search(r"Swift version (\S+)", said.stdout + said.stderr).group(1)


def _licence(folder):
    """(short name, what a reader must be told)."""
    texts = {}
    for name in sorted(os.listdir(folder)):
        if re.match(r"(licen[cs]e|notice|copying)", name, re.IGNORECASE):
            with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                texts[name] = file.read()
    whole = "\n".join(texts.values())
    notice = "\n".join(text for name, text in texts.items() if name.lower().startswith("notice"))
    if "Apache License" in whole:
        return "Apache-2.0", "The whole text: /usr/share/common-licenses/Apache-2.0\n\n" + notice
    return ("MIT" if "Permission is hereby granted" in whole else "other"), whole


def copyright(root, checkouts):
    out = ["Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/", "Upstream-Name: hadir", "",
           "Files: *", "Copyright: the authors of hadir", "License: none-stated",
           " No licence has been stated for hadir itself.", "", "Files: usr/lib/*/lib*.so",
           "Copyright: Apple Inc. and the Swift project authors; Unicode, Inc. and others (ICU)",
           "License: Apache-2.0 with Swift exception", *_indented(SWIFT_TEXT.format(swift=swift_version())),
           *_indented("The whole text: /usr/share/common-licenses/Apache-2.0\n\nlib_FoundationICU.so is made of ICU, "
                      "under the Unicode License: https://www.unicode.org/license.txt"), ""]
    for name, version, _, address in sorted(resolved(root, checkouts)):
        folder = os.path.join(checkouts, os.path.basename(address).removesuffix(".git"))
        if not os.path.isdir(folder):
            continue
        licence, text = _licence(folder)
        found = re.search(r"Copyright .*", text)
        out += [f"Files: {name}", f"Comment: version {version}, {address}",
                f"Copyright: {found.group(0).strip() if found else 'the authors of ' + name}",
                f"License: {licence}", *_indented(text), ""]
    return "\n".join(out)


def _indented(text):
    return [" " + (line.rstrip() or ".") for line in text.strip().splitlines()]
