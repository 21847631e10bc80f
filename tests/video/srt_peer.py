"""SRT with another program than ours and ffmpeg: srt-live-transmit calls and is called, is killed and comes back."""
from harness import *

if not shutil.which("srt-live-transmit"):
    skip("no srt-live-transmit (package srt-tools)")
PASSPHRASE = "passphrase-0815"
called, calls = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM)


def transmit(source, target, **options):
    return spawn(["srt-live-transmit", "-q", "-autoreconnect:no", source, target], stderr=subprocess.DEVNULL, **options)


def listen(name):
    """Is called; what comes goes to a file."""
    with open(path(name), "wb") as file:
        return transmit(f"srt://127.0.0.1:{called}?mode=listener&passphrase={PASSPHRASE}", "file://con", stdout=file)


def call(name):
    """Calls; what comes goes by UDP to ffmpeg, which writes it down."""
    udp = free_port(socket.SOCK_DGRAM)
    reader = spawn(["ffmpeg", "-v", "fatal", "-i", f"udp://127.0.0.1:{udp}?timeout=3000000&fifo_size=5000", "-c", "copy", "-y", path(name)])
    return reader, transmit(f"srt://127.0.0.1:{calls}?mode=caller", f"udp://127.0.0.1:{udp}")


def kill(process):
    process.kill()
    process.wait()


def grown(name, size=100_000):
    video.wait_growth(path(name), size)


beside = path("beside.mkv")
listener = listen("called-1.ts")
video = Video("--input", "test", "--output", f"srt://127.0.0.1:{called}?passphrase={PASSPHRASE}&pbkeylen=16", "--output",
              f"srt://127.0.0.1:{calls}?mode=listener", "--output", beside, "--bitrate", "800", size="320x180")
video.wait_log("output output2 connecting: waiting for a caller")
reader, caller = call("calls-1.ts")
grown("called-1.ts"), grown("calls-1.ts")
video.wait_log("output output2 live")
kill(listener), kill(caller)
listener = listen("called-2.ts")
again, caller = call("calls-2.ts")
grown("called-2.ts"), grown("calls-2.ts")
for reads in (reader, again):
    reads.terminate()
    reads.wait(GENEROUS_S)
video.stop()

print(check_continuous(beside), "pictures in the recording beside")
# Who comes in the middle has sound before the next key frame.
for name in ("called-1.ts", "called-2.ts", "calls-1.ts", "calls-2.ts"):
    print(name, check_continuous(path(name), tolerance_ms=1.2, end_s=2.5), "pictures")
check(len(re.findall("output output3", video.log())) <= 3, "the recording noticed something\n" + video.log())
check(PASSPHRASE not in video.log(), "a secret is in the log")
