"""bench_srt.py - what "OBS through antiphon" costs: the video process's CPU, and the delay that it adds.

ffmpeg plays OBS: H.264 at 20 Mb/s over SRT, with a corner that is dark or white by turns of a second. It sends the same packets
straight to an eye of ours and through `antiphon video` to another. Each notes when it has decoded a corner that turned white, by the
clock of this machine; the difference is the delay that antiphon adds, the second SRT leg included.
"""
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

BINARY = os.environ.get("ANTIPHON", os.path.join(os.path.dirname(__file__), "../../build/src/cli/antiphon"))
MEASURE_S = 10
LATENCY_US = 125000  # as the README advises for OBS
FORMATS = {"720p30": (1280, 720), "1080p30": (1920, 1080)}
running = []


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def spawn(command, **more):
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **more)
    running.append(process)
    return process


def stop(process):
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    running.remove(process)


def make_clip(folder, name, size):
    """Twenty seconds at 20 Mb/s, encoded beforehand: the sender then only copies, and does not take the encoder's CPU."""
    path = os.path.join(folder, name + ".ts")
    width, height = size
    source = (f"testsrc2=s={width}x{height}:r=30:d=20,noise=alls=12:allf=t,drawbox=w=iw/4:h=ih/4:c=0x303030:t=fill,"
              "drawbox=w=iw/4:h=ih/4:c=white:t=fill:enable='lt(mod(t,2),1)'")
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-f", "lavfi", "-i", "anullsrc=r=48000:cl=stereo", "-shortest",
                    "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "60", "-pix_fmt", "yuv420p", "-b:v", "20M",
                    "-minrate", "20M", "-maxrate", "20M", "-bufsize", "20M", "-nal-hrd", "cbr", "-c:a", "aac", "-f", "mpegts", path], check=True)
    return path


class Eye:
    """Receives SRT on a port and notes when the corner turns white, by the machine's clock."""

    def __init__(self, port, mode="listener"):
        self.whites, self.pictures = [], 0
        self.decoder = spawn(["ffmpeg", "-v", "error", "-fflags", "nobuffer", "-flags", "low_delay", "-probesize", "200000", "-analyzeduration",
                              "500000", "-i", f"srt://127.0.0.1:{port}?mode={mode}&latency={LATENCY_US}", "-an", "-vf",
                              "crop=iw/4:ih/4:0:0,scale=16:16:flags=fast_bilinear,format=gray", "-vsync", "passthrough", "-f", "rawvideo", "-"],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0)
        self.thread = threading.Thread(target=self.look, daemon=True)
        self.thread.start()

    def look(self):
        was_white, rest = True, b""
        while True:
            data = self.decoder.stdout.read(256 - len(rest))
            if not data:
                return
            rest += data
            if len(rest) < 256:
                continue
            now, is_white, rest = time.monotonic(), sum(rest) / 256 > 180, b""
            self.pictures += 1
            if is_white and not was_white:
                self.whites.append(now)
            was_white = is_white


def wait_for(what, condition, limit_s=40):
    end = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"bench_srt: not within {limit_s} s: {what}")
        time.sleep(0.02)


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def median(values):
    return sorted(values)[len(values) // 2]


def measure(folder, name, size):
    """(cores, delay in s) of one picture format."""
    clip = make_clip(folder, name, size)
    through, out, straight = free_port(), free_port(), free_port()
    runtime = os.path.join(folder, "run-" + name)
    os.makedirs(runtime, mode=0o700)
    with open(os.path.join(folder, "log"), "ab") as log:
        video = spawn([BINARY, "video", "--input", f"srt://127.0.0.1:{through}?mode=listener", "--output",
                       f"srt://127.0.0.1:{out}?mode=listener", "--bitrate", "6000", "--size", f"{size[0]}x{size[1]}", "--relay", "none"],
                      env={**os.environ, "XDG_RUNTIME_DIR": runtime}, stdout=log, stderr=log)
    direct = Eye(straight)
    tee = "|".join(f"[f=mpegts:onfail=ignore]srt://127.0.0.1:{port}?mode=caller&latency={LATENCY_US}" for port in (through, straight))
    time.sleep(1)  # both listeners are up; a caller that finds nobody gives up
    sender = spawn(["ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-i", clip, "-map", "0", "-c", "copy", "-f", "tee", tee],
                   stderr=subprocess.DEVNULL)
    behind = Eye(out, "caller")
    wait_for("pictures behind antiphon and straight", lambda: len(behind.whites) >= 2 and len(direct.whites) >= 2)
    begin, cpu, seen = time.monotonic(), cpu_seconds(video.pid), behind.pictures
    time.sleep(MEASURE_S)
    cores = (cpu_seconds(video.pid) - cpu) / (time.monotonic() - begin)
    fps = (behind.pictures - seen) / (time.monotonic() - begin)
    pairs = [min((at - before for before in direct.whites if at >= before), default=None) for at in behind.whites if at > begin]
    for process in (sender, behind.decoder, direct.decoder, video):
        stop(process)
    pairs = [delay for delay in pairs if delay is not None]
    if not pairs or fps < 27:
        sys.exit(f"bench_srt: {name}: {fps:.1f} pictures a second arrived, {len(pairs)} turns seen; this machine is too slow or busy")
    print(f"{name}: {fps:.1f} pictures a second; delays", *(f"{delay:.3f}" for delay in sorted(pairs)), file=sys.stderr)
    return cores, median(pairs)


def main():
    if not shutil.which("ffmpeg"):
        print("skipped: no ffmpeg")
        return 77
    folder = tempfile.mkdtemp(prefix="antiphon-bench-srt-")
    try:
        for name, size in FORMATS.items():
            cores, delay = measure(folder, name, size)
            print(f"srt_cpu_{name} {cores:.2f} cores")
            print(f"srt_delay_{name} {delay:.2f} s")
    finally:
        for process in list(running):
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)
    return 0


sys.exit(main())
