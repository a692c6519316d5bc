"""What a person or a script meets at the shell: output, exit codes, help."""

import json
import os
import subprocess

from box import PROGRAMS, Box, Centre, Device, Failure, Office, free_port, until


def expect(condition, what):
    if not condition:
        raise Failure(what)


def test_probe_and_pull_every_profile():
    with Box() as box:
        for profile in ("tft", "tft49", "legacy", "old"):
            for link in ("tcp", "udp"):
                if (profile, link) == ("old", "tcp"):
                    continue
                device = Device(box, f"{profile}-{link}", f"SER{profile}{link}".upper(), profile, link, 123456,
                                ["--users", "9", "--records", "700", "--seed", "3"])
                probe = json.loads(box.run("hadir", "device", "probe", device.url, "--comm-key", "123456", "--json"))
                expect(probe["serial"] == device.serial, f"probe says {probe['serial']}")
                expect(probe["records"] == 700, f"probe counts {probe['records']}")
                expect(abs(probe["clock_offset"]) <= 1, f"clock is {probe['clock_offset']} s off")
                pulled = [json.loads(line) for line in box.run(
                    "hadir", "device", "pull", device.url, "--comm-key", "123456", "--format", "ndjson").splitlines()]
                expect([(p["user_id"], p["device_time"]) for p in pulled] == device.records(),
                       f"{profile} over {link}: pulled records differ from the device's")
                keys = {"user_id", "device_time", "verify", "verify_code", "state", "state_code", "raw"}
                expect(set(pulled[0]) == keys, f"keys are {sorted(pulled[0])}")
                device.program.kill()
        return "7 devices, 700 records each"


def test_errors_have_words_and_codes():
    with Box() as box:
        port = free_port()
        refused = box.attempt("hadir", "device", "probe", f"tcp://127.0.0.1:{port}")
        expect(refused.returncode == 69, f"refused connection: exit code {refused.returncode}")
        expect("udp://" in refused.stderr, f"no hint in: {refused.stderr}")
        expect(box.attempt("hadir", "device", "probe", "http://127.0.0.1").returncode == 64, "wrong scheme is not 64")
        locked = Device(box, "locked", "LOCKED1", comm_key=77)
        wrong = box.attempt("hadir", "device", "pull", locked.url, "--comm-key", "78")
        expect(wrong.returncode == 69 and "comm key" in wrong.stderr, f"wrong key: {wrong.stderr}")
        expect(box.attempt("hadir", "node", "enroll", "hadir1-nonsense", "--state", box.folder + "/e").returncode == 65,
               "a wrong code is not 65")
        missing = box.attempt("hadir", "journal", "status", "--state", box.folder + "/nothing")
        expect(missing.returncode == 74 and "no journal" in missing.stderr, missing.stderr)
        bad = os.path.join(box.folder, "bad.conf")
        with open(bad, "w") as file:
            file.write("[edge]\nunit = \"X\"\nzone = 1\n\n[device.a]\naddress = \"ftp://x\"\npol = \"5s\"\n")
        for program, *arguments in (["hadir", "config", "check", bad],
                                    ["hadird", "--config", bad, "--state", box.folder + "/s"]):
            done = box.attempt(program, *arguments)
            expect(done.returncode == 78, f"{program}: exit code {done.returncode}")
            for line in (3, 6, 7):
                expect(f"bad.conf:{line}" in done.stdout + done.stderr, f"{program} does not name line {line}")


def test_an_answer_that_cannot_be_written_is_an_error():
    with Box() as box:
        centre = Centre(box)
        for words in (["hadir-central", "node", "list", "--state", centre.state],
                      ["hadir-central", "token", "add", "--role", "reader", "--state", centre.state],
                      ["hadir-sim", "run", "--udp", "127.0.0.1:0"]):
            with open("/dev/full", "w") as full:
                done = subprocess.run([os.path.join(PROGRAMS, words[0]), *words[1:]], stdout=full,
                                      stderr=subprocess.PIPE, text=True, timeout=60)
            expect(done.returncode == (1 if words[0] == "hadir-sim" else 74), f"{words}: {done.returncode}")
            expect("standard output" in done.stderr and "Fatal" not in done.stderr, done.stderr[-300:])


def test_a_centre_of_another_user_is_not_called_missing():
    if os.geteuid() != 0:
        return "needs root to become another user"
    with Box() as box:
        os.chmod(box.folder, 0o755)
        centre = Centre(box)
        done = subprocess.run([os.path.join(PROGRAMS, "hadir-central"), "node", "list", "--state", centre.state],
                              capture_output=True, text=True, user=65534, group=65534, extra_groups=[], timeout=60)
        expect(done.returncode == 77 and "may not be read" in done.stderr, f"{done.returncode}: {done.stderr}")


def test_wire_decode():
    with Box() as box:
        frame = json.loads(box.run("hadir", "wire", "decode", "5050827d08000000e80317fc00000000"))
        expect(frame["command_name"] == "CMD_CONNECT" and frame["checksum_ok"] is True, f"{frame}")
        record = json.loads(box.run("hadir", "wire", "decode", "--record", "attendance", "--size", "40", "-",
                                    input="0d00393939313131333333000000000000000000000000000000016bb3682300"
                                          "00000000ff000000\n"))
        expect(record["fields"]["user_id"] == "999111333", f"{record}")
        expect(box.attempt("hadir", "wire", "decode", "xyz").returncode == 65, "wrong hex is not 65")


def test_enroll_sync_list_without_and_with_daemon():
    with Box() as box:
        centre = Centre(box)
        device = Device(box, "lobby", "CJ9L170560001", comm_key=42, options=["--records", "50", "--users", "5"])
        office = Office(box, "dinkes", "Dinas Kesehatan", ["# the lobby's device comes here\n"])
        box.run("hadir", "device", "enroll", device.url, "--name", "lobby", "--comm-key", "42",
                "--config", office.configuration)
        with open(office.configuration) as file:
            text = file.read()
        expect("# the lobby's device comes here" in text and device.serial in text, f"stanza or comment missing: {text}")
        box.run("hadir", "config", "check", office.configuration)
        enrolled = office.enroll(centre.add_node("Dinas Kesehatan"))
        sync = json.loads(box.run("hadir", "device", "sync", "lobby", "--config", office.configuration,
                                  "--state", office.state, "--json"))
        expect(sync["synced"][0]["outcome"]["new_punches"] == 50, f"{sync}")
        once = box.attempt("hadird", "--config", office.configuration, "--state", office.state, "--once")
        expect(once.returncode == 0, once.stderr)
        expect(len(centre.punches()) == 50, f"{len(centre.punches())} punches at the centre")
        office.start()
        second = box.attempt("hadird", "--config", office.configuration, "--state", office.state)
        expect(second.returncode == 75, f"a second hadird: exit code {second.returncode}")
        device.ask("scan 3 in")
        sync = json.loads(box.run("hadir", "device", "sync", "lobby", "--config", office.configuration,
                                  "--state", office.state, "--json"))
        expect("problem" not in sync["synced"][0], f"{sync}")
        until("the scan at the centre", lambda: len(centre.punches()) == 51)
        listed = json.loads(box.run("hadir", "device", "list", "--config", office.configuration,
                                    "--state", office.state, "--json"))
        expect(listed[0]["name"] == "lobby" and listed[0]["serial"] == device.serial, f"{listed}")
        status = office.journal()
        expect(set(status) >= {"epoch", "last_seq", "acked_seq", "pending", "quarantined"}, f"{status}")
        expect(centre.get("/api/v1/nodes") and centre.get("/api/v1/devices"), "nodes and devices are empty")
        code, seconds = office.program.stop()
        expect(code == 0, f"hadird ends with {code} on SIGTERM")
        stats = device.ask("stats")
        return f"node {enrolled['node']}, hadird stopped in {seconds:.1f} s; device saw {stats.get('connections', '?')} connections"


def test_serve_refuses_plain_http_beyond_loopback():
    with Box() as box:
        state = os.path.join(box.folder, "c")
        box.run("hadir-central", "init", "--state", state)
        done = box.attempt("hadir-central", "serve", "--state", state, "--listen", "0.0.0.0:0", wait=20)
        expect(done.returncode == 78 and "--tls-cert" in done.stderr, f"{done.returncode}: {done.stderr}")


def test_tls_with_pinned_key():
    import subprocess
    with Box() as box:
        state = os.path.join(box.folder, "c")
        certificate, key = os.path.join(box.folder, "c.pem"), os.path.join(box.folder, "k.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-keyout", key, "-out", certificate, "-days", "30", "-subj", "/CN=hadir.example"],
                       check=True, capture_output=True)
        box.run("hadir-central", "init", "--state", state)
        port = free_port()
        box.start("tls", ["hadir-central", "serve", "--state", state, "--listen", f"127.0.0.1:{port}",
                          "--tls-cert", certificate, "--tls-key", key], ready=r"https://")
        code = box.run("hadir-central", "node", "add", "--state", state, "--unit", "Dinas Sosial", "--url",
                       f"https://127.0.0.1:{port}").strip()
        device = Device(box, "pintu", "TLS000000001", options=["--records", "20"])
        office = Office(box, "dinsos", "Dinas Sosial", [device.stanza()])
        office.enroll(code)
        once = box.attempt("hadird", "--config", office.configuration, "--state", office.state, "--once")
        expect(once.returncode == 0, once.stderr)
        expect(office.journal()["pending"] == 0, "entries wait although --once ended with 0")
