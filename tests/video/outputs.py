"""Outputs that fail, hang or come late: none of it touches the recording beside them, and no secret reaches the log."""
from harness import *

KEY = "geheim-4711-key"
PASSPHRASE = "passphrase-0815"

# Accepts and never says a word.
silent = socket.socket()
silent.bind(("127.0.0.1", 0))
silent.listen(5)
refused, missing = free_port(), free_port(socket.SOCK_DGRAM)
srt_port = free_port(socket.SOCK_DGRAM)
recording = path("show.mkv")
addresses = [f"rtmp://127.0.0.1:{refused}/live/{KEY}", f"rtmp://127.0.0.1:{silent.getsockname()[1]}/live/{KEY}",
             f"srt://127.0.0.1:{missing}?passphrase={PASSPHRASE}", f"srt://127.0.0.1:{srt_port}?mode=listener"]
video = Video("--input", "test", "--output", recording, *[x for a in addresses for x in ("--output", a)],
              environment={"GST_DEBUG": "3,rtmp*:6,srt*:6"})
command_line = open(f"/proc/{video.process.pid}/cmdline").read
video.wait_log("output output1 live")
check(KEY not in command_line() and PASSPHRASE not in command_line(), "the process list shows a secret")
video.wait_log(f"output output2 failed: rtmp://127.0.0.1:{refused}/live/\\*\\*\\*: .*refused", count=1)
video.wait_log("output output4 failed: srt://", count=1)
video.wait_log("output output5 connecting: waiting for a caller")  # no trouble

check(not re.search("output output[234] live", video.log()), "nobody is there, so nothing is live\n" + video.log())
received = path("received.ts")
client = spawn(["ffmpeg", "-v", "fatal", "-i", f"srt://127.0.0.1:{srt_port}", "-c", "copy", "-t", "3", "-y", received])
wait_for("the client's three seconds", lambda: client.poll() is not None)
video.wait_log("output output5 live")
video.wait_log("output output3 failed: rtmp://127.0.0.1:[0-9]+/live/\\*\\*\\*")
video.wait_log("output output2 failed", count=1)
start = time.monotonic()
video.stop()
print(f"the end took {time.monotonic() - start:.1f} s")
check(time.monotonic() - start < 5.5, "it ends in time although peers hang")
count = check_continuous(recording)
print(count, "pictures in the recording beside four troubles")
check(KEY not in video.log() and PASSPHRASE not in video.log(), "a secret is in the log")
check("gstreamer/rtmp" in video.log(), "GST_DEBUG goes through our log")
check(len(packet_times(received, "v:0")) > 60 and len(packet_times(received, "a:0")) > 90, "an SRT client gets picture and sound")

# As a caller, to a listener that leaves and comes back.
port = free_port(socket.SOCK_DGRAM)


def listener(name):
    return spawn(["ffmpeg", "-v", "fatal", "-i", f"srt://127.0.0.1:{port}?mode=listener", "-c", "copy", "-y", path(name)])


def frames(name):
    return os.path.exists(path(name)) and os.path.getsize(path(name)) > 200000


first = listener("first.ts")
video = Video("--input", "test", "--output", f"srt://127.0.0.1:{port}", "--output", path("beside.mkv"), name="caller")
wait_for("the first listener's file", lambda: frames("first.ts"))
first.kill()
first.wait()
second = listener("second.ts")
wait_for("the second listener's file", lambda: frames("second.ts"))
video.stop()
check_continuous(path("beside.mkv"))

# A full disk and a folder that is not there cost that output only.
beside = path("healthy.mkv")
video = Video("--input", "test", "--output", path("no/such/folder/a.mkv"), "--output", beside, name="folder")
video.wait_log("output output1 failed: recording .*no/such/folder.*: No such file or directory")
video.wait_log("output output2 live")
os.makedirs(path("no/such/folder"))
video.wait_log("output output1 live")
video.run_for(1.5)
video.stop()
check_continuous(beside)
check_continuous(path("no/such/folder/a.mkv"))
