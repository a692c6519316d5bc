"""libFuzzer on every parser of bytes from outside (docs/fuzzing.md): no trap, no property broken, memory bounded."""

import os
import re
import resource
import subprocess
import tempfile
import threading
import time

from box import Failure
from rig import Rig, Tally

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CORPUS = os.path.join(ROOT, "Tests", "Fuzz", "Corpus")
SCRATCH = os.path.join(ROOT, ".build-fuzz")
PROGRAM = os.environ.get("HADIR_FUZZ_PROGRAM", os.path.join(SCRATCH, "release", "hadir-fuzz"))
MOST_MEMORY = 512
# What one input may take, in seconds: a parser that hangs is one that traps.
LONGEST = 10
ABREAST = 2


def build():
    """Builds hadir-fuzz where it is not given: long the first time, because everything it links is built for it."""
    if "HADIR_FUZZ_PROGRAM" in os.environ:
        return
    command = ["swift", "build", "-c", "release", "--scratch-path", SCRATCH, "--product", "hadir-fuzz"]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "HADIR_FUZZ": "1"}, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=3600, check=False)
    if done.returncode:
        raise Failure("hadir-fuzz cannot be built: " + (done.stdout + done.stderr)[-400:])


def targets():
    listed = subprocess.run([PROGRAM], capture_output=True, text=True, timeout=60, check=True).stdout
    return [line.split()[0] for line in listed.splitlines()]


def last_number(pattern, log):
    found = re.findall(pattern, log)
    return int(found[-1]) if found else 0


def fuzz(name, runs, seed, seconds, folder):
    """One target: how many inputs it took, in how many seconds, with how much memory, and what stopped it, or None."""
    own, found = os.path.join(folder, name), os.path.join(folder, name + "-found-")
    os.mkdir(own)
    command = [PROGRAM, name, f"-runs={runs}", f"-seed={seed % 2**31 or 1}", f"-rss_limit_mb={MOST_MEMORY}",
               f"-timeout={LONGEST}", f"-artifact_prefix={found}", "-print_final_stats=1", "-verbosity=1"]
    if seconds:
        command.append(f"-max_total_time={max(1, int(seconds))}")
    begun = time.monotonic()
    with open(os.path.join(folder, name + ".log"), "w+b") as log:
        done = subprocess.run([*command, own, os.path.join(CORPUS, name)], stdin=subprocess.DEVNULL, stdout=log,
                              stderr=log, timeout=seconds and seconds + 600, check=False,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)))
        log.seek(0)
        text = log.read().decode(errors="replace")
    took = max(0.001, time.monotonic() - begun)
    count = last_number(r"stat::number_of_executed_units: *(\d+)", text)
    memory = last_number(r"stat::peak_rss_mb: *(\d+)", text)
    trouble = None
    if done.returncode:
        why = re.search(r"does not hold: [^\n]*|Fatal error: [^\n]*|ERROR: libFuzzer: [^\n]*", text)
        inputs = [open(os.path.join(folder, file), "rb").read().hex() for file in sorted(os.listdir(folder))
                  if file.startswith(name + "-found-")]
        trouble = f"{name}: {why.group(0) if why else 'ended with ' + str(done.returncode)}; input {inputs[:1]}"
    elif not count:
        trouble = f"{name}: took no input: {text[-200:]}"
    return count, took, memory, trouble


def parsers(turn):
    """D5 D17 H5 Every parser of bytes from outside takes the corpus and what libFuzzer makes of it."""
    build()
    tally, left, lock = Tally(), targets(), threading.Lock()
    runs = max(1, turn.count // len(left))
    abreast = min(ABREAST, len(left))

    def work(folder):
        while True:
            with lock:
                if not left:
                    return
                # Whoever is through early leaves his time to those behind.
                seconds = None if turn.end is None else (turn.end - time.monotonic()) * abreast / (len(left) + 1)
                name = left.pop(0)
            count, took, memory, trouble = fuzz(name, runs, turn.seed, seconds, folder)
            with lock:
                tally.count += count
                tally.note(name, f"{count:,} at {count / took:,.0f}/s in {memory} MiB")
                if trouble:
                    tally.fail(trouble)

    with tempfile.TemporaryDirectory(prefix="hadir-fuzz-") as folder:
        workers = [threading.Thread(target=work, args=(folder,)) for _ in range(abreast)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    return tally


# In a short pass FuzzTests of `make test` stands for it: a clean clone would build for longer than it fuzzes.
RIGS = [Rig("fuzz", parsers, full=450_000_000, short=0, what="inputs", share=90)]
