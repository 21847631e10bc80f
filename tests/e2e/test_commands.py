"""Every subcommand as a Unix user meets it: --help, wrong calls, the man page, check; next, clear, panic, link with and without a relay."""
import json
import os
import re
import subprocess
import sys

from show import BINARY, SOURCE_ROOT, Show, wait_until

LIMIT_S = 60


def call(show, *arguments, env=None):
    """(status, standard output, standard error) of one command."""
    done = subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=LIMIT_S, stdin=subprocess.DEVNULL,
                          env={**show.env, **(env or {})}, cwd=show.folder)
    return done.returncode, done.stdout, done.stderr


def list_commands(show):
    """The commands that `antiphon --help` lists."""
    status, out, err = call(show, "--help")
    assert status == 0 and not err and out.startswith("usage: antiphon COMMAND"), (status, out, err)
    commands = re.findall(r"^  (\S+) +\S", out, re.M)
    assert {"run", "relay", "overlay", "video", "demo", "rehearse", "check", "link", "next", "clear", "panic", "decode",
            "obs", "text"} <= set(commands), commands
    return commands


def check_help(show, commands):
    for name in commands:
        status, out, err = call(show, name, "--help")
        assert status == 0 and not err, f"{name} --help: status {status}, {err}"
        assert out.startswith(f"usage: antiphon {name} ") and "--help" in out, f"{name} --help says: {out}"


def check_wrong_calls(show, commands):
    for name in commands:
        status, out, err = call(show, name, "--nonsense")
        assert status == 2 and not out, f"{name} --nonsense: status {status}, {out}"
        assert "--nonsense" in err and f"antiphon {name} --help" in err and len(err.splitlines()) <= 2, f"{name}: {err}"
    table = [
        ((), "usage: antiphon COMMAND"),
        (("nonsense",), 'antiphon: "nonsense" is no command; see \'antiphon --help\''),
        (("relay", "--config"), "'--config' requires an argument"),
        (("relay", "extra"), 'antiphon relay: unexpected "extra"'),
        (("next", "extra"), 'antiphon next: unexpected "extra"'),
        (("link", "--minutes", "0"), 'antiphon link: --minutes "0": expected a whole number from 1 to 10080'),
        (("demo", "--speed", "-1"), 'antiphon demo: --speed "-1": expected a number above 0'),
        (("decode",), "usage: antiphon decode PLATFORM [FILE]"),
        (("decode", "myspace"), 'connector "myspace": expected one of "'),
        (("rehearse",), "antiphon rehearse --help"),
    ]
    for arguments, words in table:
        status, out, err = call(show, *arguments)
        assert status == 2 and not out and words in err, f"{arguments}: status {status}, said: {out}{err}"


def check_man_page(commands):
    path = os.path.join(SOURCE_ROOT, "docs/antiphon.1")
    with open(path, encoding="utf-8") as page:
        text = page.read()
    for name in commands:
        assert re.search(rf"^\.(B|BI|BR) (.*[ ,\"])?{name}\b", text, re.M), f"docs/antiphon.1 has no entry for {name}"
    rendered = subprocess.run(["man", "-l", path], capture_output=True, text=True, env=dict(os.environ, MANPAGER="cat"))\
        if os.path.exists("/usr/bin/man") else None
    assert not rendered or rendered.returncode != 0 or "COMMANDS" in rendered.stdout


def check_check(show):
    """One line a thing; status 1 if something is missing, and the last line counts it."""
    config = show.write_config()
    status, out, err = call(show, "check", "--config", config)
    assert not err, err
    lines = [line for line in out.splitlines() if line]
    wrong = [line for line in lines if not re.match(r"(ok     |note   |MISSING)  \S", line) and not line.endswith("to mend.")]
    assert not wrong, f"check says: {wrong}"
    for word in ("configuration", "fonts", "video", "journal", "sources", "display", "panel", "remote"):
        assert any(word in line for line in lines), f"check says nothing of {word}:\n{out}"
    missing = [line for line in lines if line.startswith("MISSING")]
    assert status == (1 if missing else 0), f"status {status}:\n{out}"
    show.config["window"] = {"view": "main"}
    status, out, _ = call(show, "check", "--config", show.write_config())
    assert status == 1 and "MISSING  display" in out and out.rstrip().endswith("to mend."), out
    del show.config["window"]
    show.config.update(views=[{"name": "main", "theme": "evning"}], overlay={"sounds": {"gift": "chyme", "raid": "/nowhere.wav"}})
    status, out, _ = call(show, "check", "--offline", "--config", show.write_config())
    for word in ("MISSING  theme          view main: ", "overlay.sounds.gift: ", "overlay.sounds.raid: /nowhere.wav: "):
        assert status == 1 and word in out, f"check says nothing of {word}:\n{out}"
    del show.config["views"], show.config["overlay"]


def check_without_relay(show):
    for arguments in (["next"], ["clear"], ["panic"], ["panic", "--off"], ["link"]):
        status, out, err = call(show, *arguments)
        assert status == 1 and not out, f"{arguments}: status {status}, {out}"
        assert re.fullmatch(rf"antiphon {arguments[0]}: no relay answers on \S+relay.sock; start one with `antiphon run`\n", err), err


def press_next(show):
    """Two presses within a second are one, and say so: pressed until it counts."""
    while True:
        status, out, err = call(show, "next")
        assert status == 0 and not out, (status, out, err)
        if not err:
            return
        assert err == "antiphon next: pressed twice within a second: nothing was changed\n", err


def check_with_relay(show):
    show.start_part("relay")
    show.wait_for_relay()
    socket = show.socket()
    socket.wait_for(lambda event: event["type"] == "snapshot")
    first, second = (show.api("question.add", text=text)["id"] for text in ("First?", "Second?"))
    for expected in (first, second):
        press_next(show)
        socket.wait_for(lambda event: event["type"] == "question" and event["question"]["state"] == "on_air"
                        and event["question"]["id"] == expected)
    assert call(show, "panic") == (0, "", "")
    socket.wait_for(lambda event: event["type"] == "on_air" and event["on_air"]["is_blank"])
    assert call(show, "panic", "--off") == (0, "", "")
    socket.wait_for(lambda event: event["type"] == "on_air" and not event["on_air"]["is_blank"])
    assert call(show, "clear") == (0, "", "")
    socket.wait_for(lambda event: event["type"] == "on_air" and "question" not in event["on_air"]["views"]["main"])
    socket.close()

    status, out, err = call(show, "link")
    assert status == 0 and not err and re.fullmatch(r"http://127\.0\.0\.1:\d+/#link=\S+\n", out), (status, out, err)
    status, out, err = call(show, "link", "--role", "moderator", "--qr")
    assert status == 0 and "#link=" in out.splitlines()[0] and "▀" in out, (status, out, err)
    status, out, err = call(show, "link", "--role", "king")
    assert status == 1 and not out and "king" in err and len(err.splitlines()) == 1, (status, out, err)
    status, out, err = call(show, "relay", "--config", show.write_config())
    assert status == 1 and "runs already (process" in err and len(err.splitlines()) == 1, (status, out, err)
    status, out, err = call(show, "check", "--config", show.write_config())
    assert "the relay runs (process" in out, out
    assert show.kill("relay", 15) == 0, "SIGTERM is no failure"


def main():
    with Show() as show:
        commands = list_commands(show)
        check_help(show, commands)
        status, out, err = call(show, "--version")
        assert status == 0 and re.fullmatch(r"antiphon \d+\.\d+\.\d+\S*\n", out), (out, err)
        check_wrong_calls(show, commands)
        check_man_page(commands)
        check_check(show)
        check_without_relay(show)
        check_with_relay(show)


sys.exit(main())
