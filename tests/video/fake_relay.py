"""A small relay of the test's own: takes the video process in, hears its reports, gives it orders."""
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
