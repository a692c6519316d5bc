"""Files from a flash disk, through the real programs: the command, the clerk's page, and what the centre makes of it."""

import hashlib
import json
import os
import secrets

from box import Box, Centre, Device, Office, until
from browser import Browser
from commands import expect
from pages import only_asked, picture

SERIAL = "CJ9L170560001"


def write(box, records, name="1_attlog.dat"):
    """What the device would write to a flash disk; its path."""
    path = os.path.join(box.folder, name)
    with open(path, "w", encoding="utf-8", newline="") as file:
        for user, moment in records:
            file.write(f"{user:>9}\t{moment.replace('T', ' ')}\t1\t0\t1\t0\r\n")
    return path


def load(office, path, *more):
    """`hadir import --yes --json`: the first file's report."""
    return json.loads(office.box.run(
        "hadir", "import", path, "--device", SERIAL, "--yes", "--json", "--state", office.state,
        "--config", office.configuration, *more))[0]


def unconfirmed(centre):
    return [punch for punch in centre.punches() if punch["unconfirmed"]]


def test_stick_is_unconfirmed_until_the_device_shows_it():
    """Imported, sent, not counted; the device is read: confirmed by itself; imported again: nothing is new."""
    with Box() as box:
        device = Device(box, "lobby", SERIAL, options=["--users", "9", "--records", "40", "--seed", "5"])
        records = device.records()
        # One more in the file than the device will ever show: somebody wrote it.
        path = write(box, records + [("4242", "2026-03-02T07:00:00")])
        digest = hashlib.sha256(open(path, "rb").read()).hexdigest()
        centre = Centre(box)
        office = Office(box, "dinkes", "Dinas Kesehatan", [], heartbeat="1s")
        office.enroll(centre.add_node("Dinas Kesehatan"))
        office.start()
        report = load(office, path)
        expect(report["imported"]["new"] == 41 and report["preview"]["known"] == 0, report)
        until("the centre has them", lambda: len(centre.punches()) == 41)
        expect(len(unconfirmed(centre)) == 41, "a file alone confirms nothing")
        expect({(p["source"], p["file"]) for p in centre.punches()} == {("stick", digest)}, "the file is not named")
        with open(os.path.join(office.state, "imports", digest + ".dat"), "rb") as kept:
            expect(hashlib.sha256(kept.read()).hexdigest() == digest, "the file is not kept as it came")
        expect(load(office, path)["imported"]["new"] == 0, "imported twice")

        # Now the device is connected.
        with open(office.configuration, "a", encoding="utf-8") as file:
            file.write("\n" + device.stanza(poll="1s"))
        box.run("hadir", "config", "reload", "--state", office.state)
        until("the device confirms", lambda: len(unconfirmed(centre)) == 1)
        punches = centre.punches()
        expect(len(punches) == 41 and unconfirmed(centre)[0]["user_id"] == "4242", "another row, or a wrong one")
        expect({p["source"] for p in punches if not p["unconfirmed"]} <= {"poll", "live"}, "not the device's")
        expect(all(p["file"] is None and p["by"] is None for p in punches if not p["unconfirmed"]), "still the file's")
        seq = office.journal()["last_seq"]
        expect(load(office, path)["imported"]["new"] == 0, "imported after the device was read")
        expect(office.journal()["last_seq"] == seq or len(centre.punches()) == 41, "rows grew")

        # Killed and started again, and without a daemon: the same.
        office.program.kill()
        expect(load(office, path)["imported"]["new"] == 0, "imported after a kill, without a daemon")
        office.start()
        expect(load(office, path)["imported"]["new"] == 0, "imported after the restart")
        expect(len(centre.punches()) == 41 and not office.verify()["problems"], "the journal is not whole")
        return "41 scans, 40 confirmed"


def test_stick_refusals_keep_nothing():
    """Another device's file, an unknown device, fingerprints: refused with words and codes, nothing stored."""
    with Box() as box:
        office = Office(box, "dinkes", "Dinas Kesehatan", [])
        office.start()
        path = write(box, [("7", "2026-03-02T07:00:00")], "NYU7244800354_attlog.dat")
        template = os.path.join(box.folder, "template.fp10")
        with open(template, "wb") as file:
            file.write(bytes([10, 0, 1, 0, 0, 1, 0, 0, 0, 0]))
        renamed = os.path.join(box.folder, "2_attlog.dat")
        os.link(template, renamed)
        for words, code, said in (
                ((path, "--device", SERIAL, "--yes"), 65, "NYU7244800354"),
                ((path, "--device", "loby", "--yes"), 64, "no device is called"),
                ((template, "--device", SERIAL, "--yes"), 65, "UU 27/2022"),
                ((renamed, "--device", SERIAL, "--yes"), 65, "UU 27/2022"),
                ((path, "--device", "NYU7244800354"), 64, "--yes")):
            done = box.attempt("hadir", "import", *words, "--state", office.state, "--config", office.configuration,
                               input="")
            expect(done.returncode == code and said in done.stderr, f"{words}: {done.returncode} {done.stderr}")
        left = os.path.join(office.state, "imports")
        # What was refused for its device waits for nobody.
        expect(all(not name.endswith(".dat") for name in os.listdir(left)) if os.path.isdir(left) else True, "kept")
        expect(office.journal()["last_seq"] == 1, "something was journaled")


def test_stick_page():
    """The clerk's page without scripts: choose, look, say yes; the centre's page says that it is not confirmed."""
    with Box() as box, Browser() as browser:
        device = Device(box, "lobby", SERIAL, options=["--users", "9", "--records", "12", "--seed", "5"])
        path = write(box, device.records() + [("0", "2026-03-02T07:00:00"), ("77", "2026-02-30T07:00:00")])
        with open(path, "a", encoding="utf-8") as file:
            file.write("rusak\r\n        7\t2026-03-04 07:00:00\t1\t0\t1\t0\r\n")
        centre = Centre(box)
        office = Office(box, "dinkes", "Dinas Kesehatan", [device.stanza(poll="600s", live=False)], heartbeat="1s")
        device.ask("silence 600")
        office.enroll(centre.add_node("Dinas Kesehatan"))
        office.start()
        browser.devtools("Emulation.setScriptExecutionDisabled", value=True)
        browser.open(office.page + "/")
        browser.click(".from-disk a")
        browser.wait("the form", lambda: "Absen dari flash disk" in browser.text("h1"))
        picture(browser, "import-form")
        # The keyboard reaches everything.
        browser.find("#berkas").type(path)
        browser.find("#mesin").type("lobby")
        browser.click("button")
        browser.wait("the preview", lambda: "Periksa dulu" in browser.text("h1"))
        text = browser.text(".look")
        for words in ("15", "baris 14", "Tanpa PIN", "Rentang tanggal", "baris 15"):
            expect(words in text, f"{words}: {text}")
        picture(browser, "import-preview")
        expect(office.journal()["last_seq"] < 15, "journaled before a yes")
        browser.click("button[value=masukkan]")
        browser.wait("the result", lambda: "Sudah masuk" in browser.text("h1"))
        expect("15 absen dari flash disk dimasukkan" in browser.text(".accepted"), browser.text(".accepted"))
        picture(browser, "import-done")
        until("the centre has them", lambda: len(unconfirmed(centre)) == 15)
        expect({punch["by"] for punch in centre.punches()} == {"halaman lokal"}, "somebody else brought them")

        expect(browser.console() == [], "the console is not empty")

        # A look-alike.
        other = os.path.join(box.folder, "GLG_001.TXT")
        with open(other, "w", encoding="utf-8") as file:
            file.write("No\tTMNo\tEnNo\tName\tINOUT\tMode\tDateTime\r\n1\t1\t000000007\tBUDI\t0\t1\t2024/01/02  07:31:00\r\n")
        browser.find("#berkas").type(other)
        browser.find("#mesin").type("lobby")
        browser.click("button")
        browser.wait("the refusal", lambda: "Berkas tidak diterima" in browser.text("h1"))
        expect("merek lain" in browser.text(".refused"), browser.text(".refused"))
        picture(browser, "import-refused")
        said = browser.console()
        expect(all("422" in line for line in map(str, said)), f"more than the refusal's status: {said}")
        only_asked(browser, f"127.0.0.1:{office.port}")

        password = secrets.token_urlsafe(15)
        centre.add_account("siti", password)
        browser.devtools("Emulation.setScriptExecutionDisabled", value=False)
        browser.open(centre.url + "/jaringan")
        browser.find("#account").type("siti")
        browser.find("#password").type(password)
        browser.click("form button[type=submit]")
        browser.wait("the summary", lambda: "belum dikonfirmasi (dari flash disk)" in browser.text(".scans"))
        picture(browser, "import-centre")
        return "390 and 1366, light and dark"
