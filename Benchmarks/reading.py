"""Reading a device: a whole log into the journal, and the bytes of a poll."""

import os
import sqlite3
import subprocess
import time

from box import Device, Office, until
from lab import PEER, best, raw_insert

PEER_READ = """
import sys, time
from zk import ZK
zk = ZK("127.0.0.1", port=int(sys.argv[1]), timeout=600, ommit_ping=True)
connection = zk.connect()
begun = time.perf_counter()
records = connection.get_attendance()
print(time.perf_counter() - begun, len(records))
connection.disconnect()
"""


def run(box, table, arguments):
    records = arguments.records
    # Room for as many again: a log that is full is looked at however little is new.
    device = Device(box, "big", "BENCH0000001",
                    options=["--users", "200", "--records", str(records), "--capacity", str(records * 2)])
    office = whole_log(box, table, device, records)
    poll(box, table, device, office, records)


def whole_log(box, table, device, records):
    offices = []

    def read():
        office = Office(box, f"office{len(offices)}", "Dinas Kesehatan", [device.stanza(live=False)])
        offices.append(office)
        begun = time.perf_counter()
        office.start()
        committed(office, records)
        seconds = time.perf_counter() - begun
        office.program.stop()
        return seconds

    seconds = min(read() for _ in range(3))
    office = offices[-1]
    of = f"{records:,} records over TCP, hadird from exec to commit"
    if os.path.exists(PEER):
        peer = peer_seconds(device)
        table.add("read + decode + durable append", of, f"{seconds:.2f} s", f"pyzk 0.9, memory only: {peer:.2f} s",
                  f"{peer / seconds:.0f} x faster", "≥ 100 x", peer / seconds >= 100)
    else:
        table.add("read + decode + durable append", of, f"{seconds:.2f} s", "pyzk: run make peers", "", "≥ 100 x")
    shell = import_seconds(box, office)
    table.add("the same", of, f"{seconds:.2f} s", f"sqlite3 shell import, FULL: {shell:.2f} s",
              f"{seconds / shell:.2f} x its time", "≤ 3 x", seconds <= 3 * shell)
    raw = raw_insert(os.path.join(office.state, "journal.db"), os.path.join(box.folder, "raw.db"), records * 2,
                     [("device", "SELECT * FROM device")],
                     [("seen", "SELECT * FROM seen"), ("journal", "SELECT * FROM journal")])
    if raw is not None:
        table.add("the same", of, f"{seconds:.2f} s", f"floor: bare SQLite inserts in C, FULL: {raw:.2f} s",
                  f"{seconds / raw:.1f} x its time")
    return office


def committed(office, records):
    """Waits until the journal has the log: what another connection sees of a FULL journal is on the disk."""
    path = os.path.join(office.state, "journal.db")
    until("the journal", lambda: os.path.exists(path), every=0.001)
    journal = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)

    def count():
        try:
            return (journal.execute("SELECT max(seq) FROM journal").fetchone()[0] or 0) >= records
        except sqlite3.OperationalError:  # not yet a database with tables
            return False

    until(f"{records} punches in the journal", count, wait=900, every=0.004)
    journal.close()


def peer_seconds(device):
    done = subprocess.run([PEER, "-c", PEER_READ, device.ports["tcp"]], capture_output=True, text=True, timeout=1800)
    return float(done.stdout.split()[0])


def import_seconds(box, office):
    """The sqlite3 shell importing the journal's own rows into the same tables."""
    source = os.path.join(office.state, "journal.db")
    dump = os.path.join(box.folder, "rows.sql")
    schema = subprocess.run(["sqlite3", source, ".schema --nosys journal", ".schema --nosys device", ".schema --nosys seen"],
                            capture_output=True, text=True, check=True).stdout
    with open(dump, "w") as file:
        file.write("PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;\n" + schema + "BEGIN;\n")
        file.flush()
        for name in ("device", "journal", "seen"):
            subprocess.run(["sqlite3", source, f".mode insert {name}", f"SELECT * FROM {name};"], stdout=file, check=True)
        file.write("COMMIT;\n")
    taken = []

    def load():
        target = os.path.join(box.folder, f"import{len(taken)}.db")
        taken.append(target)
        with open(dump) as file:
            subprocess.run(["sqlite3", target], stdin=file, stdout=subprocess.DEVNULL, check=True)

    seconds, _ = best(2, load)
    for target in taken:
        os.remove(target)
    return seconds


def poll(box, table, device, office, records):
    """Bytes on the wire of one poll in an open session, as the device counts them."""
    office.start()

    def counted(call):
        before = device.ask("stats")
        call()
        after = device.ask("stats")
        return sum(after[name] - before[name] for name in ("bytes_in", "bytes_out"))

    def sync():
        box.run("hadir", "device", "sync", "--config", office.configuration, "--state", office.state)

    sync()
    nothing = counted(sync)
    device.ask("scan 7 in")
    one = counted(sync)
    office.program.stop()
    peer = counted(lambda: peer_seconds(device)) if os.path.exists(PEER) else None
    said = f"pyzk: {peer:,} B" if peer else ""
    table.add("bytes of a poll, nothing new", f"among {records:,}, open session", f"{nothing} B", said,
              f"1 : {peer // nothing:,}" if peer else "", "< 500 B", nothing < 500)
    table.add("bytes of a poll, one new record", f"among {records:,}, open session", f"{one:,} B", said,
              f"1 : {peer // one:,}" if peer else "", "< 4,000 B", one < 4000)
