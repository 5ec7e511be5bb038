"""PostgreSQL: simple and extended queries, COPY both ways, cursors, portals in pieces, TLS."""
import glob
import os

from expected import Server

CLIENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "postgresql_client.py")
COLUMNS = "id bigserial PRIMARY KEY, name text, citizen char(18), mobile varchar(20), card text"
HEAD = "name AS \"姓名\", citizen AS \"身份证号\", mobile AS \"手机号\", card AS \"银行卡号\""


class PostgreSql(Server):
    name = "postgresql"
    packages = ("postgresql", "libpq5")
    port = 5432

    def missing(self):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
        if not found:
            return "postgresql"
        self.programs_folder = os.path.dirname(found[-1])
        return ""

    def start(self):
        s = self.stage
        data = s.folder("postgresql", "postgres")
        pair = s.certificate()
        key = s.write("postgresql/key.pem", open(pair[1]).read(), "postgres", 0o600)
        s.run(self.programs_folder + "/initdb", "--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "-D", data + "/data", user="postgres")
        with open(data + "/data/pg_hba.conf", "a") as f:
            f.write("host all all 10.117.0.0/24 trust\n")
        s.start("postgres", self.programs_folder + "/postgres", "-D", data + "/data", "-k", data, "-h", self.address, "-p", "5432", "-F", "-c", "ssl=on", "-c", "wal_level=logical",
                "-c", "ssl_cert_file=" + pair[0], "-c", "ssl_key_file=" + key, user="postgres")
        s.listens(self.address, 5432)
        self.socket = data

    def local(self, sql, database="office"):
        self.stage.run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", self.socket, "-U", "postgres", "-d", database, stdin=sql.encode())

    def table(self, name, rows, seed):
        self.local("CREATE TABLE %s (%s);\n" % (name, COLUMNS) + ("COPY %s (name, citizen, mobile, card) FROM stdin;\n%s\\.\n"
                   % (name, "".join("\t".join(row) + "\n" for row in self.people(rows, seed))) if rows else ""))

    def where(self, mode="disable", more=""):
        return "host=%s user=clerk dbname=office sslmode=%s gssencmode=disable %s" % (self.address, mode, more)

    def shell(self, sql, *options, tls=None, stdin=None):
        """The command line client at the other end."""
        self.connection("postgresql", "clerk", tls=tls)
        mode = "require ssl_min_protocol_version=%s ssl_max_protocol_version=%s" % (tls, tls) if tls else "disable"
        return self.stage.client("psql", "-X", "-q", "-A", "-t", *options, "-c", sql, self.where(mode), stdin=stdin).stdout.decode()

    def library(self, step, *words):
        """One connection of libpq: the extended protocol, which psql has not."""
        self.connection("postgresql", "clerk")
        out = self.stage.client("python3", CLIENT, self.where(), step, *[str(word) for word in words]).stdout.decode().split()
        return [int(word) for word in out]

    def traffic(self):
        self.local("CREATE DATABASE office; CREATE ROLE clerk LOGIN SUPERUSER;", "postgres")
        for step in (self.simple, self.prepared, self.single_rows, self.copy_out, self.copy_in, self.cursor, self.fetch_count,
                     self.tls):
            step()

    def whole(self, table, rows, kind="select", prepared=False):
        """A statement without condition over a table with people."""
        self.statement(kind, table, rows, prepared=prepared)
        if rows >= 1000 or kind == "copy":
            self.finding("PRO-1", table, rows=rows)
        self.people_finding(kind + " " + table, rows)

    def simple(self):
        self.table("t_simple", 1300, 11)
        assert self.shell("SELECT %s FROM t_simple" % HEAD).count("\n") == 1300
        self.whole("t_simple", 1300)

    def prepared(self):
        self.table("t_text", 70, 1)
        assert self.library("prepared", "SELECT id, %s FROM t_text WHERE id <= $1" % HEAD, 0, 30, 70) == [30, 70]
        self.whole("t_text", 30, prepared=True)
        self.whole("t_text", 70, prepared=True)
        self.table("t_binary", 1400, 2)
        assert self.library("prepared", "SELECT id, %s FROM t_binary" % HEAD, 1) == [1400]
        self.whole("t_binary", 1400, prepared=True)

    def single_rows(self):
        self.table("t_single", 1600, 3)
        assert self.library("single-rows", "SELECT %s FROM t_single" % HEAD) == [1600]
        self.whole("t_single", 1600, prepared=True)

    def pipeline(self):
        for i, rows in ((1, 20), (2, 1010), (3, 15)):
            self.table("t_pipe%d" % i, rows, 3 + i)
            self.whole("t_pipe%d" % i, rows, prepared=True)
        assert self.library("pipeline", *["SELECT %s FROM t_pipe%d" % (HEAD, i) for i in (1, 2, 3)]) == [20, 1010, 15]

    def copy_out(self):
        self.table("t_copy_out", 900, 12)
        assert self.shell("COPY t_copy_out (name, citizen, mobile, card) TO STDOUT").count("\n") == 900
        self.whole("t_copy_out", 900, kind="copy")

    def copy_in(self):
        self.table("t_copy_in", 0, 0)
        rows = "".join("\t".join(row) + "\n" for row in self.people(700, 13))
        self.shell("COPY t_copy_in (name, citizen, mobile, card) FROM STDIN", stdin=rows.encode())
        self.statement("copy", "t_copy_in", 700)
        self.people_finding("copy t_copy_in", 700)

    def cursor(self):
        """What is fetched in parts is one statement of all its rows."""
        self.table("t_cursor", 1250, 14)
        self.shell("BEGIN; DECLARE c CURSOR FOR SELECT %s FROM t_cursor; FETCH 500 FROM c; FETCH 500 FROM c; FETCH ALL FROM c; COMMIT" % HEAD)
        self.whole("t_cursor", 1250)

    def fetch_count(self):
        """As psql reads large results."""
        self.table("t_parts", 1111, 15)
        self.shell("SELECT %s FROM t_parts" % HEAD, "-v", "FETCH_COUNT=100")
        self.whole("t_parts", 1111)

    def dump(self):
        self.table("t_dump", 40, 16)
        out = self.stage.client("pg_dump", "-t", "t_dump", "-d", self.where()).stdout.decode()
        assert out.count("\n") > 40
        self.connection("postgresql", "clerk")
        self.statement("copy", "public.t_dump", 40)
        self.finding("PRO-1", "public.t_dump", rows=40)
        self.people_finding("copy public.t_dump", 40)

    def replication(self):
        """A logical subscriber: every row that is inserted leaves."""
        self.table("t_replicated", 0, 0)
        self.local("CREATE PUBLICATION p FOR TABLE t_replicated; SELECT pg_create_logical_replication_slot('s', 'pgoutput');")
        self.local("INSERT INTO t_replicated (name, citizen, mobile, card) VALUES %s;" % ",".join("('%s','%s','%s','%s')" % row for row in self.people(25, 17)))
        end = self.stage.run("psql", "-X", "-q", "-A", "-t", "-h", self.socket, "-U", "postgres", "-d", "office", "-c", "SELECT pg_current_wal_lsn()").stdout.decode().strip()
        self.stage.client(self.programs_folder + "/pg_recvlogical", "-d", self.where(), "--slot=s", "--start", "--file=-", "--no-loop", "--endpos=" + end,
                          "-o", "proto_version=1", "-o", "publication_names=p")
        self.connection("postgresql", "clerk")
        self.finding("PRO-1", "start_replication", rows=25)
        self.finding("TRA-1", "start_replication", bank_card=25, citizen_id=25, mobile=25)

    def tls(self):
        self.table("t_tls", 50, 18)
        for version in ("TLSv1.2", "TLSv1.3"):
            assert self.shell("SELECT %s FROM t_tls" % HEAD, tls=version).count("\n") == 50
