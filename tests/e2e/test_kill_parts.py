"""Overlay, relay and supervisor are killed at random moments, 50 times each, under 1,000 messages a second.

What must hold: the recording has every frame, and the question on air is in each of them: it neither blinks nor changes.
"""
import os
import random
import signal
import sys
import time

from show import SOURCE_ROOT, CardFinder, Show, all_frames_rgb, check_continuous, frame_rgb, wait_until

ROUNDS = int(os.environ.get("ANTIPHON_KILL_ROUNDS", "50"))
WIDTH, HEIGHT, FPS, RATE = 480, 270, 25, 500
TRANSCRIPT = os.path.join(SOURCE_ROOT, "assets/demo/transcript.jsonl")


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


def main():
    with Show() as show:
        output = os.path.join(show.folder, "show.mkv")
        addresses = show.rehearse(TRANSCRIPT, "--load", RATE)
        show.config.update(
            sources=addresses["sources"], views=[{"name": "main", "size": [WIDTH, HEIGHT]}],
            video={"input": "test", "size": [WIDTH, HEIGHT], "fps": FPS, "outputs": [{"name": "file", "to": output, "bitrate_kbps": 2000}]})
        show.start_part("run")
        show.wait_for_relay()
        wait_until("the recording begins", lambda: os.path.exists(output) and os.path.getsize(output) > 10000)
        messages = wait_until("messages arrive", lambda: show.api("history", limit=5)["messages"])
        question, png = show.air_question(messages[0]["id"])
        video = show.pid_of("video")
        for _ in range(ROUNDS):
            kill_part(show, "overlay")
            time.sleep(random.uniform(0, 0.4))
            kill_part(show, "relay")
            time.sleep(random.uniform(0, 0.4))
            kill_supervisor(show)
            time.sleep(random.uniform(0, 0.3))
        show.wait_for_relay()
        assert show.pid_of("video") == video, "the video was restarted"
        grown = os.path.getsize(output)
        wait_until("the recording goes on", lambda: os.path.getsize(output) > grown + 50000)
        show.kill("run", signal.SIGTERM)

        times = check_continuous(output, FPS)
        finder = CardFinder(png, lambda width, height: frame_rgb(output, times[0], width, height))
        seen = [finder.shows_card(frame) for frame in all_frames_rgb(output, finder.width, finder.height)]
        first = seen.index(True)
        blinks = [i for i in range(first + FPS, len(seen)) if not seen[i]]
        print(f"{3 * ROUNDS} kills, {len(times)} frames in steps of {1 / FPS} s, question on air from frame {first} on, {len(blinks)} frames without it")
        assert not blinks, f"the question is not in frames {blinks[:20]}"


sys.exit(main())
