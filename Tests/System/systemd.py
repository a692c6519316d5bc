"""Both daemons under systemd as the first process, installed by the steps of systemd/README.md."""

import re

from commands import expect
from machine import Machine, readme_steps

STATE = "/var/lib/hadird"
SHORT_WATCHDOG = "[Service]\nWatchdogSec=4s\nTimeoutAbortSec=2s\nRestartSec=200ms\n"


def drop_in(machine, unit, name, text):
    machine.run(f"mkdir -p /etc/systemd/system/{unit}.service.d")
    machine.write(f"/etc/systemd/system/{unit}.service.d/{name}.conf", text)
    machine.run("systemctl daemon-reload")


def do(machine, *headings):
    """The steps of the README under these headings."""
    steps = readme_steps()
    for heading in headings:
        for step in steps[heading]:
            machine.run(step)


def device(machine, records=40):
    machine.run(f"systemd-run -q --unit=lobby --service-type=exec /srv/hadir/hadir-sim run --serial SYSD00000001 "
                f"--tcp 192.168.1.201:4370 --records {records} --control /run/lobby.sock")
    machine.wait("the device", lambda: machine.attempt("test -S /run/lobby.sock").returncode == 0)


def with_state(machine):
    """A hadird that runs with a device and no centre."""
    do(machine, "Install the edge")
    device(machine)
    do(machine, "Add the devices")


def test_the_edge_starts_without_any_network():
    with Machine() as machine:
        do(machine, "Install the edge")
        machine.run("ip link set lo down")
        machine.run("systemctl enable --now hadird")
        expect(machine.show("hadird", "ActiveState") == "active", "not active")
        return machine.show("hadird", "StatusText")
