"""Pages in a real browser: the office's, and the centre's."""

import json
import os
import re
import time
import urllib.error
import urllib.request

from box import ROOT, Box, Centre, Device, Failure, Office, until
from browser import Browser
from commands import expect

PICTURES = os.path.join(ROOT, ".build", "screenshots")
SIZES = {"390": (390, 844), "1366": (1366, 768)}


def address(office):
    with open(office.configuration, encoding="utf-8") as file:
        return re.search(r'status_listen = "([^"]+)"', file.read()).group(1)


def picture(browser, name, sizes=SIZES):
    """The page as it is now: a phone's and a screen's size, light and dark."""
    for size in sizes:
        browser.resize(*SIZES[size])
        for scheme in ("light", "dark"):
            browser.prefer(scheme)
            browser.screenshot(os.path.join(PICTURES, f"{name}-{size}-{scheme}.png"), whole=True)
            wide = browser.run("return document.documentElement.scrollWidth")
            expect(wide <= SIZES[size][0], f"{name} is {wide} wide on a page of {size}")
    browser.resize(*SIZES["1366"])
    browser.prefer("light")


def only_asked(browser, host):
    expect(browser.hosts() == {host}, f"asked {browser.hosts()}, not only {host}")


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
        host = address(office)
        device.ask("scan 4 in")
        browser.open(f"http://{host}/")
        browser.wait("green", lambda: is_green(browser), wait=25)
        moment = device.records()[-1][1].replace("T", " ")
        expect(f"{moment}\t4\tlobby" in browser.text(".scans"), browser.text(".scans"))
        expect(not re.search(r"Pegawai|Budi|Siti|Agus", browser.text("main")), "a name")
        picture(browser, "office-green")
        expect(browser.console() == [], "the console is not empty")

        centre.program.stop()
        device.ask("scan 5 in")
        browser.wait("red", lambda: "Pusat tidak dapat dihubungi." in browser.text("h1"), wait=25)
        expect("catatan menunggu dikirim" in browser.text(".figures"), browser.text(".figures"))
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
        browser.open(f"http://{address(office)}/")
        browser.wait("green", lambda: is_green(browser), wait=25)
        office.program.stop()
        browser.wait("it says that it is old", lambda: "tidak tersambung" in browser.text("#lost"), wait=25)
        picture(browser, "office-lost", sizes=["1366"])
        device.ask("scan 3 in")
        office.start()
        moment = device.records()[-1][1].replace("T", " ")
        browser.wait("it is right again", lambda: moment in browser.text(".scans") and is_green(browser), wait=60)
        expect(browser.text("#lost") == "", "it still says that it is old")
        # A laptop that sleeps: the page is frozen while things happen.
        browser.devtools("Page.setWebLifecycleState", state="frozen")
        device.ask("scan 2 in")
        moment = device.records()[-1][1].replace("T", " ")
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
        browser.open(f"http://{address(office)}/")
        browser.wait("not enrolled", lambda: browser.find("h1").text == "Komputer ini belum didaftarkan ke pusat.",
                     wait=25)
        device.ask("scan 4 in")
        moment = device.records()[-1][1].replace("T", " ")
        browser.wait("the scan", lambda: moment in browser.find(".scans").text, wait=25)


def test_office_page_hostile():
    """H11 A unit and a helper full of HTML, a person's number that is a formula: shown as they are, nothing runs."""
    with Box() as box, Browser() as browser:
        device = Device(box, "lobby", "CJ9L170560001", options=["--users", "5"])
        unit = "<img src=x onerror=window.ran=1>"
        office = Office(box, "dinkes", unit, [device.stanza(poll="1s")])
        with open(office.configuration, encoding="utf-8") as file:
            text = file.read()
        with open(office.configuration, "w", encoding="utf-8") as file:
            file.write(text.replace("timezone = \"WIB\"\nstatus", "timezone = \"WIB\"\nhelp = \"<script>window.ran=1"
                                    "</script>\u202egnp.exe\"\nstatus", 1))
        office.start()
        browser.open(f"http://{address(office)}/")
        browser.wait("the page", lambda: unit in browser.text(".unit"))
        expect("<script>window.ran=1</script>\ufffdgnp.exe" in browser.text(".verdict"), browser.text(".verdict"))
        time.sleep(1)
        expect(browser.run("return window.ran") is None, "a script ran")
        expect(browser.console() == [], "the console is not empty")
        only_asked(browser, address(office))
        rebound = urllib.request.Request(f"http://{address(office)}/", headers={"Host": "evil.example"})
        try:
            urllib.request.urlopen(rebound, timeout=5)
            raise Failure("a foreign host is answered")
        except urllib.error.HTTPError as error:
            expect(error.code == 421 and unit.encode() not in error.read(), f"status {error.code}")
