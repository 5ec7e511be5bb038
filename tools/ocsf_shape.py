#!/usr/bin/env python3
"""Writes ocsf_shape.cpp: the part of the OCSF schema that Fengsui emits. Run after a change of the schema version.

usage: ocsf_shape.py ocsf-1.8.0.json > ocsf_shape.cpp"""
import json, sys

CLASSES = [1001, 1006, 1007, 1008, 2004, 2006, 3001, 3002, 3005, 4001, 4002, 4003, 4006, 4007, 4008, 4009, 6002, 6003, 6005,
           6006, 6007, 6008]
OBJECTS = ["network_endpoint", "http_request", "http_response", "url", "file", "process", "user", "actor", "device", "os",
           "network_connection_info", "network_traffic", "dns_query", "dns_answer", "email", "session", "service", "product",
           "tls", "database", "table", "account", "group", "job", "api", "query_info", "evidences", "scan", "fingerprint",
           "agent", "resource_details", "policy"]
LETTER = {"integer_t": "i", "long_t": "l", "timestamp_t": "l", "boolean_t": "b", "port_t": "p", "ip_t": "a", "email_t": "e",
          "mac_t": "m", "uuid_t": "u", "file_name_t": "s", "file_path_t": "s", "hostname_t": "s", "string_t": "s", "url_t": "s",
          "username_t": "s", "process_name_t": "s", "file_hash_t": "s", "resource_uid_t": "s"}
BASE = {"metadata", "time", "type_uid", "type_name", "class_uid", "class_name", "category_uid", "category_name", "severity",
        "severity_id", "activity_id", "activity_name", "unmapped", "raw_data", "raw_data_hash", "raw_data_size", "observables",
        "enrichments", "finding_info", "data_security", "remediation", "vendor_attributes", "timezone_offset"}


def quote(text):
    return json.dumps(text, ensure_ascii=False)


def wrapped(words):
    lines, line = [], ""
    for w in words:
        if len(line) + len(w) > 96:
            lines.append(line)
            line = ""
        line += w + " "
    lines.append(line.rstrip())
    return "\n     ".join(quote(l) for l in lines)


def wrapped_enum(values):
    lines, line = [], ""
    for x, c in values.items():
        word = "%s=%s|" % (x, c)
        if line and len(line) + len(word) > 110:
            lines.append(line)
            line = ""
        line += word
    lines.append(line)
    return "\n     ".join(quote(l) for l in lines)


def main(path):
    s = json.load(open(path, encoding="utf-8"))
    shapes, enums = [], []
    def shape(name, uid, item, skip):
        words, need = [], []
        for k, a in item["attributes"].items():
            if k in skip or "deprecated" in a or k.endswith("_dt"):
                continue
            if a.get("profiles") and "host" not in a["profiles"]:
                continue
            if a["type"] == "object_t":
                if a["object"] not in OBJECTS:
                    continue
                t = ("*" if a.get("array") else "@") + a["object"]
            else:
                t = LETTER.get(a["type"])
                if not t:
                    continue
                if a.get("array"):
                    if t not in "sae" or a.get("enum"):
                        continue
                    t = t.upper()
            if a.get("enum"):
                t += "#"
                enums.append((name, k, a.get("sibling") or "", a["enum"]))
            words.append(k + ":" + t)
            if a["req"] == "required" and not a.get("profiles"):
                need.append(k)
        one = (item.get("constraints") or {}).get("at_least_one", [])
        shapes.append((name, uid, wrapped(words), " ".join(need), " ".join(one)))
    for n, c in s["classes"].items():
        if c.get("uid") in CLASSES:
            shape(n, c["uid"], c, BASE)
            enums.append((n, "activity_id", "activity_name", c["attributes"]["activity_id"]["enum"]))
            for k in ("class_uid", "category_uid"):
                enums.append((n, k, k.replace("_uid", "_name"), c["attributes"][k]["enum"]))
    for n in OBJECTS:
        shape(n, 0, s["objects"][n], set())
    out = sys.stdout
    out.write("// Written by tools/ocsf_shape.py from the OCSF schema %s (github.com/ocsf/ocsf-schema, Apache License 2.0). Do not edit.\n"
              '#include "model/ocsf_shape.h"\n\nnamespace fengsui::model::shape {\n\nnamespace {\nconstexpr Shape kShapes[] = {\n'
              % s["schema_version"])
    for n, uid, words, need, one in shapes:
        out.write("    {%s, %d,\n     %s,\n     %s, %s},\n" % (quote(n), uid, words, quote(need), quote(one)))
    out.write("};\nconstexpr Enum kEnums[] = {\n")
    for n, k, sibling, values in enums:
        out.write("    {%s, %s, %s,\n     %s},\n" % (quote(n), quote(k), quote(sibling),
                  wrapped_enum(values)))
    out.write("};\n}  // namespace\n\nstd::span<const Shape> shapes() { return kShapes; }\nstd::span<const Enum> enums() { return kEnums; }\n\n"
              "}  // namespace fengsui::model::shape\n")


main(sys.argv[1])
