"""Two network namespaces joined by a veth, the programs in them, and the agent that watches. Standard library only.

Every server has an address of its own on the one interface, so that each event tells by its address whose it is. Everything
started here is ended here by its own id; the namespaces take their interfaces with them.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from waiting import wait_until  # noqa: E402

UNIT, AGENT = "510903-edu", "watcher"
CLIENT = "10.117.0.2"


class Unavailable(Exception):
    """What the machine lacks; the message says it."""


class Stage:
    def __init__(self, bin_folder, rules):
        self.bin, self.rules = os.path.abspath(bin_folder), os.path.abspath(rules)
        self.top = tempfile.mkdtemp(prefix="fengsui-servers-")
        os.chmod(self.top, 0o755)  # servers run under accounts of their own
        self.near, self.far = ("fengsui-%d-%s" % (os.getpid(), end) for end in ("server", "client"))
        self.children, self.made, self.addresses = [], [], 1
        self.keep = False

    # ---- namespaces

    def ip(self, *words, check=True):
        done = subprocess.run(("ip",) + words, capture_output=True, text=True, timeout=20)
        if check and done.returncode != 0:
            raise Unavailable("ip %s: %s" % (" ".join(words), done.stderr.strip()))
        return done

    def open(self):
        for name in (self.near, self.far):
            self.ip("netns", "add", name)
            self.made.append(name)
            # Without IPv6 nothing but the programs below puts a packet on the wire, so that packets can be counted.
            self.run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1", namespace=name, ok=None)
            self.ip("-n", name, "link", "set", "lo", "up")
        self.ip("-n", self.near, "link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", self.far)
        for name, address in ((self.near, "10.117.0.1"), (self.far, CLIENT)):
            self.ip("-n", name, "addr", "add", address + "/24", "dev", "wire")
            self.ip("-n", name, "link", "set", "wire", "up")

    def address(self):
        """One more address of the servers' end."""
        self.addresses += 1
        address = "10.117.0.%d" % (9 + self.addresses)
        self.ip("-n", self.near, "addr", "add", address + "/24", "dev", "wire")
        return address

    def close(self):
        for child, log in reversed(self.children):
            self.end(child)
        for name in reversed(self.made):
            # Who is still inside was started by one of the programs above: the namespaces are this run's own.
            for pid in self.ip("netns", "pids", name, check=False).stdout.split():
                try:
                    os.kill(int(pid), signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.ip("netns", "del", name, check=False)
        self.made = []
        if not self.keep:
            shutil.rmtree(self.top, ignore_errors=True)

    # ---- programs

    def path(self, *names):
        return os.path.join(self.top, *names)

    def folder(self, name, owner=None):
        path = self.path(name)
        os.makedirs(path, exist_ok=True)
        if owner:
            shutil.chown(path, owner, owner)
        return path

    def write(self, name, text, owner=None, mode=0o644):
        path = self.path(name)
        with open(path, "w" if isinstance(text, str) else "wb") as f:
            f.write(text)
        os.chmod(path, mode)
        if owner:
            shutil.chown(path, owner, owner)
        return path

    def inside(self, namespace, command, user=None):
        as_user = ("setpriv", "--reuid=" + user, "--regid=" + user, "--clear-groups") if user else ()
        return ("ip", "netns", "exec", namespace) + as_user + tuple(command)

    def start(self, name, *command, user=None, namespace=None, env=None):
        """A program in the servers' namespace that runs until close(); its output goes to NAME.log."""
        log = self.path(name + ".log")
        with open(log, "ab") as out:
            child = subprocess.Popen(self.inside(namespace or self.near, command, user), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                     env=env, start_new_session=True, cwd=self.top)
        self.children.append((child, log))
        return child

    def end(self, child, seconds=10):
        if child.poll() is None:
            child.terminate()
            try:
                child.wait(seconds)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        return child.returncode

    def tail(self, name, lines=12):
        try:
            with open(self.path(name + ".log"), errors="replace") as f:
                return "".join(f.readlines()[-lines:])
        except OSError:
            return ""

    def run(self, *command, user=None, namespace=None, stdin=None, env=None, timeout=60, ok=(0,)):
        """Runs to the end; in no namespace without one. Raises when the code is not of `ok`."""
        whole = self.inside(namespace, command, user) if namespace else tuple(command)
        if user and not namespace:
            whole = self.inside(self.near, command, user)
        done = subprocess.run(whole, input=stdin, capture_output=True, env=env, timeout=timeout, cwd=self.top)
        if ok is not None and done.returncode not in ok:
            raise RuntimeError("%s: exit %d\n%s" % (" ".join(command)[:300], done.returncode, (done.stdout + done.stderr).decode(errors="replace")[-1500:]))
        return done

    def client(self, *command, stdin=None, ok=(0,), timeout=60, env=None):
        """A program at the other end of the wire."""
        return self.run(*command, namespace=self.far, stdin=stdin, ok=ok, timeout=timeout, env=env)

    def listens(self, address, port, seconds=30):
        def look():
            said = self.run("ss", "-Hltn", "src", "%s:%d" % (address, port), namespace=self.near).stdout
            return bool(said.strip())
        if not wait_until(seconds, look):
            raise RuntimeError("nothing listens on %s:%d" % (address, port))

    def certificate(self):
        """A self-signed certificate with its key, made once: (certificate, key)."""
        pair = self.path("certificate.pem"), self.path("key.pem")
        if not os.path.exists(pair[0]):
            self.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=db.example.gov.cn",
                     "-keyout", pair[1], "-out", pair[0])
            os.chmod(pair[1], 0o644)  # of this run only; each server reads it under its own account
        return pair

    # ---- those who watch

    def record(self):
        """Keeps the traffic beside the agent, for the replay."""
        self.capture = self.path("wire.pcap")
        self.recorder = self.start("tcpdump", "tcpdump", "-i", "wire", "-w", self.capture, "-U", "--immediate-mode", "-s", "0", "-B", "65536", "-Z", "root")
        if not wait_until(20, lambda: "listening on" in self.tail("tcpdump")):
            raise RuntimeError("tcpdump does not listen\n" + self.tail("tcpdump"))

    def packets(self):
        """So many went over the wire, both ways, as the kernel counts."""
        said = json.loads(self.ip("-n", self.near, "-j", "-s", "link", "show", "wire").stdout)[0]["stats64"]
        return said["rx"]["packets"] + said["tx"]["packets"]

    def recorded(self):
        """Ends the recording; (packets kept, packets the kernel dropped)."""
        self.recorder.send_signal(signal.SIGINT)
        self.recorder.wait(20)
        numbers = {line.split(None, 1)[1].strip(): int(line.split()[0]) for line in self.tail("tcpdump").splitlines() if line[:1].isdigit()}
        return numbers.get("packets captured", 0), numbers.get("packets dropped by kernel", -1)

    def watch(self):
        """A collector and an enrolled agent on the servers' end."""
        self.env = dict(os.environ, XDG_CONFIG_HOME=self.path("config"), FENGSUI_URL="http://127.0.0.1:8447", no_proxy="*")
        self.env.pop("FENGSUI_TOKEN", None)
        centre = self.path("collector")
        said = self.run(self.bin + "/fengsui-collector", "init", centre, "--domain", "fengsui.example.gov.cn", "--heartbeat", "5", "--link", "tcp://127.0.0.1:7447",
                        "--http", "127.0.0.1:8447", "--rules", self.rules).stdout.decode()
        field = lambda name: next(l.split(":", 1)[1].strip() for l in said.splitlines() if l.startswith(name + ":"))
        self.write("password", field("password") + "\n", mode=0o600)
        self.start("collector", self.bin + "/fengsui-collector", "run", centre)
        self.listens("127.0.0.1", 8447)
        self.operator("login", "--url", "http://127.0.0.1:8447", "--user", "admin", "--password-file", self.path("password"))
        self.operator("unit", "add", UNIT, "--name", "教育局")
        self.operator("token", "create", "--unit", UNIT, "--name", AGENT, "--out", self.path("token"))
        self.config = self.write("agent.toml", '[agent]\nstate_dir = "%s"\n[rules]\ndir = "%s"\n[collector]\nendpoint = "tcp://127.0.0.1:7447"\nkey = "%s"\n'
                                 '[capture]\ninterfaces = ["wire"]\nbuffer_mib = 64\n[budget]\ncpu_percent = 100\nmemory_mib = 512\n[findings]\nrepeat_minutes = 0\n'
                                 % (self.path("state"), self.rules, field("link key")))
        self.run(self.bin + "/fengsui-agent", "enrol", "--config", self.config, "--collector", "tcp://127.0.0.1:7447", "--key", field("link key"),
                 "--token-file", self.path("token"), namespace=self.near)
        self.agent = self.start("agent", self.bin + "/fengsui-agent", "run", "--config", self.config)
        if not wait_until(30, lambda: "source id=pcap:wire state=effective" in self.tail("agent", 60)):
            raise RuntimeError("the agent does not watch\n" + self.tail("agent", 60))

    def operator(self, *words):
        return self.run(self.bin + "/fengsui", *words, namespace=self.near, env=self.env).stdout.decode()

    def status(self):
        done = self.run(self.bin + "/fengsui-agent", "status", "--config", self.config, "--json", namespace=self.near, ok=None)
        try:
            return json.loads(done.stdout)
        except ValueError:
            return {}

    def source(self, name):
        return next((one for one in self.status().get("sources", []) if one["id"] == name), {})

    def live_events(self, day):
        """The findings the collector has of that day."""
        return [json.loads(line) for line in self.operator("day", "export", day, "--unit", UNIT).splitlines() if line.strip()]

    def replayed_events(self):
        """What the agent says of the recording; the words on standard error when it was incomplete."""
        done = self.run(self.bin + "/fengsui-agent", "read", "--json", self.capture, env=dict(os.environ, FENGSUI_RULES_DIR=self.rules,
                        FENGSUI_AGENT_STATE_DIR=self.path("no-state")), ok=None, timeout=120)
        return [json.loads(line) for line in done.stdout.decode().splitlines() if line.strip()], done.returncode, done.stderr.decode(errors="replace")
