"""Searches every byte below some paths for planted values: search_bytes.py --values FILE… -- PATH…

Each value is looked for as it is, in full-width digits (UTF-8 and GB18030), in UTF-16 both ways, in hex and in base64 at
all three alignments; files that look like zstd or gzip are searched as they are and, for gzip, unpacked.
Exit 0 when nothing is found, 1 when something is (the place is named, the value is not), 2 on usage.
"""
import base64
import gzip
import os
import sys


def forms(value):
    plain = value.encode()
    wide = "".join(chr(0xFEE0 + ord(c)) for c in value)
    out = {plain, plain[::-1], value.encode("utf-16-le"), value.encode("utf-16-be"), wide.encode(), wide.encode("gb18030"), plain.hex().encode()}
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + plain)
        out.add(coded[4 if shift else 0:len(coded) - 4])
    return out


def files(paths):
    for path in paths:
        if os.path.isfile(path):
            yield path
        for folder, _, names in os.walk(path):
            for name in names:
                yield os.path.join(folder, name)


def main():
    args = sys.argv[1:]
    if args[:1] != ["--values"] or "--" not in args:
        sys.stderr.write(__doc__)
        return 2
    split = args.index("--")
    values = [line for name in args[1:split] for line in open(name).read().split()]
    if not values:
        sys.stderr.write("search_bytes: no planted values\n")
        return 2
    needles = [(i, form) for i, value in enumerate(values) for form in forms(value)]
    searched, hits = 0, 0
    for path in files(args[split + 1:]):
        with open(path, "rb") as f:
            data = f.read()
        if data[:2] == b"\x1f\x8b":
            try:
                data += gzip.decompress(data)
            except OSError:
                pass
        searched += len(data)
        for i, needle in needles:
            at = data.find(needle)
            if at >= 0:
                hits += 1
                print("planted value %d found in %s at byte %d" % (i, path, at))
    print("%d bytes searched for %d values in %d forms, %d found" % (searched, len(values), len(needles), hits))
    return 1 if hits or searched == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
