#!/usr/bin/python3
"""How the documents in this folder were made: by LibreOffice 7.4, openpyxl 3.0 and python-docx 0.8 of Debian 12.

The tests need none of them; run this only to make the documents anew, and check in what comes out.
"""
import datetime
import email.message
import gzip
import mailbox
import os
import pathlib
import sqlite3
import subprocess
import tempfile

import docx
import openpyxl

HERE = pathlib.Path(__file__).resolve().parent
IDS = ["510107199003071236", "11010519491231002X"]  # worked in GB 11643, see checks

FODP = """<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"
 office:version="1.2" office:mimetype="application/vnd.oasis.opendocument.presentation"><office:body><office:presentation>
<draw:page draw:name="p1"><draw:frame svg:width="20cm" svg:height="4cm" svg:x="1cm" svg:y="1cm"><draw:text-box>
<text:p>身份证 510107<text:span>199003071236</text:span></text:p><text:p>电话 13912345678</text:p></draw:text-box></draw:frame></draw:page>
</office:presentation></office:body></office:document>"""


def convert(source, kind, options=""):
    with tempfile.TemporaryDirectory() as out:
        subprocess.run(["soffice", "--headless", "--convert-to", kind + options, "--outdir", out, source], check=True, stdout=subprocess.DEVNULL,
                       env={**os.environ, "HOME": out})
        made = next(pathlib.Path(out).glob("*." + kind))
        return made.read_bytes()


def pdf_without_font(text):
    """A font that is not embedded, in a predefined character map (ISO 32000-1, 9.7.5.2): readers need its tables."""
    content = f"BT /F 12 Tf 50 700 Td <{text.encode('utf-16-be').hex()}> Tj ET".encode()
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
               b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
               b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
               b"<</Type/Font/Subtype/Type0/BaseFont/SimSun/Encoding/UniGB-UTF16-H/DescendantFonts[6 0 R]>>",
               b"<</Type/Font/Subtype/CIDFontType0/BaseFont/SimSun/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 5>>/FontDescriptor 7 0 R>>",
               b"<</Type/FontDescriptor/FontName/SimSun/Flags 4/FontBBox[0 -200 1000 900]/ItalicAngle 0/Ascent 900/Descent -200/StemV 80>>"]
    out, offsets = b"%PDF-1.5\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % at for at in offsets)
    return out + b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table, len(objects) + 1, len(out))


def main():
    text = docx.Document()
    text.sections[0].header.paragraphs[0].text = "电话 13912345678"
    paragraph = text.add_paragraph("身份证 510107")
    paragraph.add_run("199003071236").bold = True
    table = text.add_table(rows=2, cols=2)
    for cell, value in zip(table.rows[0].cells + table.rows[1].cells, ("姓名", "身份证号", "张伟", IDS[1])):
        cell.text = value
    text.save(HERE / "people.docx")
    for kind in ("doc", "odt", "rtf", "pdf"):
        (HERE / f"people.{kind}").write_bytes(convert(HERE / "people.docx", kind))
    locked = ':writer_pdf_Export:{"EncryptFile":{"type":"boolean","value":"true"},"DocumentOpenPassword":{"type":"string","value":"x"}}'
    (HERE / "locked.pdf").write_bytes(convert(HERE / "people.docx", "pdf", locked))

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "参保名单"
    sheet.append(["某市参保人员名单"])
    sheet.append(["序号", "姓名", "身份证号", "电话", "出生日期"])
    sheet.append([1, "张伟", IDS[0], 13800138000, datetime.date(1990, 3, 7)])
    sheet.append([2, "王芳", IDS[1], 13912345678, datetime.date(1949, 12, 31)])
    book.create_sheet("空")
    book.save(HERE / "people.xlsx")
    for kind in ("xls", "ods"):
        (HERE / f"people.{kind}").write_bytes(convert(HERE / "people.xlsx", kind))

    with tempfile.TemporaryDirectory() as folder:
        slides = pathlib.Path(folder) / "slides.fodp"
        slides.write_text(FODP)
        for kind in ("pptx", "odp"):
            (HERE / f"slides.{kind}").write_bytes(convert(slides, kind))
        (HERE / "slides.ppt.gz").write_bytes(gzip.compress(convert(slides, "ppt"), mtime=0))

    (HERE / "people.db").unlink(missing_ok=True)
    database = sqlite3.connect(HERE / "people.db")
    database.execute("CREATE TABLE 人员(序号 INTEGER, 姓名 TEXT, 身份证号 TEXT, 照片 BLOB)")
    database.executemany("INSERT INTO 人员 VALUES(?,?,?,?)", [(1, "张伟", IDS[0], b"\x89PNG\r\n\x1a\n"), (2, "王\t芳", IDS[1], None)])
    database.execute("CREATE VIEW everyone AS SELECT * FROM 人员")
    database.commit()
    database.close()

    message = email.message.EmailMessage()
    message["Subject"] = "参保名单 510107199003071236"
    message["From"] = "社保局 <a@example.gov.cn>"
    message["To"] = "b@example.gov.cn"
    message["Date"] = "Tue, 24 Nov 2026 10:00:00 +0800"
    message["Message-ID"] = "<1@example.gov.cn>"
    message.set_content("电话 13800138000\n", charset="gb18030")
    message.add_alternative("<p>电话 <b>138</b>00138000</p><script>var x='13900000000'</script>", subtype="html")
    message.add_attachment("姓名,身份证号\n张伟," + IDS[0] + "\n", filename="名单.csv")
    message.add_attachment((HERE / "people.xlsx").read_bytes(), maintype="application", subtype="octet-stream", filename="附件.xlsx")
    (HERE / "mail.eml").write_bytes(bytes(message))
    short = email.message.EmailMessage()
    short["From"], short["To"], short["Subject"] = "a@example.gov.cn", "b@example.gov.cn", "一"
    short.set_content("电话 13912345678\nFrom here on\n")
    with tempfile.TemporaryDirectory() as folder:
        box = mailbox.mbox(pathlib.Path(folder) / "box")
        for _ in range(2):
            box.add(short)
        box.close()
        (HERE / "mail.mbox").write_bytes((pathlib.Path(folder) / "box").read_bytes())
    (HERE / "cmap.pdf").write_bytes(pdf_without_font("身份证 510107199003071236"))


if __name__ == "__main__":
    main()
