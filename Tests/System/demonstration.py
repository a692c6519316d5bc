"""What README.md promises: `make demo` without anybody watching, and an office from nothing."""

import os
import re
import signal
import subprocess
import urllib.request

from box import PROGRAMS, ROOT, Box, Failure, Person, free_port, until
from commands import expect


def test_demo_finds_every_scan_once():
    done = subprocess.run([os.path.join(ROOT, "packaging", "demo")], capture_output=True, text=True, timeout=240,
                          stdin=subprocess.DEVNULL, env={**os.environ, "DEMO_SECONDS": "10"})
    expect(done.returncode == 0, f"exit code {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    expect("http://127.0.0.1:" in done.stdout, "the centre's address is not shown")
    counts = re.search(r"^(\d+) +(\d+) +0 +0 +0$", done.stdout, re.M)
    expect(counts and counts[1] == counts[2] and int(counts[1]) > 5, f"counts: {done.stdout[-600:]}")
    expect(re.search(r"OPEN +http://127\.0\.0\.1:\d+/\n( +account \S+ +password \S{16} .*\n){7}", done.stdout),
           "no login for each role")
    expect(re.search(r"WALL +http://127\.0\.0\.1:\d+/layar ", done.stdout), "no address of the wall")
    expect(re.search(r"made in ([1-5]?\d) s", done.stdout), "the government was not made within a minute")
    expect("pages: 8 of the network" in done.stdout, f"the pages were not looked at: {done.stdout[-600:]}")
    return f"{counts[1]} scans"


def readme_block():
    """The shell block below "An office from nothing", as it stands."""
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        found = re.search(r"^An office from nothing.*?^```sh\n(.*?)^```$", file.read(), re.M | re.S)
    if not found:
        raise Failure("README.md has no block for an office from nothing")
    return found[1]


def test_an_office_from_nothing():
    """The block of README.md, pasted into a shell: every line succeeds, scans arrive, both pages answer."""
    block = readme_block()
    ports = {port: free_port() for port in ("8080", "4370", "9470")}
    for port, free in ports.items():
        expect(port in block, f"port {port} is not in the block")
        block = re.sub(rf"127\.0\.0\.1:{port}\b", f"127.0.0.1:{free}", block)
    with Box() as box:
        with open(os.path.join(box.folder, "shell.log"), "wb") as log:
            # Its PATH is that of a shell in the sources.
            os.makedirs(os.path.join(box.folder, ".build"))
            os.symlink(PROGRAMS, os.path.join(box.folder, ".build", "debug"))
            shell = subprocess.Popen(["bash", "-eu", "-c", block + "\nwait\n"], cwd=box.folder, stdout=log, stderr=log,
                                     stdin=subprocess.DEVNULL, start_new_session=True)

        def told():
            with open(os.path.join(box.folder, "shell.log"), encoding="utf-8", errors="replace") as file:
                return file.read()

        try:
            check_office_from_nothing(shell, ports, told)
        except Failure as failure:
            raise Failure(f"{failure}\n{told()[-3000:]}")
        finally:
            # The shell and all it began: they are one process group.
            os.killpg(shell.pid, signal.SIGKILL)
            shell.wait()


def check_office_from_nothing(shell, ports, told):
    def is_done():
        if shell.poll() is not None:
            raise Failure(f"the block ended with {shell.returncode}")
        return "sekda added as admin" in told()

    until("the account, the block's last step", is_done, wait=60)
    person = Person(f"http://127.0.0.1:{ports['8080']}")
    person.login("sekda", "a long sentence of your own")

    def scans():
        text = re.sub(r"<[^>]*>", " ", person.ask("/perangkat")[2])
        return re.search(r"1\.0\d\d", text)

    until("a thousand scans at the centre", scans, wait=30, every=0.5)
    with urllib.request.urlopen(f"http://127.0.0.1:{ports['9470']}/", timeout=10) as answer:
        expect("Dinas Kesehatan" in answer.read().decode(), "the office's page is of somebody else")
