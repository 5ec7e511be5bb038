"""Copies a zip with one byte of one leaf changed: flip_byte.py IN OUT. The zip itself stays well formed."""
import sys
import zipfile

source, target = sys.argv[1:3]
with zipfile.ZipFile(source) as zin, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as zout:
    names = zin.namelist()
    entries = [n for n in names if n.startswith("tile/entries/")]
    if not entries:
        sys.exit("flip_byte: no tile/entries/ in " + source)
    for name in names:
        data = bytearray(zin.read(name))
        if name == entries[0]:
            data[len(data) // 2] ^= 1
        zout.writestr(name, bytes(data))
