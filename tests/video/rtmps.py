"""RTMP in TLS to a server that is trusted, one with another's name, and one that nobody vouches for any more.

GLib's TLS (GnuTLS) knows the system's store alone, no SSL_CERT_FILE: the test puts its own CA there, for itself.
"""
from namespace import *

import contextlib, select, ssl, threading

MODULE, STORE = "/usr/lib/nginx/modules/ngx_rtmp_module.so", "/etc/ssl/certs/ca-certificates.crt"
if not os.path.exists(MODULE) or not shutil.which("nginx") or not shutil.which("openssl"):
    skip("no nginx with libnginx-mod-rtmp, or no openssl")
if not os.path.exists(STORE):
    skip(f"no {STORE} (package ca-certificates)")
KEY = "key-4711"


def openssl(*args):
    subprocess.run(["openssl", *args], check=True, capture_output=True)


def make_ca(name):
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=" + name, "-keyout", path(name + ".key"), "-out",
            path(name + ".pem"))


def certify(name, ca, subject):
    """A server's certificate for this subject."""
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=" + name, "-keyout", path(name + ".key"), "-out", path(name + ".csr"))
    with open(path(name + ".ext"), "w") as file:
        file.write("subjectAltName=" + subject)
    openssl("x509", "-req", "-in", path(name + ".csr"), "-CA", path(ca + ".pem"), "-CAkey", path(ca + ".key"), "-CAcreateserial", "-days", "2",
            "-extfile", path(name + ".ext"), "-out", path(name + ".pem"))


class TlsDoor:
    """Ends TLS in front of a port, as a streaming service's door does; speaks of one certificate until another is shown."""

    def __init__(self, port, name):
        self.port, self.listener, self.open = port, socket.create_server(("127.0.0.1", 0)), []
        self.show(name)
        threading.Thread(target=self.serve, daemon=True).start()

    def show(self, name):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(path(name + ".pem"), path(name + ".key"))

    def url(self):
        return f"rtmps://127.0.0.1:{self.listener.getsockname()[1]}/live/{KEY}"

    def serve(self):
        while True:
            peer, _ = self.listener.accept()
            threading.Thread(target=self.carry, args=(peer,), daemon=True).start()

    def carry(self, peer):
        try:
            near = self.context.wrap_socket(peer, server_side=True)
            far = socket.create_connection(("127.0.0.1", self.port))
            self.open.append(near)
            while True:
                ready = [near] if near.pending() else select.select([near, far], [], [])[0]
                for source in ready:
                    data = source.recv(16384)
                    if not data:
                        return far.close()
                    (far if source is near else near).sendall(data)
        except OSError:
            pass

    def hang_up(self):
        while self.open:
            with contextlib.suppress(OSError):  # it has gone by itself
                self.open.pop().shutdown(socket.SHUT_RDWR)


port = free_port()
with open(path("nginx.conf"), "w") as conf:
    conf.write(f"""
load_module {MODULE};
daemon off; master_process off; pid {path('nginx.pid')}; error_log {path('nginx.log')} warn;
events {{ worker_connections 64; }}
rtmp {{ access_log off; server {{ listen 127.0.0.1:{port};
  application live {{ live on; record all; record_path {FOLDER}; record_unique on; record_suffix .flv; }} }} }}
""")
spawn(["nginx", "-p", FOLDER, "-c", path("nginx.conf")], stderr=subprocess.DEVNULL)
wait_for("nginx", lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0)
make_ca("trusted"), make_ca("stranger")
certify("good", "trusted", "IP:127.0.0.1"), certify("other", "trusted", "DNS:a.example"), certify("unknown", "stranger", "IP:127.0.0.1")
mount("--bind", path("trusted.pem"), STORE)

door, misnamed = TlsDoor(port, "good"), TlsDoor(port, "other")
beside = path("beside.mkv")
video = Video("--input", "test", "--output", door.url(), "--output", misnamed.url(), "--output", beside, "--bitrate", "800", size="320x180")
video.wait_log("output output1 live\n")
video.wait_log(r"output output2 failed: rtmps://127.0.0.1:\d+/live/\*\*\*: .*(certificate|TLS).*; trying again")
viewer = Video("--input", door.url(), "--output", path("viewer.mkv"), size="320x180", name="viewer")
viewer.wait_log("input live")
wait_for("rtmps:// as input shows the picture", lambda: viewer.ended_or(sum(luma > 60 for _, luma in brightness(path("viewer.mkv"))) > 20))
viewer.stop()

door.show("unknown")
door.hang_up()
video.wait_log(r"output output1 failed: rtmps://127.0.0.1:\d+/live/\*\*\*: .*(certificate|TLS).*; trying again")
door.show("good")
video.wait_log("output output1 live\n", count=2)
video.run_for(1)
video.stop()

files = sorted(path(name) for name in os.listdir(FOLDER) if name.startswith(KEY) and name.endswith(".flv"))
check(len(files) >= 2, f"the server recorded each time: {files}")
for file in (files[0], files[-1]):
    print(os.path.basename(file), check_continuous(file, end_s=0.5), "pictures")
print(check_continuous(beside), "pictures in the recording beside")
check(KEY not in video.log() + viewer.log(), "the stream key is in a log")
print(re.findall("output2 failed: (.*)", video.log())[0])
