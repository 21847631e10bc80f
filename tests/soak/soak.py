"""soak.py - a long show with everything in it that comes and goes, and a judgement of what must not.

usage: soak.py [MINUTES]      (30; also ANTIPHON_SOAK_MINUTES; tools/test --part soak --minutes N)

Inputs of several sizes and rates come by SRT and are killed, chat flows, cards change, one output is stopped and started,
one is blank at times, a server for another goes away. What must hold: memory flat, descriptors and threads constant, one
recording with every picture from beginning to end, flash and beep within 40 ms in it, every other recording playable.
"""
import json
import os
import random
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../e2e"))
from show import Show, check_continuous, video_times, wait_until  # noqa: E402

MINUTES = float(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("ANTIPHON_SOAK_MINUTES") or 30)
WIDTH, HEIGHT, FPS = 480, 270, 25
PARTS = ("run", "relay", "overlay", "video")
# Over the whole time that is judged. The relay keeps the ids of a million messages, to take none twice.
GROWTH_MB = {"run": 1, "relay": 12, "overlay": 4, "video": 8}
CAME_AND_WENT = 3  # descriptors and threads: an input or an output that is there or not
SYNC_MS = 40  # one picture, to which every flash is rounded
JUDGED_S = 240  # in less not everything has come and gone: nothing is said of growth
SENDERS = (("480x270", 30), ("640x360", 25), ("320x180", 50), ("640x360", 30))
MODULE = "/usr/lib/nginx/modules/ngx_rtmp_module.so"


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Soak:
    def __init__(self, show):
        self.show = show
        self.random = random.Random(4711)
        self.srt_port = free_port(socket.SOCK_DGRAM)
        self.rtmp_port = free_port(socket.SOCK_STREAM)
        self.has_rtmp = os.path.exists(MODULE) and shutil.which("nginx")
        self.sender = self.server = None
        self.counts = {"inputs": 0, "cards": 0, "restarts": 0, "blanks": 0, "servers": 0}
        self.cuts = []        # monotonic times at which an input was ended or begun
        self.samples = []     # (seconds, {part: (pid, rss MB, descriptors, threads)})
        self.questions, self.poll, self.is_blank = [], None, False

    def path(self, name):
        return os.path.join(self.show.folder, name)

    # ---- what comes and goes

    def start_sender(self):
        size, fps = SENDERS[self.counts["inputs"] % len(SENDERS)]
        video = (f"color=c=0x303030:s={size}:r={fps},drawbox=x=mod(t*100\\,200):y=20:w=40:h=40:c=0x606060:t=fill,"
                 "drawbox=c=white:t=fill:enable='lt(mod(t,1),0.1)'")
        audio = "aevalsrc=if(lt(mod(t\\,1)\\,0.1)\\,0.5*sin(2*PI*1000*t)\\,0):s=48000"
        with open(self.path("sender.log"), "ab") as log:
            self.sender = subprocess.Popen(
                ["ffmpeg", "-v", "error", "-re", "-f", "lavfi", "-i", video, "-f", "lavfi", "-i", audio, "-c:v", "libx264", "-preset",
                 "ultrafast", "-tune", "zerolatency", "-g", str(fps), "-pix_fmt", "yuv420p", "-b:v", "800k", "-c:a", "aac", "-f", "mpegts",
                 f"srt://127.0.0.1:{self.srt_port}"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.counts["inputs"] += 1
        self.cuts.append(time.monotonic())

    def end_sender(self):
        if self.sender:
            self.sender.send_signal(self.random.choice((signal.SIGKILL, signal.SIGTERM)))
            self.sender.wait()
            self.cuts.append(time.monotonic())
        self.sender = None

    def change_input(self):
        if self.sender:
            self.end_sender()
            return self.random.uniform(0.3, 8)
        self.start_sender()
        return self.random.uniform(35, 70)

    def change_cards(self):
        step = self.counts["cards"] % 5
        self.counts["cards"] += 1
        api = self.show.api
        if step == 0:
            api("question.air", id=api("question.add", text=f"Question {self.counts['cards']}: این آهنگ؟ 這首歌呢？ 🎹")["id"])
        elif step == 1:
            api("captions.line", track="host", language="en", text=f"This is line {self.counts['cards']}.", seconds=6)
        elif step == 2:
            self.poll = api("poll.open", question=f"Poll {self.counts['cards']}", options=["one", "two", "three"])["id"]
            api("poll.air", id=self.poll)
        elif step == 3:
            api("poll.close", id=self.poll)
        else:
            api("clear")
        return self.random.uniform(4, 9)

    def restart_output(self):
        self.show.api("output.stop", name="second")
        wait_until("the second output has ended", lambda: self.states().get("second") == "off")
        self.show.api("output.start", name="second")
        self.counts["restarts"] += 1
        return self.random.uniform(40, 70)

    def change_blank(self):
        self.is_blank = not self.is_blank
        self.show.api("output.blank", name="blanked", on=self.is_blank)
        self.counts["blanks"] += 1
        return self.random.uniform(10, 30)

    def change_server(self):
        if self.server:
            self.server.kill()
            self.server.wait()
            self.server = None
            return self.random.uniform(3, 10)
        self.server = subprocess.Popen(["nginx", "-p", self.show.folder, "-c", self.path("nginx.conf")], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.counts["servers"] += 1
        return self.random.uniform(60, 120)

    def states(self):
        client = self.show.socket(topics=["outputs"])
        try:
            snapshot = client.wait_for(lambda event: event["type"] == "snapshot")
            return {output["name"]: output["state"] for output in snapshot["outputs"]}
        finally:
            client.close()

    # ---- what is measured

    def sample(self, began):
        found = {}
        for part in PARTS:
            pid = self.show.pid_of(part)
            with open(f"/proc/{pid}/status", encoding="ascii") as status:
                fields = dict(line.split(":", 1) for line in status)
            found[part] = (pid, int(fields["VmRSS"].split()[0]) / 1024, len(os.listdir(f"/proc/{pid}/fd")), int(fields["Threads"]))
        self.samples.append((time.monotonic() - began, found))
        return 5

    def run(self):
        jobs = {self.change_input: 0, self.change_cards: 3, self.restart_output: 20, self.change_blank: 15}
        if self.has_rtmp:
            jobs[self.change_server] = 0
        began = time.monotonic()
        due = {job: began + after for job, after in jobs.items()}
        due[lambda: self.sample(began)] = began + 5
        end = began + 60 * MINUTES
        while time.monotonic() < end:
            job = min(due, key=due.get)
            time.sleep(max(0, min(due[job], end) - time.monotonic()))
            if time.monotonic() < end:
                due[job] = time.monotonic() + job()
        self.end_sender()
        if self.server:
            self.server.kill()
            self.server.wait()


# ---- judging

def slope(points):
    """Of y over x, least squares."""
    middle_x, middle_y = statistics.fmean(x for x, _ in points), statistics.fmean(y for _, y in points)
    spread = sum((x - middle_x) ** 2 for x, _ in points)
    return sum((x - middle_x) * (y - middle_y) for x, y in points) / spread if spread else 0


def judge_processes(samples):
    """After a third of the time, at most 5 minutes, in which everything has been seen once."""
    warm = min(300, 20 * MINUTES)
    judged = [sample for sample in samples if sample[0] >= warm]
    length = judged[-1][0] - judged[0][0]
    wrong = []
    print(f"{'':8} {'RSS MB':>16} {'growth MB':>10} {'descriptors':>12} {'threads':>8}   over {length / 60:.1f} minutes")
    for part in PARTS:
        pids = {found[part][0] for _, found in samples}
        memory = [(at, found[part][1]) for at, found in judged]
        growth = slope(memory) * length
        third = max(1, len(judged) // 3)
        early, late = judged[:third], judged[-third:]
        kept = {}
        for name, index in (("descriptors", 2), ("threads", 3)):
            kept[name] = (max(found[part][index] for _, found in early), max(found[part][index] for _, found in late))
            if kept[name][1] > kept[name][0] + CAME_AND_WENT and length >= JUDGED_S:
                wrong.append(f"{part}: {name} grew from {kept[name][0]} to {kept[name][1]}")
        print(f"{part:8} {memory[0][1]:7.1f} → {memory[-1][1]:6.1f} {growth:10.2f} {'%d → %d' % kept['descriptors']:>12} "
              f"{'%d → %d' % kept['threads']:>8}")
        if growth > GROWTH_MB[part] and length >= JUDGED_S:
            wrong.append(f"{part}: memory grew by {growth:.1f} MB")
        if len(pids) > 1:
            wrong.append(f"{part} was started {len(pids)} times")
    return wrong


def rises(path):
    """When the upper quarter of the picture, where no card stands, becomes white."""
    out = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-vf",
                          "crop=iw:ih/4:0:0,scale=32:8,signalstats,metadata=print:file=-:key=lavfi.signalstats.YAVG", "-f", "null", "-"],
                         capture_output=True, text=True, check=True).stdout
    times = [float(x) for x in re.findall(r"pts_time:(-?[\d.]+)", out)]
    levels = [float(x) for x in re.findall(r"YAVG=([\d.]+)", out)]
    return [at for at, level, before in zip(times[1:], levels[1:], levels) if level > 180 >= before]


def beeps(path):
    out = subprocess.run(["ffmpeg", "-v", "info", "-i", path, "-vn", "-af", "silencedetect=n=-30dB:d=0.3", "-f", "null", "-"],
                         capture_output=True, text=True, check=True).stderr
    return [float(x) for x in re.findall(r"silence_end: ([\d.]+)", out)]


def judge_sync(path, inputs):
    flashes, heard = rises(path), beeps(path)
    apart = [(flash, 1000 * (min(heard, key=lambda beep: abs(beep - flash)) - flash)) for flash in flashes]
    pairs = [(flash, ms) for flash, ms in apart if abs(ms) < 300]
    offsets = [ms for _, ms in pairs]
    strays = [(round(flash, 2), round(ms)) for flash, ms in pairs if abs(ms) > SYNC_MS]
    print(f"sound after picture: {min(offsets):.0f} to {max(offsets):.0f} ms, median {statistics.median(offsets):.0f} ms in {len(pairs)} "
          f"flashes; beyond {SYNC_MS} ms: {len(strays)}")
    wrong = []
    if len(pairs) < 30 * MINUTES:
        wrong.append(f"only {len(pairs)} flashes with a beep")
    # The first flash of an input may stand in a picture that its sound has not reached yet.
    if len(strays) > inputs:
        wrong.append(f"flash and beep more than {SYNC_MS} ms apart: {strays[:10]}")
    return wrong


def judge_recordings(show, has_rtmp):
    """Every picture of the one that ran all along; all pieces of the others, whole where we ended them."""
    wrong, told = [], []
    try:
        times = check_continuous(os.path.join(show.folder, "whole.mkv"), FPS)
        told.append(f"whole.mkv {len(times)} pictures")
        if times[-1] - times[0] < 60 * MINUTES - 3:
            wrong.append(f"whole.mkv has {times[-1] - times[0]:.1f} s")
    except AssertionError as fault:
        wrong.append(str(fault))
    for name in sorted(os.listdir(show.folder)):
        if not name.endswith((".mkv", ".ts", ".flv")):
            continue
        path = os.path.join(show.folder, name)
        done = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-map", "0:v", "-f", "null", "-"], capture_output=True, text=True)
        if done.returncode != 0 or (done.stderr and not name.endswith(".flv")):
            wrong.append(f"{name}: {done.stderr[:200]}")
        elif not name.endswith(".flv"):
            try:
                check_continuous(path, FPS)
            except AssertionError as fault:
                wrong.append(str(fault))
        told.append(f"{name} {len(video_times(path))}")
    print("recordings:", ", ".join(told[:12]) + (f" and {len(told) - 12} more" if len(told) > 12 else ""))
    if has_rtmp and not any(name.endswith(".flv") for name in os.listdir(show.folder)):
        wrong.append("nothing reached the RTMP server")
    return wrong


def configure(show, soak):
    with open(soak.path("nginx.conf"), "w", encoding="ascii") as conf:
        conf.write(f"load_module {MODULE};\ndaemon off; master_process off; pid {soak.path('nginx.pid')};\n"
                   f"error_log {soak.path('nginx.log')} warn;\nevents {{ worker_connections 64; }}\n"
                   f"rtmp {{ server {{ listen 127.0.0.1:{soak.rtmp_port}; application live {{ live on; record all; "
                   f"record_path {show.folder}; record_unique on; record_suffix .flv; }} }} }}\n")
    outputs = [{"name": "whole", "to": soak.path("whole.mkv"), "bitrate_kbps": 1000},
               {"name": "second", "to": soak.path("second.ts"), "bitrate_kbps": 600},
               {"name": "blanked", "to": soak.path("blanked.mkv"), "bitrate_kbps": 600, "view": "low"}]
    if soak.has_rtmp:
        outputs.append({"name": "rtmp", "to": f"rtmp://127.0.0.1:{soak.rtmp_port}/live/soak-key-1", "bitrate_kbps": 600})
    below = [0, 0.3, 1, 0.7]
    # Again and again the same: what is remembered of texts and people is full in the first minutes.
    addresses = show.rehearse(show.transcript_of("twitch", "youtube"), "--loop", "--speed", "20", "--now")
    cards = ["question", "poll", "captions", "chat", "alerts"]
    show.config.update(
        sources=addresses["sources"], gate={"hold_ms": 500},
        views=[{"name": "main", "size": [WIDTH, HEIGHT], "safe": below, "cards": cards},
               {"name": "low", "size": [WIDTH, HEIGHT], "safe": below, "theme": "arcade"}],
        video={"input": f"srt://127.0.0.1:{soak.srt_port}?mode=listener", "size": [WIDTH, HEIGHT], "fps": FPS, "outputs": outputs})


def main():
    with Show() as show:
        soak = Soak(show)
        configure(show, soak)
        show.start_part("run")
        show.wait_for_relay()
        wait_until("the recording grows", lambda: os.path.exists(soak.path("whole.mkv")) and os.path.getsize(soak.path("whole.mkv")) > 20000)
        began = time.monotonic()
        soak.run()
        jumped = re.findall(r"held up for \d+ frames.*", show.log())
        show.kill("run", signal.SIGTERM)
        print(f"{MINUTES:g} minutes: " + ", ".join(f"{count} {what}" for what, count in soak.counts.items())
              + f"; {(time.monotonic() - began) / 60:.1f} minutes on the clock")
        with open(os.environ.get("ANTIPHON_SOAK_LOG", os.devnull), "w", encoding="utf-8") as out:
            json.dump(soak.samples, out)
        wrong = judge_processes(soak.samples) + judge_recordings(show, soak.has_rtmp)
        wrong += judge_sync(soak.path("whole.mkv"), soak.counts["inputs"])
        if jumped:
            wrong.append(f"the machine was too busy, and pictures were left out: {jumped[:3]}")
        assert not wrong, "\n".join(wrong)


sys.exit(main())
