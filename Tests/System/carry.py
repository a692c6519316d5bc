"""An office without a link: its journal is carried to the centre by hand, and the receipts back."""

import glob
import json
import os
import shutil
import subprocess

from box import PROGRAMS, Box, Centre, Device, Office, compare, until
from commands import expect

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
