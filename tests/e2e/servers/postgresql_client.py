#!/usr/bin/env python3
"""What psql cannot do: one connection of libpq for one step. Standard library only.

  postgresql_client.py CONNINFO STEP [WORD…]      the rows seen, one number a result, on standard output
"""
import ctypes
import sys

lib = ctypes.CDLL("libpq.so.5")
for name in ("PQconnectdb", "PQexecPrepared", "PQexecParams", "PQgetResult", "PQprepare", "PQexec"):
    getattr(lib, name).restype = ctypes.c_void_p
lib.PQerrorMessage.restype = ctypes.c_char_p
GOOD = (1, 2, 9, 11)  # COMMAND_OK, TUPLES_OK, SINGLE_TUPLE, PIPELINE_SYNC


class Connection:
    def __init__(self, info):
        self.pg = ctypes.c_void_p(lib.PQconnectdb(info.encode()))
        if lib.PQstatus(self.pg) != 0:
            raise SystemExit(lib.PQerrorMessage(self.pg).decode())

    def rows(self, result):
        result = ctypes.c_void_p(result)
        if lib.PQresultStatus(result) not in GOOD:
            raise SystemExit(lib.PQerrorMessage(self.pg).decode())
        n = lib.PQntuples(result)
        lib.PQclear(result)
        return n

    def sent(self, good):
        if good != 1:
            raise SystemExit(lib.PQerrorMessage(self.pg).decode())

    def values(self, values):
        return (ctypes.c_char_p * max(1, len(values)))(*[value.encode() for value in values])

    def results(self):
        """Of one command that was sent."""
        out = []
        while True:
            result = lib.PQgetResult(self.pg)
            if not result:
                return out
            out.append(self.rows(result))


def prepared(c, sql, binary, *values):
    """Prepared by name once, run with each value; results in text or binary."""
    c.rows(lib.PQprepare(c.pg, b"s", sql.encode(), 0, None))
    return [c.rows(lib.PQexecPrepared(c.pg, b"s", 1 if value else 0, c.values([value] if value else []), None, None, int(binary))) for value in values or ("",)]


def single_rows(c, sql):
    """Row by row, as large results are read."""
    c.sent(lib.PQsendQueryParams(c.pg, sql.encode(), 0, None, None, None, None, 0))
    c.sent(lib.PQsetSingleRowMode(c.pg))
    return [sum(c.results())]


def pipeline(c, *texts):
    """All are sent before the first is answered."""
    c.sent(lib.PQenterPipelineMode(c.pg))
    for sql in texts:
        c.sent(lib.PQsendQueryParams(c.pg, sql.encode(), 0, None, None, None, None, 0))
    c.sent(lib.PQpipelineSync(c.pg))
    return [sum(c.results()) for _ in texts]


STEPS = {"prepared": prepared, "single-rows": single_rows, "pipeline": pipeline}

if __name__ == "__main__":
    connection = Connection(sys.argv[1])
    print(*STEPS[sys.argv[2]](connection, *sys.argv[3:]))
    lib.PQfinish(connection.pg)
