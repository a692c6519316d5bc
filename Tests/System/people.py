"""Lists come in, PINs are linked, and what must not happen is refused; the real programs beside a running server."""

import json
import os

from box import ROOT, Box, Centre, Failure

SAMPLES = os.path.join(ROOT, "docs", "samples")


def expect(condition, what):
    if not condition:
        raise Failure(what)


class Desk:
    def __init__(self, box):
        self.box, self.centre = box, Centre(box)

    def central(self, *words, expect=0):
        return self.box.run("hadir-central", *words, "--state", self.centre.state, expect=expect)

    def take(self, kind, name, *words, status=0):
        path = name if os.path.isabs(name) else os.path.join(SAMPLES, name)
        return json.loads(self.central("import", kind, path, "--json", *words, expect=status))

    def write(self, name, text):
        path = os.path.join(self.box.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path


def test_lists_are_taken_once_and_whole():
    with Box() as box:
        desk = Desk(box)
        expect(desk.take("units", "unit.csv")["added"] == 6, "units")
        expect(not desk.take("employees", "pegawai.csv", "--dry-run")["written"], "a dry run wrote")
        first = desk.take("employees", "pegawai.csv")
        expect(first["written"] and first["added"] == 7, f"{first}")
        again = desk.take("employees", "pegawai.xlsx")
        expect(not again["written"] and again["unchanged"] == 7, f"the same list as .xlsx changed something: {again}")
        expect(desk.take("units", "unit.csv")["changed"] == 2, "the heads were not taken once people were there")
        expect(desk.take("units", "unit.csv")["unchanged"] == 6, "units changed again")
        for kind, name, count in (("calendar", "kalender.csv", 4), ("leave", "cuti.csv", 3), ("links", "tautan.csv", 2)):
            expect(desk.take(kind, name)["added"] == count, kind)
            expect(desk.take(kind, name)["unchanged"] == count, kind + " again")
        bad = desk.write("rusak.csv", "NIP,Nama,Jenis,Unit\nX77,Baru,THL,1.02\n1.98609E+17,Agus,PNS,1.02\n")
        refused = desk.take("employees", bad, status=65)
        expect([error["line"] for error in refused["errors"]] == [3], f"{refused}")
        expect(desk.take("leave", desk.write("x.csv", "NIP,Jenis,Dari,Sampai,Nomor Surat\nX77,CT,2026-01-05,2026-01-05,1\n"),
                         status=65)["errors"], "half of a refused list was written")
        short = desk.write("pendek.csv", "NIP,Nama,Jenis,Unit\nTHLS-0042,Joko Purnawan,THLS,SDN 1 Contoh\n")
        refused = desk.take("employees", short, "--full", status=65)
        expect("menyusut: 6 dari 7" in refused["errors"][0]["text"], f"{refused}")


def test_a_pin_is_one_persons():
    with Box() as box:
        desk = Desk(box)
        desk.take("units", "unit.csv")
        desk.take("employees", "pegawai.csv")
        where = ["--unit", "Puskesmas Sumber Waras", "--document", "BA 1"]
        claimed = desk.central("link", "add", "11", "THLS-0042", *where, expect=65)
        expect("sudah milik Agus Setiawan" in claimed, claimed)
        desk.central("link", "add", "14", "THLS-0042", *where, "--from", "2026-01-05")
        expect("1 tetap" in desk.central("link", "add", "14", "THLS-0042", *where, "--from", "2026-01-05"), "made twice")
        desk.central("link", "end", "99", "--last", "2026-01-31", expect=64)
