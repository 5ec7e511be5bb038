#!/usr/bin/env python3
"""Kills the agent and the collector with SIGKILL, in turns and at random instants, while findings flow; then counts.

  kill9.py --bin BUILD/bin --rules RULES [--kills 50] [--seed N] [--keep]

One real agent watches a folder in which files with synthetic people keep arriving. After the last kill the load stops, the
agent is given the time to deliver what its spool holds, and these must be true:
  - every record that the agent ever made durable (seq 1 .. last of its spool) is in the log, and exactly once;
  - every finding leaf has its detail in the day file, exactly once;
  - every planted file was found;
  - the log's root, recomputed here from the stored leaves, is the one in the signed checkpoint.
Standard library only. Prints one line of JSON; exit 0 when all of it holds.
"""
import argparse
import hashlib
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e", "lib"))
import synthetic  # noqa: E402
from waiting import wait_until  # noqa: E402

UNIT = "510903-edu"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Process:
    """A child that can be killed and started again; its output goes to a log file."""

    def __init__(self, log, *command):
        self.log, self.command, self.child = log, command, None

    def start(self):
        with open(self.log, "ab") as out:
            self.child = subprocess.Popen(self.command, stdout=out, stderr=out)

    def kill(self):
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()

    def running(self):
        return self.child is not None and self.child.poll() is None


def must_become(seconds, what, test):
    value = wait_until(seconds, test)
    if not value:
        raise SystemExit("kill9: not within %d s: %s" % (seconds, what))
    return value


def healthy(port):
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        return opener.open("http://127.0.0.1:%d/healthz" % port, timeout=2).status == 200
    except OSError:
        return False


def rows(path, sql, *args):
    db = sqlite3.connect("file:%s?mode=ro" % path, uri=True, timeout=10)
    try:
        return db.execute(sql, args).fetchall()
    finally:
        db.close()


def merkle_root(leaves):
    """RFC 6962 section 2.1, from leaf bytes."""
    stack = []
    for leaf in leaves:
        node, level = hashlib.sha256(b"\0" + leaf).digest(), 0
        while stack and stack[-1][1] == level:
            node, level = hashlib.sha256(b"\1" + stack.pop()[0] + node).digest(), level + 1
        stack.append((node, level))
    if not stack:
        return hashlib.sha256(b"").digest()
    node = stack.pop()[0]
    while stack:
        node = hashlib.sha256(b"\1" + stack.pop()[0] + node).digest()
    return node


class Load(threading.Thread):
    """Drops files with people into a folder, one after the other, until told to stop."""

    def __init__(self, folder, per_second):
        super().__init__(daemon=True)
        self.folder, self.pause, self.names, self.halt = folder, 1 / per_second, [], threading.Event()

    def run(self):
        rng = random.Random(7)
        while not self.halt.wait(self.pause):
            name = "p%05d.csv" % len(self.names)
            with open(os.path.join(self.folder, name), "w") as f:
                f.write(synthetic.csv_text([synthetic.person(rng)]))
            self.names.append(name)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--rules", required=True)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    rng = random.Random(args.seed)
    top = tempfile.mkdtemp(prefix="fengsui-kill9-")
    tool = lambda name: os.path.join(args.bin, name)
    link, http = free_port(), free_port()
    env = dict(os.environ, XDG_CONFIG_HOME=os.path.join(top, "config"), FENGSUI_URL="http://127.0.0.1:%d" % http)
    env.pop("FENGSUI_TOKEN", None)

    def run(*command):
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise SystemExit("kill9: %s: exit %d\n%s%s" % (" ".join(command), done.returncode, done.stdout, done.stderr))
        return done.stdout

    said = run(tool("fengsui-collector"), "init", top + "/collector", "--domain", "fengsui.example.gov.cn", "--heartbeat", "5",
               "--link", "tcp://127.0.0.1:%d" % link, "--http", "127.0.0.1:%d" % http, "--rules", args.rules)
    field = lambda name: next(line.split(":", 1)[1].strip() for line in said.splitlines() if line.startswith(name + ":"))
    with open(top + "/password", "w") as f:
        f.write(field("password") + "\n")
    collector = Process(top + "/collector.log", tool("fengsui-collector"), "run", top + "/collector")
    collector.start()
    must_become(30, "the collector answers", lambda: healthy(http))
    run(tool("fengsui"), "login", "--url", env["FENGSUI_URL"], "--user", "admin", "--password-file", top + "/password")
    run(tool("fengsui"), "unit", "add", UNIT, "--name", "教育局")
    run(tool("fengsui"), "token", "create", "--unit", UNIT, "--name", "host1", "--out", top + "/token")
    drop = top + "/drop"
    os.mkdir(drop)
    with open(top + "/agent.toml", "w") as f:
        f.write('[agent]\nstate_dir = "%s/state"\n[rules]\ndir = "%s"\n[collector]\nendpoint = "tcp://127.0.0.1:%d"\nkey = "%s"\n'
                '[scan]\npaths = ["%s"]\nperiod_minutes = 1\n[events]\npaths = ["%s"]\n[budget]\ncpu_percent = 100\n'
                % (top, args.rules, link, field("link key"), drop, drop))
    run(tool("fengsui-agent"), "enrol", "--config", top + "/agent.toml", "--collector", "tcp://127.0.0.1:%d" % link, "--key", field("link key"),
        "--token-file", top + "/token")
    agent = Process(top + "/agent.log", tool("fengsui-agent"), "run", "--config", top + "/agent.toml")
    agent.start()

    load = Load(drop, args.rate)
    load.start()
    try:
        for i in range(args.kills):
            time.sleep(rng.uniform(0.15, 0.9))  # the instant of the kill is what is random here
            victim = (agent, collector)[i % 2] if rng.random() < 0.9 else (collector, agent)[i % 2]
            if not victim.running():
                raise SystemExit("kill9: %s had ended by itself; see %s" % (victim.command[0], victim.log))
            victim.kill()
            victim.start()
        load.halt.set()
        load.join()
        must_become(60, "the collector answers", lambda: healthy(http))
        spool = next(os.path.join(folder, name) for folder, _, names in os.walk(top + "/state") for name in names if name.startswith("spool") and name.endswith(".db"))
        log_file = next(os.path.join(folder, name) for folder, _, names in os.walk(top + "/collector") for name in names if name == "log.db")
        day_files = lambda: [os.path.join(folder, name) for folder, _, names in os.walk(top + "/collector") for name in names
                             if os.path.basename(folder) == "days" and name.endswith(".db")]

        def found():
            seen = set()
            for path in day_files():
                for (line,) in rows(path, "SELECT line FROM details"):
                    seen.update(name for name in names_of(line))
            return seen

        def names_of(line):
            import re
            text = bytes(line) if not isinstance(line, str) else line.encode()
            if text[:4] == b"\x28\xb5\x2f\xfd":
                raise SystemExit("kill9: details are compressed; read them through the API")
            return re.findall(r"p\d{5}\.csv", text.decode())

        # The scan of the running agent finds what arrived while it was down; a restart begins a pass at once.
        agent.kill()
        agent.start()
        must_become(180, "every planted file is found", lambda: set(load.names) <= found())
        must_become(60, "the spool is delivered", lambda: rows(spool, "SELECT last_seq = acknowledged FROM state")[0][0] == 1)
        # A SIGTERM lets the agent end its chain in order; what it still wrote must arrive in its next life, so count before.
        agent.child.terminate()
        agent.child.wait()
        last, acknowledged = rows(spool, "SELECT last_seq, acknowledged FROM state")[0]
        lost_by_bound = rows(spool, "SELECT lost FROM state")[0][0]
    finally:
        load.halt.set()
        for process in (agent, collector):
            if process.running():
                process.kill()

    seqs = [s for (s,) in rows(log_file, "SELECT seq FROM entries WHERE seq > 0 ORDER BY seq")]
    finds = rows(log_file, "SELECT COUNT(*) FROM entries WHERE kind = (SELECT id FROM names WHERE name = 'find')")[0][0]
    details = sum(rows(path, "SELECT COUNT(*) FROM details")[0][0] for path in day_files())
    leaves = [bytes(leaf) for (leaf,) in rows(log_file, "SELECT leaf FROM entries ORDER BY idx")]
    size, root = rows(log_file, "SELECT size, root FROM checkpoints ORDER BY id DESC LIMIT 1")[0]
    result = {
        "kills": args.kills, "files": len(load.names), "records": len(seqs), "durable": last, "acknowledged": acknowledged,
        "lost": len(set(range(1, acknowledged + 1)) - set(seqs)), "duplicated": len(seqs) - len(set(seqs)),
        "refused_by_bound": lost_by_bound, "finding_leaves": finds, "details": details,
        "undetected_files": len(set(load.names) - found()), "checkpoint_size": size,
        "root_recomputed": merkle_root(leaves[:size]) == bytes(root),
    }
    print(json.dumps(result))
    good = (result["lost"] == 0 and result["duplicated"] == 0 and result["undetected_files"] == 0 and result["root_recomputed"]
            and finds == details and finds >= len(load.names) and lost_by_bound == 0)
    if good and not args.keep:
        import shutil
        shutil.rmtree(top)
    else:
        print("kill9: data kept in " + top, file=sys.stderr)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
