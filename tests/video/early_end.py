"""SIGTERM as early as it can come: status 0, at once, and what was recorded is whole; nothing is left that holds no picture."""
import random
from harness import *

SLOWEST_S = 2.5
rounds = 24
random.seed(4711)


def holds_signals(pid):
    """It has passed the loader and options: from here on an order to end is heard."""
    held = re.search(r"SigBlk:\s*([0-9a-f]+)", open(f"/proc/{pid}/status").read())
    return held and int(held.group(1), 16) & 1 << signal.SIGTERM - 1


def play(number):
    ending = ("mkv", "mp4", "ts", "flv")[number % 4]
    out = path(f"{number}.{ending}")
    inputs = ("test", path("none.mp4"), f"srt://127.0.0.1:{free_port(socket.SOCK_DGRAM)}?mode=listener")
    # A caller that nobody answers has no end to send, so it holds up nobody.
    beside = ["--output", f"srt://127.0.0.1:{free_port(socket.SOCK_DGRAM)}"] if number % 3 == 0 else []
    relay = "none" if number % 2 else "unix:" + path("no-relay.sock")
    video = Video("--input", inputs[number % 3 if number % 5 else 0], "--output", out, *beside, size="320x240", relay=relay,
                  name=f"round{number}")
    wait_for("its first moment", lambda: video.process.poll() is not None or holds_signals(video.process.pid))
    delay = (number % 12) * 0.05 + random.random() * 0.05
    time.sleep(delay)  # the moment is what is tried
    begin = time.monotonic()
    video.stop()
    took = time.monotonic() - begin
    check(took < SLOWEST_S, f"round {number}: SIGTERM after {delay:.2f} s took {took:.2f} s:\n{video.log()}")
    check("assert" not in video.log().lower() and "CRITICAL" not in video.log(), f"round {number}:\n{video.log()}")
    if os.path.exists(out):
        pictures = len(packet_times(out, "v:0"))
        check(pictures > 0, f"round {number}: {out} of {os.path.getsize(out)} bytes has no picture; SIGTERM after {delay:.2f} s")
        return pictures, took
    return 0, took


results = [play(number) for number in range(rounds)]
print(f"{rounds} ends, {sum(1 for pictures, _ in results if pictures)} with a recording, slowest {max(t for _, t in results):.2f} s")
