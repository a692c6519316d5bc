"""What tests break the programs with is not in a release: no fail point, no sabotage, none of their switches."""

import os
import pathlib
import re
import shutil
import subprocess

from box import ROOT, Box
from rig import Rig, Tally, expect

PROGRAMS = ("hadird", "hadir", "hadir-central", "hadir-sim")
CALL = re.compile(r'(?:FailPoint\.reach|Sabotage\.isOn)\(\s*"([^"]+)"')
# The name of an environment variable and of the type that reads it. The other variables' names are under 16 bytes:
# those a program holds in its instructions, where no scan sees them.
SWITCHES = ("HADIR_FAIL_POINTS", "10FailPoints9FaultPlan")
SOURCES = pathlib.Path(ROOT, "Sources")
DEBUG = os.environ.get("HADIR_FAULT_PROGRAMS", os.path.join(ROOT, ".build", "debug"))
RELEASE = os.path.join(ROOT, ".build-release", "release")


def words():
    """Each name in the sources, and each switch."""
    found = set(SWITCHES)
    for path in SOURCES.rglob("*.swift"):
        if path.parent.name != "FailPoints":
            found |= set(CALL.findall(path.read_text(encoding="utf-8")))
    expect(len(found) > len(SWITCHES) + 40, f"only {len(found)} words were found in the sources")
    return sorted(found)


def scan(path, wanted):
    """The wanted words that the program holds."""
    if not os.path.exists(path):
        return []
    done = subprocess.run(["grep", "-aoF", "-f", "-", path], input="\n".join(wanted), capture_output=True, text=True,
                          errors="replace", timeout=120, env={**os.environ, "LC_ALL": "C"}, check=False)
    expect(done.returncode in (0, 1), f"grep: {done.stderr[-200:]}")
    hits = set(done.stdout.splitlines())
    return [word for word in wanted if any(word in hit for hit in hits)]


def newest_source():
    files = [*SOURCES.rglob("*.swift"), pathlib.Path(ROOT, "Package.swift")]
    return max(files, key=lambda path: path.stat().st_mtime)


def debug_only(tally):
    """Package.swift defines FAIL_POINTS once, for debug builds."""
    text = pathlib.Path(ROOT, "Package.swift").read_text(encoding="utf-8")
    found = re.findall(r"\.define\(\"FAIL_POINTS\"[^)]*\)", text)
    if found != ['.define("FAIL_POINTS", .when(configuration: .debug)']:
        tally.fail(f"Package.swift defines FAIL_POINTS otherwise than once, for debug: {found}")
    outside = [path.name for path in SOURCES.rglob("*.swift")
               if path.parent.name != "FailPoints" and "FAIL_POINTS" in path.read_text(encoding="utf-8")]
    if outside:
        tally.fail(f"FAIL_POINTS is asked for outside its target: {outside}")


def small(box, tally, defines):
    """A program of a few lines beside the target itself, each a module, built as a release is; the words that it holds."""
    folder = os.path.join(box.folder, "small" + "".join(defines))
    os.mkdir(folder)
    wanted = ["edge.small.before_commit_of_a_reading", "acknowledge_before_the_commit", SWITCHES[0]]
    with open(os.path.join(folder, "main.swift"), "w", encoding="utf-8") as file:
        file.write(f'import FailPoints\nFailPoint.reach("{wanted[0]}")\nprint(Sabotage.isOn("{wanted[1]}"))\n')
    program = os.path.join(folder, "small")
    build = ["swiftc", "-O", "-wmo", "-swift-version", "6", "-package-name", "small", "-I", folder]
    sources = sorted(str(path) for path in (SOURCES / "FailPoints").glob("*.swift"))
    steps = [
        [*build, *(f"-D{name}" for name in defines), "-parse-as-library", "-module-name", "FailPoints",
         "-emit-module", "-emit-module-path", os.path.join(folder, "FailPoints.swiftmodule"),
         "-emit-object", *sources, "-o", os.path.join(folder, "FailPoints.o")],
        [*build, os.path.join(folder, "main.swift"), os.path.join(folder, "FailPoints.o"), "-o", program],
    ]
    for step in steps:
        built = subprocess.run(step, capture_output=True, text=True, timeout=240, check=False)
        if built.returncode:
            tally.fail(f"the small program was not built: {built.stderr[-400:]}")
            return [], wanted
    return scan(program, wanted), wanted


def absent(turn):
    """A8 Fail points and sabotages are in the debug programs and nowhere in those of a release."""
    tally = Tally()
    wanted = words()
    debug_only(tally)
    # The scan itself must be able to find them.
    found = set()
    for program in PROGRAMS:
        found |= set(scan(os.path.join(DEBUG, program), wanted))
    hidden = [word for word in wanted if word not in found]
    if hidden:
        tally.fail(f"the scan does not find in the debug programs: {hidden[:5]}")
    if turn.count <= 1:
        # A whole release takes minutes: the least that shows it.
        with Box() as box:
            for defines in ([], ["FAIL_POINTS"]):
                seen, all_words = small(box, tally, defines)
                if defines and set(seen) != set(all_words):
                    tally.fail(f"the small program with FAIL_POINTS has only {seen}")
                if not defines and seen:
                    tally.fail(f"the small release program has {seen}")
        tally.count = 1
        return tally
    newest = newest_source()
    for program in PROGRAMS:
        path = os.path.join(RELEASE, program)
        if not os.path.exists(path):
            tally.fail(f"there is no {path}: make a release build first")
        elif os.stat(path).st_mtime < newest.stat().st_mtime:
            tally.fail(f"{path} is older than {newest.relative_to(ROOT)}: make a release build first")
        else:
            seen = scan(path, wanted)
            if seen:
                tally.fail(f"{program} of the release has {seen[:5]}")
            tally.count += 1
    tally.note("words", len(wanted))
    return tally


RIGS = [Rig("absent", absent, full=len(PROGRAMS), short=1, what="programs", share=1)]
