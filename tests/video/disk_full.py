"""A recording that can grow no more, and a peer that reads too slowly: both say so, the outputs beside them lose nothing."""
import resource, threading

from harness import *

LIMIT = 200_000  # bytes a file; what a full disk does, without a disk of the test's own
big, beside = path("big.mkv"), path("www")
resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, resource.RLIM_INFINITY))  # for the process that is started next
video = Video("--input", "test", "--output", big, "--output", "hls:" + beside, "--bitrate", "500", size="160x120")
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
video.wait_log(r"output output1 failed: .*big\.mkv: the disk says File too large; trying again")
video.wait_log("output output1 live", count=2)
video.stop()
check(abs(os.path.getsize(big) - LIMIT) < 1000, f"{big} has {os.path.getsize(big)} bytes")
check(len(packet_times(big, "v:0")) > 60, "what was recorded is read")
check(len(packet_times(path("big-2.mkv"), "v:0")) > 10, "and it went on in a new file")
check_continuous(os.path.join(beside, "index.m3u8"), tolerance_ms=1.2)

MODULE = "/usr/lib/nginx/modules/ngx_rtmp_module.so"
if not os.path.exists(MODULE) or not shutil.which("nginx"):
    print("no nginx with libnginx-mod-rtmp: a slow peer was not tried")
    sys.exit(0)
port = free_port()
with open(path("nginx.conf"), "w") as conf:
    conf.write(f"""
load_module {MODULE};
daemon off; master_process off; pid {path('nginx.pid')}; error_log {path('nginx.log')} warn;
events {{ worker_connections 64; }}
rtmp {{ server {{ listen 127.0.0.1:{port}; application live {{ live on; record all; record_path {FOLDER}; }} }} }}
""")
spawn(["nginx", "-p", FOLDER, "-c", path("nginx.conf")], stderr=subprocess.DEVNULL)


class SlowWay(threading.Thread):
    """Between antiphon and the server: what goes there passes at `rate` bytes a second, or freely."""

    def __init__(self):
        super().__init__(daemon=True)
        self.rate = 60_000
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)  # or the kernel holds seconds of it
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(1)
        self.start()

    def run(self):
        near, _ = self.listener.accept()
        far = socket.create_connection(("127.0.0.1", port))
        threading.Thread(target=self.back, args=(far, near), daemon=True).start()
        while data := near.recv(4096):
            far.sendall(data)
            if self.rate:
                time.sleep(len(data) / self.rate)

    def back(self, far, near):
        while data := far.recv(4096):
            near.sendall(data)


wait_for("nginx", lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0)
way = SlowWay()
show = path("show.mkv")
video = Video("--input", "test", "--output", f"rtmp://127.0.0.1:{way.listener.getsockname()[1]}/live/key-4711", "--output", show,
              "--bitrate", "8000", size="320x180", name="slow")
video.wait_log("output output1 live: the other side is slow: pictures are left out", limit_s=60)
way.rate = 0
video.wait_log("output output1 live$|output output1 live\n", count=2)
video.stop()
check_continuous(show)
check("failed" not in video.log(), "a slow peer is not cut off:\n" + video.log())
received = next(path(name) for name in os.listdir(FOLDER) if name.startswith("key-4711"))
times = packet_times(received, "v:0")
gaps = [round(b - a, 2) for a, b in zip(times, times[1:]) if b - a > 0.05]
print(f"{len(times)} pictures got through, gaps {gaps}")
check(gaps, "pictures were left out")
out, err = ffprobe(received, "-count_frames", "-select_streams", "v", "-show_entries", "stream=nb_read_frames")
decoded = subprocess.run(["ffmpeg", "-v", "error", "-i", received, "-f", "null", "-"], capture_output=True, text=True)
check(not re.search("error while decoding|reference|concealing", decoded.stderr), f"whole groups were left out: {decoded.stderr}")
