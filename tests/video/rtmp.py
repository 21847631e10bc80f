"""RTMP to a real server: published, the server killed, frozen and back; and RTMP as input. Skipped without nginx's module."""
from harness import *

MODULE = next((m for m in ("/usr/lib/nginx/modules/ngx_rtmp_module.so",) if os.path.exists(m)), None)
if not MODULE or not shutil.which("nginx"):
    skip("no nginx with libnginx-mod-rtmp")

KEY = "k-key-4711"
LIVE, FAILED = "output output1 live\n", "output output1 failed"  # "live: the other side is slow" is another line
PORT = free_port()
with open(path("nginx.conf"), "w") as conf:
    conf.write(f"""
load_module {MODULE};
daemon off; master_process off; pid {path('nginx.pid')}; error_log {path('nginx.log')} warn;
events {{ worker_connections 64; }}
rtmp {{ server {{ listen 127.0.0.1:{PORT};
  application live {{ live on; record all; record_path {FOLDER}; record_unique on; record_suffix .flv; }} }} }}
""")


def nginx():
    process = spawn(["nginx", "-p", FOLDER, "-c", path("nginx.conf")], stderr=subprocess.DEVNULL)

    def listens():
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", PORT)) == 0
    wait_for("nginx", listens)
    return process


def recorded():
    return sorted(path(name) for name in os.listdir(FOLDER) if name.startswith(KEY) and name.endswith(".flv"))


def live_pictures():
    """How many pictures of the viewer's recording show the test pattern; the recording may still grow."""
    return sum(1 for _, luma in brightness(path("viewer.mkv")) if luma > 60)


server = nginx()
url = f"rtmp://127.0.0.1:{PORT}/live/{KEY}"
beside = path("beside.mkv")
video = Video("--input", "test", "--output", url, "--output", beside, "--bitrate", "8000")
video.wait_log(LIVE)
video.run_for(3)
viewer = Video("--input", url, "--output", path("viewer.mkv"), name="viewer")
viewer.wait_log("input live")
wait_for("the viewer sees the show", lambda: viewer.ended_or(live_pictures() > 75))

server.kill()
server.wait()
video.wait_log(FAILED)
viewer.wait_log("input (failed|connecting): rtmp")
server = nginx()
video.wait_log(LIVE, count=2)
viewer.wait_log("input live", count=2)
before = live_pictures()
wait_for("the viewer sees it again", lambda: viewer.ended_or(live_pictures() > before + 45))
viewer.stop()

# Connected and deaf: noticed when the sockets are full, plus 5 s. Attempts while the server began anew may have failed before.
failures, lives = (len(re.findall(pattern, video.log())) for pattern in (FAILED, LIVE))
server.send_signal(signal.SIGSTOP)
video.wait_log(FAILED, count=failures + 1, limit_s=60)
server.send_signal(signal.SIGCONT)
video.wait_log(LIVE, count=lives + 1)
video.run_for(2)
video.stop()

check_continuous(beside)
check_continuous(path("viewer.mkv"))
print("viewer:", live_pictures(), "pictures live")
files = recorded()
print(len(files), "recordings of the server")
check(len(files) >= 3, "the server recorded each time")
check(len(packet_times(files[0], "v:0")) > 60 and len(packet_times(files[0], "a:0")) > 90, "picture and sound were published")
check(KEY not in video.log() and KEY not in viewer.log(), "the stream key is in a log:\n" + video.log())
