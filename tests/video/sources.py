"""Every kind of input that is no stream: a screen, a camera of PipeWire, RTSP, shared memory, a microphone; each against the
real thing on this machine, with its own video process, all at once. What a machine lacks is left out and said.
"""
from harness import *

ENVIRONMENT = {"HOME": FOLDER, "XDG_CONFIG_HOME": path("config"), "XDG_STATE_HOME": FOLDER}
SHOW = "videotestsrc is-live=true pattern={} ! video/x-raw,format=I420,width=320,height=180,framerate=30/1 ! "
RED, BLUE, GREEN = (81, 90, 240), (41, 240, 110), (145, 54, 34)
quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def has(*programs):
    return all(shutil.which(p) for p in programs)


def launch(text, **options):
    return spawn(["gst-launch-1.0", "-q", *text.split()], **{**quiet, **options})


class Case:
    def __init__(self, name, colour, *args, tone=False, environment=None):
        self.name, self.colour, self.tone = name, colour, tone
        self.out = path(name + ".mkv")
        self.video = Video(*args, "--output", self.out, size="320x180", name=name, environment=environment)


def screen():
    """A window's colours, out of a part of the screen; the server is killed and comes back."""
    if not has("Xvfb", "xlogo"):
        return None
    read_end, write_end = os.pipe()
    server = spawn(["Xvfb", "-displayfd", str(write_end), "-screen", "0", "640x360x24", "-nolisten", "tcp"], pass_fds=[write_end], **quiet)
    number = os.read(read_end, 16).decode().strip()
    spawn(["xlogo", "-display", f":{number}", "-geometry", "400x300+50+20", "-bg", "#ff0000", "-fg", "#ff0000"], **quiet)
    case = Case("screen", RED, "--input", f"screen::{number}/320x180+100+50")
    case.server, case.number = server, number
    return case


def shared_memory():
    """A picture, and a sound of its own."""
    for kind, text in (("picture", SHOW.format("blue")), ("sound", "audiotestsrc is-live=true ! audio/x-raw,format=F32LE,rate=48000,"
                                                                  "channels=2,layout=interleaved ! ")):
        launch(f"{text}shmsink socket-path={path(kind)} wait-for-connection=false shm-size=4000000")
        wait_for(kind, lambda: os.path.exists(path(kind)))
    return Case("shm", BLUE, "--input", "shm:" + path("picture"), "--sound", "shm:" + path("sound"), tone=True)


RTSP_SERVER = """
import sys, gi
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gst, GstRtspServer, GLib
Gst.init(None)
server = GstRtspServer.RTSPServer(address="127.0.0.1", service=sys.argv[1])
factory = GstRtspServer.RTSPMediaFactory(shared=True)
factory.set_launch("( %sx264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! rtph264pay name=pay0 pt=96 "
                   "audiotestsrc is-live=true ! avenc_aac ! rtpmp4gpay name=pay1 pt=97 )")
server.get_mount_points().add_factory("/show", factory)
server.attach(None)
GLib.MainLoop().run()
""" % SHOW.format("green")


def rtsp():
    port = free_port()
    server = spawn(["/usr/bin/python3", "-c", RTSP_SERVER, str(port)], **quiet)
    wait_for("the RTSP server", lambda: server.poll() is not None or socket.socket().connect_ex(("127.0.0.1", port)) == 0)
    if server.poll() is not None:
        return None
    return Case("rtsp", GREEN, "--input", f"rtsp://127.0.0.1:{port}/show", tone=True)


def pipewire():
    """A camera, and what a hall hears, by PulseAudio's protocol. Who links them is WirePlumber, which wants a bus of D-Bus."""
    if not has("pipewire", "pipewire-pulse", "wireplumber", "dbus-daemon", "pw-cli"):
        return None
    runtime = path("pipewire")
    os.mkdir(runtime, 0o700)
    environment = {**ENVIRONMENT, "XDG_RUNTIME_DIR": runtime, "PIPEWIRE_RUNTIME_DIR": runtime}
    options = {"env": {**os.environ, **environment}}
    os.makedirs(path("config/pipewire/pipewire.conf.d"))
    with open(path("config/pipewire/pipewire.conf.d/hall.conf"), "w") as conf:
        conf.write("context.objects = [ { factory = adapter args = { factory.name = support.null-audio-sink node.name = hall "
                   "media.class = Audio/Sink audio.position = [ FL FR ] } } ]")
    spawn(["pipewire"], **quiet, **options)
    wait_for("PipeWire", lambda: os.path.exists(os.path.join(runtime, "pipewire-0")))
    bus = os.path.join(runtime, "bus")
    spawn(["dbus-daemon", "--session", "--nofork", "--nopidfile", "--address=unix:path=" + bus], **quiet)
    wait_for("D-Bus", lambda: os.path.exists(bus))
    spawn(["wireplumber"], **quiet, env={**options["env"], "DBUS_SESSION_BUS_ADDRESS": "unix:path=" + bus})

    def lists(what):
        return what in subprocess.run(["pw-cli", "ls"], capture_output=True, text=True, **options).stdout
    wait_for("WirePlumber", lambda: lists("WirePlumber"))
    launch(SHOW.format("red") + "pipewiresink mode=provide stream-properties=props,media.class=Video/Source,node.name=a-camera",
           **options)
    spawn(["pipewire-pulse"], **quiet, **options)
    server = "unix:" + os.path.join(runtime, "pulse/native")
    wait_for("PulseAudio's socket", lambda: os.path.exists(server[5:]))
    wait_for("camera and hall", lambda: lists("a-camera") and lists("hall"))
    launch("audiotestsrc is-live=true ! audioconvert ! pulsesink device=hall", env={**options["env"], "PULSE_SERVER": server})
    return Case("pipewire", RED, "--input", "pipewire:a-camera", "--sound", "pulse:hall.monitor", tone=True,
                environment={"PIPEWIRE_RUNTIME_DIR": runtime, "PULSE_SERVER": server, **ENVIRONMENT})


def colours(file):
    out = subprocess.run(["ffmpeg", "-v", "error", "-i", file, "-vf", "signalstats,metadata=print:file=-", "-f", "null", "-"],
                         capture_output=True, text=True).stdout
    return list(zip(*([float(x) for x in re.findall(key + r"AVG=([\d.]+)", out)] for key in "YUV")))


def loudness(file):
    """Peak, in dB below full scale."""
    out = subprocess.run(["ffmpeg", "-i", file, "-af", "volumedetect", "-f", "null", "-"], capture_output=True, text=True).stderr
    return float(re.search(r"max_volume: (-?[\d.]+) dB", out)[1])


def is_near(colour, other):
    return all(abs(a - b) < 12 for a, b in zip(colour, other))


cases = []
for kind in (screen, shared_memory, rtsp, pipewire):
    case = kind()
    if case:
        cases.append(case)
    else:
        print(f"left out: {kind.__name__}: this machine lacks what it needs")
# What is not there costs a line that says so, and is tried again.
missing = Case("missing", None, "--input", "v4l2:/dev/video99", "--backup", "shm:" + path("nobody"))
missing.video.wait_log("input failed: /dev/video99: there is no such camera; trying again")
missing.video.wait_log("input backup failed: .*nobody: there is no such socket; .*; trying again")
for case in cases:
    case.video.wait_log("main is on air")
    if case.name in ("shm", "pipewire"):
        case.video.wait_log("input sound live")
cases[0].video.run_for(1.5)
for case in cases:
    if case.name == "screen":
        case.server.kill()
        case.server.wait()
        case.video.wait_log("the X server is gone")
        case.video.wait_log("the holding picture is on air")
for case in [missing, *cases]:
    case.video.stop()
    check_continuous(case.out)
    seen = colours(case.out)
    near = sum(1 for colour in seen if case.colour and is_near(colour, case.colour))
    print(f"{case.name}: {len(seen)} pictures, {near} in its colour", "and its tone" if case.tone else "")
    check(not case.colour or near > 20, f"{case.name}: {near} of {len(seen)} pictures have its colour, as in {seen[-30:-25]}")
    check(not case.tone or loudness(case.out) > -40, f"{case.name}: its tone is not heard: {loudness(case.out)} dB")
