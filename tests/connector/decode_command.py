#!/usr/bin/env python3
"""decode_command.py ANTIPHON DATA - `antiphon decode` as a user meets it: output, errors with their line, status."""
import json
import pathlib
import subprocess
import sys

antiphon, data = sys.argv[1], pathlib.Path(sys.argv[2])


def decode(*args, text=b""):
    run = subprocess.run([antiphon, "decode", *args], input=text, capture_output=True, timeout=60)
    return run.returncode, run.stdout, run.stderr.decode()


def check(name, condition, *what):
    if not condition:
        sys.exit(f"{name}: {what}")


good = b"@id=1;user-id=7 :a!a@a PRIVMSG #anna :hello\n"
status, out, err = decode("twitch", text=good + b"\n\r\n" + good.replace(b"\n", b"\r\n"))
check("empty lines and CRLF", status == 0 and err == "" and out.count(b"\n") == 2, status, out, err)
check("one object a line", all(json.loads(line)["text"] == "hello" for line in out.splitlines()), out)

status, out, err = decode("twitch", text=good + b"@id=2\n" + good)
check("a bad line", status == 1 and out.count(b"\n") == 2, status, out)
check("its number", err == "antiphon decode: standard input: line 2: an IRC line without a command\n", err)

status, out, err = decode("twitch", text=b"x" * (1 << 20) + b"\n" + good)
check("1 MB", status == 1 and out.count(b"\n") == 1 and err.count("\n") == 1 and "16384" in err, status, err)

status, out, err = decode("youtube", text=b'{"x":' + b"[" * 1000 + b"]" * 1000 + b"}\n")
check("1000 levels", status == 1 and out == b"" and err.count("\n") == 1 and "48" in err, status, err)

status, out, err = decode("youtube", text=b'{"a":"\x1b[31m\x07\n')
check("no controls on the terminal", status == 1 and "\x1b" not in err and "\x07" not in err, err)

for platform in ("twitch", "youtube"):
    for frames in sorted((data / platform).glob("*.frames")):
        expected = frames.with_suffix(".messages").read_bytes().splitlines()
        status, out, err = decode(platform, str(frames))
        bad = [line for line in expected if line.startswith(b"! ")]
        check(frames.name, out.splitlines() == [line for line in expected if not line.startswith(b"! ")], out)
        check(frames.name, status == (1 if bad else 0) and len(err.splitlines()) == len(bad), status, err)

status, out, err = decode("twitch", "/nowhere/chat.log")
check("no file", status == 1 and "/nowhere/chat.log" in err and err.count("\n") == 1, status, err)
for wrong in ([], ["myspace"], ["twitch", "a", "b"], ["--nonsense", "twitch"]):
    status, out, err = decode(*wrong)
    check(f"called wrongly: {wrong}", status == 2 and out == b"" and err, status, out, err)
status, out, err = decode("--help")
check("--help", status == 0 and b"PLATFORM [FILE]" in out and err == "", status, out, err)
