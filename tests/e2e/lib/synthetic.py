"""Synthetic people and carriers for the demonstration and the end-to-end tests. Standard library only.

Every value is made by the published rules from a fixed seed (GB 11643 check character, Luhn); none belongs to a person.
  synthetic.py people N                      -> name,citizen number,mobile,card as CSV (UTF-8) on standard output
  synthetic.py folder DIR                    -> people.csv (0644), people-gb18030.csv, people.json, people.zip, clean.txt,
                                                planted.txt beside DIR (every planted raw value, a line each)
  synthetic.py capture FILE [--clean]        -> a pcap with HTTP requests on Ethernet; planted values in FILE.planted
  synthetic.py authlog FILE attack|normal    -> appends sshd lines with the current time
"""
import io
import json
import os
import random
import struct
import sys
import time
import zipfile

WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
AREAS = ["510903", "510904", "510921", "510923", "510107", "110105", "440308", "330106"]
SURNAMES = "王李张刘陈杨赵黄周吴"
GIVEN = ["伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "明"]


def citizen_check(first17):
    return "10X98765432"[sum(int(a) * w for a, w in zip(first17, WEIGHTS)) % 11]


def citizen(rng, area=None):
    body = "%s%04d%02d%02d%03d" % (area or rng.choice(AREAS), rng.randint(1950, 2005), rng.randint(1, 12), rng.randint(1, 28), rng.randint(1, 995))
    return body + citizen_check(body)


def luhn_digit(text):
    total = 0
    for i, c in enumerate(reversed(text)):
        d = int(c)
        if i % 2 == 0:
            d *= 2
            d -= 9 * (d > 9)
        total += d
    return str(-total % 10)


def card(rng):
    body = "622848" + "".join(rng.choice("0123456789") for _ in range(12))
    return body + luhn_digit(body)


def mobile(rng):
    return rng.choice(["138", "139", "150", "186", "177", "199"]) + "%08d" % rng.randrange(10**8)


def person(rng):
    return (rng.choice(SURNAMES) + rng.choice(GIVEN) + rng.choice(["", rng.choice(GIVEN)]), citizen(rng), mobile(rng), card(rng))


def people(n, seed=20261124):
    rng = random.Random(seed)
    return [person(rng) for _ in range(n)]


def csv_text(rows):
    return "姓名,身份证号,手机号,银行卡号\n" + "".join(",".join(r) + "\n" for r in rows)


def write(path, data, mode=0o644):
    with open(path, "wb") as f:
        f.write(data)
    os.chmod(path, mode)


def folder(path):
    os.makedirs(path, exist_ok=True)
    planted = []

    def take(seed, n):
        rows = people(n, seed)
        for _, c, m, b in rows:
            planted.extend([c, m, b])
        return rows

    # Scenario S2: 8 id-like numbers, 5 valid (two with retired area codes), 3 not.
    rng = random.Random(5)
    good = [citizen(rng) for _ in range(3)] + [citizen(rng, "510922"), citizen(rng, "512832")]
    body = citizen(rng)[:17]
    wrong_area = "990101" + body[6:]
    wrong_date = body[:6] + "19900230" + body[14:17]
    bad_digit = citizen(rng)
    bad = [wrong_area + citizen_check(wrong_area), wrong_date + citizen_check(wrong_date),
           bad_digit[:17] + "10X98765432"[("10X98765432".index(bad_digit[17]) + 3) % 11]]
    planted.extend(good + bad)
    s2 = "序号,身份证号\n" + "".join("%d,%s\n" % (i + 1, v) for i, v in enumerate(good + bad))
    write(os.path.join(path, "people.csv"), s2.encode())
    write(os.path.join(path, "people-gb18030.csv"), csv_text(take(2, 6)).encode("gb18030"))
    write(os.path.join(path, "people.json"), json.dumps([dict(zip(("name", "id_card", "phone", "card"), r)) for r in take(3, 4)], ensure_ascii=False, indent=1).encode())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("内部/名单.csv", csv_text(take(4, 7)))
        z.writestr("readme.txt", "nothing here\n")
    write(os.path.join(path, "people.zip"), packed.getvalue())
    write(os.path.join(path, "clean.txt"), "会议纪要:本周完成机房巡检,无异常。订单号 20261124000123456789\n".encode())
    write(path.rstrip("/") + ".planted", ("\n".join(planted) + "\n").encode(), 0o600)


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Tcp:
    """One TCP conversation written as Ethernet frames with right checksums."""

    def __init__(self, out, client, server, start):
        self.out, self.t = out, start
        self.ends = {True: [client, 1000], False: [server, 5000]}
        self.frame(True, 0x02)
        self.ends[True][1] += 1
        self.frame(False, 0x12)
        self.ends[False][1] += 1
        self.frame(True, 0x10)

    def frame(self, from_client, flags, data=b""):
        (src, sport), seq = self.ends[from_client]
        (dst, dport), ack = self.ends[not from_client]
        a, b = (bytes(int(x) for x in ip.split(".")) for ip in (src, dst))
        tcp = struct.pack("!HHIIBBHHH", sport, dport, seq, ack if flags & 0x10 else 0, 0x50, flags, 65535, 0, 0) + data
        tcp = tcp[:16] + struct.pack("!H", checksum(a + b + struct.pack("!BBH", 0, 6, len(tcp)) + tcp)) + tcp[18:]
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 1, 0x4000, 64, 6, 0) + a + b
        ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
        packet = b"\x02\0\0\0\0\1\x02\0\0\0\0\2\x08\0" + ip + tcp
        self.t += 0.001
        self.out.write(struct.pack("<IIII", int(self.t), int(self.t % 1 * 1e6), len(packet), len(packet)) + packet)

    def send(self, from_client, data):
        for i in range(0, len(data), 1400):
            piece = data[i:i + 1400]
            self.frame(from_client, 0x18, piece)
            self.ends[from_client][1] += len(piece)
            self.frame(not from_client, 0x10)

    def close(self):
        self.frame(True, 0x11)
        self.ends[True][1] += 1
        self.frame(False, 0x11)
        self.ends[False][1] += 1
        self.frame(True, 0x10)


def capture(path, clean):
    rows = people(3, 77)
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        now = time.time() - 5
        body = json.dumps({"name": rows[0][0], "id_card": rows[0][1]}, ensure_ascii=False).encode() if not clean else b'{"status":"ok"}'
        t = Tcp(out, ("192.0.2.10", 40001), ("192.0.2.80", 80), now)
        t.send(True, b"POST /apply HTTP/1.1\r\nHost: service.example\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        t.send(False, b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok")
        t.close()
        t = Tcp(out, ("192.0.2.10", 40002), ("192.0.2.80", 80), now + 1)
        t.send(True, b"GET /style.css HTTP/1.1\r\nHost: service.example\r\n\r\n")
        t.send(False, b"HTTP/1.1 200 OK\r\nContent-Type: text/css\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nbody{}\r\n0\r\n\r\n")
        t.close()
    write(path + ".planted", (rows[0][1] + "\n").encode() if not clean else b"", 0o600)


def authlog(path, kind):
    stamp = lambda: time.strftime("%b %e %H:%M:%S")
    lines = []
    if kind == "attack":
        for i in range(6):
            lines.append("%s db03 sshd[%d]: Failed password for ops from 198.51.100.23 port %d ssh2" % (stamp(), 900 + i, 50000 + i))
        lines.append("%s db03 sshd[910]: Accepted password for ops from 198.51.100.23 port 50010 ssh2" % stamp())
        lines.append("%s db03 sshd[910]: pam_unix(sshd:session): session opened for user ops(uid=1001) by (uid=0)" % stamp())
        lines.append("%s db03 sudo:      ops : TTY=pts/0 ; PWD=/home/ops ; USER=root ; COMMAND=/usr/bin/mysqldump --all-databases" % stamp())
    else:
        lines.append("%s db04 sshd[800]: Accepted publickey for admin from 192.0.2.5 port 40100 ssh2: ED25519 SHA256:abc" % stamp())
    with open(path, "a") as f:
        f.write("".join(l + "\n" for l in lines))
        f.flush()
        os.fsync(f.fileno())


if __name__ == "__main__":
    args = sys.argv[1:]
    if args[:1] == ["people"] and len(args) == 2:
        sys.stdout.write(csv_text(people(int(args[1]))))
    elif args[:1] == ["folder"] and len(args) == 2:
        folder(args[1])
    elif args[:1] == ["capture"] and len(args) in (2, 3):
        capture(args[1], "--clean" in args)
    elif args[:1] == ["authlog"] and len(args) == 3 and args[2] in ("attack", "normal"):
        authlog(args[1], args[2])
    else:
        sys.stderr.write(__doc__)
        sys.exit(2)
