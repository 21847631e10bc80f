"""Outputs that share an encode, are delayed and back, added and removed while they run, and an HLS folder over a restart."""
import json

from fake_relay import *

CONFIG, FOLDER_HLS = path("antiphon.json"), path("www/live")


def write_config(*outputs, more=""):
    with open(CONFIG, "w") as file:
        file.write(json.dumps({"views": [{"name": "main", "size": [320, 180]}],
                               "video": {"input": "test", "outputs": outputs}}) + more)


def to(name, place, **keys):
    return {"name": name, "to": place, **keys}


def playlist():
    with open(os.path.join(FOLDER_HLS, "stream.m3u8")) as file:
        return file.read()


def numbers(text):
    return [int(x) for x in re.findall(r"^segment-(\d+)\.ts$", text, re.M)]


def start(name):
    relay = Relay(path("relay.sock"))
    video = Video("--config", CONFIG, relay="unix:" + path("relay.sock"), size="320x180", name=name)
    relay.accept()
    return relay, video


def output(report, name):
    return next((x for x in report["outputs"] if x["name"] == name), None)


kept, gone, added = path("kept.mkv"), path("gone.mkv"), path("added.mkv")
write_config(to("kept", kept), to("gone", gone), to("web", "hls:" + FOLDER_HLS), to("later", path("later.mkv"), start=False))
relay, video = start("first")
report = relay.next(lambda m: m["type"] == "report" and all(output(m, n)["state"] == "live" for n in ("kept", "gone", "web")))
check(output(report, "kept")["is_shared"] and output(report, "gone")["is_shared"], "equal outputs share one encode")
check(output(report, "later")["state"] == "off" and not os.path.exists(path("later.mkv")), "what is not to start does not")

# 1600 ms are 48 pictures and 75 packets of sound, so not even the sound is a packet apart.
check(relay.order(command="output.delay", name="kept", ms=1600)["ok"], "delay")
check(not relay.order(command="output.delay", name="kept", ms=300001)["ok"], "more than five minutes")
report = relay.next(lambda m: m["type"] == "report" and output(m, "kept")["delay_ms"] == 1600)
video.run_for(3.2)
check(relay.order(command="output.delay", name="kept", ms=0)["ok"], "no delay")
video.run_for(1)

# Another list: what is as it was notices nothing. A bad one changes nothing.
write_config(to("kept", kept), to("added", added), to("web", "hls:" + FOLDER_HLS))
video.process.send_signal(signal.SIGHUP)
relay.next(lambda m: m["type"] == "report" and output(m, "added") and output(m, "added")["state"] == "live" and not output(m, "gone"))
check(not output(relay.next(lambda m: m["type"] == "report"), "later"), "the one that was off is gone too")
write_config(to("kept", path("elsewhere.xyz")))
video.process.send_signal(signal.SIGHUP)
video.wait_log(r"SIGHUP: .*\*\*\*\.xyz.*everything stays")
write_config(to("kept", kept), more="}")
video.process.send_signal(signal.SIGHUP)
video.wait_log("everything stays as it is", count=2)
report = relay.next(lambda m: m["type"] == "report")
check(all(output(report, n)["state"] == "live" for n in ("kept", "added", "web")), report)
wait_for("three segments", lambda: len(numbers(playlist())) >= 3)
video.stop()

for file in (kept, gone, added):
    print(os.path.basename(file), check_continuous(file), "pictures")
check(not os.path.exists(path("kept-2.mkv")), "the one that stayed was not begun again")
dark = [at for at, luma in brightness(kept) if luma < 60]
dark = [at for at in dark if at > 0.7]  # before the input's first picture
print(f"held from {dark[0]:.2f} to {dark[-1]:.2f} s")
check(1.4 < dark[-1] - dark[0] < 1.8 and len(dark) < 55, f"a new delay is filled with the holding picture, once: {dark}")

# The folder: read by another program; the next process goes on in it.
first = playlist()
check(first.endswith("#EXT-X-ENDLIST\n"), first)
durations = [float(x) for x in re.findall(r"#EXTINF:([\d.]+)", first)]
# Shorter where another output asked for a key frame.
check(max(durations) < 2.04 and sum(abs(d - 2) < 0.04 for d in durations) >= 2, f"segments of two seconds: {durations}")
index = os.path.join(FOLDER_HLS, "index.m3u8")
pictures = len(packet_times(index, "v:0"))
check(abs(pictures - 30 * sum(durations)) < 3, f"{pictures} pictures in {sum(durations)} s")
write_config(to("web", "hls:" + FOLDER_HLS))
relay.listener.close()
relay, video = start("second")
wait_for("a segment after the restart", lambda: numbers(playlist())[-1] > numbers(first)[-1])
text = playlist()
check("#EXT-X-ENDLIST" not in text and text.count("#EXT-X-DISCONTINUITY\n") == 1, text)
check(numbers(text) == list(range(numbers(text)[0], numbers(text)[-1] + 1)), text)
video.stop()
text = playlist()
check(text.endswith("#EXT-X-ENDLIST\n"), text)
seconds = sum(float(x) for x in re.findall(r"#EXTINF:([\d.]+)", text))
check(abs(len(packet_times(index, "v:0")) - 30 * seconds) < 4, f"all of {seconds} s play, over the break")
