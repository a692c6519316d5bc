"""A short pass of each rig of Tests/Torture, so that none of them rots: what they are for, `make torture` does in full."""

import json
import os
import subprocess
import sys
import tempfile
import time

from box import ROOT, Failure
from rigs import RIGS

# More than any short pass takes on a busy machine.
LIFE = 600


def short(rig):
    def test():
        seed = int(time.time())
        with tempfile.TemporaryDirectory() as folder:
            ledger = os.path.join(folder, "ledger")
            done = subprocess.run(
                [sys.executable, os.path.join(ROOT, "Tests", "Torture", "run"), "--short", "--seed", str(seed),
                 "--ledger", ledger, rig.name],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=LIFE)
            if not os.path.exists(ledger):
                raise Failure(f"seed {seed}: {done.stdout}{done.stderr}")
            with open(ledger, encoding="utf-8") as file:
                line = json.loads(file.readline())
        if done.returncode or line["rig"] != rig.name or line["verdict"] != "ok":
            raise Failure(f"seed {seed}: {done.stdout}")
        return f"seed {seed}: {line['count']} {line['what']}, {line['scans']} scans; {line['notes']}"

    return test


for rig in (rig for rig in RIGS if rig.short):
    globals()["test_" + rig.name.replace("-", "_")] = short(rig)
