"""Both daemons under systemd as the first process, installed by the steps of systemd/README.md."""

import json
import re

from commands import expect
from machine import Machine, readme_steps

# As the units have it, but soon.
SHORT_WATCHDOG = "[Service]\nWatchdogSec=4s\nTimeoutAbortSec=2s\nRestartSec=200ms\n"
UNITS = ("hadird", "hadir-central")
URL = "https://hadir.example.go.id:8443"


def do(machine, *headings):
    """The steps of the README under these headings; what they print."""
    steps = readme_steps()
    return "".join(machine.run(step) for heading in headings for step in steps[heading])


def drop_in(machine, unit, name, text):
    machine.run(f"mkdir -p /etc/systemd/system/{unit}.service.d")
    machine.write(f"/etc/systemd/system/{unit}.service.d/{name}.conf", text)
    machine.run("systemctl daemon-reload")


def device(machine, serial="SYSD00000001", address="192.168.1.201:4370", name="lobby", records=40):
    machine.run(f"systemd-run -q --unit={name} --service-type=exec /srv/hadir/hadir-sim run --serial {serial} "
                f"--profile tft --tcp {address} --records {records} --control /run/{name}.sock")
    machine.wait("the device", lambda: machine.attempt(f"test -S /run/{name}.sock").returncode == 0)


def ask(machine, command, name="lobby"):
    """One control command to a simulated device."""
    return machine.run("python3 -c '" + (
        "import socket, sys\n"
        "line = socket.socket(socket.AF_UNIX)\n"
        "line.settimeout(20)\n"
        f"line.connect(\"/run/{name}.sock\")\n"
        f"line.sendall(b\"{command}\\n\")\n"
        "answer = b\"\"\n"
        "while not answer.endswith(b\"\\n\"): answer += line.recv(65536) or sys.exit(answer)\n"
        "print(answer.decode())\n") + "'")


def centre(machine):
    do(machine, "Install the centre", "Certificate", "Start the centre")


def office(machine, records=40):
    do(machine, "Install the edge", "Enroll the office")
    device(machine, records=records)
    do(machine, "Add the devices", "Start the edge")


def punches(machine):
    """How many punches the centre has."""
    if machine.attempt("test -s /srv/token").returncode != 0:
        machine.run("hadir-central token add --state /var/lib/hadir-central --role reader > /srv/token")
    page = machine.attempt(
        f"curl -sSk -m 10 -H \"Authorization: Bearer $(cat /srv/token)\" '{URL}/api/v1/punches?limit=5000'")
    return len(json.loads(page.stdout)["punches"]) if page.returncode == 0 else -1


def owner(machine, path):
    return machine.run(f"stat -L -c '%u' {path}").strip()


def strangers(machine, folder):
    """Files under `folder` that belong to somebody else than the folder does."""
    return machine.run(f"find -L {folder} ! -uid $(stat -L -c %u {folder})").split()


def test_units_are_sound():
    """`verify` has nothing to say, and the sandbox is as tight as it was made."""
    with Machine() as machine:
        do(machine, "Install the centre", "Install the edge")
        scores = []
        for unit in UNITS:
            done = machine.attempt(f"systemd-analyze verify /etc/systemd/system/{unit}.service")
            expect(done.returncode == 0 and not done.stdout + done.stderr, f"verify: {done.stdout}{done.stderr}")
            told = machine.run(f"systemd-analyze security --offline=true --no-pager --threshold=15 "
                               f"/etc/systemd/system/{unit}.service")
            scores.append(float(re.search(r"exposure level for \S+: ([0-9.]+)", told).group(1)))
        expect(max(scores) <= 1.5, f"exposure {scores}")
        machine.run("install -D -m 0644 systemd/hadird-usb.conf /etc/systemd/system/hadird.service.d/usb.conf")
        for name in ("443", "credentials"):
            machine.run(f"install -D -m 0644 systemd/hadir-central-{name}.conf "
                        f"/etc/systemd/system/hadir-central.service.d/{name}.conf")
        for unit in UNITS:
            done = machine.attempt(f"systemd-analyze verify /etc/systemd/system/{unit}.service")
            expect(done.returncode == 0 and not done.stdout + done.stderr, f"verify: {done.stdout}{done.stderr}")
        # udevadm of Debian 12 has no `verify`; a test run on any device reads all rules, and says what it cannot read.
        machine.run("rm -f /lib/udev/rules.d/* && install -m 0644 systemd/60-hadir-usb.rules /etc/udev/rules.d/")
        read = machine.attempt("udevadm test /sys/devices/virtual/mem/null")
        about = [line for line in (read.stdout + read.stderr).splitlines() if "hadir" in line]
        expect(len(about) == 1 and about[0].startswith("Reading rules file"), f"udev: {read.stdout}{read.stderr}")
        machine.run("sed -i 's/GROUP=/GRUOP=/' /etc/udev/rules.d/60-hadir-usb.rules")
        read = machine.attempt("udevadm test /sys/devices/virtual/mem/null")
        expect("GRUOP" in read.stdout + read.stderr, "udev finds no mistake where one was made")
        return f"exposure {scores}"


def test_both_start_without_any_network():
    with Machine() as machine:
        do(machine, "Install the centre", "Install the edge")
        machine.run("ip link set lo down")
        machine.run("systemctl enable --now hadird hadir-central")
        for unit in UNITS:
            expect(machine.show(unit, "ActiveState") == "active", f"{unit} is not active")
        return ", ".join(f"{unit}: {machine.show(unit, 'StatusText')}" for unit in UNITS)


def test_the_readme_from_install_to_remove():
    """Every step of systemd/README.md, in its order, and what each promises."""
    with Machine() as machine:
        centre(machine)
        do(machine, "Add an account")
        expect("sekda" in machine.run("hadir-central user list --state /var/lib/hadir-central"), "no account")
        expect("Way Lestari" in machine.run(f"curl -sSk {URL}/masuk"), "the pages do not say whose they are")
        office(machine)
        machine.wait("the device's scans at the centre", lambda: punches(machine) == 40)
        ask(machine, "scan 7")
        machine.wait("a new scan at the centre", lambda: punches(machine) == 41)
        machine.wait("words", lambda: re.fullmatch(
            r"1 node, last batch \d+ s ago", machine.show("hadir-central", "StatusText")))
        machine.wait("words", lambda: re.fullmatch(
            r"1 device, 0 waiting, last receipt \d+ s ago", machine.show("hadird", "StatusText")))
        check_permissions(machine)
        check_priorities(machine)
        before = [machine.show(unit, "MainPID") for unit in UNITS]
        do(machine, "Change the configuration")
        expect([machine.show(unit, "MainPID") for unit in UNITS] == before, "a reload began a new process")
        do(machine, "Upgrade")
        for unit, pid in zip(UNITS, before):
            expect(machine.show(unit, "ActiveState") == "active" and machine.show(unit, "MainPID") != pid, unit)
            expect(machine.show(unit, "NRestarts") == "0", f"{unit} was restarted by itself")
        ask(machine, "scan 8")
        machine.wait("a scan after the upgrade", lambda: punches(machine) == 42)
        do(machine, "Remove")
        for unit in UNITS:
            expect(machine.show(unit, "ActiveState") == "inactive", f"{unit} still runs")
        machine.run("test -s /var/lib/private/hadird/journal.db && test -s /var/lib/private/hadir-central/central.db")
        return "42 scans"


def check_permissions(machine):
    for unit in UNITS:
        expect(machine.run(f"stat -c '%a %U' /var/lib/private").strip() == "700 root", "/var/lib/private")
        mode, user = machine.run(f"stat -L -c '%a %u' /var/lib/{unit}").split()
        expect(mode == "700" and int(user) >= 61184, f"/var/lib/{unit}: {mode} {user}")
        expect(strangers(machine, f"/var/lib/{unit}") == [], f"strangers in {unit}")
        process = machine.run(f"stat -c %u /proc/{machine.show(unit, 'MainPID')}").strip()
        expect(process == user, f"{unit} runs as {process}, its state is {user}'s")
    expect(machine.run("stat -c '%a %U %G' /etc/hadir").strip() == "750 root hadir", "/etc/hadir")
    for file in ("devices.conf", "centre.conf", "centre.key"):
        expect(machine.run(f"stat -c '%a %U %G' /etc/hadir/{file}").strip() == "640 root hadir", file)
    for path in ("/etc/hadir/devices.conf", "/etc/hadir/centre.key", "/var/lib/hadird/journal.db"):
        done = machine.attempt(f"setpriv --reuid=65534 --regid=65534 --clear-groups cat {path}")
        expect(done.returncode != 0 and "Permission denied" in done.stderr, f"{path}: {done.stderr}")


def check_priorities(machine):
    """The journal has the level of each line, not only its text."""
    for unit in UNITS:
        lines = [json.loads(line) for line in machine.run(
            f"journalctl -u {unit} -o json --no-pager _COMM={unit}").splitlines()]
        told = [line for line in lines if line["_TRANSPORT"] == "stdout"]
        expect(told and not any(line["MESSAGE"].startswith("<") for line in told), f"{unit}: {told[:3]}")


def test_a_hung_daemon_is_killed_by_the_watchdog_and_goes_on():
    """A13 SIGSTOP: no ping comes, systemd ends the process and starts it again; its user and its state stay."""
    with Machine() as machine:
        centre(machine)
        office(machine)
        machine.wait("the device's scans at the centre", lambda: punches(machine) == 40)
        for unit in UNITS:
            drop_in(machine, unit, "watchdog", SHORT_WATCHDOG)
        machine.run("systemctl restart hadir-central hadird")
        made, took = 40, []
        for unit in UNITS:
            user, pid = owner(machine, f"/var/lib/{unit}"), machine.show(unit, "MainPID")
            machine.run(f"kill -STOP {pid}")
            ask(machine, f"scan {made % 9 + 1}")
            made += 1
            machine.wait(f"{unit} is started again", lambda: machine.show(unit, "NRestarts") == "1"
                         and machine.show(unit, "ActiveState") == "active")
            expect("watchdog" in machine.journal("init.scope").lower() + machine.journal(unit).lower(),
                   f"no word of the watchdog: {machine.journal(unit)}")
            expect(machine.show(unit, "MainPID") != pid, "the same process")
            expect(owner(machine, f"/var/lib/{unit}") == user, f"{unit} has another user now")
            machine.wait("every scan at the centre", lambda: punches(machine) == made)
        # Alive, they are left alone.
        machine.run("sleep 9", wait=20)
        for unit in UNITS:
            expect(machine.show(unit, "NRestarts") == "1", f"{unit} was restarted once more")
            expect(machine.show(unit, "Result") == "success", machine.show(unit, "Result"))
        report = json.loads(machine.run("hadir journal verify --state /var/lib/hadird --json"))
        return f"{made} scans, journal {report}"


def test_a_killed_daemon_is_started_again_and_keeps_its_state():
    """A1 SIGKILL, three times each."""
    with Machine() as machine:
        centre(machine)
        office(machine)
        for unit in UNITS:
            drop_in(machine, unit, "soon", "[Service]\nRestartSec=200ms\n")
        made = 40
        for turn in range(1, 4):
            for unit in UNITS:
                user = owner(machine, f"/var/lib/{unit}")
                machine.run(f"systemctl kill -s KILL {unit}")
                ask(machine, f"scan {turn}")
                made += 1
                machine.wait(f"{unit} is started again", lambda: machine.show(unit, "NRestarts") == str(turn)
                             and machine.show(unit, "ActiveState") == "active")
                expect(owner(machine, f"/var/lib/{unit}") == user, f"{unit} has another user now")
        # A scan between the reading at a start and the first live event waits for the next poll, a minute later.
        machine.wait("every scan at the centre", lambda: punches(machine) == made, wait=90)
        begun = {}
        for unit in UNITS:
            begun[unit] = machine.run(f"s=$(date +%s%N); systemctl stop {unit}; echo $((($(date +%s%N)-s)/1000000))")
            expect(machine.show(unit, "Result") == "success" and machine.show(unit, "ExecMainStatus") == "0",
                   f"{unit}: {machine.show(unit, 'Result')} {machine.show(unit, 'ExecMainStatus')}")
            expect(int(begun[unit]) < 10_000, f"{unit} took {begun[unit]} ms to stop")
        return f"{made} scans; stopped in {', '.join(text.strip() + ' ms' for text in begun.values())}"


def test_a_wrong_configuration_is_refused_at_start_and_at_reload():
    """At the start: exit code 78, once. At a reload: the old one goes on, the unit stays active and says it."""
    with Machine() as machine:
        centre(machine)
        office(machine)
        for unit, file, change in (("hadird", "devices.conf", "unit = \"Dinas Baru\""),
                                   ("hadir-central", "centre.conf", "government = \"Kabupaten Baru\"")):
            path, key = f"/etc/hadir/{file}", change.split()[0]
            machine.run(f"cp -p {path} /srv/good && echo 'wrong = 1' >> {path}")
            pid = machine.show(unit, "MainPID")
            machine.run(f"systemctl reload {unit}")
            machine.wait("the words", lambda: "configuration refused" in machine.show(unit, "StatusText")
                         and f"{file}:" in machine.show(unit, "StatusText"))
            expect(machine.show(unit, "ActiveState") == "active" and machine.show(unit, "MainPID") == pid, unit)
            machine.run(f"systemctl restart {unit} || true")
            machine.wait("it gives up", lambda: machine.show(unit, "ActiveState") == "failed")
            expect(machine.show(unit, "ExecMainStatus") == "78", machine.show(unit, "ExecMainStatus"))
            machine.run("sleep 3", wait=20)
            expect(machine.show(unit, "ActiveState") == "failed" and machine.show(unit, "NRestarts") == "0", unit)
            expect(f"{file}:" in machine.journal(unit), "the log does not name the file and line")
            machine.run(f"cp -p /srv/good {path} && systemctl start {unit}")
            machine.run(f"sed -i 's|^{key} = .*|{change}|' {path} && systemctl reload {unit}")
            machine.wait("it takes a good one", lambda: re.search(
                r"config\.reloaded", machine.journal(unit)))
            expect("refused" not in machine.show(unit, "StatusText"), machine.show(unit, "StatusText"))


CERTIFICATE = ("openssl s_client -connect 192.168.1.10:8443 -servername hadir.example.go.id < /dev/null 2> /dev/null"
               " | openssl x509 -noout -serial")


def test_a_renewed_certificate_is_served_after_a_reload():
    """New connections get it, an edge that pinned the key goes on, a broken file changes nothing."""
    with Machine() as machine:
        centre(machine)
        office(machine)
        machine.wait("the device's scans at the centre", lambda: punches(machine) == 40)
        first, pid = machine.run(CERTIFICATE), machine.show("hadir-central", "MainPID")
        renew = ("openssl req -x509 -key /etc/hadir/centre.key -days 20 -subj /CN=hadir.example.go.id "
                 "-addext subjectAltName=DNS:hadir.example.go.id -out /etc/hadir/centre.crt")
        machine.run("cp -p /etc/hadir/centre.crt /srv/ && echo broken > /etc/hadir/centre.crt")
        machine.run("systemctl reload hadir-central")
        machine.wait("refusal", lambda: "configuration refused" in machine.show("hadir-central", "StatusText"))
        expect(machine.run(CERTIFICATE) == first, "a broken file changed the certificate")
        machine.run(f"{renew} && systemctl reload hadir-central")
        machine.wait("the renewed certificate", lambda: machine.run(CERTIFICATE) != first)
        machine.wait("words", lambda: "the TLS certificate ends in 19 days"
                     in machine.show("hadir-central", "StatusText"))
        expect(machine.show("hadir-central", "MainPID") == pid, "another process")
        machine.run("systemctl restart hadird")
        ask(machine, "scan 5")
        machine.wait("the edge goes on", lambda: punches(machine) == 41)


def test_what_root_makes_belongs_to_the_daemon():
    """B23 Commands before the first start, while stopped and while running; reading ones, too."""
    with Machine() as machine:
        do(machine, "Install the centre")
        # Started too early, it has made the directory, and given up.
        machine.run("rm -rf /var/lib/hadir-central && systemctl start hadir-central || true")
        machine.wait("it gives up", lambda: machine.show("hadir-central", "ActiveState") == "failed")
        expect(int(owner(machine, "/var/lib/hadir-central")) >= 61184, "systemd has not made the directory")
        machine.run("hadir-central init --state /var/lib/hadir-central")
        expect(strangers(machine, "/var/lib/hadir-central") == [], "init left root's files")
        do(machine, "Certificate", "Start the centre", "Install the edge")
        code = "hadir-central node add --state /var/lib/hadir-central --unit Dinas --url " + URL
        enroll = f"{code} > /srv/code && hadir node enroll /srv/code --state /var/lib/hadird"
        machine.run(enroll)
        expect(owner(machine, "/var/lib/hadird") == "0", "made by root, before the first start")
        machine.run("systemctl start hadird")
        told = []

        def sound(unit, when):
            for reading in ("hadir journal status --state /var/lib/hadird",
                            "hadir journal verify --state /var/lib/hadird",
                            "hadir-central node list --state /var/lib/hadir-central"):
                machine.run(reading)
            found = strangers(machine, f"/var/lib/{unit}")
            expect(found == [], f"{when}: {found}")
            told.append(when)

        sound("hadird", "first start")
        machine.run(enroll, expect=75)
        sound("hadird", "refused while running")
        machine.run("systemctl restart hadird")
        machine.wait("a receipt", lambda: "last receipt" in machine.show("hadird", "StatusText"))
        machine.run("systemctl stop hadird && rm -f /var/lib/hadird/lock")
        machine.run(enroll)
        sound("hadird", "enrolled while stopped")
        machine.run("systemctl stop hadir-central && rm -f /var/lib/hadir-central/lock")
        machine.run("hadir-central node add --state /var/lib/hadir-central --unit Lain --url " + URL)
        machine.run("hadir-central key announce --state /var/lib/hadir-central")
        sound("hadir-central", "centre stopped")
        machine.run("systemctl start hadir-central && systemctl start hadird")
        machine.run("hadir-central token add --state /var/lib/hadir-central --role reader")
        sound("hadir-central", "centre running")
        machine.wait("a receipt", lambda: "last receipt" in machine.show("hadird", "StatusText"))
        for unit in UNITS:
            expect(machine.show(unit, "NRestarts") == "0", f"{unit} failed on the way")
        # The device's key is readable for the daemon and for nobody else.
        machine.run("systemd-run -q --unit=lobby --service-type=exec /srv/hadir/hadir-sim run --serial KEY000000001 "
                    "--tcp 192.168.1.201:4370 --comm-key 4711 --control /run/lobby.sock")
        machine.wait("the device", lambda: machine.attempt(
            "hadir device enroll tcp://192.168.1.201:4370 --name lobby --comm-key 4711").returncode == 0)
        expect(machine.run("stat -c '%a %U %G' /etc/hadir/lobby.key").strip() == "640 root hadir", "lobby.key")
        machine.run("systemctl reload hadird")
        machine.wait("the device is read", lambda: machine.show("hadird", "StatusText").startswith("1 device,"))
        return ", ".join(told)


def test_credentials_and_a_port_below_1024():
    """The certificate and a device's key as systemd credentials, which only root can read where they lie."""
    with Machine() as machine:
        do(machine, "Install the centre", "Certificate")
        folder = "/etc/letsencrypt/live/hadir.example.go.id"
        machine.run(f"mkdir -p {folder} && mv /etc/hadir/centre.crt {folder}/fullchain.pem "
                    f"&& mv /etc/hadir/centre.key {folder}/privkey.pem && chmod 600 {folder}/* "
                    f"&& chown root:root {folder}/* && sed -i s/8443/443/ /etc/hadir/centre.conf")
        for name in ("443", "credentials"):
            machine.run(f"install -D -m 0644 systemd/hadir-central-{name}.conf "
                        f"/etc/systemd/system/hadir-central.service.d/{name}.conf")
        machine.run("systemctl daemon-reload")
        do(machine, "Start the centre")
        expect(machine.run("curl -sSk https://hadir.example.go.id/livez") == "ok\n", "livez")
        do(machine, "Install the edge")
        machine.run("install -m 0600 /dev/null /srv/lobby.key && echo 4711 > /srv/lobby.key")
        drop_in(machine, "hadird", "key", "[Service]\nLoadCredential=lobby.key:/srv/lobby.key\n")
        machine.run("systemd-run -q --unit=lobby --service-type=exec /srv/hadir/hadir-sim run --serial KEY000000001 "
                    "--tcp 192.168.1.201:4370 --comm-key 4711 --records 5 --control /run/lobby.sock")
        machine.run("printf '\\n[device.lobby]\\naddress = \"tcp://192.168.1.201\"\\ncomm_key_file = \"lobby.key\"\\n' "
                    ">> /etc/hadir/devices.conf; systemctl start hadird")
        machine.wait("the device is read", lambda: re.search(
            r'"kind":"punch"', machine.run("hadir journal tail -n 100 --json --state /var/lib/hadird")))
