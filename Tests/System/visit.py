"""A visitor of the centre's pages in a real browser: logs in, follows what leads somewhere, fills forms; and the town they visit."""

import atexit
import datetime
import os
import re
import urllib.parse

import town as town_module
from box import Box, Failure
from commands import expect
from town import Town, now
from wallclock import Clock

HERE = os.path.dirname(os.path.abspath(__file__))
PICTURES = os.path.join(os.path.dirname(os.path.dirname(HERE)), ".build", "screenshots", "roles")
WIDTHS = {"390": (390, 844), "1366": (1366, 768), "1920": (1920, 1080)}
# Pictures take longer than everything else; HADIR_PICTURES=1 makes them.
PICTURED = bool(os.environ.get("HADIR_PICTURES"))
# Pages of one role; a government has no end of them, kinds of pages there are few.
MOST_PAGES = 45
# Of one kind, such as /unit/NUMBER, for each role.
MOST_OF_KIND = 1

with open(os.path.join(HERE, "accessible.js"), encoding="utf-8") as file:
    ACCESSIBLE = file.read()


# A Wednesday on which offices are awake: what pages tell of a day depends on the hour one asks at.
OPENING = datetime.datetime(2026, 11, 18, 9, 30, tzinfo=town_module.WIB)
_shared = []


def open_town(box, offices):
    """A town on the morning of `OPENING`; its clock goes on from there."""
    if not town_module.ahead:
        town_module.ahead = OPENING - now()
    Clock.build(box)
    clock = Clock(box, "town")
    clock.offset = town_module.ahead.total_seconds()
    box.environment = clock.environment
    return Town(box, offices=offices)


def shared_town():
    """One government for all tests that leave it as it is, or change what no other looks at."""
    if not _shared:
        box = Box().__enter__()
        atexit.register(box.__exit__)
        _shared.append(open_town(box, offices=2))
    return _shared[0]


def kind(path):
    """`/pegawai/12/2026-11` and `/pegawai/7/2026-10` are one kind of page."""
    path = urllib.parse.urlsplit(path).path
    path = re.sub(r"/[0-9a-f]{12,}(?=/|$)", "/ID", path)
    path = re.sub(r"^/akun/nama/[^/]+", "/akun/nama/NAMA", path)
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
    # The wall has no way out.
    if not browser.run("return Boolean(document.querySelector(\"form[action='/keluar']\"))"):
        browser.open(town.centre.url + "/sandi")
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


# What reaches as far as the page does.
WIDEST = """
    const edge = document.documentElement.scrollWidth - scrollX;
    return [...document.querySelectorAll("body *")].filter(
        (element) => Math.abs(element.getBoundingClientRect().right - edge) <= 1).slice(0, 5).map(
        (element) => `${element.tagName.toLowerCase()}.${element.getAttribute("class")} ${element.textContent.trim().slice(0, 40)}`);
"""


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
            if PICTURED and self.seen[kind(path)] == 1:
                self.browser.screenshot(
                    os.path.join(PICTURES, f"{self.account.name}-{file_name(path)}-{width}.png"), whole=True)
        self.browser.prefer("dark")
        self.judge(path, "dark")
        self.browser.prefer("light")
        self.browser.resize(*WIDTHS["1366"])

    def judge(self, path, how):
        wide = self.browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            self.problems.append(f"{path} {how}: {wide} px are beside the screen: {self.browser.run(WIDEST)}")
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


# By hand

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
