"""Runs zkteco-lan-agent 1.2.2, a push client written by others, between a simulated device and our push listener.

The agent polls the device with pyzk and reports what it found as a push device would, from a program of its own. Every
scan of the device has to be in hadird's journal, once; a query for a period must bring nothing new; a command that the
agent does not know must end as failed, with its code.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

SERIAL = "PEER00000002"
RECORDS = 300

# The agent writes a heading before the scans, one command at a time, no handshake of a device (a bare GET cdata), and
# repeats every scan of a period it is asked for. It calls what it cannot do code 1.


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def tail(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return "".join(file.readlines()[-8:])


def until(what, condition, logs, wait=60):
    end = time.monotonic() + wait
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"push peer: {what}: not within {wait} s\n" + "\n".join(tail(log) for log in logs))
        time.sleep(0.2)


def main(programs):
    def program(name):
        return os.path.join(programs, name)

    with tempfile.TemporaryDirectory(prefix="hadir-peer-") as folder:
        def path(name):
            return os.path.join(folder, name)

        running = []

        def start(*arguments, log):
            with open(path(log), "ab") as file:
                running.append(subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=file, text=True,
                                                env={**os.environ, "PATH": folder + ":" + os.environ["PATH"]}))
            return running[-1]

        def hadir(*arguments):
            done = subprocess.run([program("hadir"), *arguments, "--state", path("state")], capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"push peer: hadir {' '.join(arguments)}: {done.stderr}")
            return done.stdout

        def export():
            with socket.socket(socket.AF_UNIX) as control:
                control.connect(path("control"))
                control.sendall(b"export\n")
                rows = []
                for line in control.makefile():
                    if line.startswith("ok"):
                        return rows
                    rows.append(tuple(line.rstrip("\n").split("\t")[:2]))
            return rows

        def punches():
            lines = hadir("journal", "tail", "--count", "2000", "--json").splitlines()
            bodies = [json.loads(line) for line in lines if line.strip()]
            bodies = [body.get("body", body) for body in bodies]
            return [(body["user_id"], body["device_time"]) for body in bodies if body.get("kind") == "punch"]

        try:
            sim = start(program("hadir-sim"), "run", "--tcp", "127.0.0.1:0", "--serial", SERIAL, "--users", "25",
                        "--records", str(RECORDS), "--control", path("control"), log="sim.log")
            device = int(sim.stdout.readline().split(" tcp ")[1].split()[0].rsplit(":", 1)[1])
            port = free_port()
            with open(path("devices.conf"), "w", encoding="utf-8") as file:
                file.write('[edge]\nunit = "Dinas Contoh"\ntimezone = "WIB"\n\n'
                           f'[push]\nlisten = "127.0.0.1:{port}"\n\n'
                           f'[device.lobby]\naddress = "push://"\nserial = "{SERIAL}"\n')
            daemon = start(program("hadird"), "--config", path("devices.conf"), "--state", path("state"), log="hadird.log")
            daemon.stdout.readline()
            with open(path("agent.yaml"), "w", encoding="utf-8") as file:
                file.write(f"server_url: http://127.0.0.1:{port}\nstate_dir: {path('agent')}\n"
                           "poll_interval_seconds: 1\ncommand_poll_interval_seconds: 1\n"
                           f"devices:\n  - {{name: lobby, device_ip: 127.0.0.1, device_port: {device}, "
                           f"device_sn: {SERIAL}}}\n")
            # pyzk pings before it connects, and the program is not everywhere.
            with open(path("ping"), "w", encoding="utf-8") as file:
                file.write("#!/bin/sh\nexit 0\n")
            os.chmod(path("ping"), 0o755)
            start(sys.executable, "-m", "zkteco_lan_agent", "--config", path("agent.yaml"), log="agent.log")
            logs = [path("agent.log"), path("hadird.log")]
            truth = sorted(set(export()))
            until("every scan in the journal", lambda: len(punches()) >= len(truth), logs, 30)
            if sorted(punches()) != truth:
                sys.exit("push peer: the journal differs from the device's log")
            sent = json.loads(hadir("push", "send", "lobby", "query", "--from", "2000-01-01", "--to", "2099-12-31", "--json"))
            known = {order["id"]: order for order in sent}

            def ended():
                orders = json.loads(hadir("push", "commands", "lobby", "--json"))
                known.update({order["id"]: order for order in orders})
                return all(order["state"] in ("confirmed", "failed") for order in known.values())

            until("the end of every command", ended, logs)
            states = {order["kind"]: (order["state"], order["code"]) for order in known.values()}
            if states != {"check": ("failed", 1), "query": ("confirmed", 0)}:
                sys.exit(f"push peer: commands ended as {states}")
            if sorted(punches()) != truth:
                sys.exit("push peer: a query changed the journal")
            with open(path("hadird.log"), encoding="utf-8") as file:
                log = file.read()
            if "push_line_unreadable" in log or " unreadable=0" not in log:
                sys.exit("push peer: lines of the agent could not be read")
            print(f"zkteco-lan-agent: {len(truth)} scans once, queried again, a command it does not know failed: all agree")
        finally:
            for process in reversed(running):
                process.send_signal(signal.SIGTERM)
            for process in running:
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()


if __name__ == "__main__":
    main(sys.argv[1])
