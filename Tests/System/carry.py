"""An office without a link: its journal is carried to the centre by hand, and the receipts back."""

import glob
import json
import os
import secrets
import shutil
import subprocess
import urllib.error
import urllib.request

from box import PROGRAMS, Box, Centre, Device, Office, compare, until
from browser import Browser
from commands import expect
from pages import only_asked, picture

SERIAL = "CJ9L170560001"


def stick(box, name="stick"):
    folder = os.path.join(box.folder, name)
    os.makedirs(folder, exist_ok=True)
    return folder


def export(office, folder, *more):
    return json.loads(office.box.run(
        "hadir", "journal", "export", "--to", folder, "--state", office.state, "--json", *more))


def receipts(office, *files, code=0):
    done = office.box.attempt("hadir", "journal", "receipts", *files, "--state", office.state, "--json")
    expect(done.returncode == code, f"receipts: {done.returncode} {done.stdout} {done.stderr}")
    return json.loads(done.stdout)


def bring(centre, *files, code=0):
    """`hadir-central import FILE…`"""
    done = centre.box.attempt("hadir-central", "import", *files, "--state", centre.state, "--json")
    expect(done.returncode == code, f"import: {done.returncode} {done.stdout} {done.stderr}")
    return json.loads(done.stdout)


def files(folder, ending="hadir"):
    return sorted(glob.glob(os.path.join(folder, f"*.{ending}")))


def away(box, centre, scans=12, **more):
    """An office that was enrolled, and has had no link since."""
    device = Device(box, "lobby", SERIAL, options=["--users", "9", "--records", str(scans), "--seed", "7"])
    office = Office(box, "kecamatan", "Kecamatan Sukamaju", [device.stanza(poll="1s")], heartbeat="1s")
    office.enroll(centre.add_node("Kecamatan Sukamaju"))
    centre.program.stop()
    office.start()
    until("the scans are journaled", lambda: office.journal()["last_seq"] > scans)
    return device, office


def test_carry_round():
    """Device, journal, stick, centre, receipts, journal; then the link is there and nothing is doubled."""
    with Box() as box:
        centre = Centre(box)
        device, office = away(box, centre)
        folder = stick(box)
        report = export(office, folder)
        expect(report["first"] == 1 and report["entries"] == report["last"], report)
        expect([file["name"] for file in report["files"]] == [os.path.basename(path) for path in files(folder)], report)
        expect("kecamatan-sukamaju" in report["files"][0]["name"], report)
        held = open(files(folder)[0], "rb").read()
        expect(held.startswith(b'hadir-bundle-1 {"v":1,') and b"punch" not in held, "what is in it can be read")
        expect(office.journal()["acked_seq"] == 0, "an export acknowledges nothing")

        # No server runs: the command does it.
        looked = json.loads(box.run("hadir-central", "import", *files(folder), "--state", centre.state,
                                    "--dry-run", "--json"))
        expect(looked["files"][0]["looks"][0]["new"] == report["last"] and not files(folder, "receipts"), looked)
        done = bring(centre, *files(folder))["files"][0]
        expect(done["answers"][0]["answer"] == "ok" and done["answers"][0]["accepted"] == report["last"], done)
        told = receipts(office, *files(folder, "receipts"))
        expect(told["files"][0]["receipts"][0]["result"] == "acknowledged", told)
        expect(office.journal()["acked_seq"] >= report["last"], office.journal())

        # Once more, both: nothing.
        again = bring(centre, *files(folder))["files"][0]["answers"][0]
        expect(again["accepted"] == 0 and again["duplicate"] == report["last"], again)
        expect(receipts(office, *files(folder, "receipts"))["files"][0]["receipts"][0]["result"] == "known", "twice")

        # The link is back; scans go on.
        centre.start()
        device.ask("scan 4 in")
        until("all is acknowledged", lambda: office.journal()["pending"] == 0, wait=40)
        until("the centre has it", lambda: len(centre.punches()) == 13)
        # With the server running, what is known already is carried once more.
        late = bring(centre, *files(folder))["files"][0]["answers"][0]
        expect(late["accepted"] == 0, late)
        receipts(office, *files(folder, "receipts"))
        compare(device.records(), centre.punches())
        expect(not office.verify()["problems"], "the journal is not whole")
        return "13 scans, 12 of them by hand"


def test_carry_refusals():
    """Altered, cut off, of another centre, of a revoked node; a forged receipt: words, codes, and nothing changes."""
    with Box() as box:
        centre = Centre(box)
        _, office = away(box, centre)
        folder = stick(box)
        export(office, folder)
        whole = files(folder)[0]
        bytes_ = open(whole, "rb").read()
        bad = stick(box, "bad")

        def made(name, content):
            path = os.path.join(bad, name)
            with open(path, "wb") as file:
                file.write(content)
            return path

        def refused(path, said, at=centre):
            done = box.attempt("hadir-central", "import", path, "--state", at.state)
            expect(done.returncode == 65 and said in done.stderr, f"{path}: {done.returncode} {done.stderr}")
            expect(not os.path.exists(path + ".receipts"), f"{path}: a receipt")

        flipped = bytearray(bytes_)
        flipped[-40] ^= 1
        refused(made("flipped.hadir", bytes(flipped)), "altered")
        refused(made("header.hadir", bytes_.replace(b'"first":1,', b'"first":2,', 1)), "altered")
        refused(made("cut.hadir", bytes_[:-100]), "ends in the middle")
        refused(made("text.hadir", b"7\t2026-03-02 07:00:00\t1\t0\t1\t0\r\n"), "not a bundle")
        refused(made("empty.hadir", b""), "empty")
        other = Centre(box, "other")
        refused(whole, "another centre", at=other)
        # One cut file does not keep a whole one away.
        copy = shutil.copy(whole, bad)
        done = bring(centre, made("cut.hadir", bytes_[:-100]), copy, code=65)
        expect(["error" in file for file in done["files"]] == [False, True], done)

        # A receipt of another centre, an altered one, another node's.
        told = open(copy + ".receipts", "rb").read()
        for name, content, said in (
                ("altered.receipts", told.replace(b'"accepted":', b'"accepted":9', 1), "not signed"),
                ("half.receipts", told[:len(told) // 2], "not a receipt"),
                ("html.receipts", b"<html>\n</html>\n", "not signed")):
            answer = receipts(office, made(name, content), code=65)
            expect(said in answer["files"][0]["error"], f"{name}: {answer}")
        expect(office.journal()["acked_seq"] == 0, "a forged receipt counted")
        neighbour = Office(box, "neighbour", "Dinas Lain", [])
        centre.start()
        neighbour.enroll(centre.add_node("Dinas Lain"))
        centre.program.stop()
        neighbour.start()
        answer = receipts(neighbour, copy + ".receipts", code=65)
        expect("another node" in answer["files"][0]["error"], answer)

        # Revoked: also what was made before.
        centre.run("node", "revoke", json.load(open(os.path.join(office.state, "node.json")))["node"])
        revoked = bring(centre, whole, code=65)
        expect(revoked["files"][0]["looks"][0]["state"] == "revoked"
               and revoked["files"][0]["answers"][0]["answer"] == "revoked", revoked)
        expect(receipts(office, whole + ".receipts", code=1)["files"][0]["receipts"][0]["result"] == "revoked", "told")


def test_carry_full_stick():
    """The stick is full: said clearly, and no file that looks whole is left."""
    with Box() as box:
        centre = Centre(box)
        _, office = away(box, centre)
        office.program.stop()
        folder = stick(box)
        # A file system of 4 KiB: too small for a bundle.
        script = (f"mount -t tmpfs -o size=4k none '{folder}' && "
                  f"'{os.path.join(PROGRAMS, 'hadir')}' journal export --to '{folder}' --state '{office.state}'; "
                  f"code=$?; ls -A '{folder}'; exit $code")
        done = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True, timeout=60)
        expect(done.returncode == 74 and "is full" in done.stderr and "not exported" in done.stderr,
               f"{done.returncode} {done.stdout} {done.stderr}")
        expect(done.stdout.strip() == "", f"left behind: {done.stdout}")


def downloaded(folder, ending, before):
    """The file that the browser has finished since, other than those of `before`."""
    def look():
        new = [path for path in files(folder, ending) if path not in before]
        return new[0] if new and not glob.glob(os.path.join(folder, "*.crdownload")) else None
    until(f"a download of .{ending}", look)
    return look()


def test_carry_pages():
    """Clerk and centre in a browser: a look, the file; a preview, a yes, the receipts; back at the office: acknowledged."""
    with Box() as box, Browser() as browser:
        centre = Centre(box)
        _, office = away(box, centre)
        folder = stick(box)
        browser.devtools("Browser.setDownloadBehavior", behavior="allow", downloadPath=folder)
        browser.devtools("Emulation.setScriptExecutionDisabled", value=True)
        browser.open(office.page + "/")
        browser.click(".by-hand a")
        browser.wait("what waits", lambda: "Kirim lewat flash disk" in browser.text("h1"))
        last = office.journal()["last_seq"]
        look = browser.text(".look")
        for words in ("Menunggu dikirim", "catatan 1 sampai", "kecamatan-sukamaju"):
            expect(words in look, f"{words}: {look}")
        picture(browser, "carry-office")
        browser.click("form[action='/kirim/unduh'] button")
        bundle = downloaded(folder, "hadir", [])
        expect(open(bundle, "rb").read(15) == b"hadir-bundle-1 ", "not a bundle")
        expect(office.journal()["acked_seq"] == 0, "a download acknowledges nothing")
        only_asked(browser, f"127.0.0.1:{office.port}")

        # The office still has no link: its daemon is stopped while the centre is up.
        office.program.stop()
        password = secrets.token_hex(16)
        centre.start()
        centre.add_account("pengelola", password)
        browser.devtools("Emulation.setScriptExecutionDisabled", value=False)
        browser.open(centre.url + "/jaringan/kiriman")
        browser.find("#account").type("pengelola")
        browser.find("#password").type(password)
        browser.click("form button[type=submit]")
        browser.wait("the page", lambda: browser.path == "/jaringan/kiriman")
        cut = os.path.join(folder, "cut.hadir")
        with open(cut, "wb") as file:
            file.write(open(bundle, "rb").read()[:-50])
        send(browser, cut)
        browser.wait("a refusal", lambda: "tersalin sebagian" in browser.text("main"))
        expect(centre.punches() == [], "a cut file was taken")
        send(browser, bundle)
        browser.wait("the preview", lambda: "pratinjau" in browser.text("h1"))
        text = browser.text("main")
        for words in ("Kecamatan Sukamaju", "siap diterima", "Belum ada yang diterima"):
            expect(words in text, f"{words}: {text}")
        expect(centre.punches() == [], "taken before a yes")
        picture(browser, "carry-centre-preview")
        browser.click("form[action='/jaringan/kiriman/terima'] button")
        browser.wait("the result", lambda: "diterima" in browser.text("h1"))
        picture(browser, "carry-centre-done")
        expect(len(centre.punches()) == 12, "not all of them")
        browser.click("form[action='/jaringan/kiriman/tanda-terima'] button")
        told = downloaded(folder, "receipts", [])
        # The same once more: known already.
        send(browser, bundle)
        browser.wait("known", lambda: "sudah ada semua" in browser.text("main"))
        notes = centre.run("audit", "list", "--json")
        expect("bundle:" in notes and "pengelola" in notes, f"the audit log does not say who: {notes[-500:]}")
        centre.program.stop()

        office.start()
        browser.open(office.page + "/kirim")
        browser.find("#berkas").type(cut)
        browser.click("form[action='/kirim/terima'] button")
        browser.wait("no receipt", lambda: "bukan tanda terima" in browser.text(".refused"))
        browser.find("#berkas").type(told)
        browser.click("form[action='/kirim/terima'] button")
        browser.wait("taken", lambda: "Tanda terima masuk" in browser.text(".accepted"))
        picture(browser, "carry-office-done")
        expect(office.journal()["acked_seq"] >= 13, f"{office.journal()}, {last}")
        # Chromium tells of each answer to what was refused.
        told = [line for line in browser.console() if "responded with a status of 4" not in line]
        expect(told == [], f"console: {told}")


def send(browser, path):
    browser.find("input[type=file]").type(path)
    browser.click("form[enctype] button")


def test_carry_page_guards():
    """What no form of the office's own page sends is refused: another site, no token, a large body, another method."""
    with Box() as box:
        centre = Centre(box)
        _, office = away(box, centre)

        def ask(path, body=b"", method="POST", **headers):
            request = urllib.request.Request(office.page + path, body if method == "POST" else None, {
                "Content-Type": "application/x-www-form-urlencoded", **{k.replace("_", "-"): v for k, v in headers.items()}},
                method=method)
            try:
                with urllib.request.urlopen(request, timeout=20) as answer:
                    return answer.status
            except urllib.error.HTTPError as error:
                return error.code

        expect(ask("/kirim", method="GET") == 200, "the page")
        expect(ask("/kirim?dari=999999", method="GET") == 422, "a part that is not there")
        expect(ask("/kirim/unduh", b"token=x&dari=1") == 403, "a wrong token")
        expect(ask("/kirim/unduh", b"dari=1", Origin="http://elsewhere.example") == 403, "another site")
        expect(ask("/kirim/terima", b"x" * 100) == 400, "no form")
        expect(ask("/kirim/unduh", b"dari=" + b"1" * 10_000) == 413, "too much")
        expect(ask("/kirim/unduh", method="GET") == 404, "another method")
        expect(office.journal()["acked_seq"] == 0, "changed")
