"""The video process is killed: output is back within 3 s, in a new playable file; the relay's clients are told."""
import glob
import os
import signal
import sys
import time

from show import Show, ffprobe, wait_until

ROUNDS, WIDTH, HEIGHT, FPS = 5, 640, 360, 30
BACK_S = 3


def files(show):
    return sorted(glob.glob(os.path.join(show.folder, "show*.mkv")), key=os.path.getmtime)


def main():
    with Show() as show:
        show.config.update(video={"input": "test", "size": [WIDTH, HEIGHT], "fps": FPS,
                                  "outputs": [{"name": "file", "to": os.path.join(show.folder, "show.mkv"), "bitrate_kbps": 2000}]})
        show.start_part("run")
        show.wait_for_relay()
        socket = show.socket(topics=["outputs"])
        slowest = 0
        for number in range(1, ROUNDS + 1):
            wait_until("a recording grows", lambda: len(files(show)) == number and os.path.getsize(files(show)[-1]) > 60000)
            socket.wait_for(lambda event: event.get("output", {}).get("state") == "live")
            os.kill(show.pid_of("video"), signal.SIGKILL)
            killed = time.monotonic()
            # The header alone has some hundred bytes: beyond it there are frames.
            wait_until("output is back", lambda: len(files(show)) == number + 1 and os.path.getsize(files(show)[-1]) > 4000)
            slowest = max(slowest, time.monotonic() - killed)
            socket.wait_for(lambda event: event.get("output", {}).get("state") != "live")
        socket.wait_for(lambda event: event.get("output", {}).get("state") == "live")
        wait_until("the last recording grows", lambda: os.path.getsize(files(show)[-1]) > 200000)
        show.kill("run", signal.SIGTERM)
        for path in files(show):
            frames = int(ffprobe(path, "-select_streams", "v", "-count_packets", "-show_entries", "stream=nb_read_packets")["streams"][0]["nb_read_packets"])
            assert frames > 0, f"{path} has no frame"
        print(f"back after {slowest:.2f} s at the slowest of {ROUNDS}; {len(files(show))} playable files")
        assert slowest <= BACK_S, f"output came back after {slowest:.2f} s"


sys.exit(main())
