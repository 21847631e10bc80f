"""Overlay, relay and supervisor are killed at random moments, 50 times each, under 1,000 messages a second.

What must hold: the recording has every frame, and the question on air is in each of them: it neither blinks nor changes.
"""
import os
import random
import signal
import sys
import time

from show import CardFinder, Show, check_continuous, wait_until

ROUNDS = int(os.environ.get("ANTIPHON_KILL_ROUNDS", "50"))
WIDTH, HEIGHT, FPS, RATE = 480, 270, 25, 500
UNSEEN_S = 3  # the video keeps the picture of an overlay that is gone for 10 s


def kill_part(show, name):
    """kill -9, then wait until another one runs."""
    old = wait_until(f"{name} runs", lambda: show.pid_of(name))
    os.kill(old, signal.SIGKILL)
    wait_until(f"{name} is back", lambda: show.pid_of(name) not in (None, old))


def kill_supervisor(show):
    """SIGHUP, then kill -9 and a new one: the parts stay the same processes."""
    before = {name: show.pid_of(name) for name in ("relay", "video")}
    show.processes["run"].send_signal(signal.SIGHUP)
    time.sleep(random.uniform(0, 0.1))
    show.kill("run")
    show.start_part("run")
    wait_until("the supervisor runs", lambda: show.pid_of("run") == show.processes["run"].pid)
    after = {name: show.pid_of(name) for name in ("relay", "video")}
    assert after == before, f"not adopted: {before} → {after}"


def wait_until_painted(show, png):
    """
    The overlay that runs has painted the card: the relay, which is younger than it, has a preview of that size. On a busy
    machine each one would else be killed before it reached a relay, and after 10 s no card is shown, as it should be.
    """
    wait_until("the overlay paints", lambda: len(show.preview("main")) > len(png) / 2)


def clear(show):
    """Takes all off air and waits until the overlay, which may just have been killed, has done so."""
    desk = show.socket()
    show.api("clear")
    revision = desk.wait_for(lambda event: event["type"] == "on_air")["revision"]
    desk.wait_for(lambda event: event["type"] == "overlay" and event["overlay"].get("applied", {}).get("revision") == revision)
    desk.close()


def main():
    with Show() as show:
        output = os.path.join(show.folder, "show.mkv")
        addresses = show.rehearse(show.transcript_of("twitch", "youtube"), "--load", RATE)
        show.config.update(
            sources=addresses["sources"], views=[{"name": "main", "size": [WIDTH, HEIGHT]}],
            video={"input": "test", "size": [WIDTH, HEIGHT], "fps": FPS, "outputs": [{"name": "file", "to": output, "bitrate_kbps": 2000}]})
        show.start_part("run")
        show.wait_for_relay()
        wait_until("the recording begins", lambda: os.path.exists(output) and os.path.getsize(output) > 10000)
        messages = wait_until("messages arrive", lambda: [m for m in show.api("history", limit=50)["messages"] if m["kind"] == "chat"])
        longest = max(messages, key=lambda message: len(message.get("text", "")))  # a small card can be too like what lies below
        question, png = show.air_question(longest["id"])
        video = show.pid_of("video")
        painted = time.monotonic()
        for _ in range(ROUNDS):
            kill_part(show, "overlay")
            time.sleep(random.uniform(0, 0.4))
            kill_part(show, "relay")
            time.sleep(random.uniform(0, 0.4))
            kill_supervisor(show)
            time.sleep(random.uniform(0, 0.3))
            if time.monotonic() > painted + UNSEEN_S:
                wait_until_painted(show, png)
                painted = time.monotonic()
        wait_until_painted(show, png)
        assert show.pid_of("video") == video, "the video was restarted"
        clear(show)
        cleared = time.monotonic()
        grown = os.path.getsize(output)
        wait_until("the recording goes on without the card", lambda: time.monotonic() > cleared + 1 and os.path.getsize(output) > grown + 50000)
        show.kill("run", signal.SIGTERM)
        tail = FPS * (time.monotonic() - cleared + 1)

        times = check_continuous(output, FPS)
        seen = CardFinder.over_input(png, output, times[-1] - 0.1).find(output)
        assert any(seen), "the question card is in no frame"
        first, last = seen.index(True), len(seen) - 1 - seen[::-1].index(True)
        blinks = [i for i in range(first + FPS, last) if not seen[i]]
        print(f"{3 * ROUNDS} kills, {len(times)} frames, each 1/{FPS} s after the one before; the question is in frames {first} to {last}")
        assert not blinks, f"the question is not in {len(blinks)} frames: {blinks[:20]}"
        assert len(seen) - last <= tail, f"the question is not in the last {len(seen) - last} frames"


sys.exit(main())
