"""show.py - a whole antiphon in a folder of its own, for tests: processes, API, journal, waiting.

Every process that a Show starts is ended by it. Nothing listens beyond 127.0.0.1, and every port is a free one.
"""
import base64
import contextlib
import glob
import http.client
import json
import operator
import os
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

BINARY = os.environ.get("ANTIPHON", os.path.join(os.path.dirname(__file__), "../../build/src/cli/antiphon"))
SOURCE_ROOT = os.environ.get("ANTIPHON_SOURCE_ROOT", os.path.join(os.path.dirname(__file__), "../.."))
PATIENCE_S = 30


def wait_until(what, condition, patience_s=PATIENCE_S):
    """Polls condition until it is true and returns its value; fails with `what` in words."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"not within {patience_s} s: {what}")


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=10)
        self.unix_path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.unix_path)


class Socket:
    """A websocket client for antiphon.v1 over the Unix socket: just what the tests need (RFC 6455)."""

    def __init__(self, path, have=None, topics=None, client="program"):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE_S)
        self.sock.connect(path)
        key = base64.b64encode(os.urandom(16)).decode()
        self.sock.sendall((f"GET /api/v1/socket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                           f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: antiphon.v1\r\n\r\n").encode())
        self.rest = b""
        while b"\r\n\r\n" not in self.rest:
            self.rest += self.sock.recv(4096)
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        assert b" 101 " in head.split(b"\r\n")[0], head
        hello = {"type": "hello", "client": client, "name": "test"}
        if have:
            hello["have"] = have
        if topics:
            hello["topics"] = topics
        self.send(hello)

    def send(self, value):
        data = json.dumps(value).encode()
        mask = os.urandom(4)
        size = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0xFE]) + struct.pack(">H", len(data))
        self.sock.sendall(b"\x81" + size + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))

    def _take(self, count):
        while len(self.rest) < count:
            more = self.sock.recv(65536)
            if not more:
                raise ConnectionError("the relay closed the socket")
            self.rest += more
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def next(self, patience_s=PATIENCE_S):
        """The next text message as an object; pings are answered, and do not lengthen the patience."""
        end = time.monotonic() + patience_s
        data = b""
        while True:
            if time.monotonic() >= end:
                raise TimeoutError("no message came")
            self.sock.settimeout(max(end - time.monotonic(), 0.01))
            first, second = self._take(2)
            size = second & 127
            if size == 126:
                size, = struct.unpack(">H", self._take(2))
            elif size == 127:
                size, = struct.unpack(">Q", self._take(8))
            payload = self._take(size)
            kind = first & 15
            if kind == 9:
                mask = os.urandom(4)
                self.sock.sendall(bytes([0x8A, 0x80 | len(payload)]) + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload)))
            elif kind == 8:
                raise ConnectionError("the relay closed the socket")
            elif kind in (0, 1):
                data += payload
                if first & 128:
                    return json.loads(data)

    def wait_for(self, condition, patience_s=PATIENCE_S):
        end = time.monotonic() + patience_s
        while time.monotonic() < end:
            event = self.next(end - time.monotonic())
            if condition(event):
                return event
        raise AssertionError("the event did not come")

    def close(self):
        self.sock.close()


class Show(contextlib.AbstractContextManager):
    """Folders, configuration and processes of one antiphon."""

    def __init__(self, **config):
        self.folder = tempfile.mkdtemp(prefix="antiphon-e2e-")
        self.env = dict(os.environ, ANTIPHON_ASSETS=os.path.join(SOURCE_ROOT, "assets"))
        for name in ("CONFIG_HOME", "DATA_HOME", "CACHE_HOME", "RUNTIME_DIR"):
            self.env["XDG_" + name] = self.folder
        self.env.pop("DISPLAY", None)
        self.env.pop("WAYLAND_DISPLAY", None)
        self.runtime = os.path.join(self.folder, "antiphon")
        os.makedirs(self.runtime, mode=0o700)
        self.socket_path = os.path.join(self.runtime, "relay.sock")
        self.processes = {}
        self.log_path = os.path.join(self.folder, "log")
        self.config = {"panel": {"listen": "127.0.0.1:0"}, **config}

    def __exit__(self, kind, value, trace):
        for process in list(self.processes.values()):
            process.send_signal(signal.SIGTERM)
        for process in list(self.processes.values()):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.kill_orphans()
        if kind:
            sys.stderr.write(f"---- log of {self.folder}\n" + self.log()[-20000:])
        if not (kind and "ANTIPHON_KEEP" in os.environ):
            shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        with contextlib.suppress(OSError), open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()
        return ""

    def kill_orphans(self):
        """Parts that a killed supervisor left: found by their lock files in our own folder, by nothing else."""
        for name in ("relay", "overlay", "video"):
            pid = self.pid_of(name)
            if pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
                with contextlib.suppress(AssertionError):
                    wait_until(f"{name} ends", lambda name=name: not self.pid_of(name), 8)
                pid = self.pid_of(name)
                if pid:
                    os.kill(pid, signal.SIGKILL)

    def pid_of(self, name):
        """The process that holds the part's lock; None: nobody."""
        import fcntl
        path = os.path.join(self.runtime, name + ".lock")
        with contextlib.suppress(OSError, ValueError), open(path, "r+", encoding="ascii") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return int(lock.read().strip())
        return None

    def write_config(self):
        path = os.path.join(self.runtime, "antiphon.json")
        with open(path, "w", encoding="utf-8") as out:
            json.dump(self.config, out)
        return path

    def start(self, name, *arguments, stdout=None, env=None):
        log = open(self.log_path, "ab")
        process = subprocess.Popen([BINARY, name, *map(str, arguments)], stdout=stdout or log, stderr=log,
                                   env={**self.env, **(env or {})}, start_new_session=True)
        log.close()
        self.processes[name] = process
        return process

    def start_part(self, name, **more):
        return self.start(name, "--config", self.write_config(), **more)

    def kill(self, name, signo=signal.SIGKILL):
        process = self.processes.pop(name)
        process.send_signal(signo)
        process.wait(PATIENCE_S)
        return process.returncode

    def rehearse(self, transcript, *arguments):
        """Starts the rehearsal and returns what it prints: addresses and ready-made sources."""
        process = self.start("rehearse", "--port", "0", *arguments, transcript, stdout=subprocess.PIPE)
        line = process.stdout.readline()
        assert line, "the rehearsal did not start:\n" + self.log()
        return json.loads(line)

    def transcript_of(self, *platforms):
        """The path of a copy of the demo's transcript that holds only these platforms."""
        path = os.path.join(self.folder, "transcript.jsonl")
        with open(os.path.join(SOURCE_ROOT, "assets/demo/transcript.jsonl")) as whole, open(path, "w") as part:
            part.writelines(line for line in whole if line.startswith("{") and json.loads(line)["platform"] in platforms)
        return path

    def api(self, command, **arguments):
        """One command over the Unix socket; returns the result, raises RuntimeError with the relay's words."""
        connection = UnixConnection(self.socket_path)
        try:
            connection.request("POST", "/api/v1/" + command, json.dumps(arguments), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise RuntimeError(f"{command}: {answer.status} {body.decode(errors='replace')}")
        return json.loads(body) if body else {}

    def preview(self, view):
        """The small picture of a view that the relay has now, as PNG; b"": none, or no relay."""
        connection = UnixConnection(self.socket_path)
        try:
            connection.request("GET", "/api/v1/preview/" + view)
            answer = connection.getresponse()
            body = answer.read()
            return body if answer.status == 200 else b""
        except (OSError, http.client.HTTPException):
            return b""
        finally:
            connection.close()

    def control(self, addresses, what):
        """A word to the rehearsal: "state", or a fault as rehearsal.h names them."""
        method = "GET" if what == "state" else "POST"
        request = urllib.request.Request(addresses["control"].rstrip("/") + "/" + what, method=method, data=None if method == "GET" else b"")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"{}")

    def wait_for_message(self, text):
        """The id of the newest message with exactly this text; each is looked at, however many come between two looks."""
        seen = {}

        def find():
            messages = self.api("history", limit=1000, **seen)["messages"]
            if messages:
                seen["after"] = messages[-1]["id"]
            return [m["id"] for m in messages if m.get("text") == text]
        return wait_until(f"\"{text}\" arrives", find)[-1]

    def air_question(self, message):
        """Picks the message, puts it on air and waits until the overlay shows it at rest: (question's id, preview as PNG)."""
        socket = self.socket()
        question = self.api("question.pick", message=message)["id"]
        self.api("question.air", id=question)
        socket.wait_for(lambda event: event["type"] == "on_air" and "question" in event["on_air"]["views"]["main"])
        preview = socket.wait_for(lambda event: event["type"] == "preview" and "png" in event)
        while True:  # the last one: while the card enters, previews come once a second
            try:
                preview = socket.wait_for(lambda event: event["type"] == "preview" and "png" in event, 2.5)
            except (AssertionError, TimeoutError):
                break
        socket.close()
        return question, base64.b64decode(preview["png"])

    def socket(self, **more):
        return Socket(self.socket_path, **more)

    def is_relay_up(self):
        try:
            self.api("history", limit=1)
            return True
        except (OSError, http.client.HTTPException, RuntimeError):
            return False

    def wait_for_relay(self):
        wait_until("the relay answers", self.is_relay_up)

    def journal_rows(self, query, *arguments):
        """The rows of a query over every file of the journal, oldest file first."""
        rows = []
        for path in sorted(glob.glob(os.path.join(self.runtime, "**", "*.db"), recursive=True)
                           + glob.glob(os.path.join(self.runtime, "**", "*.sqlite"), recursive=True)):
            with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as database:
                with contextlib.suppress(sqlite3.OperationalError):
                    rows += database.execute(query, arguments).fetchall()
        return rows


def ffprobe(path, *arguments):
    done = subprocess.run(["ffprobe", "-v", "error", *arguments, "-of", "json", path], capture_output=True, text=True)
    assert done.returncode == 0, f"ffprobe {path}: {done.stderr}"
    return json.loads(done.stdout)


def video_times(path):
    """The presentation times of all video packets, in order."""
    packets = ffprobe(path, "-select_streams", "v", "-show_entries", "packet=pts_time")["packets"]
    return sorted(float(packet["pts_time"]) for packet in packets)


def frame_rgb(path, at_s, width, height):
    """One decoded frame as width*height*3 bytes."""
    done = subprocess.run(["ffmpeg", "-v", "error", "-ss", f"{at_s:.3f}", "-i", path, "-frames:v", "1", "-f", "rawvideo",
                           "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-"], capture_output=True)
    assert len(done.stdout) == width * height * 3, f"no frame at {at_s} s in {path}: {done.stderr.decode()}"
    return done.stdout


def decode_png(png):
    """An RGBA picture as (width, height, bytes)."""
    width, height = struct.unpack(">II", png[16:24])
    raw = subprocess.run(["ffmpeg", "-v", "error", "-i", "-", "-f", "rawvideo", "-pix_fmt", "rgba", "-"], input=png,
                         capture_output=True, check=True)
    return width, height, raw.stdout


def check_continuous(path, fps):
    """Every frame of the recording is there: no step between two packets is other than one frame."""
    times = video_times(path)
    steps = [after - before for before, after in zip(times, times[1:])]
    wrong = [(round(times[i], 3), round(step, 4)) for i, step in enumerate(steps) if abs(step - 1 / fps) >= 0.0015]
    assert not wrong, f"{path}: frames are missing or doubled at (time, step): {wrong[:10]}"
    return times


class CardFinder:
    """
    Tells whether a frame shows a card: near the overlay's own picture over the input, far from the input alone.
    picture: a preview with the card, decoded; base: the bare input as RGB of the same size; points: the card's own pixels in it.
    """

    POINTS = 600  # spread over the card, these say as much as all

    def __init__(self, picture, base, points):
        self.width, self.height, rgba = picture
        assert len(points) > 300, "the preview shows no card"
        points = points[::len(points) // self.POINTS + 1]
        self.take = operator.itemgetter(*(3 * i + c for i in points for c in range(3)))
        self.base = self.take(base)
        self.card = [rgba[4 * i + c] * (rgba[4 * i + 3] / 255) + base[3 * i + c] * (1 - rgba[4 * i + 3] / 255)
                     for i in points for c in range(3)]

    @classmethod
    def over_input(cls, preview_png, path, bare_at_s):
        """The finder of what stands in a preview, over the input as the recording shows it bare at this time."""
        width, height, rgba = picture = decode_png(preview_png)
        return cls(picture, frame_rgb(path, bare_at_s, width, height), [i for i in range(width * height) if rgba[4 * i + 3] >= 240])

    def distances(self, frame):
        """Mean absolute difference to the card and to the bare input, over the card's pixels."""
        here = self.take(frame)
        return tuple(sum(map(abs, map(operator.sub, here, there))) / len(here) for there in (self.card, self.base))

    def shows_card(self, frame):
        to_card, to_base = self.distances(frame)
        return to_card < 14 and to_base > 25

    def find(self, path):
        """For every frame of the recording, whether it shows the card."""
        return [self.shows_card(frame) for frame in all_frames_rgb(path, self.width, self.height)]


def all_frames_rgb(path, width, height):
    """Every decoded frame in turn, as width*height*3 bytes."""
    decoder = subprocess.Popen(["ffmpeg", "-v", "error", "-i", path, "-vsync", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24",
                                "-s", f"{width}x{height}", "-"], stdout=subprocess.PIPE)
    while True:
        frame = decoder.stdout.read(width * height * 3)
        if len(frame) < width * height * 3:
            break
        yield frame
    assert decoder.wait() == 0, f"{path} cannot be decoded"
