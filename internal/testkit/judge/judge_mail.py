"""Judges messages with Python's own parser: judge_mail.py FILE...

Prints a line of JSON per file: the defects found anywhere in it, and what it
says when it is decoded.
"""

import email
import email.header
import email.policy
import email.utils
import json
import sys


def main(*files):
    for file in files:
        with open(file, "rb") as source:
            raw = source.read()
        print(json.dumps({"file": file, **judge(raw)}))


def judge(raw):
    message = parse(raw, email.policy.default)
    # First, as decoding finds defects too.
    bodies = {part.get_content_type(): part.get_content() for part in message.walk() if not part.is_multipart()}
    defects = []
    for part in message.walk():
        defects += [describe("message", defect) for defect in part.defects]
        for name, value in part.items():
            defects += [describe(name, defect) for defect in value.defects if not internationalized(value, defect)]
    # The new parser of Debian's Python 3.11 keeps the spaces between the
    # encoded-words of a name (python/cpython#128110), against RFC 2047 section
    # 6.2. So names and subjects are decoded by the old one.
    old = parse(raw, email.policy.compat32)
    name, address = email.utils.parseaddr(str(old["To"]))
    return {
        "defects": defects,
        "name": decode(name),
        "address": address,
        "subject": decode(old["Subject"]),
        "language": message.get("Content-Language", ""),
        "text": bodies.get("text/plain", ""),
        "html": bodies.get("text/html", ""),
    }


def parse(raw, policy):
    # Raw UTF-8 in a header is a defect in mail, but not in what goes out with
    # SMTPUTF8 (RFC 6532). The parser takes such a message as text only.
    if raw.split(b"\r\n\r\n", 1)[0].isascii():
        return email.message_from_bytes(raw, policy=policy)
    return email.message_from_string(raw.decode("utf-8"), policy=policy)


def internationalized(value, defect):
    """Says whether a defect is only that an address needs SMTPUTF8, which it does."""
    return (
        type(defect).__name__ == "NonASCIILocalPartDefect"
        and any(not address.username.isascii() for address in getattr(value, "addresses", ()))
    )


def describe(where, defect):
    return f"{where}: {type(defect).__name__}: {defect}"


def decode(text):
    unfolded = text.replace("\r\n", "")
    return str(email.header.make_header(email.header.decode_header(unfolded)))


main(*sys.argv[1:])
