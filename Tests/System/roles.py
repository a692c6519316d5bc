"""Every role in a real browser: each page that the navigation leads to, at three widths, by keyboard, and by hostile text.

Which pages there are is not written here: a visitor follows the links there are, one address of each kind, so that a new
page is looked at as soon as something leads to it.
"""

import re

from box import Box, Failure, until
from browser import ENTER, TAB, Browser
from commands import expect
from town import SILENT, now
from visit import Visit, kind, login, logout, open_town, said, shared_town


def test_pages_of_every_role():
    """Whatever each role is shown: three widths, two looks, no error, nothing foreign, labels, every word readable."""
    problems, told = [], []
    with Browser() as browser:
        town = shared_town()
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
    reached, seen = set(), set()
    # A field for a date or a time is gone through part by part.
    parts = 4 * browser.run("return document.querySelectorAll('input[type=date], input[type=month], input[type=time]').length")
    for step in range(min(len(names), 200) + parts + 3):
        browser.keys(TAB)
        where = browser.run(WHERE)
        if where is None:
            if step > 2:
                break
            continue
        index, is_seen, style = where
        # The wall has nothing to skip.
        if step == 0 and "skip" not in style and path != "/layar":
            problems.append(f"{path}: the first Tab does not reach the skip link")
        if index != "":
            reached.add(int(index))
            if is_seen:
                seen.add(int(index))
    missed = [names[index] for index in range(min(len(names), 200)) if index not in reached]
    if missed:
        problems.append(f"{path}: Tab does not reach {missed[:5]} and {max(0, len(missed) - 5)} more")
    unseen = reached - seen
    if unseen:
        problems.append(f"{path}: nobody sees that these have the keyboard: {[names[index] for index in unseen][:5]}")
    return problems


def test_by_keyboard():
    """Everything on every page is reached with Tab, what has the keyboard is seen, the skip link skips."""
    with Browser() as browser:
        town = shared_town()
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
EVENT = "'onmouseover='window.ran=1"
FORMULA = "=HYPERLINK(\"http://evil.example\")"


def test_hostile_names():
    """A unit, a device, a person's PIN and a device's user name full of markup and formulas are text on every page."""
    with Box() as box, Browser() as browser:
        town = open_town(box, offices=1)
        unit = town.units[-1].__class__(f"{SCRIPT}{EVENT}", "<b/onclick=ran=1>", [{}] * 3)
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
                    for (const bad of document.querySelectorAll("main script, main svg[onload], main b[onclick]"))
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


# An outage

def test_an_outage_is_seen():
    """An office that is not heard of: no page shows its people as absent, every page with its numbers says so."""
    with Browser() as browser:
        town = shared_town()
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
                # Before the first arrival of a day the wall has no numbers, only who is connected.
                expect(re.search("belum (pernah )?sinkron|terputus|lebih dari sehari|tidak terbaca", text),
                       f"{name}: {path} does not tell of the outage: {text[:400]}")
                told.append(path)
            logout(browser, town)
        return f"told on {len(told)} pages"


def town_unit(town):
    """The page of the unit that is not heard of."""
    units = town.centre.get("/api/v1/units", role="personnel")["units"]
    return "/unit/" + str(next(unit["id"] for unit in units if unit["name"] == SILENT))
