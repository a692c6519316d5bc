"""Every role in a real browser: each page that the navigation leads to, at three widths, by keyboard, and by hostile text.

Which pages there are is not written here: a visitor follows the links there are, one address of each kind, so that a new
page is looked at as soon as something leads to it.
"""

import datetime
import os
import re
import time
import urllib.parse

from box import Box, Failure, until
from browser import ENTER, TAB, Browser
from commands import expect
from town import BY_STICK, SILENT, Town, now

HERE = os.path.dirname(os.path.abspath(__file__))
PICTURES = os.path.join(os.path.dirname(os.path.dirname(HERE)), ".build", "screenshots", "roles")
WIDTHS = {"390": (390, 844), "1366": (1366, 768), "1920": (1920, 1080)}
# Pages of one role; a government has no end of them, kinds of pages there are few.
MOST_PAGES = 45
# Of one kind, such as /unit/NUMBER.
MOST_OF_KIND = 2

with open(os.path.join(HERE, "accessible.js"), encoding="utf-8") as file:
    ACCESSIBLE = file.read()


def kind(path):
    """`/pegawai/12/2026-11` and `/pegawai/7/2026-10` are one kind of page."""
    path = urllib.parse.urlsplit(path).path
    path = re.sub(r"/[0-9a-f]{12,}(?=/|$)", "/ID", path)
    path = re.sub(r"/\d{4}-\d{2}-\d{2}(?=/|$)", "/TANGGAL", path)
    path = re.sub(r"/\d{4}-\d{2}(?=/|$)", "/BULAN", path)
    return re.sub(r"/\d+(?=/|$)", "/NOMOR", path)


def file_name(path):
    return re.sub(r"[^a-zA-Z]+", "-", kind(path)).strip("-").lower() or "depan"


def login(browser, town, account, next="/"):
    """Through the form, as a person does it."""
    browser.open(town.centre.url + "/masuk?next=" + urllib.parse.quote(next))
    browser.find("#account").type(account.name)
    browser.find("#password").type(account.password)
    browser.click("form button[type=submit]")
    browser.wait(f"{account.name} is in", lambda: browser.path != "/masuk")


def logout(browser, town):
    browser.run("document.querySelector(\"form[action='/keluar']\").requestSubmit()")
    browser.wait("logged out", lambda: browser.path == "/masuk")


def links(browser, host):
    """(path with query, is of the navigation) of everything that can be followed without a file coming."""
    found = browser.run("""
        return [...document.querySelectorAll('a[href]')].filter((a) => !a.hasAttribute('download')).map(
            (a) => [a.href, a.closest('nav') !== null])""")
    own = []
    for href, is_navigation in found:
        place = urllib.parse.urlsplit(href)
        if place.netloc != host or place.path.startswith(("/aset/", "/keluar")):
            continue
        if re.search(r"\.(csv|xlsx|pdf|txt)$|/(csv|xlsx)$|^/unduhan/(berkas|keterangan)/", place.path):
            continue
        own.append((place.path + ("?" + place.query if place.query else ""), is_navigation))
    return own


class Visit:
    """One account's way through all that it is shown."""

    def __init__(self, browser, town, account):
        self.browser, self.town, self.account = browser, town, account
        self.host = f"127.0.0.1:{town.centre.port}"
        self.seen, self.problems, self.paths = {}, [], []

    def walk(self, look):
        """Calls `look(path)` on every page; the navigation's first."""
        first = self.browser.path
        waiting = [first]
        known = {first}
        while waiting and len(self.paths) < MOST_PAGES:
            path = waiting.pop(0)
            of = kind(path)
            if self.seen.get(of, 0) >= MOST_OF_KIND:
                continue
            self.seen[of] = self.seen.get(of, 0) + 1
            self.browser.open(self.town.centre.url + path)
            self.paths.append(path)
            if self.browser.run("return document.body.classList.contains('door')"):
                self.problems.append(f"{path} leads to: {self.browser.text('h1')}")
                continue
            look(path)
            found = links(self.browser, self.host)
            for href, is_navigation in sorted(found, key=lambda link: not link[1]):
                if href not in known:
                    known.add(href)
                    waiting.insert(0, href) if is_navigation else waiting.append(href)

    def look(self, path):
        """The page at each width, light and dark: as a picture, and by the rules."""
        for width, size in WIDTHS.items():
            self.browser.resize(*size)
            self.judge(path, f"at {width}")
            if self.seen[kind(path)] == 1:
                self.browser.screenshot(
                    os.path.join(PICTURES, f"{self.account.name}-{file_name(path)}-{width}.png"), whole=True)
        self.browser.prefer("dark")
        self.judge(path, "dark")
        self.browser.prefer("light")
        self.browser.resize(*WIDTHS["1366"])

    def judge(self, path, how):
        wide = self.browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            self.problems.append(f"{path} {how}: {wide} px are beside the screen")
        for problem in self.browser.run(ACCESSIBLE):
            self.problems.append(f"{path} {how}: {problem}")

    def end(self):
        told = [line for line in self.browser.console() if "favicon" not in line]
        self.problems += [f"console: {line}" for line in told]
        hosts = self.browser.hosts() - {self.host}
        if hosts:
            self.problems.append(f"asked {hosts}")


def said(problems, most=25):
    """Each once, whatever the width."""
    short = sorted({re.sub(r" (at \d+|dark):", ":", problem) for problem in problems})
    return f"{len(short)} problems:\n  " + "\n  ".join(short[:most])


def test_pages_of_every_role():
    """Whatever each role is shown: three widths, two looks, no error, nothing foreign, labels, every word readable."""
    problems, told = [], []
    with Box() as box, Browser() as browser:
        town = Town(box)
        for account in town.accounts:
            login(browser, town, account)
            visit = Visit(browser, town, account)
            visit.walk(visit.look)
            logout(browser, town)
            visit.end()
            problems += [f"{account.name} {problem}" for problem in visit.problems]
            told.append(f"{account.name} {len(visit.paths)}")
    expect(not problems, said(problems, most=40))
    return "pages: " + ", ".join(told)


# By keyboard

FOCUSABLE = """
    const shown = (element) => element.checkVisibility({ checkVisibilityCSS: true }) && element.getClientRects().length > 0;
    const all = [...document.querySelectorAll(
        "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")].filter(
        (element) => !element.disabled && shown(element));
    const groups = new Set();
    const list = all.filter((element) => {
        if (element.type !== "radio") return true;
        if (groups.has(element.name)) return false;
        groups.add(element.name);
        return true;
    });
    list.forEach((element, index) => { element.dataset.reached = index; });
    return list.map((element) => `${element.tagName.toLowerCase()} ${(element.textContent || element.name || "").trim().slice(0, 40)}`);
"""
WHERE = """
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    const look = getComputedStyle(element);
    const inside = element.closest("label, .tile, .password, li, td, th") || element;
    const around = getComputedStyle(inside);
    const isSeen = (style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== "none";
    return [element.dataset.reached ?? "", isSeen(look) || isSeen(around), element.className];
"""


def tab_through(browser, path):
    """What is wrong with going over the page with Tab alone."""
    problems = []
    names = browser.run(FOCUSABLE)
    browser.run("window.scrollTo(0, 0); document.activeElement?.blur();")
    reached, unseen = set(), set()
    for step in range(min(len(names), 200) + 3):
        browser.keys(TAB)
        where = browser.run(WHERE)
        if where is None:
            if step > 2:
                break
            continue
        index, is_seen, style = where
        if step == 0 and "skip" not in style:
            problems.append(f"{path}: the first Tab does not reach the skip link")
        if index != "":
            reached.add(int(index))
            if not is_seen:
                unseen.add(int(index))
    missed = [names[index] for index in range(min(len(names), 200)) if index not in reached]
    if missed:
        problems.append(f"{path}: Tab does not reach {missed[:5]} and {max(0, len(missed) - 5)} more")
    if unseen:
        problems.append(f"{path}: nobody sees that these have the keyboard: {[names[index] for index in unseen][:5]}")
    return problems


def test_by_keyboard():
    """Everything on every page is reached with Tab, what has the keyboard is seen, the skip link skips."""
    with Box() as box, Browser() as browser:
        town = Town(box, offices=2)
        problems, pages = [], 0
        for name in ("diskominfo", "bkpsdm", "kepala.dinkes"):
            account = town.account(name)
            browser.open(town.centre.url + "/")
            browser.keys(account.name, TAB, account.password, ENTER)
            browser.wait(f"{name} is in", lambda: browser.path != "/masuk")
            visit = Visit(browser, town, account)
            done = set()

            def look(path):
                if kind(path) in done:
                    return
                done.add(kind(path))
                # A stream would put new elements where the marks were.
                browser.run("document.querySelectorAll('[data-section]').forEach((part) => { delete part.dataset.section; })")
                problems.extend(tab_through(browser, path))

            visit.walk(look)
            pages += len(done)
            browser.open(town.centre.url + "/kantor" if name == "diskominfo" else town.centre.url + "/")
            browser.run("document.activeElement?.blur()")
            browser.keys(TAB, ENTER)
            browser.wait("the skip link leads to the content", lambda: browser.run(
                "return location.hash === '#isi' && document.activeElement.id === 'isi'"))
            logout(browser, town)
        expect(not problems, said(problems))
        return f"{pages} pages"


# Hostile text

SCRIPT = "<script>window.ran=1</script>"
EVENT = "\"onmouseover=\"window.ran=1"
FORMULA = "=HYPERLINK(\"http://evil.example\")"


def test_hostile_names():
    """A unit, a device, a person's PIN and a device's user name full of markup and formulas are text on every page."""
    with Box() as box, Browser() as browser:
        town = Town(box, offices=1)
        unit = town.units[-1].__class__(f"{SCRIPT}{EVENT}", "<b onmouseover=ran=1>", [{}] * 3)
        unit.short = "jahat"
        town.open_office(unit)
        for text in ("<svg onload=ran=1>", FORMULA[:24], EVENT[:24]):
            unit.device.ask(f"scan hex:{text.encode()[:24].hex()} at {now():%Y-%m-%dT06:30:00}")
        for number, name in enumerate((SCRIPT[:24], EVENT[:24], FORMULA[:24]), 1):
            box.run("hadir", "user", "set", str(number), "--name", name, "--device", unit.device.name,
                    "--config", unit.office.configuration, "--state", unit.office.state)
        until("the scans are at the centre", lambda: any(
            punch["device_serial"] == unit.serial for punch in town.centre.punches()), wait=40)
        problems, shown = [], set()
        for account in town.accounts:
            login(browser, town, account)
            visit = Visit(browser, town, account)

            def look(path):
                problems.extend(f"{account.name} {path}: {problem}" for problem in browser.run("""
                    const problems = [];
                    if (window.ran !== undefined) problems.push("a script ran");
                    for (const bad of document.querySelectorAll("main script, main svg[onload], main b[onmouseover]"))
                        problems.push("made markup: " + bad.outerHTML.slice(0, 80));
                    for (const element of document.querySelectorAll("*")) for (const a of element.attributes)
                        if (a.name.startsWith("on")) problems.push("an event: " + a.name);
                    return problems;"""))
                text = browser.text("main")
                shown.update((account.name, path) for part in (SCRIPT, EVENT) if part in text)

            visit.walk(look)
            logout(browser, town)
            visit.end()
            problems.extend(visit.problems)
        expect(not problems, said(problems))
        expect({path for _, path in shown} >= {"/kantor", "/perangkat"}, f"the text is shown on {shown} only")
        return f"shown as text on {len(shown)} pages"


# What they come for

def follow(browser, css, what):
    """Opens the first link of the kind, as a click would."""
    href = browser.wait(what, lambda: browser.run(
        "return document.querySelector(arguments[0])?.getAttribute('href')", css))
    browser.open(urllib.parse.urljoin(browser.url, href))
    return href


def choose(browser, name, text):
    """The option of a select whose text begins so."""
    expect(browser.run("""
        const field = document.querySelector(`[name="${arguments[0]}"]`);
        const option = [...(field?.options ?? [])].find((one) => one.text.trim().startsWith(arguments[1]));
        if (option) { field.value = option.value; field.dispatchEvent(new Event("change", { bubbles: true })); }
        return Boolean(option);""", name, text), f"{name} has no choice {text}: {browser.text('main')[:300]}")


def fill(browser, name, text):
    field = browser.find(f"main [name='{name}']")
    browser.run("document.querySelector(`main [name=\"${arguments[0]}\"]`).value = ''", name)
    field.type(text)


def press(browser, text):
    for button in browser.all("main button"):
        if button.text.strip() == text:
            return button.click()
    raise Failure(f"there is no button {text!r}: {browser.text('main')[:500]}")


def last_working_day():
    day = now().date() - datetime.timedelta(days=1)
    while day.weekday() > 4:
        day -= datetime.timedelta(days=1)
    return day


def test_from_the_dashboard_to_a_scan_and_a_correction():
    """Unit, person, day, scans; a day is corrected after a preview, and says by whom and by which letter."""
    with Box() as box, Browser() as browser:
        town = Town(box, offices=2)
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


def test_a_scan_reaches_the_open_dashboard():
    """Somebody who was not there scans: the numbers of the open page change without a reload."""
    with Box() as box, Browser() as browser:
        town = Town(box, offices=1)
        unit = town.live[0]
        scanned = {user for user, _ in unit.device.records()}
        absent = next(pin for pin in range(1, len(unit.people) + 1) if str(pin) not in scanned)
        login(browser, town, town.account("diskominfo"), next="/jaringan")
        browser.wait("the live stream", lambda: browser.run(
            "return document.querySelector('[data-link]').dataset.link") == "live")
        begun = time.monotonic()
        expect(town.scan(unit, absent), "the device refused the scan")
        browser.wait("the scan", lambda: browser.run(
            "return document.querySelector('.scan-pin bdi')?.innerText") == str(absent))
        return f"{time.monotonic() - begun:.2f} s"


def test_stick_file_and_code_by_browser():
    """Diskominfo makes a code, which is shown once, and accepts a file after its digest was compared."""
    with Box() as box, Browser() as browser:
        town = Town(box, offices=1)
        login(browser, town, town.account("diskominfo"), next="/jaringan/pendaftaran")
        fill(browser, "unit", town.unit(BY_STICK).name)
        press(browser, "Buat kode")
        code = browser.wait("the code", lambda: browser.text(".net-made .net-code"))
        browser.open(town.centre.url + "/jaringan/pendaftaran")
        expect(code not in browser.text() and "Berlaku sampai" in browser.text("main"), "the code is shown again")
        browser.open(town.centre.url + "/jaringan/berkas")
        browser.find(".net-accept > summary").click()
        fill(browser, "dokumen", "BA 9/2026")
        fill(browser, "alasan", "dicocokkan dengan berita acara")
        browser.find("main [name='cocok']").click()
        browser.find(".net-accept button").click()
        browser.wait("the file is accepted", lambda: "Berkas diterima" in browser.text("main"))
        expect("Tidak ada berkas yang menunggu" in browser.text("main"), browser.text("main")[:300])
        browser.open(town.centre.url + "/perangkat")
        browser.find("#cari").type("dinas")
        browser.wait("rows of other devices are gone", lambda: "Satuan Polisi" not in browser.text("main section"))
        told = browser.console()
        expect(told == [], f"console: {told}")


# An outage

def test_an_outage_is_seen():
    """An office that is not heard of: no page shows its people as absent, every page with its numbers says so."""
    with Box() as box, Browser() as browser:
        town = Town(box, offices=2)
        told = []
        for name, places in (
                ("bupati", ["/", "/layar", town_unit(town)]), ("diskominfo", ["/jaringan", "/kantor", "/perangkat"]),
                ("bkpsdm", ["/", town_unit(town)]), ("inspektorat", ["/", "/kantor"])):
            login(browser, town, town.account(name))
            for path in places:
                browser.open(town.centre.url + path)
                if browser.run("return document.body.classList.contains('door')"):
                    raise Failure(f"{name}: {path} leads to {browser.text('h1')}")
                text = browser.text("body").lower()
                expect(re.search("belum sinkron|terputus|lebih dari sehari|tidak terbaca", text),
                       f"{name}: {path} does not tell of the outage: {text[:400]}")
                told.append(path)
            logout(browser, town)
        return f"told on {len(told)} pages"


def town_unit(town):
    """The page of the unit that is not heard of."""
    units = town.centre.get("/api/v1/units", role="personnel")["units"]
    return "/unit/" + str(next(unit["id"] for unit in units if unit["name"] == SILENT))
