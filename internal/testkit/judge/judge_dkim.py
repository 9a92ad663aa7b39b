"""Judges signatures with dkimpy: judge_dkim.py KEYS FILE...

KEYS stands for DNS: a line per key, its name, a space, its TXT record. Prints a
line of JSON per file, with every signature and what became of it.
"""

import json
import sys

import dkim


def main(keys, *files):
    with open(keys, encoding="utf-8") as lines:
        records = dict(line.rstrip("\n").split(" ", 1) for line in lines)

    def lookup(name, timeout=5):
        record = records.get(name.decode().rstrip("."))
        return record and record.encode()

    for file in files:
        with open(file, "rb") as source:
            message = source.read()
        count = sum(name.lower() == b"dkim-signature" for name, _ in dkim.DKIM(message).headers)
        signatures = [verify(message, i, lookup) for i in range(count)]
        print(json.dumps({"file": file, "signatures": signatures}))


def verify(message, i, lookup):
    judge = dkim.DKIM(message)  # anew for each: it keeps what it found
    try:
        result = "pass" if judge.verify(idx=i, dnsfunc=lookup) else "fail"
    except dkim.DKIMException as refused:
        result = str(refused)
    algorithm = judge.signature_fields.get(b"a", b"").decode()
    return {"algorithm": algorithm, "result": result}


main(*sys.argv[1:])
