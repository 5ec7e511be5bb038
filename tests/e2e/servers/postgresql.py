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
        s.start("postgres", self.programs_folder + "/postgres", "-D", data + "/data", "-k", data, "-h", self.address, "-p", "5432", "-F", "-c", "ssl=on",
                "-c", "ssl_cert_file=" + pair[0], "-c", "ssl_key_file=" + key, user="postgres")
        s.listens(self.address, 5432)
        self.socket = data

    def local(self, sql, database="office"):
        self.stage.run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", self.socket, "-U", "postgres", "-d", database, stdin=sql.encode())

    def table(self, name, rows, seed):
        self.local("CREATE TABLE %s (%s);\n" % (name, COLUMNS) + ("COPY %s (name, citizen, mobile, card) FROM stdin;\n%s\\.\n"
                   % (name, "".join("\t".join(row) + "\n" for row in self.people(rows, seed))) if rows else ""))

    def shell(self, sql, *options, mode="disable", ok=(0,)):
        where = "host=%s user=clerk dbname=office sslmode=%s gssencmode=disable" % (self.address, mode)
        return self.stage.client("psql", "-X", "-q", "-A", "-t", *options, "-c", sql, where, ok=ok).stdout.decode()

    def traffic(self):
        self.local("CREATE DATABASE office; CREATE ROLE clerk LOGIN SUPERUSER;", "postgres")
        for step in (self.simple, self.copy_out, self.copy_in, self.tls):
            step()

    def simple(self):
        self.table("t_simple", 1300, 11)
        assert self.shell("SELECT %s FROM t_simple" % HEAD).count("\n") == 1300
        self.connection("postgresql", "clerk")
        self.statement("select", "t_simple", 1300)
        self.finding("PRO-1", "t_simple", rows=1300)
        self.people_finding("select t_simple", 1300)

    def copy_out(self):
        self.table("t_copy_out", 900, 12)
        assert self.shell("COPY t_copy_out (name, citizen, mobile, card) TO STDOUT").count("\n") == 900
        self.connection("postgresql", "clerk")
        self.statement("copy", "t_copy_out", 900)
        self.finding("PRO-1", "t_copy_out", rows=900)
        self.people_finding("copy t_copy_out", 900)

    def copy_in(self):
        self.table("t_copy_in", 0, 0)
        rows = "".join("\t".join(row) + "\n" for row in self.people(700, 13))
        self.stage.client("psql", "-X", "-q", "-c", "COPY t_copy_in (name, citizen, mobile, card) FROM STDIN",
                          "host=%s user=clerk dbname=office sslmode=disable gssencmode=disable" % self.address, stdin=rows.encode())
        self.connection("postgresql", "clerk")
        self.statement("copy", "t_copy_in", 700)
        self.people_finding("copy t_copy_in", 700)

    def cursor(self):
        self.table("t_cursor", 250, 14)
        self.shell("BEGIN; DECLARE c CURSOR FOR SELECT %s FROM t_cursor; FETCH 100 FROM c; FETCH 100 FROM c; FETCH ALL FROM c; COMMIT" % HEAD)

    def tls(self):
        self.table("t_tls", 50, 15)
        assert self.shell("SELECT %s FROM t_tls" % HEAD, mode="require").count("\n") == 50
        self.connection("postgresql", "clerk", tls="TLSv1.3")
