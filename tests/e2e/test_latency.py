"""antiphon check --latency: numbered pictures and lines of chat through a show of its own, beside one that runs."""
import contextlib
import glob
import json
import os
import subprocess
import sys

from show import BINARY, Show, wait_until

FPS = 25
KEYS = ("count", "min_ms", "median_ms", "p95_ms", "p99_ms", "max_ms", "median_frames")


def check_row(row, what, least):
    assert set(KEYS) == set(row), f"{what}: {row}"
    assert row["count"] >= least, f"{what}: {row['count']} measured"
    order = [row[key] for key in KEYS[1:6]]
    assert order == sorted(order) and order[0] > 0, f"{what}: {row}"
    assert abs(row["median_frames"] - row["median_ms"] * FPS / 1000) < 0.1, f"{what}: {row}"


def measure(show, *arguments):
    return subprocess.run([BINARY, "check", "--latency", "--config", show.write_config(), *arguments], env=show.env, capture_output=True,
                          text=True, timeout=100)


def left_running(show):
    """Processes whose runtime folder was the measurement's."""
    left = []
    for entry in glob.glob("/proc/[0-9]*/environ"):
        with contextlib.suppress(OSError), open(entry, "rb") as environment:
            if f"XDG_RUNTIME_DIR={show.folder}/antiphon-latency-".encode() in environment.read():
                left.append(entry)
    return left


def main():
    with Show() as show:
        show.env["TMPDIR"] = show.folder  # nobody else's folders lie there
        show.config.update(views=[{"name": "main", "size": [320, 180], "motion": "reduced"}],
                           video={"input": "test", "size": [320, 180], "fps": FPS, "outputs": []})
        show.start_part("run")
        show.wait_for_relay()
        parts = wait_until("the show runs", lambda: [show.pid_of(name) for name in ("relay", "overlay", "video")])
        done = measure(show, "--seconds", "4", "--json")
        assert done.returncode == 0, done.stderr
        assert not done.stderr, done.stderr
        result = json.loads(done.stdout)
        assert result["size"] == [320, 180] and result["fps"] == FPS, result
        print(json.dumps(result))
        # Of 100 pictures; on a busy machine some are late for their tick and left out.
        check_row(result["input_to_output"], "input to output", 60)
        check_row(result["without_antiphon"], "without antiphon", 30)
        check_row(result["chat_to_pixel"], "chat to pixel", 1)
        assert result["input_to_output"]["median_ms"] > result["without_antiphon"]["median_ms"], "antiphon takes no time"
        assert result["lost_lines"] == 0 and result["first_line_ms"] > 0, result
        assert [show.pid_of(name) for name in ("relay", "overlay", "video")] == parts, "the running show was touched"
        assert not show.api("history", limit=10)["messages"], "its chat went to the running show"

        # What cannot be measured is said in one line; an interrupted one leaves nothing behind either.
        show.config["video"]["size"] = [64, 64]
        done = measure(show)
        assert done.returncode == 1 and "video.size 64x64" in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr
        show.config["video"]["size"] = [320, 180]
        child = subprocess.Popen([BINARY, "check", "--latency", "--seconds", "1", "--config", show.write_config()], env=show.env, stderr=subprocess.PIPE,
                                 text=True)
        wait_until("its own show starts", lambda: glob.glob(show.folder + "/antiphon-latency-*"))
        child.terminate()
        assert "interrupted" in child.communicate(timeout=60)[1] and child.returncode == 1
        wait_until("its folders are gone", lambda: not glob.glob(show.folder + "/antiphon-latency-*"))
        assert not left_running(show), "processes are left"


sys.exit(main())
