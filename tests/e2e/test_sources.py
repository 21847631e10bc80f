"""Sources as their owner meets them: `antiphon check` with and without a relay, one added, changed and removed while running, saying something."""
import json
import os
import re
import subprocess
import sys
import time
import urllib.request

from show import BINARY, Show, wait_until

LIMIT_S = 60


def call(show, *arguments):
    done = subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=LIMIT_S, stdin=subprocess.DEVNULL,
                          env=show.env, cwd=show.folder)
    return done.returncode, done.stdout, done.stderr


def lines_of(out):
    return [line for line in out.splitlines() if "  source  " in line]


def check_before(show, config):
    """Each source with its state: those that are reached, and the one behind a wrong address, without waiting for ever."""
    begun = time.monotonic()
    status, out, err = call(show, "check", "--config", config)
    lines = lines_of(out)
    assert not err and len(lines) == 4, out + err
    for source in ("twitch:rehearsal", "youtube:rehearsal01", "discord:"):
        assert any(line.startswith("ok ") and source in line and ": live: " in line for line in lines), out
    assert not any(line.startswith("ok ") and "twitch:lost" in line for line in lines) and "twitch:lost: connecting: " in out, out
    assert "rehearsal-key" not in out, "a key is shown"
    assert re.search(r"^note     login          twitch: none: .*", out, re.M), out
    assert time.monotonic() - begun < 30
    status, out, _ = call(show, "check", "--offline", "--config", config)
    assert len(lines_of(out)) == 4 and all(line.startswith("ok ") for line in lines_of(out)), out


def check_with_relay(show, config):
    """The relay is asked: no second connection is made."""
    wait_until("the sources are live", lambda: sum(s["state"] == "live" for s in show.api("source.list")["sources"]) == 3)
    clients = show.control(show.addresses, "state")["twitch"]
    status, out, _ = call(show, "check", "--config", config)
    assert "twitch:rehearsal: live: " in out and "twitch:lost: connecting: " in out, out
    assert show.control(show.addresses, "state")["twitch"] == clients, "check connected although a relay runs"


def change_one(show):
    """Changed in place, written back; a bad change changes nothing."""
    path = os.path.join(show.runtime, "antiphon.json")
    good = next(source for source in show.addresses["sources"] if source["connector"] == "twitch")
    kinds = {kind["connector"]: kind for kind in show.api("source.kinds")["kinds"]}
    assert {"twitch", "youtube", "door"} <= set(kinds) and kinds["twitch"]["title"] == "Twitch", kinds
    try:
        show.api("source.change", source="twitch:lost", config={"connector": "twitch", "channel": "an na"})
        assert False, "a bad change was taken"
    except RuntimeError as error:
        assert "an na" in str(error), error
    show.api("source.change", source="twitch:lost", config={**good, "channel": "lost", "join_ms": 300})
    wait_until("what it finds is said", lambda: [s for s in show.api("source.list")["sources"] if s["id"] == "twitch:lost"
                                                 and s["state"] != "connecting"])
    with open(path, encoding="utf-8") as written:
        sources = json.load(written)["sources"]
    assert [s.get("join_ms") for s in sources if s.get("channel") == "lost"] == [300], sources
    assert "rehearsal-key" not in json.dumps(sources), "the key stays in the file"
    show.api("source.remove", source="twitch:lost")
    assert len(show.api("source.list")["sources"]) == 3


def say_it(show):
    """Taken, written there, and back as our own words."""
    discord = next(source["id"] for source in show.api("source.list")["sources"] if source["platform"] == "discord")
    status, out, err = call(show, "say", "--to", discord, "سلام", "all")
    assert (status, out, err) == (0, f"accepted  {discord}\n", ""), (status, out, err)
    with urllib.request.urlopen(show.addresses["control"].rstrip("/") + "/writes?platform=discord", timeout=10) as answer:
        writes = json.loads(answer.read())
    assert [(write["act"], write["text"]) for write in writes] == [("say", "سلام all")], writes
    message = show.wait_for_message("سلام all")
    found = [one for one in show.api("history", limit=50)["messages"] if one["id"] == message]
    assert found[0]["own"] is True, found


def say_where_nobody_can(show):
    status, out, err = call(show, "say", "--to", "youtube:rehearsal01", "سلام", "all")
    assert status == 1 and not err and out.startswith("unable    youtube:rehearsal01: "), (status, out, err)
    status, out, err = call(show, "say", "--to", "irc:nobody", "hello")
    assert status == 1 and 'there is no source "irc:nobody"' in err, err
    status, out, err = call(show, "say")
    assert status == 2 and "there is no text" in err, err


def look_at_metrics(show):
    token = show.api("token.add", role="viewer", name="prometheus")["token"]
    address = next(line.split() for line in show.log().splitlines() if "panel on" in line)
    port = address[address.index("port") + 1].rstrip(";")
    request = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers={"Authorization": "Bearer " + token})
    with urllib.request.urlopen(request, timeout=10) as answer:
        text = answer.read().decode()
    for line in ('antiphon_source_live{source="twitch:rehearsal",platform="twitch"} 1',
                 'antiphon_source_live{source="twitch:lost",platform="twitch"} 0',
                 'antiphon_crosspost_passed_total 0'):
        assert line in text, f"{line} is not in:\n{text}"


def main():
    with Show() as show:
        transcript = os.path.join(show.folder, "transcript.jsonl")
        with open(transcript, "w", encoding="utf-8") as out:
            for number, (platform, room) in enumerate((("twitch", "twitch:rehearsal"), ("youtube", "youtube:rehearsal01"), ("discord", None))):
                out.write(json.dumps({"at_ms": 100, "kind": "chat", "platform": platform, **({"source": room} if room else {}), "native_id": f"m{number}",
                                      "author": {"id": f"UC{number}", "login": "anna", "name": "anna"}, "text": "hello"}) + "\n")
        show.addresses = show.rehearse(transcript)
        twitch = next(source for source in show.addresses["sources"] if source["connector"] == "twitch")
        lost = {**twitch, "channel": "lost", "url": "ws://127.0.0.1:1/"}
        show.config["sources"] = [*show.addresses["sources"], lost]
        show.config["logins"] = {"twitch": {"client_id": "abcdef0123456789"}}
        config = show.write_config()
        check_before(show, config)
        show.start_part("relay")
        show.wait_for_relay()
        check_with_relay(show, config)
        look_at_metrics(show)
        change_one(show)
        say_it(show)
        say_where_nobody_can(show)


sys.exit(main())
