"""bench_rest.py - what an overlay at rest costs: a question, a poll and a subtitle stand on air, and nothing changes.

Promise 5 of the design: no repaint, no copy. What is left is the process's own pulse: a heartbeat in the frame stream, pings.
"""
import glob
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../e2e"))
from show import Show, wait_until  # noqa: E402

MEASURE_S = 10
STILL = 0.005  # of a core over a second: the entrances are over


def cpu_ns(pid):
    """CPU time of all threads in nanoseconds; /proc/PID/stat counts in hundredths of a second, too coarse for a rest."""
    total = 0
    for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        with open(path, encoding="ascii") as stat:
            total += int(stat.read().split()[0])
    return total


def share_of_core(pid, seconds):
    before, begin = cpu_ns(pid), time.monotonic()
    time.sleep(seconds)
    return (cpu_ns(pid) - before) / 1e9 / (time.monotonic() - begin)


def memory_mb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) / 1024


def main():
    with Show(views=[{"name": "main", "size": [1920, 1080]}]) as show:
        show.start_part("relay")
        show.wait_for_relay()
        pid = show.start_part("overlay").pid
        client = show.socket()
        show.api("question.air", id=show.api("question.add", text="این آهنگ برای شما چه معنایی دارد؟ 🎹")["id"])
        show.api("poll.air", id=show.api("poll.open", question="Next?", options=["شطرنج", "圍棋", "Chess"])["id"])
        show.api("captions.line", track="host", language="en", text="Thank you, and good night.", seconds=60)
        client.wait_for(lambda event: event["type"] == "preview")
        client.close()
        wait_until("the overlay is at rest", lambda: share_of_core(pid, 1) < STILL)
        share = share_of_core(pid, MEASURE_S)
        on_air = show.socket(topics=["on_air"])
        cards = on_air.wait_for(lambda event: event["type"] == "snapshot")["on_air"]["views"]["main"]
        assert {"question", "poll", "captions"} <= set(cards), f"not all cards stood on air: {list(cards)}"
        print(f"rest_overlay_cpu {share * 100:.2f} %")
        print(f"rest_overlay_memory {memory_mb(pid):.0f} MB")


sys.exit(main())
