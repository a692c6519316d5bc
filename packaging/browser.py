"""A real browser for the tests and for pictures: Chromium, driven through chromedriver.

W3C WebDriver is JSON over plain HTTP, so the Python standard library is enough. Nothing here is optional: without
Chromium and chromedriver `Browser` raises, and a test that needs it fails.
"""

import base64
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

from box import Failure, free_port

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
TAB, ENTER, ESCAPE, SHIFT, DOWN = "\ue004", "\ue007", "\ue00c", "\ue008", "\ue015"
# What runs beside pages in a browser of its own accord would ask hosts of its maker, or wait for a screen.
ARGUMENTS = ["--headless=new", "--no-first-run", "--no-default-browser-check", "--disable-gpu", "--hide-scrollbars",
             "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", "--disable-default-apps", "--disable-extensions", "--metrics-recording-only",
             "--no-proxy-server", "--force-color-profile=srgb", "--lang=id",
             "--disable-features=Translate,OptimizationHints,MediaRouter,AutofillServerCommunication"]


class BrowserError(Failure):
    """The driver refused a command; `kind` is W3C WebDriver's word for it."""

    def __init__(self, kind, message):
        super().__init__(f"{kind}: {message}")
        self.kind = kind


class Element:
    """One element of the page; stale when the page has replaced it."""

    def __init__(self, browser, reference):
        self.browser, self.reference = browser, reference

    def ask(self, method, path, body=None):
        return self.browser.ask(method, f"/element/{self.reference}{path}", body)

    @property
    def text(self):
        """As a person sees it: nothing of what is hidden."""
        return self.ask("GET", "/text")

    @property
    def is_shown(self):
        return self.ask("GET", "/displayed")

    def attribute(self, name):
        return self.ask("GET", f"/attribute/{name}")

    def style(self, name):
        return self.ask("GET", f"/css/{name}")

    def click(self):
        self.ask("POST", "/click", {})

    def type(self, text):
        self.ask("POST", "/value", {"text": text})


class Browser:
    """One browser with a profile of its own; `with Browser() as browser:` ends all its processes."""

    def __init__(self, width=1366, height=768):
        self.width, self.height = width, height
        self.driver = self.session = None

    def __enter__(self):
        # Short: Chromium makes sockets in it.
        self.profile = tempfile.mkdtemp(prefix="hadir-web-")
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *error):
        self.close()

    def _start(self):
        chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        driver = shutil.which("chromedriver")
        if not chromium or not driver:
            raise Failure("pages are tested in Chromium: install the packages chromium and chromium-driver")
        self.base = f"http://127.0.0.1:{free_port()}"
        self.driver = subprocess.Popen(
            [driver, f"--port={self.base.rsplit(':', 1)[1]}"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True)
        self._wait_driver()
        arguments = ARGUMENTS + [f"--user-data-dir={self.profile}", f"--window-size={self.width},{self.height}"]
        if os.geteuid() == 0:
            # Its sandbox needs an unprivileged user.
            arguments.append("--no-sandbox")
        options = {"binary": chromium, "args": arguments}
        capabilities = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
        answer = self._request("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}}, wait=60)
        self.session = answer["sessionId"]
        self._console, self._urls = [], []
        self.resize(self.width, self.height)
        # From the first page on: pictures show no movement.
        self.prefer("light")

    def _wait_driver(self):
        end = time.monotonic() + 20
        while True:
            try:
                if self._request("GET", "/status", wait=2)["ready"]:
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                pass
            if time.monotonic() > end or self.driver.poll() is not None:
                raise Failure("chromedriver does not answer")
            time.sleep(0.05)

    def close(self):
        """Ends the session, the driver and every process of this profile; may be called twice."""
        if self.session:
            try:
                self._request("DELETE", f"/session/{self.session}", wait=10)
            except (Failure, OSError):
                pass
            self.session = None
        if self.driver:
            self.driver.kill()
            self.driver.wait()
            self.driver = None
        for process in self._processes():
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        shutil.rmtree(self.profile, ignore_errors=True)

    def _processes(self):
        """Those that were started with this profile, which no other browser has."""
        mark = f"--user-data-dir={self.profile}".encode()
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{name}/cmdline", "rb") as file:
                    if mark in file.read():
                        yield int(name)
            except OSError:
                continue

    # Commands

    def _request(self, method, path, body=None, wait=30):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=wait) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            value = json.load(error)["value"]
            raise BrowserError(value["error"], value["message"].splitlines()[0]) from None

    def ask(self, method, path, body=None):
        return self._request(method, f"/session/{self.session}{path}", body)

    def open(self, url):
        """Returns when the page and what it needs are loaded."""
        self.ask("POST", "/url", {"url": url})

    def reload(self):
        self.ask("POST", "/refresh", {})

    @property
    def url(self):
        return self.ask("GET", "/url")

    @property
    def path(self):
        return urllib.parse.urlsplit(self.url).path

    @property
    def title(self):
        return self.ask("GET", "/title")

    def all(self, css):
        found = self.ask("POST", "/elements", {"using": "css selector", "value": css})
        return [Element(self, item[ELEMENT]) for item in found]

    def find(self, css):
        """The first element, or a BrowserError of kind `no such element`."""
        return Element(self, self.ask("POST", "/element", {"using": "css selector", "value": css})[ELEMENT])

    def text(self, css="body"):
        """What a person sees of the first such element; empty where there is none. One step: nothing gets stale."""
        return self.run("const found = document.querySelector(arguments[0]);"
                        "return found && found.getClientRects().length ? found.innerText : ''", css)

    def click(self, css):
        self.find(css).click()

    @property
    def active(self):
        """The element that has the keyboard."""
        return Element(self, self.ask("GET", "/element/active")[ELEMENT])

    def keys(self, *keys):
        """Presses and lets go, one after the other; a text is typed letter by letter."""
        actions = [{"type": kind, "value": letter} for text in keys for letter in text for kind in ("keyDown", "keyUp")]
        self.ask("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def run(self, script, *arguments):
        return self.ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def devtools(self, command, **parameters):
        return self.ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def wait(self, what, condition, wait=10, every=0.05):
        """The value of `condition` as soon as it is true; elements that were replaced meanwhile are looked for again."""
        end = time.monotonic() + wait
        while True:
            try:
                value = condition()
            except BrowserError as error:
                if error.kind not in ("stale element reference", "no such element"):
                    raise
                value = None
            if value:
                return value
            if time.monotonic() > end:
                raise Failure(f"{what}: not within {wait} s; {self.url} shows {self.text()[:600]!r}")
            time.sleep(every)

    # What it looks like

    def resize(self, width, height):
        """Of what a page has, without the window's own frame."""
        self.width, self.height = width, height
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                      mobile=False)

    def prefer(self, scheme="light", media=""):
        """`light` or `dark`; `media` may be `print`."""
        features = [{"name": "prefers-color-scheme", "value": scheme},
                    {"name": "prefers-reduced-motion", "value": "reduce"}]
        self.devtools("Emulation.setEmulatedMedia", media=media, features=features)

    def screenshot(self, path, whole=False):
        """A PNG of what is seen, or of the whole page."""
        image = self.devtools("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(image))

    # What went on behind it

    def _collect(self):
        for entry in self.ask("POST", "/se/log", {"type": "performance"}):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self._urls.append(message["params"]["request"]["url"])
            elif message["method"] == "Network.webSocketCreated":
                self._urls.append(message["params"]["url"])
        self._console += self.ask("POST", "/se/log", {"type": "browser"})

    def console(self):
        """Warnings and errors since the last call: refused scripts, failed requests, exceptions, `console.error`."""
        self._collect()
        told, self._console = self._console, []
        return [f"{entry['level']} {entry['message']}" for entry in told if entry["level"] in ("WARNING", "SEVERE")]

    def hosts(self):
        """`host:port` of everything that was asked for since the browser began; data: and about: ask nobody."""
        self._collect()
        places = (urllib.parse.urlsplit(url) for url in self._urls)
        return {place.netloc for place in places if place.scheme not in ("data", "about", "blob", "chrome")}

    def cookies(self):
        return {cookie["name"]: cookie for cookie in self.ask("GET", "/cookie")}
