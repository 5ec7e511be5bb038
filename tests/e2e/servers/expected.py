"""What a server's traffic must make the agent say, and what it said. Standard library only."""
import collections
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import synthetic  # noqa: E402

PEOPLE_TYPES = ("bank_card", "citizen_id", "mobile", "person_name")


class Server:
    """One server: how it starts, what goes over the wire, and what of it must be reported, no more and no less."""

    name, packages, programs, port = "", (), (), 0

    def __init__(self, stage):
        self.stage = stage
        self.statements, self.findings, self.handshakes, self.flows, self.logins = [], [], [], [], []

    def missing(self):
        """The packages that are not installed; "" when all are."""
        for program in self.programs:
            if shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is None:
                return ", ".join(self.packages)
        return ""

    def people(self, rows, seed):
        return synthetic.people(rows, 7000 + 100 * self.port + seed)

    # ---- what must be reported

    def statement(self, kind, table, rows, affected=0, prepared=False, status="Success"):
        self.statements.append((kind, table, rows, affected, prepared, status))

    def finding(self, rule, what, rows=None, **types):
        self.findings.append((rule, what, rows, tuple(sorted(types.items()))))

    def people_finding(self, what, rows, rule="TRA-1"):
        """Each row has one value of every type."""
        self.finding(rule, what, **{t: rows for t in PEOPLE_TYPES})

    def connection(self, app, user=None, tls=None, status=None):
        """One flow with its login; with `tls` the version it turns to, and then nothing of the login is seen."""
        self.flows.append(app)
        if user is not None:
            self.logins.append((app, None, "Unknown", "TLS") if tls else (app, user, status or "Success", None))
        if tls:
            self.handshakes.append((app, tls))
            if tls != "TLSv1.3":  # from 1.3 on the certificate is not visible
                self.finding("TRA-2", "self_signed")


class Reported:
    """The events of one server's address, in the shape of what is expected."""

    def __init__(self, events, address):
        self.statements, self.findings, self.handshakes, self.flows, self.logins, self.gaps = [], [], [], [], [], []
        for event in events:
            ends = [event] + event.get("evidences", [])
            if any(end.get(side, {}).get("ip") == address for end in ends for side in ("src_endpoint", "dst_endpoint")):
                self.take(event, event.get("unmapped", {}).get("fengsui", {}))

    def take(self, event, more):
        if event["class_uid"] in (2004, 2006):
            types = tuple(sorted((one["type"], one["clear"]) for one in more.get("data", [])))
            table = more.get("table", "-")
            table = table["name"] if isinstance(table, dict) else table
            what = more.get("object") or (table if table != "-" else "") or more.get("statement") or " ".join(more.get("tls_certificate_problems", []))
            self.findings.append((event["finding_info"]["analytic"]["uid"], what, more.get("rows"), types))
        elif event["class_uid"] == 4001 and "traffic" in event:
            self.flows.append(event.get("app_name"))
            self.gaps += more.get("gaps", [])
        elif event["class_uid"] == 4001:
            self.handshakes.append((event.get("app_protocol_name"), event.get("tls", {}).get("version")))
        elif event["class_uid"] == 6005 and event["activity_name"] == "Connect":
            self.logins.append((more["app"], event.get("actor", {}).get("user", {}).get("name"), event["status"], more.get("unread")))
        elif event["class_uid"] == 6005 and more.get("table", "-") != "-":
            self.statements.append((more["statement"], more["table"], more["rows"], more.get("rows_affected", 0), more.get("prepared", False), event["status"]))


def differences(expected, reported):
    """A line for each that is missing and each that is too much."""
    wanted, got = collections.Counter(expected), collections.Counter(reported)
    return ["missing %d × %s" % (n, one) for one, n in sorted((wanted - got).items(), key=str)] + \
           ["not expected %d × %s" % (n, one) for one, n in sorted((got - wanted).items(), key=str)]
