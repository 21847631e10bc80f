"""What the tests of `antiphon video` share: the process under test, ffmpeg as sender and judge, faults.

Run by meson as `NAME.py ANTIPHON`; exit status 77 means skipped. Everything runs in a folder of its own on loopback.
"""
import atexit, os, re, shutil, signal, socket, subprocess, sys, tempfile, time

ANTIPHON = sys.argv[1]
FOLDER = tempfile.mkdtemp(prefix="antiphon-video-")
GENEROUS_S = 30
running = []


def stop_all():
    for process in running:
        if process.poll() is None:
            process.kill()
            process.wait()
    if not os.environ.get("KEEP"):
        shutil.rmtree(FOLDER, ignore_errors=True)


atexit.register(stop_all)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def path(name):
    return os.path.join(FOLDER, name)


def check(is_true, text):
    if not is_true:
        raise SystemExit(f"FAILED: {text}")


def skip(text):
    print("skipped:", text)
    sys.exit(77)


def wait_for(what, condition, limit_s=GENEROUS_S):
    """The value of condition() once it is true."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise SystemExit(f"FAILED: waited {limit_s} s for {what() if callable(what) else what}")


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def spawn(command, **options):
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
    running.append(process)
    return process


class Video:
    """antiphon video with a log that can be waited on. Small pictures, so that two cores have time for the tests."""

    def __init__(self, *args, size="640x360", relay="none", environment=None, name="video"):
        self.log_path = path(name + ".log")
        self.runtime = path("run-" + name)
        os.makedirs(self.runtime, mode=0o700, exist_ok=True)
        env = dict(os.environ, XDG_RUNTIME_DIR=self.runtime, **(environment or {}))
        with open(self.log_path, "ab") as log:
            self.process = spawn([ANTIPHON, "video", "--size", size, "--relay", relay, *args], stdout=log, stderr=log, env=env)

    def log(self):
        with open(self.log_path, errors="replace") as file:
            return file.read()

    def wait_log(self, pattern, count=1, limit_s=GENEROUS_S):
        wait_for(lambda: f"{count} times {pattern!r} in\n{self.log()}", lambda: self.ended_or(len(re.findall(pattern, self.log())) >= count),
                 limit_s)

    def ended_or(self, value):
        if not value and self.process.poll() is not None:
            raise SystemExit(f"FAILED: video ended with status {self.process.returncode}:\n{self.log()}")
        return value

    def wait_growth(self, file, size):
        wait_for(f"{size} bytes in {file}", lambda: self.ended_or(os.path.exists(file) and os.path.getsize(file) >= size))

    def stop(self):
        self.process.terminate()
        status = self.process.wait(GENEROUS_S)
        check(status == 0, f"video ended with status {status}:\n{self.log()}")

    def run_for(self, seconds):
        """Lets the show go on; a test's own measure of time, not a wait for an event."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            check(self.process.poll() is None, f"video ended:\n{self.log()}")
            time.sleep(0.05)


def ffprobe(file, *args):
    done = subprocess.run(["ffprobe", "-v", "error", *args, "-of", "csv=p=0", file], capture_output=True, text=True)
    return done.stdout, done.stderr


def packet_times(file, stream):
    out, _ = ffprobe(file, "-select_streams", stream, "-show_entries", "packet=pts_time")
    return sorted(float(x) for x in re.findall(r"^-?[\d.]+", out, re.M))


def check_continuous(file, fps=30, seconds=None, tolerance_ms=1.01, end_s=0.2):
    """Every picture is there, one frame apart; sound is there all along. Returns the number of pictures."""
    times = packet_times(file, "v:0")
    check(len(times) > fps // 2, f"{file}: only {len(times)} pictures")
    for a, b in zip(times, times[1:]):
        check(abs(b - a - 1 / fps) * 1000 <= tolerance_ms, f"{file}: pictures at {a} and {b}")
    sound = packet_times(file, "a:0")
    check(len(sound) > 10, f"{file}: only {len(sound)} packets of sound")
    for a, b in zip(sound, sound[1:]):
        check(0.018 < b - a < 0.025, f"{file}: sound at {a} and {b}")
    check(abs((times[-1] - times[0]) - (sound[-1] - sound[0])) < end_s, f"{file}: picture {times[-1]} s, sound {sound[-1]} s")
    if seconds:
        check(times[-1] - times[0] > seconds - 1.5, f"{file}: {times[-1] - times[0]:.2f} s instead of {seconds}")
    return len(times)


def flash_source(size="640x360", fps=30, seconds=None):
    """ffmpeg inputs: a white flash and a beep of 100 ms at every full second, on moving grey and silence."""
    duration = f":d={seconds}" if seconds else ""
    video = (f"color=c=0x303030:s={size}:r={fps}{duration},drawbox=x=mod(t*100\\,400):y=20:w=60:h=60:c=0x606060:t=fill,"
             "drawbox=c=white:t=fill:enable='lt(mod(t,1),0.1)'")
    audio = f"aevalsrc=if(lt(mod(t\\,1)\\,0.1)\\,0.5*sin(2*PI*1000*t)\\,0):s=48000{duration}"
    return ["-f", "lavfi", "-i", video, "-f", "lavfi", "-i", audio]


ENCODE = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "30", "-pix_fmt", "yuv420p", "-b:v", "1500k",
          "-c:a", "aac", "-b:a", "128k"]


def send(url, form, *source, name="sender"):
    """ffmpeg as a streamer; ends by itself or is killed."""
    log = open(path(name + ".log"), "ab")
    return spawn(["ffmpeg", "-v", "error", "-re", *source, *ENCODE, "-f", form, url], stdout=log, stderr=log)


def make_file(name, seconds, *args, size="640x360", fps=30):
    subprocess.run(["ffmpeg", "-v", "error", "-y", *flash_source(size, fps, seconds), *ENCODE, *args, path(name)], check=True)
    return path(name)


def brightness(file):
    """[(time, mean luma)] of every picture."""
    out = subprocess.run(["ffmpeg", "-v", "error", "-i", file, "-vf", "scale=64:36,signalstats,metadata=print:file=-:key=lavfi.signalstats.YAVG",
                          "-f", "null", "-"], capture_output=True, text=True).stdout
    times = [float(x) for x in re.findall(r"pts_time:(-?[\d.]+)", out)]
    return list(zip(times, [float(x) for x in re.findall(r"YAVG=([\d.]+)", out)]))


def flashes(file):
    """When white pictures begin."""
    found, was_white = [], False
    for at, luma in brightness(file):
        if luma > 180 and not was_white:
            found.append(at)
        was_white = luma > 180
    return found


def beeps(file):
    """When sound begins after silence."""
    out = subprocess.run(["ffmpeg", "-v", "info", "-i", file, "-af", "silencedetect=n=-30dB:d=0.3", "-f", "null", "-"],
                         capture_output=True, text=True).stderr
    return [float(x) for x in re.findall(r"silence_end: ([\d.]+)", out)]


def check_sync(file, least, tolerance_ms=45, strays=0):
    """Every flash has its beep, but for `strays`. The picture is quantised to frames on the way in and out."""
    pairs = []
    heard = beeps(file)
    for flash in flashes(file):
        near = [b for b in heard if abs(b - flash) < 0.3]
        if near:
            pairs.append((flash, min(near, key=lambda b: abs(b - flash))))
    print("flash/beep:", " ".join(f"{f:.3f}/{b:.3f}" for f, b in pairs))
    check(len(pairs) >= least, f"{file}: {len(pairs)} pairs of flash and beep, expected {least}")
    apart = [(f, b) for f, b in pairs if abs(f - b) * 1000 > tolerance_ms]
    check(len(apart) <= strays, f"{file}: flashes and beeps apart: {apart}")
