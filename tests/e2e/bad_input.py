#!/usr/bin/env python3
"""Gives the real programs bad input and asks for a clear error that names the thing, a counter, nothing lost, no crash.

  bad_input.py --bin BUILD/bin --rules RULES [--only WORD] [--keep]

Tools: cut, empty and random captures; missing and unreadable files; encrypted, deep, cut and exploding archives; malformed
lines; unknown configuration keys; bundles that are none and policies of another log. Services, on loopback: a wrong collector
key, a token used twice or too late, a collector and an agent whose disks are full. What needs root (an unreadable file, small
file systems) is counted as skipped where it cannot be had. Standard library only. Prints one line of JSON, failures on standard
error; exit 0 when nothing failed.
"""
import argparse
import base64
import errno
import hashlib
import io
import json
import os
import random
import re
import shutil
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import synthetic  # noqa: E402
from waiting import wait_until  # noqa: E402

UNIT, CLEAN = "510903-edu", "510903-parks"
CRASHED = (134, 135, 136, 139, 124)  # as a shell tells it


class Checks:
    def __init__(self, top, bin_folder, rules):
        self.top, self.bin, self.rules = top, bin_folder, rules
        self.passed, self.failures, self.skipped = 0, [], []

    def path(self, *names):
        return os.path.join(self.top, *names)

    def tool(self, name):
        return os.path.join(self.bin, name)

    def that(self, name, good, detail=""):
        if good:
            self.passed += 1
            return True
        self.failures.append(name)
        sys.stderr.write("bad_input: FAIL %s\n%s" % (name, "".join("    %s\n" % line for line in str(detail).splitlines()[:12])))
        return False

    def skip(self, name, why):
        self.skipped.append("%s: %s" % (name, why))

    def run(self, *command, stdin=b"", env=None):
        """(exit code, standard output, standard error); a signal is a negative code."""
        done = subprocess.run(command, input=stdin, env=env, capture_output=True, timeout=60)
        return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")

    def expect(self, name, want, words, *command, stdin=b"", env=None):
        """The command ends with `want` (a code or several) and says every one of `words`."""
        code, out, err = self.run(*command, stdin=stdin, env=env)
        wanted = want if isinstance(want, tuple) else (want,)
        said = out + err
        missing = [word for word in words if word not in said]
        self.that(name, code in wanted and code >= 0 and code not in CRASHED and not missing,
                  "exit %d, expected %s; missing words: %s\n%s" % (code, wanted, missing, said[-1500:]))
        return out, err


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


# ---- captures

def packets_of(pcap):
    """(timestamp in microseconds, frame) of a classic little-endian capture."""
    at = 24
    while at + 16 <= len(pcap):
        seconds, micro, kept, _ = struct.unpack_from("<IIII", pcap, at)
        yield seconds * 1000000 + micro, pcap[at + 16:at + 16 + kept]
        at += 16 + kept


def block(kind, body):
    body += b"\0" * (-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


def pcapng_of(pcap):
    out = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)) + block(1, struct.pack("<HHI", 1, 0, 0))
    for micro, frame in packets_of(pcap):
        out += block(6, struct.pack("<IIIII", 0, micro >> 32, micro & 0xFFFFFFFF, len(frame), len(frame)) + frame)
    return out


def captures(c):
    whole = c.path("whole.pcap")
    synthetic.capture(whole, False)
    with open(whole, "rb") as f:
        pcap = f.read()
    read = lambda path: (c.tool("fengsui-agent"), "read", "--rules", c.rules, "--json", path)
    c.expect("a whole capture is read", 1, ["TRA-1"], *read(whole))
    ng = pcapng_of(pcap)
    with open(c.path("whole.pcapng"), "wb") as f:
        f.write(ng)
    c.expect("a whole pcapng is read", 1, ["TRA-1"], *read(c.path("whole.pcapng")))
    first = 16 + struct.unpack_from("<I", pcap, 32)[0]
    cuts = {"pcap": (pcap, [1, 3, 4, 23, 25, 24 + 15, 24 + 17, 24 + first - 1, 24 + first + 8, len(pcap) // 2 + 1, len(pcap) - 1]),
            "pcapng": (ng, [1, 3, 4, 11, 27, 29, 40, 47, 60, len(ng) // 2 + 1, len(ng) - 1])}
    for kind, (data, places) in cuts.items():
        for n in places:
            name = "cut-%d.%s" % (n, kind)
            with open(c.path(name), "wb") as f:
                f.write(data[:n])
            c.expect("%s cut after %d bytes is incomplete" % (kind, n), 3, ["not examined", name], *read(c.path(name)))
    rng = random.Random(3)
    hostile = bytearray(pcap)
    struct.pack_into("<I", hostile, 32, 0xFFFFFFFF)  # a packet of 4 GiB
    lying = bytearray(ng)
    struct.pack_into("<I", lying, 28 + 4, 0x7FFFFFFC)  # a block of 2 GiB
    samples = {"empty.pcap": b"", "random.pcap": rng.randbytes(5000), "header-then-random.pcap": pcap[:24] + rng.randbytes(4000),
               "long-packet.pcap": bytes(hostile), "long-block.pcapng": bytes(lying), "text.pcap": "这不是抓包文件\n".encode() * 50}
    for name, data in samples.items():
        with open(c.path(name), "wb") as f:
            f.write(data)
        c.expect("%s is incomplete" % name, 3, ["not examined", name], *read(c.path(name)))
    for i in range(20):  # one bit after the other turned: anything but a crash
        data = bytearray(pcap if i % 2 else ng)
        for _ in range(30):
            data[rng.randrange(24, len(data))] ^= 1 << rng.randrange(8)
        with open(c.path("turned"), "wb") as f:
            f.write(data)
        c.expect("capture with turned bits %d does not crash" % i, (0, 1, 3), [], *read(c.path("turned")))
    c.expect("a missing capture is named", 3, ["nowhere.pcap"], *read(c.path("nowhere.pcap")))
    c.expect("a folder as capture is named", 3, [c.top], *read(c.top))
    c.expect("a bad capture does not hide a good one", 3, ["empty.pcap", "TRA-1"], *read(c.path("empty.pcap")), whole)


# ---- files

def archives(folder):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("名单.csv", synthetic.csv_text(synthetic.people(3)))
    whole = packed.getvalue()
    locked = bytearray(whole)
    locked[locked.find(b"PK\x03\x04") + 6] |= 1
    locked[locked.find(b"PK\x01\x02") + 8] |= 1
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as z, z.open("big.txt", "w") as member:
        for _ in range(300):
            member.write(b"\0" * (1 << 20))
    deep = whole
    for i in range(9):
        outer = io.BytesIO()
        with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as z:
            z.writestr("n%d.zip" % i, deep)
        deep = outer.getvalue()
    samples = {"locked.zip": (bytes(locked), ["encrypted"]), "bomb.zip": (packed.getvalue(), ["big.txt"]), "deep.zip": (deep, ["deep"]),
               "cut.zip": (whole[:len(whole) // 2], [])}
    for name, (data, _) in samples.items():
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)
    return {name: words for name, (_, words) in samples.items()}


def files(c):
    scan = lambda *paths: (c.tool("fengsui-agent"), "scan", "--rules", c.rules, *paths)
    folder = c.path("archives")
    os.mkdir(folder)
    for name, words in archives(folder).items():
        c.expect("%s is named" % name, 3, ["not examined", name] + words, *scan(os.path.join(folder, name)))
    with open(os.path.join(folder, "people.csv"), "w") as f:
        f.write(synthetic.csv_text(synthetic.people(2)))
    os.mkfifo(os.path.join(folder, "pipe"))
    os.symlink("circle", os.path.join(folder, "circle"))
    c.expect("bad files do not hide a good one", 3, ["locked.zip", "bomb.zip", "deep.zip", "cut.zip", "STO-1"], *scan("--json", folder))
    c.expect("a missing path is named", 3, ["nowhere"], *scan(c.path("nowhere")))
    unreadable(c, scan)


def unreadable(c, scan):
    if os.getuid() != 0 or shutil.which("setpriv") is None:
        return c.skip("unreadable file", "needs root and setpriv to become another user")
    drop = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    if c.run(*drop, c.tool("fengsui-agent"), "--version")[0] != 0 or c.run(*drop, "test", "-r", os.path.join(c.rules, "policies"))[0] != 0:
        return c.skip("unreadable file", "another user cannot reach the programs or rules")
    with tempfile.TemporaryDirectory(prefix="fengsui-unreadable-") as folder:
        os.chmod(folder, 0o755)
        os.mkdir(os.path.join(folder, "closed"))
        for name, mode in (("secret.csv", 0o600), ("open.csv", 0o644), ("closed/inside.csv", 0o644)):
            with open(os.path.join(folder, name), "w") as f:
                f.write(synthetic.csv_text(synthetic.people(2)))
            os.chmod(os.path.join(folder, name), mode)
        os.chmod(os.path.join(folder, "closed"), 0o700)
        c.expect("an unreadable file and folder are named, the rest is examined", 3, ["not examined", folder + "/secret.csv", folder + "/closed", "open.csv"],
                 *drop, *scan("--json", folder))


# ---- lines and configuration

def lines(c):
    good = json.dumps({"id": "a", "text": "号码 " + synthetic.citizen(random.Random(1))}).encode() + b"\n"
    detect = (c.tool("fengsui-agent"), "detect", "--rules", c.rules, "--jsonl")
    bad = {"half an object": b'{"id":1', "no text": b'{"id":"x"}', "not base64": b'{"id":"x","bytes_b64":"*"}', "an array": b"[1]", "bytes": b"\xff\xfe\x00",
           "depth": b'{"id":' + b"[" * 5000 + b"]" * 5000 + b"}"}
    for name, line in bad.items():
        out, _ = c.expect("detect: %s is malformed and named by its line" % name, 3, ['"line":2', "1 of 3 lines"], *detect, stdin=good + line + b"\n" + good)
        c.that("detect: the lines around %s are answered" % name, out.count('"citizen_id"') == 2, out)
    events = c.path("events.ndjson")
    with open(events, "wb") as f:
        f.write(b'{"event":{"a":1},"logsource":{}}\n{"event":\n[]\n' + b"[" * 5000 + b"\n" + b'{"event":{"a":2},"logsource":{}}\n')
    match = (c.tool("fengsui"), "rule", "match", "--rules", os.path.join(c.rules, "policies"))
    out, _ = c.expect("rule match: malformed events are named", 3, ["line 2", "line 3", "line 4"], *match, events)
    c.that("rule match: every line has its answer", [json.loads(l)["n"] for l in out.splitlines()] == [0, 1, 2, 3, 4], out)
    c.expect("rule match: a missing file is named", (2, 3), ["nowhere.ndjson"], *match, c.path("nowhere.ndjson"))


def configuration(c):
    agent = c.tool("fengsui-agent")
    toml = c.path("agent.toml")
    for text, words in (('[agent]\nstate_dirr = "/x"\n', ["agent.toml:2", "state_dir"]), ('[agent]\n[scann]\npaths = []\n', ["agent.toml:2", "scan"]),
                        ('[agent]\nstate_dir = 3\n', ["agent.toml:2", "state_dir"]), ('[agent\n', ["agent.toml:1"]), ('[budget]\n\ncpu_percent = -1\n', ["agent.toml:3", "cpu_percent"])):
        with open(toml, "w") as f:
            f.write(text)
        for command in (("check",), ("run",)):
            c.expect("agent %s: %r is refused" % (command[0], text), 78, words, agent, *command, "--config", toml)
    c.expect("a missing configuration is named", 78, ["nowhere.toml"], agent, "check", "--config", c.path("nowhere.toml"))
    folder = c.path("centre")
    collector = c.tool("fengsui-collector")
    code, said, _ = c.run(collector, "init", folder, "--rules", c.rules)
    c.that("a collector is made", code == 0, said)
    with open(folder + "/collector.toml") as f:
        right = f.read().splitlines()
    line = next(i for i, l in enumerate(right) if l.startswith("max_connections"))
    for new, words in (("max_conections = 9", ["max_connections"]), ("max_connections = 'x'", ["max_connections"]), ("max_connections = 0", ["max_connections"])):
        with open(folder + "/collector.toml", "w") as f:
            f.write("\n".join(right[:line] + [new] + right[line + 1:]) + "\n")
        for command in ("check", "run"):
            c.expect("collector %s: %r is refused" % (command, new), 78, ["collector.toml:%d" % (line + 1)] + words, collector, command, folder)
    c.expect("a folder that is no collector is named", 78, ["nowhere"], collector, "run", c.path("nowhere"))
    with open(folder + "/collector.toml", "w") as f:
        f.write("\n".join(right) + "\n")
    c.expect("a second init keeps what is there", 78, ["centre"], collector, "init", folder)
    with open(folder + "/ledger/control.db", "r+b") as f:
        f.write(b"not a database, not at all")
    c.expect("a damaged control database is named", 78, ["control.db"], collector, "check", folder)


# ---- services

class Service:
    """A child whose output goes to a log file."""

    def __init__(self, log, *command):
        self.log, self.command, self.child = log, command, None

    def start(self):
        with open(self.log, "ab") as out:
            self.child = subprocess.Popen(self.command, stdout=out, stderr=out)

    def running(self):
        return self.child is not None and self.child.poll() is None

    def end(self):
        if self.running():
            self.child.terminate()
            try:
                self.child.wait(20)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        return None if self.child is None else self.child.returncode

    def tail(self):
        if not os.path.exists(self.log):
            return ""
        with open(self.log, errors="replace") as f:
            return "".join(f.readlines()[-8:])


class Disk:
    """A small file system of its own where it can be had."""

    def __init__(self, path, mib):
        os.mkdir(path)
        self.path = path
        self.mounted = os.getuid() == 0 and subprocess.run(("mount", "-t", "tmpfs", "-o", "size=%dm,mode=0755" % mib, "tmpfs", path), capture_output=True).returncode == 0

    def fill(self):
        with open(os.path.join(self.path, "filler"), "wb", buffering=0) as f:
            for size in (1 << 20, 4096):
                try:
                    while True:
                        f.write(b"\0" * size)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise

    def free(self):
        os.unlink(os.path.join(self.path, "filler"))

    def close(self):
        if self.mounted:
            subprocess.run(("umount", self.path), capture_output=True)


def rows(path, sql, *args):
    db = sqlite3.connect("file:%s?mode=ro" % path, uri=True, timeout=10)
    try:
        return db.execute(sql, args).fetchall()
    finally:
        db.close()


class Centre:
    """A collector with one unit, and what an operator does with it."""

    def __init__(self, c, folder):
        self.c, self.folder = c, folder
        self.link, self.http = free_port(), free_port()
        self.url = "http://127.0.0.1:%d" % self.http
        self.env = dict(os.environ, XDG_CONFIG_HOME=c.path("config"), FENGSUI_URL=self.url)
        self.env.pop("FENGSUI_TOKEN", None)
        code, said, err = c.run(c.tool("fengsui-collector"), "init", folder, "--domain", "fengsui.example.gov.cn", "--heartbeat", "5",
                                "--link", "tcp://127.0.0.1:%d" % self.link, "--http", "127.0.0.1:%d" % self.http, "--rules", c.rules)
        if code != 0:
            raise SystemExit("bad_input: init: %s%s" % (said, err))
        field = lambda name: next(l.split(":", 1)[1].strip() for l in said.splitlines() if l.startswith(name + ":"))
        self.key = field("link key")
        with open(c.path("password"), "w") as f:
            f.write(field("password") + "\n")
        self.service = Service(c.path("collector.log"), c.tool("fengsui-collector"), "run", folder)

    def start(self):
        self.service.start()
        if not wait_until(30, lambda: self.health()[0] == 200):
            raise SystemExit("bad_input: the collector does not answer\n" + self.service.tail())

    def operator(self, *words):
        code, out, err = self.c.run(self.c.tool("fengsui"), *words, env=self.env)
        if code != 0:
            raise SystemExit("bad_input: %s: exit %d\n%s%s" % (" ".join(words), code, out, err))
        return out

    def get(self, path):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(self.url + path, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def health(self):
        return self.get("/healthz")

    def metric(self, name):
        return sum(int(value) for value in re.findall(r"^fengsui_%s(?:\{[^}]*\})? (\d+)$" % name, self.get("/metrics")[1], re.M))

    def one_row(self, folder, change):
        """Rewrites a document of the control database, as time would; only while the collector is stopped."""
        db = sqlite3.connect(self.folder + "/ledger/control.db")
        for key, text in db.execute("SELECT key, json FROM documents WHERE folder=?", (folder,)).fetchall():
            document = json.loads(text)
            if change(document):
                db.execute("UPDATE documents SET json=? WHERE folder=? AND key=?", (json.dumps(document), folder, key))
        db.commit()
        db.close()

    def log_db(self, unit):
        return next(os.path.join(folder, "log.db") for folder, _, names in os.walk(os.path.join(self.folder, "ledger", "units", unit)) if "log.db" in names)


class Host:
    """One agent host: configuration, enrolment, daemon, status."""

    def __init__(self, c, centre, name, state=None, unit=UNIT):
        self.c, self.centre, self.name, self.unit = c, centre, name, unit
        self.folder = c.path(name)
        self.drop = os.path.join(self.folder, "drop")
        os.makedirs(self.drop)
        self.state = state or os.path.join(self.folder, "state")
        self.config = os.path.join(self.folder, "agent.toml")
        self.token = os.path.join(self.folder, "token")
        with open(self.config, "w") as f:
            f.write('[agent]\nstate_dir = "%s"\n[rules]\ndir = "%s"\n[collector]\nendpoint = "tcp://127.0.0.1:%d"\nkey = "%s"\n'
                    '[events]\npaths = ["%s"]\n[scan]\npaths = ["%s"]\nperiod_minutes = 1\n[budget]\ncpu_percent = 100\n'
                    % (self.state, c.rules, centre.link, centre.key, self.drop, self.drop))
        self.service = Service(os.path.join(self.folder, "agent.log"), c.tool("fengsui-agent"), "run", "--config", self.config)
        self.files = 0

    def enrolment(self, key=None, token=None):
        return (self.c.tool("fengsui-agent"), "enrol", "--config", self.config, "--collector", "tcp://127.0.0.1:%d" % self.centre.link,
                "--key", key or self.centre.key, "--token-file", token or self.token, "--timeout", "20")

    def plant(self, n):
        rng = random.Random(self.files + 11)
        for _ in range(n):
            with open(os.path.join(self.drop, "p%05d.csv" % self.files), "w") as f:
                f.write(synthetic.csv_text([synthetic.person(rng)]))
            self.files += 1

    def status(self):
        code, out, _ = self.c.run(self.c.tool("fengsui-agent"), "status", "--config", self.config, "--json")
        try:
            return json.loads(out)
        except ValueError:
            return {}

    def spool(self, what):
        return self.status().get("spool", {}).get(what, 0)


def enrolments(c, centre, host):
    wrong = c.run(c.tool("fengsui-collector"), "key")[1].strip()
    c.expect("a wrong collector key is refused by name", 1, ["key"], *host.enrolment(key=wrong))
    c.expect("half a collector key is refused by name", (1, 2), ["--key"], *host.enrolment(key=wrong[:20]))
    c.expect("a missing token file is named", (1, 2), ["nowhere"], *host.enrolment(token=c.path("nowhere")))
    with open(c.path("made-up"), "w") as f:
        f.write("00" * 24 + "\n")
    c.expect("a token that was never given is refused", 1, ["token"], *host.enrolment(token=c.path("made-up")))
    c.expect("after all that the right key and token are accepted", 0, [UNIT], *host.enrolment())
    second = Host(c, centre, "second")
    before = centre.metric("collector_refused_total")
    c.expect("a second use of a token is refused", 1, ["token"], *second.enrolment(token=host.token))
    c.that("the refusal is counted", centre.metric("collector_refused_total") > before, centre.get("/metrics")[1])
    centre.operator("token", "create", "--unit", UNIT, "--name", "late", "--out", second.token)
    centre.service.end()

    def expire(token):
        if token["agent"] != UNIT + "/late":
            return False
        token["expires"] = token["created"] + 1
        return True
    centre.one_row("token", expire)
    centre.start()
    c.expect("an expired token is refused and says when", 1, ["token", "expired"], *second.enrolment())


def verifier(c, centre):
    """A bundle of a clean unit against everything that is not it."""
    verify = c.tool("fengsui-verify")
    policy = centre.folder + "/evaluator-policy"
    samples = {"empty.zip": b"", "text.zip": b"not a zip\n", "random.zip": random.Random(9).randbytes(3000)}
    for name, data in samples.items():
        with open(c.path(name), "wb") as f:
            f.write(data)
        c.expect("verify: %s is not accepted" % name, (1, 3), ["V0"], verify, c.path(name), "--policy", policy)
    c.expect("verify: a missing bundle is named", (2, 3), ["nowhere.zip"], verify, c.path("nowhere.zip"), "--policy", policy)
    c.expect("verify: a policy is demanded", 2, ["--policy"], verify, c.path("text.zip"))
    c.expect("verify: a missing policy is named", 2, ["nowhere.policy"], verify, c.path("text.zip"), "--policy", c.path("nowhere.policy"))
    with open(c.path("wrong.policy"), "w") as f:
        f.write("quorum none\nnonsense here\n")
    c.expect("verify: a wrong policy is named with its line", 2, ["wrong.policy", "line 2"], verify, c.path("text.zip"), "--policy", c.path("wrong.policy"))
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 8 * 3600))
    bundle = c.path("bundle.zip")
    centre.operator("unit", "add", CLEAN, "--name", "公园管理中心")
    host = Host(c, centre, "parks", unit=CLEAN)
    centre.operator("token", "create", "--unit", CLEAN, "--name", "parks", "--out", host.token)
    c.expect("an agent of a clean unit enrols", 0, [CLEAN], *host.enrolment())
    host.service.start()
    try:
        covered = wait_until(40, lambda: host.spool("acknowledged") >= 4)
    finally:
        host.service.end()
    c.that("the clean unit is watched for some heartbeats", covered, host.service.tail())
    c.run(c.tool("fengsui"), "day", "seal", day, "--unit", CLEAN, env=centre.env)
    code, out, err = c.run(c.tool("fengsui"), "attest", "issue", "--unit", CLEAN, "--from", day, "--to", day, "--out", bundle, env=centre.env)
    if not c.that("an attestation is issued for the clean unit", code == 0 and os.path.exists(bundle), out + err):
        return
    c.expect("verify: the bundle is accepted", 0, [], verify, bundle, "--policy", policy)
    other = c.path("other.policy")
    with open(policy) as f:
        lines = f.read()
    with open(other, "w") as f:
        f.write(re.sub(r"(\S+)\+[0-9a-f]{8}\+\S+", lambda m: another_key(m.group(1)), lines))
    c.expect("verify: a policy with the keys of another log refuses it", 1, ["V1"], verify, bundle, "--policy", other)
    with open(bundle, "rb") as f:
        data = f.read()
    for n in (10, len(data) // 3, len(data) - 30):
        with open(c.path("cut.bundle.zip"), "wb") as f:
            f.write(data[:n])
        c.expect("verify: a bundle cut after %d bytes is not accepted" % n, (1, 3), ["V0"], verify, c.path("cut.bundle.zip"), "--policy", policy)


def another_key(name):
    """A verifier key (C2SP signed-note) of the same name that nobody signs with."""
    key = b"\x01" + random.Random(name).randbytes(32)
    return "%s+%s+%s" % (name, hashlib.sha256(name.encode() + b"\n" + key).hexdigest()[:8], base64.b64encode(key).decode())


def once_each(c, centre, host, name):
    """Everything the agent made durable is in the log, each record once, and every planted file was found."""
    spool = os.path.join(host.state, "spool.db")
    last, acknowledged = rows(spool, "SELECT last_seq, acknowledged FROM state")[0]
    agent = rows(centre.log_db(host.unit), "SELECT id FROM names WHERE name=?", host.unit + "/" + host.name)[0][0]
    seqs = [s for (s,) in rows(centre.log_db(host.unit), "SELECT seq FROM entries WHERE agent=? AND seq>0 ORDER BY seq", agent)]
    c.that(name + ": every acknowledged record is in the log exactly once", set(range(1, acknowledged + 1)) <= set(seqs) and len(seqs) == len(set(seqs)),
           "last %d acknowledged %d in the log %d" % (last, acknowledged, len(seqs)))


def found_files(centre):
    names = set()
    for folder, _, files_there in os.walk(centre.folder):
        for name in files_there:
            if os.path.basename(folder) == "days" and name.endswith(".db"):
                for (line,) in rows(os.path.join(folder, name), "SELECT line FROM details"):
                    names.update(re.findall(rb"p\d{5}\.csv", bytes(line) if not isinstance(line, str) else line.encode()))
    return names


def full_collector(c, centre, host, disk):
    if not disk.mounted:
        return c.skip("collector on a full disk", "needs root and a mount of tmpfs")
    host.service.start()
    host.plant(20)
    c.that("the findings of an ordinary hour arrive", wait_until(60, lambda: len(found_files(centre)) >= 20), host.service.tail())
    failed_before = centre.metric("collector_failed_commits_total")
    disk.fill()
    host.plant(60)
    said = wait_until(60, lambda: centre.health()[0] == 503)
    status, body = centre.health()
    c.that("a full disk is said in /healthz", said and '"ledger"' in body and re.search(r"full|No space", body), "%d %s" % (status, body))
    c.that("a full disk is counted in /metrics", centre.metric("collector_failed_commits_total") > failed_before and centre.metric("collector_ledger_failed") == 1)
    c.that("the agent keeps what is not acknowledged", wait_until(30, lambda: host.spool("queued") > 0), host.status())
    c.that("the collector lives on a full disk", centre.service.running(), centre.service.tail())
    c.that("the agent lives on", host.service.running(), host.service.tail())
    disk.free()
    c.that("after space returned everything arrives", wait_until(90, lambda: len(found_files(centre)) >= host.files and host.spool("queued") == 0),
           "%d of %d files, %s\n%s\n%s" % (len(found_files(centre)), host.files, host.status().get("link"), centre.service.tail(), centre.health()))
    c.that("/healthz is well again", wait_until(30, lambda: centre.health()[0] == 200), centre.health())
    c.that("the agent lost nothing", host.spool("lost") == 0, host.status())
    host.service.end()
    once_each(c, centre, host, "full collector")


def full_agent(c, centre):
    disk = Disk(c.path("agent-disk"), 8)
    try:
        if not disk.mounted:
            return c.skip("agent on a full disk", "needs root and a mount of tmpfs")
        host = Host(c, centre, "fullhost", state=disk.path + "/state")
        centre.operator("token", "create", "--unit", UNIT, "--name", "fullhost", "--out", host.token)
        c.expect("an agent enrols for the full disk", 0, [UNIT], *host.enrolment())
        host.service.start()
        try:
            c.that("the agent runs", wait_until(30, lambda: host.spool("acknowledged") > 0), host.service.tail())
            centre.service.end()  # nothing may leave, so that nothing becomes free
            disk.fill()
            host.plant(80)
            c.that("findings that find no room are counted in the status", wait_until(60, lambda: host.spool("lost") > 0), "%s\n%s" % (host.status(), host.service.tail()))
            c.that("the loss is in the agent's log", "finding_lost" in host.service.tail() or wait_until(5, lambda: "finding_lost" in open(host.service.log).read()), host.service.tail())
            c.that("the agent lives on a full disk", host.service.running(), host.service.tail())
            disk.free()
            centre.start()
            c.that("after space returned the agent delivers again", wait_until(90, lambda: host.spool("queued") == 0 and host.spool("acknowledged") > 0 and host.status()["link"]["state"] == "established"),
                   "%s\n%s" % (host.status(), host.service.tail()))
            c.that("the loss stays in the status", host.spool("lost") > 0, host.status())
        finally:
            host.service.end()
        once_each(c, centre, host, "full agent")
    finally:
        disk.close()


def services(c):
    disk = Disk(c.path("collector-disk"), 48)
    centre = host = None
    try:
        centre = Centre(c, os.path.join(disk.path, "collector"))
        centre.start()
        centre.operator("login", "--url", centre.url, "--user", "admin", "--password-file", c.path("password"))
        centre.operator("unit", "add", UNIT, "--name", "教育局")
        host = Host(c, centre, "host1")
        centre.operator("token", "create", "--unit", UNIT, "--name", "host1", "--out", host.token)
        enrolments(c, centre, host)
        centre.operator("login", "--url", centre.url, "--user", "admin", "--password-file", c.path("password"))
        verifier(c, centre)
        full_collector(c, centre, host, disk)
        full_agent(c, centre)
        for one in (host, centre):
            code = one.service.end()
            c.that("%s ends in order" % os.path.basename(one.service.command[0]), code in (None, 0), "exit %s\n%s" % (code, one.service.tail()))
    finally:
        for one in (host, centre):
            if one is not None:
                one.service.end()
        disk.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--rules", required=True)
    parser.add_argument("--only", default="")
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    top = tempfile.mkdtemp(prefix="fengsui-bad-input-")
    checks = Checks(top, os.path.abspath(args.bin), os.path.abspath(args.rules))
    try:
        for part in (captures, files, lines, configuration, services):
            if args.only in part.__name__:
                part(checks)
    finally:
        if args.keep or checks.failures:
            sys.stderr.write("bad_input: data kept in %s\n" % top)
        else:
            shutil.rmtree(top)
    print(json.dumps({"passed": checks.passed, "failed": checks.failures, "skipped": checks.skipped}, ensure_ascii=False))
    return 1 if checks.failures else 0


if __name__ == "__main__":
    sys.exit(main())
