"""Logging in from the terminal and by the API, against the rehearsed account servers: the whole life of a login, and where its tokens never are."""
import json
import os
import re
import stat
import subprocess
import urllib.request

from show import BINARY, SOURCE_ROOT, Show, wait_until

TRANSCRIPT = os.path.join(SOURCE_ROOT, "assets/demo/transcript.jsonl")
LIMIT_S = 60


def call(show, *arguments):
    done = subprocess.run([BINARY, "login", *arguments], capture_output=True, text=True, timeout=LIMIT_S, stdin=subprocess.DEVNULL,
                          env=show.env, cwd=show.folder)
    return done.returncode, done.stdout, done.stderr


def secrets(show):
    path = os.path.join(show.runtime, "secrets.json")
    if not os.path.exists(path):
        return {}
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600, "others can read secrets.json"
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def tokens(show):
    return [value for login in secrets(show).get("logins", {}).values() for key, value in login.items() if key.endswith("token")]


def state_of(show, platform):
    return next(login for login in show.api("login.list")["logins"] if login["platform"] == platform)


def control(show, addresses, fault):
    return show.control(addresses, fault + "?platform=login")


def check_terminal(show, addresses):
    """The device flow of `antiphon login`, with a QR code where it is wanted."""
    status, out, err = call(show, "twitch", "--qr")
    assert status == 0 and not err, (status, out, err)
    assert "https://www.twitch.tv/activate" in out and re.search(r"^    REHE\d+$", out, re.M), out
    assert out.count("▀") + out.count("▄") > 50, "no QR code"
    assert out.rstrip().endswith("Logged in at twitch as rehearsal."), out
    status, out, err = call(show, "youtube")
    assert status == 0 and "▀" not in out and "@rehearsal" in out, (status, out, err)
    stored = secrets(show)["logins"]
    assert stored["twitch"]["account_name"] == "rehearsal" and stored["youtube"]["refresh_token"], stored.keys()


def check_refusals(show, addresses):
    for arguments, words, wanted in [
        ([], "expected twitch, youtube or kick", 2), (["myspace"], '"myspace": expected twitch', 2),
    ]:
        status, out, err = call(show, *arguments)
        assert status == wanted and words in err, (arguments, status, out, err)
    kick = show.config["logins"].pop("kick")
    show.write_config()
    status, out, err = call(show, "kick")
    assert status == 1 and "logins.kick.client_id is missing" in err and len(err.splitlines()) == 1, err
    show.config["logins"]["kick"] = kick
    show.write_config()


def check_without_relay(show):
    status, out, err = call(show, "--status")
    assert status == 0 and re.search(r"^twitch +stored +rehearsal$", out, re.M), out
    assert re.search(r"^kick +none ", out, re.M), out
    assert not any(token in out for token in tokens(show))


def check_relay(show, addresses):
    """A running relay validates what is stored, renews it in time, and tells who asks."""
    show.start_part("relay")
    show.wait_for_relay()
    wait_until("the relay knows the account", lambda: state_of(show, "twitch")["state"] == "ready"
               and "rehearsal" in state_of(show, "twitch")["text"])
    assert state_of(show, "kick")["state"] == "none"
    socket = show.socket(topics=["sources"])
    snapshot = socket.wait_for(lambda event: event["type"] == "snapshot")
    assert {login["platform"]: login["state"] for login in snapshot["logins"]} == {"kick": "none", "twitch": "ready", "youtube": "ready"}
    # In the panel: the prompt comes as an event, with a code to draw.
    show.api("login.start", platform="youtube")
    event = socket.wait_for(lambda event: event["type"] == "login" and "prompt" in event["login"])
    prompt = event["login"]["prompt"]
    assert prompt["url"] == "https://www.google.com/device" and prompt["user_code"].startswith("REHE")
    assert len(prompt["qr"]) >= 21 and all(len(row) == len(prompt["qr"]) and set(row) <= {"0", "1"} for row in prompt["qr"])
    socket.wait_for(lambda event: event["type"] == "login" and event["login"]["state"] == "ready")
    show.api("login.start", platform="youtube")
    show.api("login.cancel", platform="youtube")
    socket.close()
    return snapshot


def check_kick(show):
    """The browser's way: consent redirects to localhost, where the relay waits."""
    show.api("login.start", platform="kick")
    prompt = state_of(show, "kick")["prompt"]
    with urllib.request.urlopen(prompt["url"], timeout=10) as page:
        assert b"logged in at Kick" in page.read()
    wait_until("kick is logged in", lambda: state_of(show, "kick").get("account") == "rehearsal")


def check_command_with_relay(show):
    """`antiphon login` beside a relay: it takes the new login up."""
    before = secrets(show)["logins"]["twitch"]["access_token"]
    status, out, err = call(show, "twitch")
    assert status == 0 and "The running relay takes it up." in out, (out, err)
    assert secrets(show)["logins"]["twitch"]["access_token"] != before
    wait_until("the relay reads the file again", lambda: "read again" in show.log())
    wait_until("it is ready", lambda: state_of(show, "twitch")["state"] == "ready")


def check_revoked(show, addresses):
    """Revoked there: one clear line, found when the relay next asks."""
    control(show, addresses, "revoke")
    show.kill("relay")
    lines = len(re.findall(r"error login: twitch", show.log()))
    stored = secrets(show)
    stored["logins"]["twitch"]["obtained_ms"] = 1
    with open(os.path.join(show.runtime, "secrets.json"), "w", encoding="utf-8") as file:
        json.dump(stored, file)
    show.start_part("relay")
    show.wait_for_relay()
    wait_until("the end is seen", lambda: state_of(show, "twitch")["state"] == "revoked")
    assert state_of(show, "twitch")["remedy"] == "antiphon login twitch"
    assert len(re.findall(r"error login: twitch", show.log())) == lines + 1, "one line, not more"
    assert "access_token" not in secrets(show)["logins"]["twitch"]
    control(show, addresses, "resume")


def check_forget(show):
    status, out, err = call(show, "--forget", "twitch")
    assert status == 0 and "Logged out" in out, (out, err)  # nothing was left to end
    call(show, "twitch")
    status, out, err = call(show, "--forget", "twitch")
    assert status == 0 and out == "Logged out of twitch, there as well.\n", (out, err)
    assert "twitch" not in secrets(show)["logins"]
    show.kill("relay")
    call(show, "twitch")
    status, out, err = call(show, "--forget", "twitch")
    assert status == 0 and out == "Logged out of twitch, there as well.\n", (out, err)


def free_port():
    import socket
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main():
    with Show() as show:
        addresses = show.rehearse(TRANSCRIPT)
        show.config["logins"] = addresses["logins"]
        show.config["logins"]["kick"]["port"] = free_port()
        show.write_config()
        check_refusals(show, addresses)
        check_terminal(show, addresses)
        check_without_relay(show)
        check_relay(show, addresses)
        check_kick(show)
        seen = tokens(show)
        check_command_with_relay(show)
        seen += tokens(show)
        check_revoked(show, addresses)
        check_forget(show)
        log = show.log()
        assert len(seen) >= 6 and not any(token in log for token in seen), "a token stands in the log"
        assert "rehearsal-secret" not in log


main()
