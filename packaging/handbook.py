"""The guides of docs/panduan as data: what is typed, what must be there, what is done between (for packaging/guides)."""

import os
import re

from box import ROOT, Failure

FOLDER = os.path.join(ROOT, "docs", "panduan")
PICTURES = os.path.join(FOLDER, "gambar")
# As the rehearsal goes: the centre first, then an office, then what happens there.
ORDER = ["pasang-di-pusat.md", "pasang-di-opd.md", "kecamatan-tanpa-jaringan.md", "mengganti-mesin.md",
         "bila-lampu-merah.md"]
# What people do, and nobody types: <!-- latihan: WORD REST -->
STAGE = re.compile(r"<!-- latihan: (\S+) ?(.*?) -->")


class Block:
    """A fenced block: what is typed (`sh`), or what is seen then (`text`). `first` and `last` are its fences' lines."""

    def __init__(self, language, lines, first, last):
        self.language, self.lines, self.first, self.last = language, lines, first, last

    @property
    def text(self):
        return "\n".join(self.lines)


class Stage:
    def __init__(self, word, rest, line):
        self.word, self.rest, self.first, self.last = word, rest, line, line


def names():
    return sorted(name for name in os.listdir(FOLDER) if name.endswith(".md"))


def read(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        return file.read().split("\n")


def parts(lines, name=""):
    """Blocks and stages, in their order."""
    found, at = [], 0
    while at < len(lines):
        fence = re.match(r"( *)```(\w*)$", lines[at])
        stage = STAGE.match(lines[at].strip())
        if fence:
            end = next((number for number in range(at + 1, len(lines)) if lines[number].strip() == "```"), None)
            if end is None:
                raise Failure(f"{name}:{at + 1}: a block without an end")
            inside = [line.removeprefix(fence[1]) for line in lines[at + 1:end]]
            found.append(Block(fence[2], inside, at, end))
            at = end
        elif stage:
            found.append(Stage(stage[1], stage[2], at))
        at += 1
    return found
