"""obs_studio.py - the real OBS in a folder of its own, under an Xvfb of our own, driven over obs-websocket 5.

Facts of the protocol: obs-websocket's docs/generated/protocol.md, 5.1 (Hello, Identify, Request, RequestResponse; authentication).
"""
import base64
import hashlib
import json
import os
import secrets
import shutil
import socket
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["ANTIPHON_SOURCE_ROOT"], "tests/e2e"))
from show import PATIENCE_S, wait_until  # noqa: E402

FPS = 20
SKIPPED = 77  # meson's word


def lacking_programs(*names):
    return [name for name in names if not shutil.which(name)]


class Kit:
    """A process of kit.c that takes commands."""

    def __init__(self, program, *arguments):
        self.process = subprocess.Popen([program, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._expect_ok(arguments)

    def _expect_ok(self, what):
        answer = self.process.stdout.readline()
        assert answer == "ok\n", f"kit: {what}: {answer!r}"

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        self._expect_ok(line)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE_S)


def judge(kit, path, width, height, pictures):
    """What each recorded frame is: [(name, channels that differ by more than 3, greatest difference)]."""
    decoder = subprocess.Popen(["ffmpeg", "-v", "error", "-i", path, "-vsync", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
                               stdout=subprocess.PIPE)
    done = subprocess.run([kit, "judge", str(width), str(height), *(f"{name}={file}" for name, file in pictures.items())],
                          stdin=decoder.stdout, capture_output=True, text=True)
    decoder.stdout.close()
    assert decoder.wait() == 0 and done.returncode == 0, f"{path}: {done.stderr}"
    lines = (line.split() for line in done.stdout.splitlines())
    return [(name, int(beyond), int(worst)) for name, beyond, worst in lines]


class Screen:
    """An Xvfb of our own, on a display number that it chooses."""

    def __init__(self, size="1600x900"):
        reading, writing = os.pipe()
        self.process = subprocess.Popen(["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{size}x24", "-nolisten", "tcp"],
                                        pass_fds=[writing], stderr=subprocess.DEVNULL)
        os.close(writing)
        with os.fdopen(reading) as answer:
            number = answer.readline().strip()
        assert number, "Xvfb does not start"
        self.display = ":" + number

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.process.terminate()
        self.process.wait(10)


def choose_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Remote:
    """A client of obs-websocket: requests, one at a time; events are passed over."""

    def __init__(self, port, password):
        self.sock = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
        key = base64.b64encode(os.urandom(16)).decode()
        self.sock.sendall((f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                           f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                           "Sec-WebSocket-Protocol: obswebsocket.json\r\n\r\n").encode())
        self.rest = b""
        while b"\r\n\r\n" not in self.rest:
            self.rest += self._receive()
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        assert b" 101 " in head.split(b"\r\n")[0], head
        self._identify(password)
        self.serial = 0

    def _receive(self):
        data = self.sock.recv(65536)
        if not data:
            raise ConnectionError("OBS closed its socket")
        return data

    def _take(self, count):
        while len(self.rest) < count:
            self.rest += self._receive()
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def _next(self):
        while True:
            first, second = self._take(2)
            size = second & 127
            if size == 126:
                size, = struct.unpack(">H", self._take(2))
            elif size == 127:
                size, = struct.unpack(">Q", self._take(8))
            payload = self._take(size)
            if first & 15 == 1:
                return json.loads(payload)
            if first & 15 == 8:
                raise ConnectionError(f"OBS closed its socket: {payload!r}")

    def _send(self, value):
        data = json.dumps(value).encode()
        size = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0xFE]) + struct.pack(">H", len(data))
        self.sock.sendall(b"\x81" + size + bytes(4) + data)

    def _identify(self, password):
        challenge = self._next()["d"]["authentication"]
        secret = base64.b64encode(hashlib.sha256((password + challenge["salt"]).encode()).digest()).decode()
        proof = base64.b64encode(hashlib.sha256((secret + challenge["challenge"]).encode()).digest()).decode()
        self._send({"op": 1, "d": {"rpcVersion": 1, "authentication": proof, "eventSubscriptions": 0}})
        assert self._next()["op"] == 2, "OBS refuses us"

    def ask(self, request, **data):
        """Returns the answer's data; raises RuntimeError with OBS's words."""
        self.serial += 1
        self._send({"op": 6, "d": {"requestType": request, "requestId": str(self.serial), "requestData": data}})
        while True:
            message = self._next()
            if message["op"] == 7 and message["d"]["requestId"] == str(self.serial):
                break
        status = message["d"]["requestStatus"]
        if not status["result"]:
            raise RuntimeError(f"{request}: {status['code']} {status.get('comment', '')}")
        return message["d"].get("responseData", {})

    def close(self):
        self.sock.close()


GLOBAL = """[General]
FirstRun=true
EnableAutoUpdates=false
Pre19Defaults=false
LastVersion=486539266
[BasicWindow]
PreviewEnabled=false
[OBSWebSocket]
FirstLoad=false
ServerEnabled=true
ServerPort={port}
AlertsEnabled=false
AuthRequired=true
ServerPassword={password}
"""

# Lossless and in RGB, so that a decoded frame is the very picture that OBS composed.
PROFILE = """[General]
Name=antiphon
[Output]
Mode=Simple
[SimpleOutput]
FilePath={folder}
RecFormat=mkv
RecQuality=Lossless
[Video]
BaseCX={width}
BaseCY={height}
OutputCX={width}
OutputCY={height}
FPSType=1
FPSInt={fps}
ColorFormat=RGB
ColorSpace=sRGB
ColorRange=Full
[Audio]
SampleRate=48000
"""


class Recording:
    """The only one of its OBS: 29 at times does not begin a second."""

    def __init__(self, studio):
        self.studio = studio
        studio.ask("StartRecord")
        wait_until("OBS records", lambda: studio.ask("GetRecordStatus")["outputDuration"] > 0)

    def _count_drawn(self):
        """Frames that OBS really drew: where it lags, it repeats the last one in the recording."""
        stats = self.studio.ask("GetStats")
        return stats["renderTotalFrames"] - stats["renderSkippedFrames"]

    def go_on(self, frames=7):
        """Until this many more have been drawn; the recording is some two frames behind."""
        end = self._count_drawn() + frames
        wait_until("OBS goes on drawing", lambda: self._count_drawn() >= end)

    def stop(self):
        """Returns the file's path."""
        path = self.studio.ask("StopRecord")["outputPath"]
        wait_until("the recording is finished", lambda: not self.studio.ask("GetRecordStatus")["outputActive"])
        return path


class Studio:
    """OBS with a profile and an empty scene collection of ours. What it starts it ends."""

    def __init__(self, kit, antiphon, screen, width, height, runtime):
        self.kit = kit
        self.folder = tempfile.mkdtemp(prefix="antiphon-obs-")
        self.config = os.path.join(self.folder, "obs-studio")
        self.env = {name: value for name, value in os.environ.items() if name[:4] != "XDG_" and name != "WAYLAND_DISPLAY"}
        self.env.update(HOME=self.folder, XDG_CONFIG_HOME=self.folder, XDG_RUNTIME_DIR=runtime, DISPLAY=screen.display,
                        https_proxy="http://127.0.0.1:9",  # what OBS and its plugins would fetch is not there
                        QT_QPA_PLATFORM="xcb", LIBGL_ALWAYS_SOFTWARE="1", LC_ALL="C.UTF-8")
        self.process = self.remote = None
        self.width, self.height = width, height
        self.password = secrets.token_hex(16)
        subprocess.run([antiphon, "obs"], env=self.env, check=True, stdout=subprocess.DEVNULL)
        profile = os.path.join(self.config, "basic/profiles/antiphon")
        os.makedirs(profile)
        self._write(os.path.join(profile, "basic.ini"), PROFILE.format(folder=self.folder, width=width, height=height, fps=FPS))
        os.makedirs(os.path.join(self.config, "basic/scenes"))

    @staticmethod
    def _write(path, text):
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)

    def start(self, *more):
        port = choose_port()
        self._write(os.path.join(self.config, "global.ini"), GLOBAL.format(port=port, password=self.password))
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(["obs", "--multi", "--profile", "antiphon", "--collection", "antiphon",
                                             "--minimize-to-tray", "--disable-updater", *more],
                                            env=self.env, cwd=self.folder, stdout=log, stderr=log, start_new_session=True)

        def connect():
            assert self.process.poll() is None, f"OBS has ended with {self.process.returncode}"
            try:
                return Remote(port, self.password)
            except (OSError, AssertionError):
                return None
        self.remote = wait_until("OBS answers", connect, 60)
        wait_until("OBS has loaded its scenes", self._is_ready)

    def _is_ready(self):
        try:
            return self.ask("GetSceneList")
        except RuntimeError:  # 207 NotReady
            return None

    def ask(self, request, **data):
        return self.remote.ask(request, **data)

    def log(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as log:
            return log.read()

    def stop(self):
        """As a person does: by closing the window. (SIGINT would do the same, but from within the handler: OBS 29 may hang then.)"""
        if self.remote:
            self.remote.close()
        self.remote = None
        if self.process and self.process.poll() is None:
            subprocess.run([self.kit, "close", "OBS "], env=self.env, check=False)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def add_scene(self, scene, ground, kind, settings):
        """A ground of one colour and a source on it; returns the source's item."""
        self.ask("CreateScene", sceneName=scene)
        self.ask("CreateInput", sceneName=scene, inputName=f"{scene} ground", inputKind="color_source_v3",
                 inputSettings={"color": 0xff000000 | ground[2] << 16 | ground[1] << 8 | ground[0],
                                "width": self.width, "height": self.height})
        return self.ask("CreateInput", sceneName=scene, inputName=f"{scene} source", inputKind=kind,
                        inputSettings=settings)["sceneItemId"]

    def start_recording(self):
        return Recording(self)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind:
            sys.stderr.write(self.log()[-4000:])
        self.stop()
        if not (kind and "ANTIPHON_KEEP" in os.environ):
            shutil.rmtree(self.folder, ignore_errors=True)
