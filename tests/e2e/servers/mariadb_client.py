#!/usr/bin/env python3
"""What the command line client cannot do: one connection of MariaDB's client library for one step. Standard library only.

  mariadb_client.py HOST STEP [WORD…]      the rows seen, one number a result, on standard output
"""
import ctypes
import json
import sys

lib = ctypes.CDLL("libmariadb.so.3")
for name in ("mysql_init", "mysql_real_connect", "mysql_stmt_init", "mysql_store_result", "mysql_use_result"):
    getattr(lib, name).restype = ctypes.c_void_p
for name in ("mysql_error", "mysql_stmt_error"):
    getattr(lib, name).restype = ctypes.c_char_p
for name in ("mysql_stmt_num_rows", "mysql_num_rows", "mysql_affected_rows", "mysql_stmt_affected_rows"):
    getattr(lib, name).restype = ctypes.c_ulonglong

MULTI_STATEMENTS = 1 << 16
COMPRESS = 1 << 5
STRING, LONGLONG = 254, 8


class Bind(ctypes.Structure):  # MYSQL_BIND of ma_stmt.h
    _fields_ = [("length", ctypes.POINTER(ctypes.c_ulong)), ("is_null", ctypes.c_void_p), ("buffer", ctypes.c_void_p), ("error", ctypes.c_void_p),
                ("u", ctypes.c_void_p), ("store_param", ctypes.c_void_p), ("fetch_result", ctypes.c_void_p), ("skip_result", ctypes.c_void_p),
                ("buffer_length", ctypes.c_ulong), ("offset", ctypes.c_ulong), ("length_value", ctypes.c_ulong), ("flags", ctypes.c_uint),
                ("pack_length", ctypes.c_uint), ("buffer_type", ctypes.c_int), ("error_value", ctypes.c_char), ("is_unsigned", ctypes.c_char),
                ("long_data_used", ctypes.c_char), ("is_null_value", ctypes.c_char), ("extension", ctypes.c_void_p)]


class Connection:
    def __init__(self, host, flags=0):
        self.mysql = ctypes.c_void_p(lib.mysql_init(None))
        lib.mysql_options(self.mysql, 7, b"utf8mb4")  # MYSQL_SET_CHARSET_NAME
        if flags & COMPRESS:
            lib.mysql_options(self.mysql, 1, None)  # MYSQL_OPT_COMPRESS
        if not lib.mysql_real_connect(self.mysql, host.encode(), b"clerk", b"autumn-7", b"office", 3306, None, ctypes.c_ulong(flags)):
            raise SystemExit(lib.mysql_error(self.mysql).decode())

    def good(self, code):
        if code:
            raise SystemExit(lib.mysql_error(self.mysql).decode())

    def results(self, sql, stored=True):
        """The rows of each result of a text with several statements."""
        self.good(lib.mysql_real_query(self.mysql, sql.encode(), ctypes.c_ulong(len(sql.encode()))))
        out = []
        while True:
            result = (lib.mysql_store_result if stored else lib.mysql_use_result)(self.mysql)
            if result:
                if not stored:
                    lib.mysql_fetch_row.restype = ctypes.c_void_p
                    while lib.mysql_fetch_row(ctypes.c_void_p(result)):
                        pass
                out.append(lib.mysql_num_rows(ctypes.c_void_p(result)))
                lib.mysql_free_result(ctypes.c_void_p(result))
            if lib.mysql_next_result(self.mysql) != 0:
                return out

    def statement(self, sql):
        return Statement(self, sql)

    def close(self):
        lib.mysql_close(self.mysql)


class Statement:
    def __init__(self, connection, sql):
        self.stmt = ctypes.c_void_p(lib.mysql_stmt_init(connection.mysql))
        self.good(lib.mysql_stmt_prepare(self.stmt, sql.encode(), ctypes.c_ulong(len(sql.encode()))))

    def good(self, code):
        if code:
            raise SystemExit(lib.mysql_stmt_error(self.stmt).decode())

    def cursor(self, rows):
        read_only, prefetch = ctypes.c_ulong(1), ctypes.c_ulong(rows)
        self.good(lib.mysql_stmt_attr_set(self.stmt, 1, ctypes.byref(read_only)))  # STMT_ATTR_CURSOR_TYPE
        self.good(lib.mysql_stmt_attr_set(self.stmt, 2, ctypes.byref(prefetch)))   # STMT_ATTR_PREFETCH_ROWS

    def execute(self, *values):
        """Values are sent in binary: numbers as BIGINT, texts as strings."""
        binds = (Bind * max(1, len(values)))()
        self.kept = []
        for bind, value in zip(binds, values):
            if isinstance(value, int):
                buffer, bind.buffer_type = ctypes.c_longlong(value), LONGLONG
            else:
                buffer, bind.buffer_type = ctypes.create_string_buffer(value.encode()), STRING
                bind.buffer_length = len(value.encode())
            bind.buffer = ctypes.cast(ctypes.byref(buffer), ctypes.c_void_p)
            self.kept.append(buffer)
        if values:
            self.good(lib.mysql_stmt_bind_param(self.stmt, binds))
        self.good(lib.mysql_stmt_execute(self.stmt))

    def rows(self):
        self.good(lib.mysql_stmt_store_result(self.stmt))
        return lib.mysql_stmt_num_rows(self.stmt)

    def fetched(self):
        n = 0
        while lib.mysql_stmt_fetch(self.stmt) in (0, 101):  # 101: cut to the buffer, of which there is none
            n += 1
        return n

    def close(self):
        lib.mysql_stmt_close(self.stmt)


def prepared(connection, sql, *values):
    """Prepared once, run with each value."""
    statement = connection.statement(sql)
    out = []
    for value in values or (None,):
        statement.execute(*([] if value is None else [int(value)]))
        out.append(statement.rows())
    statement.close()
    return out


def cursor(connection, sql, rows):
    statement = connection.statement(sql)
    statement.cursor(int(rows))
    statement.execute()
    out = [statement.fetched()]
    statement.close()
    return out


def insert(connection, sql):
    """Rows of values from standard input, a JSON list a line."""
    statement = connection.statement(sql)
    n = 0
    for line in sys.stdin:
        statement.execute(*json.loads(line))
        n += lib.mysql_stmt_affected_rows(statement.stmt)
    statement.close()
    return [n]


def several(connection, sql):
    return connection.results(sql)


def unbuffered(connection, sql):
    return connection.results(sql, stored=False)


STEPS = {"prepared": (prepared, 0), "prepared-compressed": (prepared, COMPRESS), "cursor": (cursor, 0), "insert": (insert, 0),
         "several": (several, MULTI_STATEMENTS), "unbuffered": (unbuffered, 0)}

if __name__ == "__main__":
    step, flags = STEPS[sys.argv[2]]
    connection = Connection(sys.argv[1], flags)
    print(*step(connection, *sys.argv[3:]))
    connection.close()
