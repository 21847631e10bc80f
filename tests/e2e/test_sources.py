"""Sources as their owner meets them: `antiphon check` with and without a relay, one added, changed and removed while running, saying something."""
import json
import os
import re
import subprocess
import sys
import threading
import time
import http.server
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
    # The relay would refuse the second of two; "Lost" is "lost".
    show.config["sources"].append({"connector": "twitch", "channel": "Lost"})
    for more in ([], ["--offline"]):
        status, out, _ = call(show, "check", *more, "--config", show.write_config())
        assert status == 1 and 'MISSING  source         sources[4]: "twitch:lost" is there already' in out, out
    show.config["sources"].pop()
    show.write_config()


class Refusing(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


def check_refused():
    """A bare 401 without the platform's own words: what a person must do is said all the same, and is no repetition."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    with Show() as show:
        show.config["sources"] = [{"connector": "discord", "channel": "1311111111111111111", "token": "t", "api_url": base},
                                  {"connector": "facebook", "access_token": "t", "api_url": base},
                                  {"connector": "irc", "server": base.replace("http", "ws") + "/", "channel": "#anna"},
                                  {"connector": "x", "hashtag": "#anna", "bearer": "t", "api_url": base},
                                  {"connector": "youtube", "channel": "@anna", "api_key": "k", "api_url": base}]
        status, out, err = call(show, "check", "--config", show.write_config())
        assert status == 1 and not err and len(lines_of(out)) == 5, out + err
        for line in lines_of(out):
            text, _, remedy = line.partition("; ")
            assert line.startswith("MISSING") and ": failed: " in text and remedy and remedy not in text, line
    server.shutdown()
    server.server_close()


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


SERIES = re.compile(r'([a-z_]+)((?:\{[a-z_]+="(?:[^"\\\n]|\\.)*"(?:,[a-z_]+="(?:[^"\\\n]|\\.)*")*\})?) (-?[0-9.]+(?:e[+-]?[0-9]+)?|NaN|[+-]Inf)')


def check_metrics(text):
    """Prometheus' text format: each name has its type before its samples, which stand together, and no series comes twice."""
    types, seen, last = {}, set(), None
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# "):
            _, word, name, rest = line.split(" ", 3)
            assert word in ("HELP", "TYPE") and (word, name) not in seen, line
            seen.add((word, name))
            if word == "TYPE":
                assert rest in ("counter", "gauge", "histogram"), line
                types[name] = rest
            continue
        found = SERIES.fullmatch(line)
        assert found, line
        name = found[1] if found[1] in types else re.sub("_(bucket|sum|count)$", "", found[1])
        assert name in types, f"no type before {line}"
        assert name == last or ("block", name) not in seen, f"{name} stands in two places"
        seen.add(("block", name))
        last = name
        assert (found[1], found[2]) not in seen, f"twice: {line}"
        seen.add((found[1], found[2]))
        assert types[name] == "gauge" or not found[3].startswith("-"), line


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
    check_metrics(text)
    assert "rehearsal-key" not in text and token not in text, "a secret is shown"


def main():
    check_refused()
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


if __name__ == "__main__":
    sys.exit(main())
