"""Panels are killed, frozen and killed, again and again, while chat flows: neither the picture nor the relay notices.

A panel is a process of its own with three websockets that ask for everything, as three open pages do.
"""
import os
import signal
import subprocess
import sys
import time

from show import Show, check_continuous, wait_until

ROUNDS, WIDTH, HEIGHT, FPS, RATE = 6, 320, 180, 25, 200
PANEL = """
import sys
sys.path.insert(0, sys.argv[1])
from show import Socket
sockets = [Socket(sys.argv[2], client="panel") for _ in range(3)]
for socket in sockets:
    socket.wait_for(lambda event: event["type"] == "messages")
print("reads", flush=True)
while True:
    for socket in sockets:
        socket.next()
"""


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def open_panel(show):
    panel = subprocess.Popen([sys.executable, "-c", PANEL, os.path.dirname(os.path.abspath(__file__)), show.socket_path],
                             stdout=subprocess.PIPE, text=True)
    assert panel.stdout.readline() == "reads\n", "the panel does not get the chat"
    return panel


def main():
    with Show() as show:
        output = os.path.join(show.folder, "show.mkv")
        addresses = show.rehearse(show.transcript_of("twitch", "youtube"), "--load", RATE)
        show.config.update(
            sources=addresses["sources"], views=[{"name": "main", "size": [WIDTH, HEIGHT]}],
            video={"input": "test", "size": [WIDTH, HEIGHT], "fps": FPS, "outputs": [{"name": "file", "to": output, "bitrate_kbps": 1000}]})
        show.start_part("run")
        show.wait_for_relay()
        wait_until("the recording begins", lambda: os.path.exists(output) and os.path.getsize(output) > 10000)
        parts = {name: show.pid_of(name) for name in ("relay", "overlay", "video")}
        before = descriptors(parts["relay"])
        slowest = 0
        for number in range(ROUNDS):
            panel = open_panel(show)
            try:
                if number % 2:  # frozen first: what it does not read piles up at the relay
                    panel.send_signal(signal.SIGSTOP)
                    time.sleep(0.7)
            finally:
                panel.kill()
                panel.wait()
                panel.stdout.close()
            asked = time.monotonic()
            show.api("history", limit=1)
            slowest = max(slowest, time.monotonic() - asked)
        wait_until("the relay has let go of them", lambda: descriptors(parts["relay"]) <= before + 1)
        assert {name: show.pid_of(name) for name in parts} == parts, "a part was started again"
        show.kill("run", signal.SIGTERM)
        times = check_continuous(output, FPS)
        print(f"{ROUNDS} panels killed; {len(times)} pictures, each 1/{FPS} s after the one before; the relay answered within {slowest:.3f} s")
        assert slowest < 3, f"the relay took {slowest:.1f} s to answer"


sys.exit(main())
