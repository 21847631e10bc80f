"""The link to the relay, with a small relay of the test's own: orders, answers, reports; lost and found again."""
import base64

from fake_relay import *

socket_path = path("relay.sock")
relay = Relay(socket_path)


def report_of(state, blank=False):
    return relay.next(lambda m: "outputs" in m and m["outputs"][0]["state"] == state and m["outputs"][0]["is_blank"] == blank)


out, other = path("show.mkv"), path("other.mkv")
video = Video("--input", "test", "--output", out, "--output", other, "--output", f"srt://127.0.0.1:{free_port(socket.SOCK_DGRAM)}?mode=listener",
              "--output", f"rtmp://127.0.0.1:{free_port()}/live/SECRETKEY",
              size="320x180", relay="unix:" + socket_path)
relay.accept()
report = report_of("live")
check(report["outputs"][0]["name"] == "output1" and report["outputs"][1]["name"] == "output2", report)
report = relay.next(lambda m: "outputs" in m and m["outputs"][0]["bitrate_kbps"] > 0 and m["outputs"][0]["frames"] > 20
                    and m["input"]["fps"] > 0 and m["input"]["state"] == "live")
check(28 < report["input"]["fps"] < 32 and report["input"]["age_ms"] < 1000, report)

check(relay.order(command="output.blank", name="output1")["ok"], "blank")
report_of("live", blank=True)
check(relay.order(command="output.blank", name="output1", on=False)["ok"], "and back")
report_of("live")
# Every network output at once; what was blank alone stays so, one that is started stays dark, and recordings go on.
def blanks(everywhere, *each):
    return lambda m: "outputs" in m and m["is_blank"] == everywhere and [o["is_blank"] for o in m["outputs"]] == list(each)


check(relay.order(command="blank")["ok"], "blank everywhere")
relay.next(blanks(True, False, False, True, True))
check(relay.order(command="output.start", name="output3")["ok"], "start in the dark")
check(relay.order(command="output.blank", name="output2")["ok"], "one alone")
relay.next(blanks(True, False, True, True, True))
check(relay.order(command="blank", on=False)["ok"], "shown again")
relay.next(blanks(False, False, True, False, False))
check(relay.order(command="output.blank", name="output2", on=False)["ok"], "and that one")
relay.next(blanks(False, False, False, False, False))
check(relay.order(command="output.stop", name="output1")["ok"], "stop")
report_of("off")
check(relay.order(command="output.start", name="output1")["ok"], "start")
report_of("live")
for words, says in (({"command": "output.stop", "name": "nobody"}, "nobody"), ({"command": "output.explode", "name": "output1"},
                    "output.explode"), ({"command": "output.stop"}, "name")):
    answer = relay.order(**words)
    check(not answer["ok"] and answer["error"]["code"] == "data" and says in answer["error"]["text"], answer)

# Subtitles of any form are taken or left out.
for lines in ([], None, 7, [7, {}, {"id": 1}, {"id": "a", "language": "en", "text": "x" * 5000, "ends_in_ms": 10**15}], [{}] * 1000):
    relay.send({"type": "caption_lines", "caption_lines": lines})
check(relay.order(command="output.blank", name="output2", on=False)["ok"], "after subtitles")

# What is measured, and what stands in the way, in one word.
report = relay.next(lambda m: "outputs" in m and m["outputs"][1]["encode_ms"] > 0 and m["outputs"][3]["retry_ms"] > 0)
one, refused = report["outputs"][1], report["outputs"][3]
check(0 < one["encode_ms"] <= one["encode_worst_ms"] < 1000 and abs(one["budget_ms"] - 1000 / 30) < 0.01, one)
check(one["is_recording"] and (one["width_px"], one["height_px"]) == (320, 180) and one["why"] == "", one)
check(refused["state"] == "failed" and refused["why"] == "refused" and "SECRETKEY" not in json.dumps(refused), refused)
relay.next(lambda m: "outputs" in m and m["outputs"][2]["why"] == "listening")

# Who mends something and orders a start need not wait for the next try.
relay.next(lambda m: "outputs" in m and m["outputs"][3]["restarts"] > 2 and m["outputs"][3]["retry_ms"] > 1000)
check(relay.order(command="output.start", name="output4")["ok"], "start while it waits")
relay.next(lambda m: "outputs" in m and m["outputs"][3]["restarts"] <= 2)

# Small pictures, while somebody looks.
check(relay.order(command="output.watch")["ok"], "watch")
picture = relay.next(lambda m: m.get("output_picture", {}).get("output") == "output2")["output_picture"]["jpeg"]
check(len(picture) <= 56 * 1024, f"{len(picture)} bytes of base64")
with open(path("picture.jpg"), "wb") as file:
    file.write(base64.b64decode(picture))
check(ffprobe(path("picture.jpg"), "-show_entries", "stream=codec_name,width,height")[0].strip() == "mjpeg,320,180", "no such picture")
check(relay.order(command="output.watch", on=False)["ok"], "look away")

# Nonsense is left out; the link stands.
for nonsense in (b"{", b"[1,2]", b"7", b"\xff\xfe", b"[" * 60000, b'{"type":7}', b'{"type":"command"}', b'{"type":"unheard-of"}'):
    relay.send_bytes(nonsense)
check(relay.order(command="output.blank", name="output2")["ok"], "the link stands")

# Lost and found; the picture goes on meanwhile.
relay.peer.close()
relay.data = b""
relay.accept()
report_of("live")
relay.peer.close()
relay.listener.close()
video.run_for(1.5)
relay = Relay(socket_path)
relay.accept()
report_of("live")
video.stop()
check_continuous(other)
check_continuous(out)
check_continuous(path("show-2.mkv"))

# Names of any script and of none: cut where there is no room, mended, and the report is heard all the same.
relay = Relay(path("names.sock"))
video = Video("--input", os.fsdecode(os.fsencode(path("نمایش" * 24 + "圍")) + b"\xff.mkv"), "--output", path("x" + "ملف" * 40 + ".mkv"),
              size="320x180", relay="unix:" + path("names.sock"), name="names")
relay.accept()
report = relay.next(lambda m: "outputs" in m and m["outputs"][0]["state"] == "live" and m["input"]["state"] == "failed")
check("نمایش" in report["input"]["text"] and "ملف" in report["outputs"][0]["to"], report)
answer = relay.order(command="output.stop", name="x" + "ملف" * 400)
check(not answer["ok"] and "ملف" in answer["error"]["text"], answer)
video.stop()
