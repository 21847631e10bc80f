"""Subtitles that the relay tells: as CEA-608 in a recording, as WebVTT beside it and beside HLS, read by ffmpeg and ffprobe. A new
recording gets new files; kill -9 leaves what has ended; a lost link changes nothing."""
from fake_relay import *


def line(id, language, text, starts, ends, **more):
    return {"track": language, "language": language, "id": id, "text": text, "starts_in_ms": starts, "ends_in_ms": ends,
            "live": False, "final": True, **more}


def cues(file):
    """[(from, until, text)] as ffmpeg reads them; 608 without its places."""
    source = ["-f", "lavfi", "-i", f"movie={file}[out+subcc]"] if file.endswith(".mkv") else ["-allowed_extensions", "ALL", "-i", file]
    source = source if not file.endswith(".vtt") else ["-i", file]
    srt = subprocess.run(["ffmpeg", "-v", "error", *source, "-map", "0:s", "-f", "srt", "-"], capture_output=True, text=True).stdout
    found = []
    for block in re.findall(r"\d+\n(\d\d):(\d\d):([\d,]+) --> (\d\d):(\d\d):([\d,]+)\n(.*?)\n\n", srt + "\n\n", re.S):
        times = [int(h) * 3600 + int(m) * 60 + float(s.replace(",", ".")) for h, m, s in (block[:3], block[3:6])]
        found.append((*times, re.sub(r"<[^>]*>|\{[^}]*\}", "", block[6])))
    print(os.path.basename(file), found)
    return found


def texts(file):
    return [text for _, _, text in cues(file)]


socket_path, tape, web = path("relay.sock"), path("show.mkv"), path("web")
with open(path("antiphon.json"), "w") as file:
    json.dump({"languages": ["fa", "en"], "views": [{"name": "main", "size": [320, 180]}], "video": {"input": "test", "outputs": [
        {"name": "tape", "to": tape, "captions": "en"}, {"name": "web", "to": "hls:" + web, "captions": "en"}]}}, file)
relay = Relay(socket_path)


def wait_state(state):
    relay.next(lambda m: "outputs" in m and m["outputs"][0]["state"] == state)


video = Video("--config", path("antiphon.json"), size="320x180", relay="unix:" + socket_path)
relay.accept()
wait_state("live")
relay.send({"type": "snapshot", "caption_lines": [
    line("1", "en", "Déjà vu", 1200, 2400), line("2", "en", "never\nsaid", 6000, 9000), line("1", "fa", "سلام <b>دنیا</b>", 1200, 2400),
    line("1", "zh-Hant", "圍棋 & 象棋", 1500, 2400)]})
relay.send({"type": "caption_lines", "caption_lines": [
    line("1", "en", "Déjà vu!", 1200, 2400, speaker="Anna"), line("1", "fa", "سلام <b>دنیا</b>", 1200, 2400),
    line("1", "zh-Hant", "圍棋 & 象棋", 1500, 2400), line("3", "en", "Привет", 2500, 2600)]})
report = relay.next(lambda m: "outputs" in m and "U+041F" in m["outputs"][0]["captions"])
check(report["outputs"][0]["captions"].startswith("en: 1 line"), report)
wait_for("the cues of the first recording", lambda: os.path.exists(path("show.en.vtt")) and "Привет" in open(path("show.en.vtt")).read())
check(relay.order(command="output.stop", name="tape")["ok"], "stop")
wait_state("off")
check(relay.order(command="output.start", name="tape")["ok"], "start")
wait_state("live")
relay.send({"type": "caption_lines", "caption_lines": [
    line("4", "en", "and so", 0, 900, live=True), line("5", "fa", "ایستاده", 0, 60000)]})
relay.peer.close()
wait_for("the cue of the second recording", lambda: os.path.exists(path("show-2.en.vtt")) and "and so" in open(path("show-2.en.vtt")).read())
wait_for("the segments", lambda: os.path.exists(web + "/zh-Hant.m3u8") and len(re.findall("EXTINF", open(web + "/zh-Hant.m3u8").read())) > 2)
video.process.kill()
video.process.wait()

spoken, written = cues(tape), cues(path("show.en.vtt"))
check([text for _, _, text in spoken] == ["Anna: Déjà vu!"], f"CEA-608 says {spoken}")
check([text for _, _, text in written] == ["Déjà vu!", "Привет"], f"WebVTT says {written}")
for a, b in zip(spoken[0][:2], written[0][:2]):
    check(abs(a - b) < 0.1, f"CEA-608 {spoken[0]} and WebVTT {written[0]} are apart")
check("<v Anna>Déjà vu!" in open(path("show.en.vtt")).read(), "who speaks")
check("\nسلام &lt;b&gt;دنیا&lt;/b&gt;\n" in open(path("show.fa.vtt")).read(), "markup that somebody wrote is text")
check(texts(path("show.fa.vtt")) == ["سلام دنیا"], "Persian")  # cues() leaves out what looks like a tag
check(texts(path("show.zh-Hant.vtt")) == ["圍棋 & 象棋"], "Chinese")
frames = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v", "-show_frames", "-show_entries", "frame_side_data_list", tape],
                        capture_output=True, text=True).stdout
check(frames.count("ATSC A53") == frames.count("[FRAME]") > 60, "every picture has its captions")
check(texts(path("show-2.en.vtt")) == ["and so"], "a new recording has its own")
check(texts(path("show-2.mkv")) == ["and so"], "and live lines in the stream")
check(not os.path.exists(path("show-2.fa.vtt")), "what still stood is not written")

# HLS: a line over the border of two segments is in both; joined, it is the one beside the recording.
index = open(web + "/index.m3u8").read()
for name, tag in ("فارسی", "fa"), ("English", "en"), ("中文（繁體）", "zh-Hant"):
    check(f'TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="{name}",LANGUAGE="{tag}"' in index and f'URI="{tag}.m3u8"' in index, index)
check('TYPE=CLOSED-CAPTIONS' in index and index.endswith("stream.m3u8\n"), index)
for tag in "fa", "zh-Hant", "en":
    joined = []
    with open(f"{web}/{tag}.m3u8") as live, open(f"{web}/ended-{tag}.m3u8", "w") as ended:
        ended.write(live.read() + "#EXT-X-ENDLIST\n")  # else ffmpeg waits for more
    for begin, end, text in cues(f"{web}/ended-{tag}.m3u8"):
        if joined and joined[-1][2] == text and joined[-1][1] == begin:
            begin = joined.pop()[0]
        joined.append((begin, end, text))
    for (a, b, text), (c, d, other) in zip(joined, cues(path(f"show.{tag}.vtt"))):
        check(text == other and abs((b - a) - (d - c)) < 0.01, f"{tag}: {text} {a}-{b} beside HLS, {other} {c}-{d} beside the recording")
    check(joined, f"{tag}: nothing beside HLS")
media, subtitles = open(web + "/stream.m3u8").read(), open(web + "/fa.m3u8").read()
check(re.findall("#.*", media) == re.findall("#.*", subtitles), f"{media} and {subtitles} do not agree")
for number in map(int, re.findall(r"segment-(\d+)\.ts", media)):
    packets = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "packet=pts", "-of", "csv=p=0",
                              f"{web}/segment-{number:06}.ts"], capture_output=True, text=True).stdout
    clock = re.search(r"MPEGTS:(\d+)", open(f"{web}/fa-{number:05}.vtt").read())[1]
    first = min(int(x) for x in re.findall(r"\d+", packets))
    check(abs(int(clock) - first) <= 3000, f"segment {number} begins at {first}, its subtitles at {clock}")
