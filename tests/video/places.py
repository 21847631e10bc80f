"""Outputs to what this machine has: a window on an X server of the test's own, a device that is not there; and TLS that cannot be trusted."""
import ssl, threading

from harness import *


def tls_server():
    """Accepts, shakes hands, says nothing; with a certificate that nobody vouches for."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
                    "subjectAltName=IP:127.0.0.1", "-keyout", path("key.pem"), "-out", path("cert.pem")], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path("cert.pem"), path("key.pem"))
    listener = socket.create_server(("127.0.0.1", 0))
    heard = []

    def serve():
        while True:
            peer, _ = listener.accept()
            try:
                heard.append(context.wrap_socket(peer, server_side=True).recv(4096))
            except OSError:
                pass
    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1], heard


def x_server():
    read_end, write_end = os.pipe()
    spawn(["Xvfb", "-displayfd", str(write_end), "-screen", "0", "640x480x24", "-nolisten", "tcp"], pass_fds=[write_end],
          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write_end)
    with os.fdopen(read_end) as file:
        return ":" + file.readline().strip()


if not shutil.which("Xvfb") or not shutil.which("openssl"):
    skip("no Xvfb or no openssl")
display = x_server()
port, heard = tls_server()
beside = path("beside.mkv")
video = Video("--input", "test", "--output", "window:", "--output", "v4l2:/dev/antiphon-none", "--output",
              f"rtmps://127.0.0.1:{port}/live/key-4711", "--output", beside, size="320x180", environment={"DISPLAY": display})
video.wait_log("output output1 live")
video.wait_log(r"output output2 failed: v4l2:/dev/antiphon-none: .*antiphon-none.*; trying again")
video.wait_log(r"output output3 failed: rtmps://127.0.0.1:\d+/live/\*\*\*: .*(certificate|TLS).*; trying again")
check(not any(heard), f"nothing was said to a server that cannot be trusted: {heard}")


def pixels():
    """Where the test pattern has yellow and its dark lower half, of what stands on the screen."""
    frame = subprocess.run(["ffmpeg", "-v", "error", "-f", "x11grab", "-video_size", "640x480", "-i", display, "-frames:v", "1", "-pix_fmt",
                            "rgb24", "-f", "rawvideo", "-"], capture_output=True).stdout
    return frame[3 * (640 * 60 + 68):][:3] if len(frame) == 640 * 480 * 3 else b""


wait_for("yellow on the screen", lambda: (lambda p: len(p) == 3 and p[0] > 200 and p[1] > 200 and p[2] < 60)(pixels()))
video.stop()
check_continuous(beside)
for address, says in (("whip://a.example/live", "whipsink"), ("hls:", "hls:FOLDER"), ("window:2", "window: alone"), ("v4l2:video0", "/dev/videoN"),
                      ("shm:/tmp/x", "cannot write there")):
    done = subprocess.run([ANTIPHON, "video", "--relay", "none", "--input", "test", "--output", address], capture_output=True, text=True,
                          env=dict(os.environ, XDG_RUNTIME_DIR=video.runtime), timeout=GENEROUS_S)
    check(done.returncode == 1 and says in done.stderr, f"{address}: {done.returncode} {done.stderr}")
