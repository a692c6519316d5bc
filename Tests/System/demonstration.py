"""`make demo` without anybody watching."""

import os
import re
import subprocess

from box import ROOT
from commands import expect


def test_demo_finds_every_scan_once():
    done = subprocess.run([os.path.join(ROOT, "packaging", "demo")], capture_output=True, text=True, timeout=180,
                          stdin=subprocess.DEVNULL, env={**os.environ, "DEMO_SECONDS": "10"})
    expect(done.returncode == 0, f"exit code {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    expect("http://127.0.0.1:" in done.stdout, "the centre's address is not shown")
    counts = re.search(r"^(\d+) +(\d+) +0 +0 +0$", done.stdout, re.M)
    expect(counts and counts[1] == counts[2] and int(counts[1]) > 5, f"counts: {done.stdout[-600:]}")
    expect(re.search(r"OPEN +http://127\.0\.0\.1:\d+/\n +account \S+ +password \S{16}", done.stdout), "no login")
    expect("pages: 6 of the centre" in done.stdout, f"the pages were not looked at: {done.stdout[-600:]}")
    return f"{counts[1]} scans"
