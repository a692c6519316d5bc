"""Pages in a real browser: the office's, and the centre's."""

import datetime
import os
import re
import secrets
import time
import urllib.error
import urllib.request

from box import ROOT, Box, Centre, Device, Failure, Office, Person, until
from browser import ENTER, ESCAPE, TAB, Browser
from commands import expect

PICTURES = os.path.join(ROOT, ".build", "screenshots")
SIZES = {"390": (390, 844), "1366": (1366, 768)}


def picture(browser, name, sizes=SIZES):
    """The page as it is now: a phone's and a screen's size, light and dark."""
    for size in sizes:
        browser.resize(*SIZES[size])
        for scheme in ("light", "dark"):
            browser.prefer(scheme)
            # Charts follow a new size a moment later.
            browser.wait(f"{name} fits into {size}", lambda: browser.run(
                "return document.documentElement.scrollWidth") <= SIZES[size][0], wait=3)
            time.sleep(0.3)
            browser.screenshot(os.path.join(PICTURES, f"{name}-{size}-{scheme}.png"), whole=True)
    browser.resize(*SIZES["1366"])
    browser.prefer("light")


def only_asked(browser, host):
    expect(browser.hosts() == {host}, f"asked {browser.hosts()}, not only {host}")


def shown(moment):
    """A device's time as the office's page has it: `22 Nov 07.31.05`."""
    months = "Jan Feb Mar Apr Mei Jun Jul Agu Sep Okt Nov Des".split()
    time = datetime.datetime.fromisoformat(moment)
    return f"{time.day} {months[time.month - 1]} {time:%H.%M.%S}"


def is_green(browser):
    return "Semua absen sudah terkirim" in browser.text("h1")


def test_office_page():
    """Green; red with the reason when the centre is gone and when the device is; it comes back by itself; no names."""
    with Box() as box, Browser() as browser:
        device = Device(box, "lobby", "CJ9L170560001", options=["--users", "5"])
        centre = Centre(box)
        office = Office(box, "dinkes", "Dinas Kesehatan", [device.stanza(poll="1s")], heartbeat="1s")
        office.enroll(centre.add_node("Dinas Kesehatan"))
        office.start()
        host = f"127.0.0.1:{office.port}"
        device.ask("scan 4 in")
        browser.open(office.page + "/")
        browser.wait("green", lambda: is_green(browser), wait=25)
        moment = shown(device.records()[-1][1])
        expect(f"{moment}\t4\tlobby" in browser.text(".scans"), browser.text(".scans"))
        expect(not re.search(r"Pegawai|Budi|Siti|Agus", browser.text("main")), "a name")
        picture(browser, "office-green")
        expect(browser.console() == [], "the console is not empty")

        centre.program.stop()
        device.ask("scan 5 in")
        browser.wait("red", lambda: "Pusat tidak dapat dihubungi." in browser.text("h1"), wait=25)
        expect("menunggu dikirim" in browser.text(".figures"), browser.text(".figures"))
        expect("Hubungi Diskominfo" in browser.text(".verdict"), browser.text(".verdict"))
        picture(browser, "office-red")

        centre.start()
        browser.wait("green again", lambda: is_green(browser), wait=90)
        device.ask("silence 20")
        browser.wait("the device is missed", lambda: "Perangkat lobby tidak menjawab." in browser.text("h1"), wait=40)
        browser.wait("the device is back", lambda: is_green(browser), wait=90)
        expect(browser.console() == [], "the console is not empty")
        only_asked(browser, host)
        return "390 and 1366, light and dark"


def test_office_page_left_open():
    """The daemon ends and starts again: the page says that it is old, then is right; so it does after a long sleep."""
    with Box() as box, Browser() as browser:
        device = Device(box, "lobby", "CJ9L170560001", options=["--users", "5"])
        centre = Centre(box)
        office = Office(box, "dinkes", "Dinas Kesehatan", [device.stanza(poll="1s")], heartbeat="1s")
        office.enroll(centre.add_node("Dinas Kesehatan"))
        office.start()
        browser.open(office.page + "/")
        browser.wait("green", lambda: is_green(browser), wait=25)
        office.program.stop()
        browser.wait("it says that it is old", lambda: "tidak menjawab" in browser.text("#lost"), wait=25)
        look = "return getComputedStyle(document.querySelector('.verdict')).backgroundColor"
        red, green, blue = re.findall(r"\d+", browser.run(look))[:3]
        expect(abs(int(red) - int(green)) < 10 and abs(int(green) - int(blue)) < 10, "old news is still green")
        picture(browser, "office-lost", sizes=["1366"])
        device.ask("scan 3 in")
        office.start()
        moment = shown(device.records()[-1][1])
        browser.wait("it is right again", lambda: moment in browser.text(".scans") and is_green(browser), wait=60)
        expect(browser.text("#lost") == "", "it still says that it is old")
        # A laptop that sleeps: the page is frozen while things happen.
        browser.devtools("Page.setWebLifecycleState", state="frozen")
        device.ask("scan 2 in")
        moment = shown(device.records()[-1][1])
        until("the scan is sent", lambda: office.journal()["pending"] == 0 and len(centre.punches()) >= 2)
        browser.devtools("Page.setWebLifecycleState", state="active")
        browser.wait("it catches up", lambda: moment in browser.text(".scans"), wait=25)


def test_office_page_without_javascript():
    """Without JavaScript the page refreshes itself."""
    with Box() as box, Browser() as browser:
        device = Device(box, "lobby", "CJ9L170560001", options=["--users", "5"])
        office = Office(box, "dinkes", "Dinas Kesehatan", [device.stanza(poll="1s")])
        office.start()
        browser.devtools("Emulation.setScriptExecutionDisabled", value=True)
        browser.open(office.page + "/")
        browser.wait("not enrolled", lambda: browser.find("h1").text == "Komputer ini belum didaftarkan ke pusat.",
                     wait=25)
        device.ask("scan 4 in")
        moment = shown(device.records()[-1][1])
        browser.wait("the scan", lambda: moment in browser.find(".scans").text, wait=25)


def test_office_page_hostile():
    """H11 A unit and a helper full of HTML, a person's number that is a formula: shown as they are, nothing runs."""
    with Box() as box, Browser() as browser:
        device = Device(box, "lobby", "CJ9L170560001", options=["--users", "5"])
        unit = "<img src=x onerror=window.ran=1>"
        office = Office(box, "dinkes", unit, [device.stanza(poll="1s")],
                        help="<script>window.ran=1</script>\u202egnp.exe")
        office.start()
        browser.open(office.page + "/")
        browser.wait("the page", lambda: unit in browser.text(".unit"))
        expect("<script>window.ran=1</script>\ufffdgnp.exe" in browser.text(".verdict"), browser.text(".verdict"))
        time.sleep(1)
        expect(browser.run("return window.ran") is None, "a script ran")
        expect(browser.console() == [], "the console is not empty")
        only_asked(browser, f"127.0.0.1:{office.port}")
        rebound = urllib.request.Request(office.page + "/", headers={"Host": "evil.example"})
        try:
            urllib.request.urlopen(rebound, timeout=5)
            raise Failure("a foreign host is answered")
        except urllib.error.HTTPError as error:
            expect(error.code == 421 and unit.encode() not in error.read(), f"status {error.code}")


# The centre's pages

PATHS = ["/jaringan", "/kantor", "/perangkat", "/kelengkapan", "/peringatan", "/karantina"]


class Government:
    """A centre with an account, and one office with a device; how far people are with it."""

    def __init__(self, box, unit="Dinas Kesehatan", serial="CJ9L170560001"):
        self.device = Device(box, "lobby", serial, options=["--users", "9"])
        self.centre = Centre(box)
        self.account, self.password = "siti.rahma", secrets.token_urlsafe(15)
        self.centre.add_account(self.account, self.password)
        self.host = f"127.0.0.1:{self.centre.port}"
        self.office = Office(box, "dinkes", unit, [self.device.stanza(poll="2s")], heartbeat="1s")
        self.office.enroll(self.centre.add_node(unit))
        self.office.start()

    def login(self, browser, path="/jaringan"):
        browser.open(self.centre.url + path)
        browser.find("#account").type(self.account)
        browser.find("#password").type(self.password)
        browser.click("form button[type=submit]")
        browser.wait("the page behind the login", lambda: browser.path == path)

    def scan(self, user):
        """(device time as pages show it, monotonic time of the device's answer)."""
        answer = self.device.ask(f"scan {user} in")
        return answer.split()[0].split("T")[1].replace(":", "."), time.monotonic()


def pins(browser):
    """The PINs in the list of scans, newest first."""
    return browser.run("return [...document.querySelectorAll('.scan-pin bdi')].map((cell) => cell.innerText)")


def is_live(browser):
    return browser.run("return document.querySelector('[data-link]').dataset.link") == "live"


def settled(government, browser):
    browser.wait("the live stream", lambda: is_live(browser))
    until("the first batch", lambda: government.office.journal()["pending"] == 0)


def test_centre_page_live():
    """A scan stands on the open page 2 s after the device answered it; nothing but our own host is asked."""
    with Box() as box, Browser() as browser:
        government = Government(box)
        government.login(browser)
        settled(government, browser)
        delays = []
        for user in range(1, 8):
            _, begun = government.scan(user)
            browser.wait(f"PIN {user}", lambda: str(user) in pins(browser)[:1])
            delays.append(time.monotonic() - begun)
        expect(max(delays) <= 2, f"a scan took {max(delays):.2f} s")
        for path in PATHS:
            browser.open(government.centre.url + path)
            browser.wait("the live stream", lambda: is_live(browser))
            picture(browser, "centre-" + path[1:])
        told = browser.console()
        expect(told == [], f"console: {told}")
        only_asked(browser, government.host)
        return f"scan to page: worst {max(delays):.2f} s, median {sorted(delays)[3]:.2f} s"


def test_centre_page_keyboard():
    """Log in, go to every page and log out with Tab and Enter alone; what has the keyboard is seen to have it."""
    with Box() as box, Browser() as browser:
        government = Government(box)
        browser.open(government.centre.url + PATHS[0])
        expect(browser.path == "/masuk", browser.path)
        picture(browser, "centre-masuk")
        reach(browser, lambda: browser.active.attribute("id") == "account", "the account")
        browser.keys(government.account, TAB, government.password, ENTER)
        browser.wait("logged in", lambda: browser.path == PATHS[0])
        for path in PATHS[1:] + PATHS[:1]:
            reach(browser, lambda: on(browser, f"a.tab[href='{path}']"), path)
            expect(is_outlined(browser), f"nobody sees that {path} has the keyboard")
            browser.keys(ENTER)
            browser.wait(path, lambda: browser.path == path and browser.find("h1").text)
        reach(browser, lambda: on(browser, "[data-menu] > summary"), "the account's menu")
        browser.keys(ENTER, ESCAPE, ENTER)
        reach(browser, lambda: on(browser, "form[action='/keluar'] button"), "Keluar")
        browser.keys(ENTER)
        browser.wait("logged out", lambda: browser.path == "/masuk")
        told = browser.console()
        expect(told == [], f"console: {told}")


def on(browser, css):
    return browser.run("return document.activeElement.matches(arguments[0])", css)


def reach(browser, is_there, what):
    """Tab until it has the keyboard."""
    for _ in range(120):
        if is_there():
            return
        browser.keys(TAB)
    raise Failure(f"{what} is not reached with Tab")


def is_outlined(browser):
    return browser.run("const look = getComputedStyle(document.activeElement);"
                       "return look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) > 0"
                       " || look.boxShadow !== 'none'")


def test_centre_page_logout():
    """H16 After the logout the old cookie is worth nothing, and an open page says that the session is over."""
    with Box() as box, Browser() as browser:
        government = Government(box)
        government.login(browser)
        settled(government, browser)
        cookies = "; ".join(f"{name}={cookie['value']}" for name, cookie in browser.cookies().items())
        expect(all(cookie["httpOnly"] and cookie.get("sameSite") in ("Lax", "Strict")
                   for cookie in browser.cookies().values()), "a cookie that scripts or other sites get at")
        # A second page of the same session stays open, and the first logs out.
        browser.run("window.open('/kantor')")
        first, second = browser.ask("GET", "/window/handles")
        browser.ask("POST", "/window", {"handle": first})
        browser.run("document.querySelector(\"form[action='/keluar']\").requestSubmit()")
        browser.wait("logged out", lambda: browser.path == "/masuk")
        for path, status in (("/", 303), ("/jaringan", 303), ("/kantor", 303), ("/langsung?halaman=", 401)):
            got, place = replay(government.centre.url + path, cookies)
            expect(got == status, f"{path} answers the old cookie with {got}")
            expect(status != 303 or place.startswith("/masuk"), f"{path} leads to {place}")
        browser.ask("POST", "/window", {"handle": second})
        browser.wait("the other page says so", lambda: "Sesi berakhir" in browser.text("[data-banner]"))
        browser.click("[data-banner] a")
        browser.wait("back at the login", lambda: browser.path == "/masuk")


def replay(url, cookies):
    """(status, where it leads) with these cookies and without following."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *arguments):
            return None

    try:
        request = urllib.request.Request(url, headers={"Cookie": cookies})
        with urllib.request.build_opener(Stay).open(request, timeout=10) as answer:
            return answer.status, ""
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers.get("Location", "")


def test_centre_page_left_open():
    """The centre is away and scans go on: the page says so, comes back and has them; so after a sleep and a restart."""
    with Box() as box, Browser() as browser:
        government = Government(box)
        government.login(browser)
        settled(government, browser)
        government.centre.program.stop()
        browser.wait("it says that it is cut off", lambda: "terputus" in browser.text("[data-banner]"), wait=25)
        picture(browser, "centre-terputus", sizes=["1366"])
        government.scan(3)
        government.scan(4)
        government.centre.start()
        browser.wait("it is back, and right", lambda: pins(browser)[:2] == ["4", "3"] and is_live(browser), wait=90)
        expect(browser.text("[data-banner]") == "", browser.text("[data-banner]"))
        # A computer that sleeps: the page is frozen, the centre is another process when it wakes.
        browser.devtools("Page.setWebLifecycleState", state="frozen")
        government.centre.program.stop()
        government.scan(5)
        government.centre.start()
        until("the scan arrived", lambda: len(government.centre.punches()) == 3, wait=90)
        browser.devtools("Page.setWebLifecycleState", state="active")
        browser.wait("it has caught up", lambda: pins(browser)[:3] == ["5", "4", "3"] and is_live(browser), wait=60)
        box.run("hadir-central", "user", "disable", government.account, "--state", government.centre.state)
        browser.wait("the session is over", lambda: "Sesi berakhir" in browser.text("[data-banner]"))


HOSTILE = "<img src=x onerror=window.ran=1>"
HOSTILE_PINS = ["<svg onload=ran=1>", "=1+1", "@SUM(A1)", "\u202e321", "'\"><b>7", "{{unit}}"]


def test_centre_page_hostile():
    """H11 Units, devices and persons named in HTML, bidi and formulas are text on every page."""
    with Box() as box, Browser() as browser:
        government = Government(box, unit=HOSTILE, serial="<b>CJ9L17</b>")
        moment = time.strftime("%Y-%m-%dT06:30:00")
        # A device stores 24 bytes of user id, and whoever holds it may choose them.
        for user in (*HOSTILE_PINS, "2"):
            government.device.ask(f"scan hex:{user.encode().hex()} at {moment}")
        government.login(browser)
        settled(government, browser)
        browser.wait("the scans", lambda: len(pins(browser)) == len(HOSTILE_PINS) + 1)
        shown = {pin.replace("\u202e", "\ufffd") for pin in HOSTILE_PINS}
        expect(shown < set(pins(browser)), f"PINs {pins(browser)}")
        for path in PATHS:
            browser.open(government.centre.url + path)
            browser.wait("the live stream", lambda: is_live(browser))
            expect(browser.run("return window.ran") is None, f"a script ran on {path}")
            expect(browser.run("return document.querySelectorAll('main img, main svg[onload], main b').length") == 0,
                   f"{path} made markup of it")
            if path in ("/jaringan", "/kantor", "/perangkat"):
                expect(HOSTILE in browser.text("main"), f"{path} does not show {HOSTILE}")
        told = browser.console()
        expect(told == [], f"console: {told}")
        only_asked(browser, government.host)


def test_person_without_browser():
    """A form without its token, a wrong password and a foreign origin change nothing."""
    with Box() as box:
        government = Government(box)
        person = Person(government.centre.url)
        fields = {"next": "/", "account": government.account, "password": government.password}
        expect(person.ask("/masuk", {**fields, "token": "x"})[0] == 403, "a login without the form's token")
        token = person.token(person.ask("/masuk")[2])
        expect(person.ask("/masuk", {**fields, "token": token, "password": "x" * 15})[0] == 403, "a wrong password")
        expect(person.ask("/kantor")[1] == "/masuk", "it is logged in")
        person.login(government.account, government.password)
        for path in PATHS:
            expect(person.ask(path)[:2] == (200, path), path)
        foreign = urllib.request.Request(
            government.centre.url + "/keluar", b"token=x", {"Origin": "http://evil.example"})
        try:
            person.opener.open(foreign, timeout=10)
            raise Failure("a foreign site can log out")
        except urllib.error.HTTPError as error:
            expect(error.code == 403, f"status {error.code}")
        expect(person.ask("/kantor")[1] == "/kantor", "the session is over")
