#!/usr/bin/env python3
"""Hold real records against the JSON Schemas of man/schema, with a validator that is not r3's (python3-jsonschema).

usage: check-records.py lines [TYPE...]   check the lines on standard input; each TYPE must occur among them
       check-records.py page PAGE         check that the page lists the members of each schema, kind for kind
       check-records.py examples PAGE     print the example lines of the page
"""

import json
import pathlib
import re
import sys

SCHEMAS = pathlib.Path(__file__).resolve().parent.parent.parent / "man" / "schema"


def schemas():
    return {path.stem: json.loads(path.read_text()) for path in sorted(SCHEMAS.glob("*.json")) if path.stem != "record"}


def refuse_duplicates(pairs):
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise ValueError("duplicate names")
    return dict(pairs)


def check_lines(wanted):
    from jsonschema import Draft202012Validator

    validators = {}
    for name, schema in schemas().items():
        Draft202012Validator.check_schema(schema)
        validators[name] = (Draft202012Validator(schema), list(schema["properties"]))
    seen = {}
    for number, raw in enumerate(sys.stdin.buffer, 1):
        line = raw.decode("utf-8")
        record = json.loads(line, object_pairs_hook=refuse_duplicates)
        validator, order = validators[record["type"]]
        errors = [error.message for error in validator.iter_errors(record)]
        # Canonical: the members of the schema alone, in its order, without spaces.
        if list(record) != [name for name in order if name in record]:
            errors.append("members unknown or out of order: " + ", ".join(record))
        if line != json.dumps(record, separators=(",", ":"), ensure_ascii=False) + "\n" and record["type"] not in ("value", "result"):
            errors.append("not the canonical spelling")
        if errors:
            sys.exit(f"line {number}: {errors[0]}\n{line}")
        seen[record["type"]] = seen.get(record["type"], 0) + 1
    missing = [name for name in wanted if name not in seen]
    if missing:
        sys.exit("no record of type " + ", ".join(missing))
    print(" ".join(f"{name}={count}" for name, count in sorted(seen.items())))


def kind_in_words(rule):
    """The words of the page for a rule of a schema."""
    if "enum" in rule:
        return "timeframe" if rule["enum"][0] == "1m" else " ".join(rule["enum"])
    if rule["type"] == "integer":
        return "time" if rule["maximum"] < 2**63 - 1 else "integer"
    if rule["type"] in ("number", "object"):
        return rule["type"]
    pattern = rule.get("pattern", "")
    if r"\." in pattern:
        return "decimal" if "-?" in pattern else "decimal not negative" if pattern.startswith("^(0|") else "decimal above 0"
    if pattern == "^[A-Za-z0-9_]+$":
        return "session name"
    if pattern:
        return "identifier" if rule["maxLength"] == 40 else "name"
    return "text"


def members_of_page(text):
    """{type: [(name, kind, optional)]} as the mdoc source of the page lists them."""
    types, current = {}, None
    lines = text.split(".Sh RECORDS\n")[1].split("\n.Sh ")[0].splitlines()
    for i, line in enumerate(lines):
        if line.startswith(".Ss "):
            current = types.setdefault(line[4:], [])
        elif line.startswith(".It Va "):
            kind = re.sub(r"^\.(Em|Li) ", "", lines[i + 1])
            current.append((line[7:], kind, lines[i + 2] == ".Pq optional"))
    return types


def check_page(path):
    page = members_of_page(pathlib.Path(path).read_text())
    problems = []
    for name, schema in schemas().items():
        want = [
            (member, kind_in_words(rule), member not in schema["required"])
            for member, rule in schema["properties"].items()
            if member != "type"
        ]
        for got, wanted in zip(page.get(name, []) + [None] * len(want), want):
            if got != wanted:
                problems.append(f"{name}: the page says {got}, the schema {wanted}")
        if len(page.get(name, [])) > len(want):
            problems.append(f"{name}: the page has more members than the schema")
    problems += [f"{name}: no schema" for name in page if name not in schemas()]
    index = [entry["$ref"] for entry in json.loads((SCHEMAS / "record.json").read_text())["oneOf"]]
    if sorted(index) != sorted(name + ".json" for name in schemas()) or list(page) != [name[:-5] for name in index]:
        problems.append("record.json, the schemas and the page do not name the same types in the same order")
    if problems:
        sys.exit("\n".join(problems))
    print(f"{len(page)} types, {sum(len(members) for members in page.values())} members")


def print_examples(path):
    for line in pathlib.Path(path).read_text().splitlines():
        if line.startswith('{"type":'):
            print(line.replace("\\e", "\\"))


def main():
    if sys.argv[1:2] == ["lines"]:
        check_lines(sys.argv[2:])
    elif sys.argv[1:2] == ["page"] and len(sys.argv) == 3:
        check_page(sys.argv[2])
    elif sys.argv[1:2] == ["examples"] and len(sys.argv) == 3:
        print_examples(sys.argv[2])
    else:
        sys.exit(__doc__)


main()
