"""
Read an export back with nothing but Python's own json and hashlib: this file knows no line of the program's code.

    python tests/support/read_export.py FOLDER      prints what it counted as JSON; exits 1 naming what is wrong

It believes the dictionary about types and counts everything itself.
"""

import base64
import hashlib
import json
import os
import re
import sys

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\Z")
DATE = re.compile(r"\d{4}-\d\d-\d\d\Z")


def fits(value, kind):
    """Whether a value is of the type that the dictionary says."""
    if value is None:
        return True
    if kind == "base64":
        return isinstance(value, str) and base64.b64decode(value, validate=True) is not None
    return {
        "uuid": lambda: isinstance(value, str) and UUID.match(value),
        "moment": lambda: isinstance(value, str) and MOMENT.match(value),
        "date": lambda: isinstance(value, str) and DATE.match(value),
        "boolean": lambda: isinstance(value, bool),
        "integer": lambda: isinstance(value, int) and not isinstance(value, bool),
        "number": lambda: isinstance(value, (int, float)) and not isinstance(value, bool),
        "text": lambda: isinstance(value, str),
        "json": lambda: isinstance(value, (dict, list)),
        "key": lambda: isinstance(value, (int, str)),
        "unsealed": lambda: isinstance(value, (str, dict, list)),
    }[kind]() not in (None, False)


def lines(folder, name):
    """Yield the objects of one file."""
    path = os.path.join(folder, name)
    if os.path.exists(path):
        with open(path, "rb") as file:
            yield from map(json.loads, file)


def promised(folder):
    """Return (matter, entry, field, id) -> (name, type, size, hash) of what the texts say was attached."""
    found = {}
    texts = [(line, line["body"]) for line in lines(folder, "matters_text.jsonl")]
    texts += [(line, line["box"]) for line in lines(folder, "vault_secret.jsonl")]
    for line, said in texts:
        if isinstance(said, str) and said.startswith('{"files"'):
            said = json.loads(said)
        if isinstance(said, dict) and isinstance(said.get("files"), list):
            for one in said["files"]:
                place = (line["matter"], line["n"], line["name"], one["id"])
                found[place] = (one["name"], one["type"], one["size"], one["sha256"])
    return found


def read_files(folder, wrong):
    """Open and hash each attachment and compare it with the text that names it; return how many were opened."""
    expected = promised(folder)
    opened = set()
    for line in lines(folder, "files.jsonl"):
        said = expected.pop((line["matter"], line["n"], line["field"], line["id"].replace("-", "")), None)
        if line["path"] is None:
            continue
        if not line["path"].startswith("files/" + line["matter"] + "/"):
            wrong.append(f"{line['path']}: not in the folder of its matter")
        with open(os.path.join(folder, line["path"]), "rb") as file:
            content = file.read()
        if (line["name"], line["type"], len(content), hashlib.sha256(content).hexdigest()) != said:
            wrong.append(f"{line['path']}: not what the text says that names it")
        if (len(content), hashlib.sha256(content).hexdigest()) != (line["size"], line["sha256"]):
            wrong.append(f"{line['path']}: other content")
        opened.add(os.path.join(folder, line["path"]))
    wrong += [f"{place}: named by a text and not here" for place in expected]
    there = {os.path.join(at, name) for at, _, names in os.walk(os.path.join(folder, "files")) for name in names}
    wrong += [f"{path}: in no list" for path in there - opened]
    return len(opened)


def read(folder):
    """Return what was counted and what is wrong."""
    wrong = []
    with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as file:
        manifest = json.load(file)
    with open(os.path.join(folder, "dictionary.json"), encoding="utf-8") as file:
        dictionary = json.load(file)
    counts, streams, heads = {}, {}, {}
    for name, told in dictionary["files"].items():
        fields = {field["name"]: field["type"] for field in told["fields"]}
        wrong += [f"{name}: {f['name']} has no meaning" for f in told["fields"] if not f["zh"] or not f["en"]]
        last = None
        counts[name] = 0
        with open(os.path.join(folder, name), "rb") as file:
            for raw in file:
                line = json.loads(raw)
                counts[name] += 1
                if list(line) != list(fields):
                    wrong.append(f"{name} line {counts[name]}: fields {sorted(line)}")
                for field, value in line.items():
                    if not fits(value, fields[field]):
                        wrong.append(f"{name} line {counts[name]}: {field} is no {fields[field]}: {value!r}")
                if name == "ledger_entry.jsonl":
                    # by hand, after docs/formats: places without a gap, and the hash of each leaf
                    streams[line["stream"]] = streams.get(line["stream"], 0) + 1
                    if line["n"] != streams[line["stream"]]:
                        wrong.append(f"{line['stream']}: place {line['n']} where {streams[line['stream']]} was due")
                    if hashlib.sha256(b"\0" + line["leaf"].encode()).digest() != base64.b64decode(line["leaf_hash"]):
                        wrong.append(f"{line['stream']} {line['n']}: the leaf's hash is another")
                    heads[line["stream"]] = line["leaf_hash"]
                if name == "matters_matter.jsonl" and heads.get(line["id"]) != line["head"]:
                    wrong.append(f"{line['number']}: its head is not its newest entry")
                place = [line[column] for column in told["order"]]
                if last is not None and place <= last:
                    wrong.append(f"{name} line {counts[name]}: out of order")
                last = place
    files = 0
    if "files.jsonl" in dictionary["files"]:
        files = read_files(folder, wrong)
    there = {name for name in os.listdir(folder) if name.endswith(".jsonl")}
    if there != set(dictionary["files"]):
        wrong.append(f"files that the dictionary does not name, or names in vain: {there ^ set(dictionary['files'])}")
    told = {f"{name}.jsonl": number for name, number in manifest["counts"].items()}
    if told != counts or manifest.get("files", {}).get("count", 0) != files:
        wrong.append("the manifest counts otherwise")
    return {"counts": counts, "files": files, "streams": len(streams), "wrong": wrong[:20]}


if __name__ == "__main__":
    found = read(sys.argv[1])
    print(json.dumps(found, ensure_ascii=False))
    sys.exit(1 if found["wrong"] else 0)
