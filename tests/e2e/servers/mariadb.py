"""MariaDB: text and binary results, cursors, several results of one text, files of the client, compression, TLS."""
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

    def local(self, sql):
        """Past the wire: what is prepared is not what is asserted."""
        self.stage.run("mariadb", "--no-defaults", "--socket=" + self.socket, "--user=root", "--default-character-set=utf8mb4", stdin=sql.encode())

    def table(self, name, rows, seed):
        values = ",".join("('%s','%s','%s','%s')" % row for row in self.people(rows, seed))
        self.local("CREATE TABLE office.%s (id BIGINT PRIMARY KEY AUTO_INCREMENT, %s);" % (name, COLUMNS) +
                   ("INSERT INTO office.%s (name,citizen,mobile,card) VALUES %s;" % (name, values) if rows else ""))

    def shell(self, sql, *options, ok=(0,)):
        """The command line client at the other end."""
        return self.stage.client("mariadb", "--no-defaults", "--host=" + self.address, "--user=clerk", "--password=autumn-%d" % 7, "--default-character-set=utf8mb4",
                                 *(options or ("--skip-ssl",)), "office", "--execute", sql, ok=ok).stdout.decode()

    def library(self, step, *words):
        """One connection of the client library: prepared statements and cursors, which the command line client has not."""
        return self.stage.client("python3", CLIENT, self.address, step, *words).stdout.decode().split()

    def traffic(self):
        self.local("CREATE DATABASE office CHARACTER SET utf8mb4; CREATE USER clerk IDENTIFIED BY 'autumn-7'; GRANT ALL ON *.* TO clerk;")
        for step in (self.text, self.filtered, self.compressed, self.tls):
            step()

    def text(self):
        self.table("t_text", 1200, 1)
        out = self.shell("SELECT %s FROM t_text" % HEAD)
        assert out.count("\n") == 1201, out[:300]
        self.connection("mysql", "clerk")
        self.statement("select", "t_text", 1200)
        self.finding("PRO-1", "t_text", rows=1200)
        self.people_finding("select t_text", 1200)

    def filtered(self):
        self.table("t_where", 40, 2)
        assert self.shell("SELECT %s FROM t_where WHERE id <= 30" % HEAD).count("\n") == 31
        self.connection("mysql", "clerk")
        self.statement("select", "t_where", 30)
        self.people_finding("select t_where", 30)

    def compressed(self):
        self.table("t_zlib", 1100, 3)
        assert self.shell("SELECT %s FROM t_zlib" % HEAD, "--compress", "--skip-ssl").count("\n") == 1101
        self.connection("mysql", "clerk")
        self.statement("select", "t_zlib", 1100)
        self.finding("PRO-1", "t_zlib", rows=1100)
        self.people_finding("select t_zlib", 1100)

    def tls(self):
        self.table("t_tls", 50, 4)
        assert self.shell("SELECT %s FROM t_tls" % HEAD, "--ssl", "--tls-version=TLSv1.2").count("\n") == 51
        assert self.shell("SELECT %s FROM t_tls" % HEAD, "--ssl", "--tls-version=TLSv1.3").count("\n") == 51
        self.connection("mysql", "clerk", tls="TLSv1.2")
        self.connection("mysql", "clerk", tls="TLSv1.3")
