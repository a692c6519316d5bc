"""What people come to the centre's pages for, from the login to the logout, as they do it: by links, forms and files."""

import csv
import datetime
import json
import os
import re
import subprocess
import time

from box import Box, Failure
from browser import ENTER, TAB, Browser
from commands import expect
from town import BY_STICK, SILENT, Account, now
from visit import (WIDTHS, choose, fill, follow, last_working_day, login, logout, press, shared_town)

SYSTEM_PYTHON = "/usr/bin/python3"


def quiet(browser, town):
    """Nothing in the console, nobody else asked."""
    told = browser.console()
    expect(told == [], f"console: {told}")
    hosts = browser.hosts()
    expect(hosts == {f"127.0.0.1:{town.centre.port}"}, f"asked {hosts}")


def test_a_leader_goes_down_to_a_scan():
    """Government, unit, person, day, scan: by links alone, at the width of a phone."""
    with Browser(*WIDTHS["390"]) as browser:
        town = shared_town()
        login(browser, town, town.account("bupati"))
        expect(browser.path == "/", browser.path)
        unit = town.live[0]
        browser.open(town.centre.url + unit_path(town, unit.name))
        expect(unit.name in browser.text("main"), f"{browser.path} is not of {unit.name}")
        browser.open(town.centre.url + "/")
        link = next(href for href in browser.run(
            "return [...document.querySelectorAll(\"main a[href^='/unit/']\")].map((a) => a.getAttribute('href'))")
            if href == unit_path(town, unit.name))
        browser.open(town.centre.url + link)
        person = follow(browser, "main a[href^='/pegawai/']", "a person on the unit's page").split("?")[0]
        number = re.match(r"/pegawai/(\d+)", person)[1]
        browser.open(f"{town.centre.url}/pegawai/{number}?month={last_working_day():%Y-%m}")
        link = f"/pegawai/{number}/hari/{last_working_day()}"
        follow(browser, f"main a[href^='{link}']", "a day of the month")
        expect(re.search(r"\d\d\.\d\d", browser.text("main")), f"no time on {link}: {browser.text('main')[:300]}")
        expect("Simpan koreksi" not in browser.text("main"), "a leader can correct days")
        logout(browser, town)
        quiet(browser, town)
        return f"{unit.name}, {link}"


def unit_path(town, name):
    units = town.centre.get("/api/v1/units", role="personnel")["units"]
    return "/unit/" + str(next(unit["id"] for unit in units if unit["name"] == name))


def test_a_sheet_is_entered():
    """The signed list of a day on which the device was not heard of: hours per person, a preview, then the day's source."""
    with Browser() as browser:
        town = shared_town()
        unit = unit_path(town, SILENT).rsplit("/", 1)[1]
        day = last_working_day()
        login(browser, town, town.account("bkpsdm"), next=f"/kepegawaian/lembar?unit={unit}&tanggal={day}")
        fields = browser.run("return [...document.querySelectorAll('main input.clock')].map((field) => field.name)")
        expect(len(fields) >= 4, f"no rows on the sheet: {browser.text('main')[:400]}")
        fill(browser, "dokumen", "BA 4/2026")
        fill(browser, "alasan", "mesin absen tidak terhubung")
        arrival = next(name for name in fields if name.startswith("m-"))
        number = arrival[2:]
        fill(browser, arrival, "07:21")
        fill(browser, "p-" + number, "16:05")
        press(browser, "Periksa")
        browser.wait("the preview", lambda: "Simpan lembar" in browser.text("main"))
        press(browser, "Simpan lembar")
        browser.wait("the sheet is in the list", lambda: "BA 4/2026" in browser.text("main")
                     and "Simpan lembar" not in browser.text("main"))
        browser.open(f"{town.centre.url}/pegawai/{number}/hari/{day}")
        expect("07.21" in browser.text("main") and "BA 4/2026" in browser.text("main"), browser.text("main")[:600])
        logout(browser, town)
        quiet(browser, town)
        return f"{SILENT}, {day}"


def test_a_month_is_closed():
    """Of a unit without open days: not without the mark that it was checked; then its figures are told as closed."""
    with Browser() as browser:
        town = shared_town()
        month = f"{now().date().replace(day=1) - datetime.timedelta(days=1):%Y-%m}"
        login(browser, town, town.account("bkpsdm"), next="/kepegawaian/bulan")
        links = browser.run("return [...document.querySelectorAll('main a')].map((a) => a.getAttribute('href'))")
        for link in [link for link in links if f"/bulan/{month}/" in link][1:]:
            browser.open(town.centre.url + link)
            if "Semua hari sudah pasti" in browser.text("main") and "Yang dikunci" in browser.text("main"):
                break
        else:
            raise Failure(f"no unit has a whole {month}")
        press(browser, "Tutup bulan")
        expect(browser.run("return Boolean(document.querySelector('[name=setuju]')) "
                           "&& !document.querySelector('[name=setuju]').checked"), "closed without the mark")

        def close():
            # It refuses as long as days are being computed.
            if browser.all("main [name=setuju]"):
                browser.find("main [name=setuju]").click()
                press(browser, "Tutup bulan")
            return not browser.all("main [name=setuju]") and "ditutup" in browser.text("main").lower()

        browser.wait("the month is closed", close, wait=90, every=1)
        browser.open(town.centre.url + "/kepegawaian/bulan")
        expect(browser.run("return document.querySelector(`main a[href='${arguments[0]}']`).innerText", link).strip()
               == "ditutup", "the list does not say that it is closed")
        logout(browser, town)
        told = [line for line in browser.console() if "409" not in line and "422" not in line]
        expect(told == [], f"console: {told}")
        return link


READ_BACK = """
import json, sys, openpyxl
book = openpyxl.load_workbook(sys.argv[1])
json.dump({sheet.title: [[[cell.data_type, str(cell.value)] for cell in row if cell.value is not None]
                         for row in sheet.iter_rows()] for sheet in book}, sys.stdout)
"""


def test_an_export_is_read_back():
    """Recap as .xlsx: the file opens elsewhere, each person of the API is in it once, NIP as text, no formula."""
    with Box() as box, Browser() as browser:
        town = shared_town()
        browser.devtools("Browser.setDownloadBehavior", behavior="allow", downloadPath=box.folder)
        login(browser, town, town.account("bkpsdm"), next="/unduhan")
        month = browser.find("#unduh-dari").attribute("value")
        press(browser, "Buat berkas")
        browser.wait("the file is made", lambda: browser.run(
            "return Boolean(document.querySelector(\"a[href^='/unduhan/berkas/']\"))"), wait=40)
        browser.click("main a[href^='/unduhan/berkas/']")
        path = browser.wait("the file", lambda: next(
            (os.path.join(box.folder, name) for name in os.listdir(box.folder) if name.endswith(".xlsx")), None))
        done = subprocess.run([SYSTEM_PYTHON, "-c", READ_BACK, path], capture_output=True, text=True, timeout=60)
        expect(done.returncode == 0, f"openpyxl (package python3-openpyxl): {done.stderr[-600:]}")
        book = json.loads(done.stdout)
        cells = [cell for rows in book.values() for row in rows for cell in row]
        expect(not [cell for cell in cells if cell[0] == "f"], "a cell is a formula")
        rows, after = [], 0
        while after is not None:
            page = town.centre.get(f"/api/v1/recap?month={month}&after={after}", role="personnel")
            rows += page["employees"]
            after = page.get("next")
        numbers = [cell[1] for cell in cells if cell[0] == "s" and re.fullmatch(r"\d{18}|THL-\d+", cell[1])]
        wanted = [row["number"] for row in rows]
        expect(sorted(numbers) == sorted(wanted), f"{len(numbers)} persons in the file, {len(wanted)} by the API")
        told = " ".join(cell[1] for cell in cells).lower()
        for word in ("aturan", "jam 2026-", "jurnal:", "log audit"):
            expect(word in told, f"{word} is not told in {list(book)}: {told[-1500:]}")
        logout(browser, town)
        quiet(browser, town)
        return f"{os.path.basename(path)}: {len(numbers)} persons, sheets {list(book)}"


def test_employees_are_imported():
    """A list with errors names each by its line and changes nothing; a good one is shown first, then written once."""
    with Box() as box, Browser() as browser:
        town = shared_town()
        unit = town.unit("Dinas Pendidikan").name

        def send(name, people):
            path = os.path.join(box.folder, name)
            with open(path, "w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([["NIP", "Nama", "Jenis", "Unit"], *people])
            browser.open(town.centre.url + "/kepegawaian/impor")
            browser.find("main input[type=file]").type(path)
            press(browser, "Pratinjau")
            browser.wait("an answer", lambda: name in browser.text("main"))
            return browser.text("main")

        login(browser, town, town.account("bkpsdm"))
        good = ["BARU-1", "Contoh Baru <b>", "THL", unit]
        text = send("salah.csv", [good, ["1.98609E+17", "Agus", "PNS", unit], ["BARU-2", "Ani", "THL", "Unit Hilang"]])
        expect("2 kesalahan dalam 3 baris" in text, text[:500])
        expect(re.search(r"[Bb]aris 3", text) and re.search(r"[Bb]aris 4", text), f"no lines: {text[:500]}")
        text = send("benar.csv", [good])
        expect("1 baru" in text and "Belum ditulis" in text, text[:500])
        browser.open(town.centre.url + "/pegawai?q=BARU-1")
        expect("Contoh Baru" not in browser.text("main"), "the preview wrote")
        send("benar.csv", [good])
        browser.run("document.querySelector(\"form[action$='/impor/tulis']\").requestSubmit()")
        browser.wait("it is written", lambda: browser.url.endswith("kabar=diimpor"))
        browser.open(town.centre.url + "/pegawai?q=BARU-1")
        expect("Contoh Baru <b>" in browser.text("main"), browser.text("main")[:400])
        logout(browser, town)
        told = [line for line in browser.console() if "422" not in line]
        expect(told == [], f"console: {told}")


def test_a_scan_reaches_the_open_dashboard():
    """Who was not there scans: the numbers of the dashboard, left open, and of the network change without a reload."""
    with Browser() as browser:
        town = shared_town()
        delays = []
        for account, path, unit in (("diskominfo", "/jaringan", town.live[0]), ("bupati", "/", town.live[1])):
            absent = len(unit.people)
            login(browser, town, town.account(account), next=path)
            browser.wait("the live stream", lambda: browser.run(
                "return document.querySelector('[data-link]').dataset.link") == "live")
            before = browser.text("[data-section=totals]")
            begun = time.monotonic()
            expect(town.scan(unit, absent), "the device refused the scan")
            if path == "/":
                browser.wait("the dashboard", lambda: browser.text("[data-section=totals]") != before)
            else:
                browser.wait("the scan", lambda: browser.run(
                    "return document.querySelector('.scan-pin bdi')?.innerText") == str(absent))
            delays.append(time.monotonic() - begun)
            logout(browser, town)
        expect(max(delays) <= 2, f"it took {delays}")
        quiet(browser, town)
        return f"network {delays[0]:.2f} s, dashboard {delays[1]:.2f} s"


def test_where_is_my_scan():
    """An employee on a phone: what happened to today's scan, step by step, on one's own page."""
    with Browser(*WIDTHS["390"]) as browser:
        town = shared_town()
        login(browser, town, town.account("pegawai.dinkes"))
        expect(browser.path == "/saya", browser.path)
        browser.open(town.centre.url + "/saya")
        follow(browser, "main a[href^='/saya/jejak']", "\"Di mana absen saya?\"")
        text = browser.text("main")
        for word in ("Perangkat", "Komputer absen", "Pusat", "Dihitung"):
            expect(word in text, f"{word} is not told: {text[:500]}")
        expect(browser.run("return document.documentElement.scrollWidth") <= 390, "it is wider than the phone")
        browser.open(town.centre.url + "/pegawai")
        expect(browser.run("return document.body.classList.contains('door')"), "an employee sees others")
        browser.console()
        logout(browser, town)


def test_a_first_password_must_be_changed():
    """The slip's password opens one page alone until another is chosen, by keyboard; then the slip's is worth nothing."""
    with Box() as box, Browser() as browser:
        town = shared_town()
        person = town.unit("Dinas Kesehatan").people[4]
        account = Account("baru.dinkes", "employee", "", employee=person["number"])
        town.centre.add_account(account.name, account.password, account.role, None, account.employee)
        slips = os.path.join(box.folder, "slip.html")
        town.centre.run("user", "slip", account.name, "--slips", slips, "--address", "https://hadir.example.go.id")
        with open(slips, encoding="utf-8") as file:
            first = re.search(r'slip-secret">([^<]*)<', file.read())[1]
        old, account.password = account.password, first
        browser.open(town.centre.url + "/masuk")
        browser.keys(account.name, TAB, first, ENTER)
        browser.wait("one must choose a password", lambda: browser.path == "/sandi")
        for path in ("/", "/saya", "/saya/jejak"):
            browser.open(town.centre.url + path)
            expect(browser.path == "/sandi", f"{path} opens with the slip's password: {browser.path}")
        # By keyboard alone, as everything can be.
        browser.run("document.querySelector('main [name=lama]').focus()")
        browser.keys(first, TAB)
        for _ in range(3):
            if browser.run("return document.activeElement.name") == "baru":
                break
            browser.keys(TAB)
        chosen = "empat benda di atas meja"
        browser.keys(chosen, TAB)
        for _ in range(3):
            if browser.run("return document.activeElement.name") == "ulang":
                break
            browser.keys(TAB)
        browser.keys(chosen, ENTER)
        browser.wait("the password is changed", lambda: "sudah diganti" in browser.text("main")
                     or browser.path != "/sandi")
        browser.open(town.centre.url + "/saya")
        expect(browser.path == "/saya", browser.path)
        logout(browser, town)
        for wrong in (first, old):
            browser.open(town.centre.url + "/masuk")
            browser.find("#account").type(account.name)
            browser.find("#password").type(wrong)
            browser.click("form button[type=submit]")
            browser.wait("it is refused", lambda: browser.path == "/masuk" and browser.text("[role=alert]"))


def test_from_the_dashboard_to_a_scan_and_a_correction():
    """Unit, person, day, scans; a day is corrected after a preview, and says by whom and by which letter."""
    with Browser() as browser:
        town = shared_town()
        login(browser, town, town.account("bkpsdm"))
        browser.wait("the dashboard", lambda: browser.path == "/")
        unit = town.live[0]
        follow(browser, "main a[href^='/unit/']", "a unit on the dashboard")
        expect(re.match(r"/unit/\d+$", browser.path), browser.path)
        person = follow(browser, "main a[href^='/pegawai/']", "a person on the unit's page").split("?")[0]
        number = re.match(r"/pegawai/(\d+)", person)[1]
        day = last_working_day()
        browser.open(f"{town.centre.url}/pegawai/{number}?bulan={day:%Y-%m}")
        follow(browser, "main a[href*='/hari/']", "a day of the month")
        browser.open(f"{town.centre.url}/pegawai/{number}/hari/{day}")
        expect(browser.run("return document.querySelectorAll('h1').length") == 1, "no day")
        choose(browser, "kind", "Hadir sehari penuh")
        fill(browser, "document", "SURAT 17/2026")
        fill(browser, "reason", "mesin absen rusak")
        press(browser, "Lihat pratinjau")
        browser.wait("the preview", lambda: "Simpan koreksi" in browser.text("main"))
        press(browser, "Simpan koreksi")
        browser.wait("the correction", lambda: "SURAT 17/2026" in browser.text("main")
                     and browser.path.endswith(f"/hari/{day}"))
        told = browser.console()
        expect(told == [], f"console: {told}")
        logout(browser, town)
        return f"{unit.name}, {day}"


def test_stick_file_and_code_by_browser():
    """Diskominfo makes a code, which is shown once, and accepts a file after its digest was compared."""
    with Browser() as browser:
        town = shared_town()
        login(browser, town, town.account("diskominfo"), next="/jaringan/pendaftaran")
        fill(browser, "unit", town.unit(BY_STICK).name)
        press(browser, "Buat kode")
        code = browser.wait("the code", lambda: browser.text(".net-made .net-code"))
        browser.open(town.centre.url + "/jaringan/pendaftaran")
        expect(code not in browser.text() and "Berlaku sampai" in browser.text("main"), "the code is shown again")
        browser.open(town.centre.url + "/jaringan/berkas")
        count = "return document.querySelectorAll('.net-accept').length"
        waiting = browser.run(count)
        browser.find(".net-accept > summary").click()
        fill(browser, "dokumen", "BA 9/2026")
        fill(browser, "alasan", "dicocokkan dengan berita acara")
        browser.find("main [name='cocok']").click()
        browser.find(".net-accept button").click()
        browser.wait("the file is accepted", lambda: "Berkas diterima" in browser.text("main"))
        expect(browser.run(count) == waiting - 1, f"{browser.run(count)} of {waiting} files wait")
        browser.open(town.centre.url + "/perangkat")
        browser.find("#cari").type("dinas")
        browser.wait("rows of other devices are gone", lambda: "Satuan Polisi" not in browser.text("main section"))
        told = browser.console()
        expect(told == [], f"console: {told}")
