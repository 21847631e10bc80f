"""The input is cut for 10 s and comes back as another: 720p30, then 1080p60 whose timestamps are broken.

SRT, UDP and RTMP at once, each with its own video process and real senders; what leaves has every picture, and sound all along.
The stream that comes back jumps by 5000 s in its middle, and 4000 s back again (RTMP: begins at 5000 s: a sender of
FLV cannot jump). Files are made first and sent as they are, so that two cores have time for the rest.
"""
from harness import *

CUT_S = 10
FPS = 30


def make(name, size, fps, seconds, *args):
    picture = (f"color=c=0x508050:s={size}:r={fps}:d={seconds}[all];color=c=white:s=120x200:r={fps}:d={seconds}[box];"
               "[all][box]overlay=x=mod(t*200\\,400):y=40")
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", f"sine=500:d={seconds}:sample_rate=48000",
                    *ENCODE, "-g", str(fps // 2), *args, path(name)], check=True)
    return path(name)


def remux(name, to, *args, before=()):
    subprocess.run(["ffmpeg", "-v", "error", "-y", *before, "-i", path(name), "-c", "copy", *args, path(to)], check=True)
    return path(to)


make("first.mp4", "1280x720", 30, 3)
first = remux("first.mp4", "first.ts")
seconds = 2
make("part.mp4", "1920x1080", 60, seconds)
for number, offset in enumerate((0, 5000, 1000)):
    remux("part.mp4", f"part{number}.ts", "-output_ts_offset", str(offset))
broken = path("broken.ts")
with open(broken, "wb") as file:
    file.write(b"".join(open(path(f"part{number}.ts"), "rb").read() for number in range(3)))
late = remux("part.mp4", "late.flv", before=["-stream_loop", "2"])
PACER = """
import socket, sys, time
data, seconds, port = open(sys.argv[1], "rb").read(), float(sys.argv[2]), int(sys.argv[3])
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
begin, sent = time.monotonic(), 0
while sent < len(data):
    out.sendto(data[sent:sent + 1316], ("127.0.0.1", port))
    sent += 1316
    time.sleep(max(0, begin + seconds * sent / len(data) - time.monotonic()))
"""


def pace(file, length, port):
    """The bytes themselves, evenly in time: nothing between mends the timestamps."""
    return spawn([sys.executable, "-c", PACER, file, str(length), str(port)])


class Line:
    def __init__(self, name, address):
        self.out = path(name + ".mkv")
        self.name = name
        self.video = Video("--input", address, "--holding", path("white.png"), "--output", self.out, size="320x180", name=name)
        self.senders = []

    def cut(self):
        for sender in self.senders:
            sender.kill()
            sender.wait()
        self.senders = []


subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=c=white:s=320x180", "-frames:v", "1", path("white.png")], check=True)
udp, srt_in, srt_port = (free_port(socket.SOCK_DGRAM) for _ in range(3))
lines = {"udp": Line("udp", f"udp://127.0.0.1:{udp}"), "srt": Line("srt", f"srt://127.0.0.1:{srt_port}?mode=listener")}


def send_udp(file, length):
    lines["udp"].senders.append(pace(file, length, udp))


def send_srt(file, length):
    relay = spawn(["srt-live-transmit", "-q", f"udp://127.0.0.1:{srt_in}", f"srt://127.0.0.1:{srt_port}"],
                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for("srt-live-transmit", lambda: f":{srt_in:04X} " in open("/proc/net/udp").read())
    lines["srt"].senders += [relay, pace(file, length, srt_in)]


send = {"udp": send_udp, "srt": send_srt}
MODULE = "/usr/lib/nginx/modules/ngx_rtmp_module.so"
if os.path.exists(MODULE):
    rtmp = free_port()
    with open(path("nginx.conf"), "w") as conf:
        conf.write(f"""load_module {MODULE}; daemon off; master_process off; pid {path('nginx.pid')}; error_log {path('nginx.log')} warn;
events {{ worker_connections 64; }} rtmp {{ server {{ listen 127.0.0.1:{rtmp}; application live {{ live on; }} }} }}""")
    spawn(["nginx", "-p", FOLDER, "-c", path("nginx.conf")], stderr=subprocess.DEVNULL)
    wait_for("nginx", lambda: socket.socket().connect_ex(("127.0.0.1", rtmp)) == 0)
    url = f"rtmp://127.0.0.1:{rtmp}/live/show"

    def send_rtmp(file, length):
        what = [late, "-output_ts_offset", "5000"] if file == broken else [path("first.mp4")]
        lines["rtmp"].senders.append(spawn(["ffmpeg", "-v", "error", "-re", "-i", what[0], "-c", "copy", *what[1:], "-f", "flv", url],
                                           stderr=subprocess.DEVNULL))

    lines["rtmp"] = Line("rtmp", url)
    send["rtmp"] = send_rtmp

for name, line in lines.items():
    line.video.wait_log("output output1 live")
for name, line in lines.items():
    send[name](first, 3)
for line in lines.values():
    line.video.wait_log("main is on air")
lines["udp"].video.run_for(1)
cut = time.monotonic()
for line in lines.values():
    line.cut()
for line in lines.values():
    line.video.wait_log("the holding picture is on air")
lines["udp"].video.run_for(CUT_S - (time.monotonic() - cut))
for name in lines:
    send[name](broken, 3 * seconds)
for line in lines.values():
    line.video.wait_log("main is on air", count=2)
lines["udp"].video.run_for(3 * seconds)
for line in lines.values():
    line.video.process.terminate()

for name, line in lines.items():
    line.video.stop()
    # Three encoders end at once: the last pictures may be behind the last sound.
    pictures = check_continuous(line.out, seconds=CUT_S + 5, end_s=1)
    held = [at for at, luma in brightness(line.out) if luma > 225]
    live = pictures - len(held)
    gaps = [b for a, b in zip(held, held[1:]) if b - a > 0.1]
    print(f"{name}: {pictures} pictures, {len(held) / FPS:.1f} s held, {live / FPS:.1f} s live")
    check(len(held) / FPS > CUT_S - 2, f"{name}: the holding picture was shown for {len(held) / FPS:.1f} s")
    after = [at for at, luma in brightness(line.out) if luma <= 225 and at > max(held[:1] + gaps[:1])]
    check(len(after) / FPS > 2, f"{name}: it came back for {len(after) / FPS:.1f} s")
