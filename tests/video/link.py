"""The link to the relay, with a small relay of the test's own: orders, answers, reports; lost and found again."""
import base64, hashlib, json, struct

from harness import *


class Relay:
    """One websocket client at a time over a Unix socket."""

    def __init__(self, address):
        if os.path.exists(address):
            os.unlink(address)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(address)
        self.listener.listen(5)
        self.listener.settimeout(GENEROUS_S)
        self.data = b""

    def accept(self):
        self.peer, _ = self.listener.accept()
        self.peer.settimeout(GENEROUS_S)
        request = b""
        while b"\r\n\r\n" not in request:
            request += self.peer.recv(4096)
        text = request.decode()
        check(text.startswith("GET /api/v1/socket "), text)
        check("antiphon.v1" in text, text)
        key = re.search(r"(?i)sec-websocket-key: *(\S+)", text)[1]
        answer = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
        self.peer.sendall(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                           f"Sec-WebSocket-Accept: {answer}\r\nSec-WebSocket-Protocol: antiphon.v1\r\n\r\n").encode())
        hello = self.receive()
        check(hello["type"] == "hello" and hello["client"] == "video" and hello["topics"] == ["outputs", "captions"], hello)
        self.send({"type": "welcome", "version": "0", "role": "owner", "revision": "0:0"})

    def take(self, count):
        while len(self.data) < count:
            more = self.peer.recv(65536)
            check(more, "the video process hung up")
            self.data += more
        taken, self.data = self.data[:count], self.data[count:]
        return taken

    def receive(self):
        while True:
            first, second = self.take(2)
            size = second & 127
            if size == 126:
                size, = struct.unpack(">H", self.take(2))
            elif size == 127:
                size, = struct.unpack(">Q", self.take(8))
            mask = self.take(4)
            payload = bytes(b ^ mask[i % 4] for i, b in enumerate(self.take(size)))
            if first & 15 == 1:
                return json.loads(payload)

    def send_bytes(self, payload):
        head = bytes([0x81, len(payload)]) if len(payload) < 126 else bytes([0x81, 126]) + struct.pack(">H", len(payload))
        self.peer.sendall(head + payload)

    def send(self, message):
        self.send_bytes(json.dumps(message).encode())

    def next(self, wanted):
        end = time.monotonic() + GENEROUS_S
        while time.monotonic() < end:
            message = self.receive()
            if wanted(message):
                return message
        raise SystemExit("FAILED: the message never came")

    def order(self, **command):
        self.send({"type": "command", "ref": 7, **command})
        return self.next(lambda m: m["type"] == "reply" and m.get("ref") == 7)

    def report(self, state, blank=False):
        return self.next(lambda m: m["type"] == "report" and m["outputs"][0]["state"] == state
                         and m["outputs"][0]["is_blank"] == blank)


socket_path = path("relay.sock")
relay = Relay(socket_path)
out, other = path("show.mkv"), path("other.mkv")
video = Video("--input", "test", "--output", out, "--output", other, "--output", f"srt://127.0.0.1:{free_port(socket.SOCK_DGRAM)}?mode=listener",
              size="320x180", relay="unix:" + socket_path)
relay.accept()
report = relay.report("live")
check(report["outputs"][0]["name"] == "output1" and report["outputs"][1]["name"] == "output2", report)
report = relay.next(lambda m: m["type"] == "report" and m["outputs"][0]["bitrate_kbps"] > 0 and m["input"]["fps"] > 0)
check(report["input"]["state"] == "live" and 28 < report["input"]["fps"] < 32 and report["input"]["age_ms"] < 1000, report)

check(relay.order(command="output.blank", name="output1")["ok"], "blank")
relay.report("live", blank=True)
check(relay.order(command="output.blank", name="output1", on=False)["ok"], "and back")
relay.report("live")
# Every network output at once; what was blank alone stays so, one that is started stays dark, and recordings go on.
def blanks(everywhere, *each):
    return lambda m: m["type"] == "report" and m["is_blank"] == everywhere and [o["is_blank"] for o in m["outputs"]] == list(each)


check(relay.order(command="blank")["ok"], "blank everywhere")
relay.next(blanks(True, False, False, True))
check(relay.order(command="output.start", name="output3")["ok"], "start in the dark")
check(relay.order(command="output.blank", name="output2")["ok"], "one alone")
relay.next(blanks(True, False, True, True))
check(relay.order(command="blank", on=False)["ok"], "shown again")
relay.next(blanks(False, False, True, False))
check(relay.order(command="output.blank", name="output2", on=False)["ok"], "and that one")
relay.next(blanks(False, False, False, False))
check(relay.order(command="output.stop", name="output1")["ok"], "stop")
relay.report("off")
check(relay.order(command="output.start", name="output1")["ok"], "start")
relay.report("live")
for words, says in (({"command": "output.stop", "name": "nobody"}, "nobody"), ({"command": "output.explode", "name": "output1"},
                    "output.explode"), ({"command": "output.stop"}, "name")):
    answer = relay.order(**words)
    check(not answer["ok"] and answer["error"]["code"] == "data" and says in answer["error"]["text"], answer)

# Subtitles of any form are taken or left out.
for lines in ([], None, 7, [7, {}, {"id": 1}, {"id": "a", "language": "en", "text": "x" * 5000, "ends_in_ms": 10**15}], [{}] * 1000):
    relay.send({"type": "caption_lines", "caption_lines": lines})
check(relay.order(command="output.blank", name="output2", on=False)["ok"], "after subtitles")

# Nonsense is left out; the link stands.
for nonsense in (b"{", b"[1,2]", b"7", b"\xff\xfe", b"[" * 60000, b'{"type":7}', b'{"type":"command"}', b'{"type":"unheard-of"}'):
    relay.send_bytes(nonsense)
check(relay.order(command="output.blank", name="output2")["ok"], "the link stands")

# Lost and found; the picture goes on meanwhile.
relay.peer.close()
relay.data = b""
relay.accept()
relay.report("live")
relay.peer.close()
relay.listener.close()
video.run_for(1.5)
relay = Relay(socket_path)
relay.accept()
relay.report("live")
video.stop()
check_continuous(other)
check_continuous(out)
check_continuous(path("show-2.mkv"))
