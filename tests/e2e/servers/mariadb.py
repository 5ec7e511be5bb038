"""MariaDB: text and binary results, cursors, several results of one text, files of the client, compression, TLS."""
import json
import os

from expected import Server

CLIENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "mariadb_client.py")
COLUMNS = "name VARCHAR(40), citizen CHAR(18), mobile VARCHAR(20), card VARCHAR(24)"
HEAD = "name AS 姓名, citizen AS 身份证号, mobile AS 手机号, card AS 银行卡号"


class MariaDb(Server):
    name = "mariadb"
    packages = ("mariadb-server", "mariadb-client", "libmariadb3")
    programs = ("mariadbd", "mariadb-install-db", "mariadb")
    port = 3306

    def start(self):
        s = self.stage
        data = s.folder("mariadb", "mysql")
        certificate, key = s.certificate()
        s.run("mariadb-install-db", "--no-defaults", "--user=mysql", "--datadir=" + data + "/data", "--auth-root-authentication-method=normal",
              "--skip-test-db", user="mysql")
        self.socket = data + "/socket"
        s.start("mariadbd", "mariadbd", "--no-defaults", "--datadir=" + data + "/data", "--socket=" + self.socket, "--pid-file=" + data + "/pid",
                "--bind-address=" + self.address, "--port=3306", "--ssl-cert=" + certificate, "--ssl-key=" + key, "--local-infile=1",
                "--character-set-server=utf8mb4", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M", "--skip-name-resolve", user="mysql")
        s.listens(self.address, 3306)

    def local(self, sql, *options):
        """Past the wire: what is prepared is not what is asserted."""
        self.stage.run("mariadb", "--no-defaults", "--socket=" + self.socket, "--user=root", "--default-character-set=utf8mb4", *options, stdin=sql.encode())

    def table(self, name, rows, seed):
        values = ",".join("('%s','%s','%s','%s')" % row for row in self.people(rows, seed))
        self.local("CREATE TABLE office.%s (id BIGINT PRIMARY KEY AUTO_INCREMENT, %s);" % (name, COLUMNS) +
                   ("INSERT INTO office.%s (name,citizen,mobile,card) VALUES %s;" % (name, values) if rows else ""))

    def shell(self, sql, *options, ok=(0,), tls=None):
        """The command line client at the other end."""
        self.connection("mysql", "clerk", tls=tls)
        return self.stage.client("mariadb", "--no-defaults", "--host=" + self.address, "--user=clerk", "--password=autumn-7", "--default-character-set=utf8mb4",
                                 *(options or ("--skip-ssl",)), "office", "--execute", sql, ok=ok).stdout.decode()

    def library(self, step, *words, stdin=None):
        """One connection of the client library: prepared statements and cursors, which the command line client has not."""
        self.connection("mysql", "clerk")
        out = self.stage.client("python3", CLIENT, self.address, step, *[str(word) for word in words], stdin=stdin).stdout.decode().split()
        return [int(word) for word in out]

    def traffic(self):
        self.local("CREATE DATABASE office CHARACTER SET utf8mb4; CREATE USER clerk IDENTIFIED BY 'autumn-7'; GRANT ALL ON *.* TO clerk;")
        for step in (self.text, self.filtered, self.compressed, self.prepared, self.prepared_compressed, self.cursor, self.several, self.call,
                     self.unbuffered, self.insert, self.infile, self.tls):
            step()

    def whole(self, table, rows, prepared=False, affected=0):
        """A SELECT without condition of a table with people."""
        self.statement("select", table, rows, affected=affected, prepared=prepared)
        if rows >= 1000:
            self.finding("PRO-1", table, rows=rows)
        self.people_finding("select " + table, rows)

    def text(self):
        self.table("t_text", 1200, 1)
        assert self.shell("SELECT %s FROM t_text" % HEAD).count("\n") == 1201
        self.whole("t_text", 1200)

    def filtered(self):
        self.table("t_where", 40, 2)
        assert self.shell("SELECT %s FROM t_where WHERE id <= 30" % HEAD).count("\n") == 31
        self.whole("t_where", 30)

    def compressed(self):
        self.table("t_zlib", 1100, 3)
        assert self.shell("SELECT %s FROM t_zlib" % HEAD, "--compress", "--skip-ssl").count("\n") == 1101
        self.whole("t_zlib", 1100)

    def prepared(self):
        self.table("t_binary", 1500, 4)
        assert self.library("prepared", "SELECT id, %s FROM t_binary" % HEAD) == [1500]
        self.whole("t_binary", 1500, prepared=True)
        self.table("t_parameter", 60, 5)
        assert self.library("prepared", "SELECT id, %s FROM t_parameter WHERE id <= ?" % HEAD, 20, 60) == [20, 60]
        self.whole("t_parameter", 20, prepared=True)
        self.whole("t_parameter", 60, prepared=True)

    def prepared_compressed(self):
        self.table("t_binary_zlib", 1050, 6)
        assert self.library("prepared-compressed", "SELECT id, %s FROM t_binary_zlib" % HEAD) == [1050]
        self.whole("t_binary_zlib", 1050, prepared=True)

    def cursor(self):
        self.table("t_cursor", 1234, 7)
        assert self.library("cursor", "SELECT id, %s FROM t_cursor" % HEAD, 100) == [1234]
        self.whole("t_cursor", 1234, prepared=True)

    def several(self):
        self.table("t_first", 30, 8)
        self.table("t_second", 1040, 9)
        assert self.library("several", "SELECT %s FROM t_first; SELECT %s FROM t_second" % (HEAD, HEAD)) == [30, 1040]
        self.whole("t_first", 30)
        self.whole("t_second", 1040)

    def call(self):
        """Both results of a procedure belong to the call; the text names no table."""
        self.table("t_called", 25, 10)
        self.local("CREATE PROCEDURE two() BEGIN SELECT %s FROM t_called; SELECT %s FROM t_called WHERE id <= 10; END" % (HEAD, HEAD),
                   "--delimiter=//", "office")
        assert self.library("several", "CALL two()") == [25, 10]
        self.people_finding("call", 25)
        self.people_finding("call", 10)

    def unbuffered(self):
        self.table("t_unbuffered", 3000, 11)
        assert self.library("unbuffered", "SELECT %s FROM t_unbuffered" % HEAD) == [3000]
        self.whole("t_unbuffered", 3000)

    def insert(self):
        """Values of parameters in binary: what the client sends is a content of the connection. Names without a label are not told."""
        self.table("t_insert", 0, 0)
        rows = "".join(json.dumps(row) + "\n" for row in self.people(12, 12))
        assert self.library("insert", "INSERT INTO t_insert (name, citizen, mobile, card) VALUES (?,?,?,?)", stdin=rows.encode()) == [12]
        for _ in range(12):
            self.statement("insert", "t_insert", 0, affected=1, prepared=True)
        self.finding("TRA-1", "mysql request", bank_card=12, citizen_id=12, mobile=12)

    def infile(self):
        """LOAD DATA LOCAL: the client sends a file of its own."""
        self.table("t_infile", 0, 0)
        path = self.stage.write("people.tsv", "".join("\t".join(row) + "\n" for row in self.people(400, 13)))
        self.shell("LOAD DATA LOCAL INFILE '%s' INTO TABLE t_infile (name, citizen, mobile, card)" % path, "--local-infile=1", "--skip-ssl")
        self.statement("load", "t_infile", 400, affected=400)
        self.people_finding("load t_infile", 400)

    def tls(self):
        self.table("t_tls", 50, 14)
        for version in ("TLSv1.2", "TLSv1.3"):
            assert self.shell("SELECT %s FROM t_tls" % HEAD, "--ssl", "--tls-version=" + version, tls=version).count("\n") == 51
