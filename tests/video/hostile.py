"""Inputs that mean harm, or are set up wrongly: none costs an output a picture, and none keeps the process from its end."""
from harness import *

quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def share(name, text):
    """The socket of a shmsink behind `text`."""
    spawn(["gst-launch-1.0", "-q", *text.split(), "!", "shmsink", "socket-path=" + path(name), "wait-for-connection=false",
           "shm-size=4000000"], **quiet)
    wait_for(name, lambda: os.path.exists(path(name)))
    return "shm:" + path(name)


def no_numbers():
    """Twenty seconds of sound of which every sample is NaN."""
    with open(path("nan.raw"), "wb") as file:
        file.write(b"\x00\x00\xc0\x7f" * (48000 * 2 * 20))
    return share("nan", f"filesrc location={path('nan.raw')} ! rawaudioparse use-sink-caps=false format=pcm pcm-format=f32le "
                        "sample-rate=48000 num-channels=2 ! identity sync=true")


def silent_screen():
    """Where an X server should be, somebody who listens and never answers."""
    for number in range(50, 100):
        silent_screen.socket = socket.socket()
        try:
            silent_screen.socket.bind(("127.0.0.1", 6000 + number))
        except OSError:
            continue
        silent_screen.socket.listen()
        return f"screen:127.0.0.1:{number}"
    skip("no free display")


def slow_sender():
    port = free_port(socket.SOCK_DGRAM)
    spawn(["ffmpeg", "-v", "error", "-re", "-f", "lavfi", "-i", "color=c=white:s=320x180:r=1/2", *ENCODE[:-4], "-g", "1", "-f", "mpegts",
           f"udp://127.0.0.1:{port}?pkt_size=1316"], **quiet)
    return f"udp://127.0.0.1:{port}"


def desk():
    """A film whose eight channels have no places."""
    subprocess.run(["gst-launch-1.0", "-q", *(
        "videotestsrc num-buffers=300 ! video/x-raw,width=320,height=180,framerate=30/1 ! x264enc tune=zerolatency ! matroskamux name=m ! "
        f"filesink location={path('desk.mkv')} audiotestsrc num-buffers=470 ! audio/x-raw,channels=8,rate=48000,channel-mask=(bitmask)0 ! "
        "opusenc ! m.").split()], check=True, **quiet)
    return path("desk.mkv")


os.mkfifo(path("pipe.mkv"))
os.mkdir(path("folder.mkv"))
# what is told; None: nothing bad may be
cases = {
    "small": (("--input", share("small", "videotestsrc is-live=true ! video/x-raw,format=I420,width=160,height=90,framerate=30/1")),
              r"input failed: .*: pictures of 21600 bytes; expected 86400, 320x180 in I420; trying again"),
    "nan": (("--input", "test", "--sound", no_numbers()), r"input sound live"),
    "screen": (("--input", "test", "--backup", silent_screen()), r"main is on air"),
    "pipe": (("--input", path("pipe.mkv"), "--holding", path("pipe.mkv"), "--music", path("pipe.mkv")),
             r"input failed: .*pipe.mkv: this is a pipe or device; expected a file; trying again"),
    "folder": (("--input", path("folder.mkv")), r"input failed: .*folder.mkv: this is a folder; expected a file; trying again"),
    "slow": (("--input", slow_sender()), r"input live"),
    "desk": (("--input", desk()), r"input live"),
    "short": (("--input", make_file("three.mkv", 0.1, size="320x180")), r"input live"),
}
videos = {}
for name, (args, _) in cases.items():
    videos[name] = Video(*args, "--output", path(name + "-out.mkv"), size="320x180", name=name)
for name, (_, told) in cases.items():
    videos[name].wait_log(told)
    videos[name].wait_log("output output1 live")
videos["short"].run_for(6)
for name, video in videos.items():
    video.stop()
    pictures = check_continuous(path(name + "-out.mkv"))
    print(f"{name}: {pictures} pictures")
    check(pictures > 90, f"{name}: {pictures} pictures\n{video.log()}")
    check("encoder failed" not in video.log(), f"{name}:\n{video.log()}")
for name in ("slow", "desk"):
    check("input failed" not in videos[name].log(), videos[name].log())
heard = subprocess.run(["ffmpeg", "-i", path("desk-out.mkv"), "-af", "volumedetect", "-f", "null", "-"], capture_output=True, text=True).stderr
check(float(re.search(r"max_volume: (-?[\d.]+) dB", heard)[1]) > -30, "the desk is heard\n" + heard)
