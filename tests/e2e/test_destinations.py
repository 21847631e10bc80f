"""
End to end: one input, three pictures, in decoded frames. A landscape with everything; one for Twitch, whose cards show only what
was written there, without a word of configuration; an upright one with a theme and a subtitle language of its own, cropped, and
once more padded. Then the input ends, and "back soon" stands on all of them.
"""
import base64
import json
import os
import socket
import subprocess
import sys

from show import CardFinder, Show, check_continuous, decode_png, wait_until

WIDE, TALL, FPS = (960, 540), (540, 960), 5
SQUARE = (48, 45)  # of the chequered input
DARK, LIGHT = 60, 120
FOCUS = 0.25
RED = "YouTube's red"


def line(platform, name, text):
    return {"at_ms": 100, "kind": "chat", "platform": platform, "native_id": platform + "1", "source": platform + (":rehearsal01" if platform == "youtube" else ":rehearsal"),
            "author": {"id": "UCaming0000000000000000" if platform == "youtube" else "117166826", "login": name, "name": name}, "text": text}


def rehearse(show, *message):
    path = os.path.join(show.folder, message[0] + ".jsonl")
    with open(path, "w", encoding="utf-8") as out:
        out.write(json.dumps(line(*message)) + "\n")
    process = show.start("rehearse", "--port", "0", "--now", path, stdout=subprocess.PIPE)
    show.processes["rehearse-" + message[0]] = show.processes.pop("rehearse")
    return json.loads(process.stdout.readline())["sources"]


def make_input(path):
    """A chequerboard in grey: where a pixel comes from can be read from its edges."""
    board = f"geq=lum='if(mod(floor(X/{SQUARE[0]})+floor(Y/{SQUARE[1]})\\,2)\\,{LIGHT}\\,{DARK})':cb=128:cr=128"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"color=s={WIDE[0]}x{WIDE[1]}:r={FPS}:d=2,format=yuv420p,{board}",
                    "-f", "lavfi", "-i", "anullsrc=r=48000:cl=stereo", "-t", "2", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "12",
                    "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-g", str(FPS), "-c:a", "aac", path],
                   check=True)


def send(show, path):
    """The file again and again, as a streamer would send it; (process, address)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return f"udp://127.0.0.1:{port}", lambda: subprocess.Popen(
        ["ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-i", path, "-c", "copy", "-f", "mpegts",
         f"udp://127.0.0.1:{port}?pkt_size=1316"], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Views:
    """What the overlay says that it painted last, view by view."""

    def __init__(self, show):
        self.socket = show.socket()
        self.previews = {}

    def wait_on_air(self, what, condition):
        try:
            self.socket.wait_for(lambda event: self.note(event) and event["type"] == "on_air" and condition(event["on_air"]["views"]))
        except (AssertionError, TimeoutError):
            raise AssertionError(f"not on air: {what}") from None

    def note(self, event):
        if event["type"] == "preview" and "png" in event:
            self.previews[event["view"]] = event["png"]
        return True

    def settle(self):
        """Previews come until the cards rest."""
        while True:
            try:
                self.socket.wait_for(lambda event: self.note(event) and event["type"] == "preview", 1.5)
            except (AssertionError, TimeoutError):
                return {view: base64.b64decode(png) for view, png in self.previews.items()}


def chat_platforms(view):
    return sorted(line["platform"] for line in view.get("chat", []))


def caption_languages(view):
    return [track["language"] for track in view.get("captions", [])]


def decode(path, vf, size, pixels="rgb24"):
    """All frames through a filter, as bytes each."""
    raw = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-vsync", "passthrough", "-vf", vf, "-f", "rawvideo", "-pix_fmt", pixels, "-"],
                         capture_output=True, check=True).stdout
    step = size[0] * size[1] * (3 if pixels == "rgb24" else 1)
    return [raw[i:i + step] for i in range(0, len(raw) - step + 1, step)]


def edges(samples):
    """Where the samples cross the middle between dark and light, to a part of a pixel, from pixel edge to pixel edge."""
    middle, found = (DARK + LIGHT) / 2, []
    for i, (a, b) in enumerate(zip(samples, samples[1:])):
        if (a - middle) * (b - middle) < 0:
            found.append(i + 0.5 + (middle - a) / (b - a))
    return found


def check_edges(what, samples, expected):
    found = edges(samples)
    near = [min((abs(x - y) for y in found), default=1e9) for x in expected]
    assert len(found) == len(expected) and all(x <= 1.5 for x in near), f"{what}: edges at {found}, expected at {expected}"


def lines_at(step, whole, start, length, place, scale):
    """Of the input's edges, those inside [start, start + length), where they stand in the output."""
    return [place + (x - start) * scale for x in range(step, whole, step) if start < x < start + length]


def check_geometry(path, at, row, column, across, down):
    """across, down: (start in the input, length there, start in the output, length there)."""
    size = (across[4], down[4])
    frame = decode(path, f"select=eq(n\\,{at}),format=gray", size, "gray")[0]
    row_samples = [frame[row * size[0] + x] for x in range(across[2], across[2] + across[3])]
    column_samples = [frame[y * size[0] + column] for y in range(down[2], down[2] + down[3])]
    check_edges(path + " across", row_samples, lines_at(SQUARE[0], WIDE[0], across[0], across[1], 0, across[3] / across[1]))
    check_edges(path + " down", column_samples, lines_at(SQUARE[1], WIDE[1], down[0], down[1], 0, down[3] / down[1]))
    return frame, size


def count_red(path):
    """Of each frame, how many points of the left half are of the red that YouTube's mark has."""
    size = (480, 540)  # as it is
    frames = decode(path, f"crop=iw/2:ih:0:0,scale={size[0]}:{size[1]}:flags=area", size)
    return [sum(r > 140 and g < 90 and b < 110 for r, g, b in zip(frame[::3], frame[1::3], frame[2::3])) for frame in frames]


def finder(png, bare):
    """Of the cards in a preview, over the frame that shows none."""
    width, height, rgba = picture = decode_png(png)
    return CardFinder(picture, bare, [i for i in range(width * height) if rgba[4 * i + 3] >= 240]), (width, height)


def frames_like(path, png):
    """For every frame of the recording, whether it shows the preview's cards over the input of its first frame."""
    width, height, _ = decode_png(png)
    frames = decode(path, f"scale={width}:{height}:flags=area", (width, height))
    cards, _ = finder(png, frames[0])
    return [cards.shows_card(frame) for frame in frames]


def longest(run):
    return max(map(len, "".join("x" if here else " " for here in run).split()), default=0)


def mean_of(png, rows):
    """How bright the solid pixels of these rows of a preview are."""
    width, height, rgba = decode_png(png)
    of = [sum(rgba[4 * i:4 * i + 3]) / 3 for i in range(int(rows[0] * height) * width, int(rows[1] * height) * width) if rgba[4 * i + 3] > 240]
    assert len(of) > 100, "no card there"
    return sum(of) / len(of)


def check_pictures(outputs, first, both):
    everything, own = count_red(outputs["all"]), count_red(outputs["twitch"])
    assert max(own) == 0, f"{RED} on Twitch: {own}"
    assert max(everything) > 15, f"no {RED} where everything is shown: {everything}"
    since = next(i for i, count in enumerate(everything) if count > 15)
    for name, png in {"all": both["main"], "twitch": both["main-twitch"], "crop": both["phone"], "pad": both["phone"]}.items():
        run = longest(frames_like(outputs[name], png))
        assert run >= FPS, f"{name}: what the overlay painted stands in {run} frames one after the other"
        print(f"{name}: the overlay's picture stands in {run} frames")
    # The card of Twitch's own line is the same before and after YouTube's came.
    assert longest(frames_like(outputs["twitch"], first["main-twitch"])) >= FPS
    assert first["main"] != both["main"]
    print(f"{RED} from frame {since} of {len(everything)}")
    # A theme of its own: arcade's cards are paper, evening's are night.
    paper, night = mean_of(both["phone"], (0.5, 0.75)), mean_of(both["main"], (0.6, 0.82))
    assert paper > 150 > 90 > night, f"arcade's chat is {paper:.0f} bright, evening's {night:.0f}"
    return since


def check_frames(outputs, at):
    """Which part of the input stands where; rows and columns are free of cards."""
    whole = (0, WIDE[0], 0, WIDE[0], WIDE[0]), (0, WIDE[1], 0, WIDE[1], WIDE[1])
    check_geometry(outputs["all"], at, 20, 900, *whole)
    check_geometry(outputs["twitch"], at, 20, 900, *whole)
    check_geometry(outputs["crop"], at, 20, 532, (88, 304, 0, 540, 540), (0, 540, 0, 960, 960))
    frame, size = check_geometry(outputs["pad"], at, 345, 532, (0, 960, 0, 540, 540), (0, 540, 328, 304, 960))
    ground = [frame[y * size[0] + x] for y in (10, 160, 320) for x in range(50, 490, 20)]
    assert max(ground) < DARK and min(ground) >= 16, f"the ground is darker than the picture: {ground}"


def check_back_soon(outputs, png, view):
    """From the first frame of the holding picture to the first with the words, by the recording's own time."""
    width, height, _ = decode_png(png)
    frames = decode(outputs[view], f"scale={width}:{height}:flags=area", (width, height))
    held = next(i for i in range(len(frames) - 1, 0, -1) if not is_held(frames[i - 1], frames[-1], width, height))
    cards, _ = finder(png, frames[held])
    words = next((i for i in range(held, len(frames)) if shows_words(cards, frames[i])), None)
    assert words is not None, f"{view}: no frame shows \"back soon\""
    print(f"{view}: the holding picture from frame {held}, the words from frame {words} of {len(frames)}")
    assert words - held <= FPS + 1, f"{view}: \"back soon\" {(words - held) / FPS} s after the holding picture"


def shows_words(cards, frame):
    """A dark card on the dark holding picture: further from that than from the card, but not as far as on a bright one."""
    to_card, to_base = cards.distances(frame)
    return to_base > 10 and to_card < to_base / 3


def is_held(frame, last, width, height):
    """The upper rows are those of the holding picture, with which the recording ends."""
    rows = range(0, 3 * width * (height // 8), 3)
    return sum(abs(frame[i] - last[i]) for i in rows) / len(rows) < 6


def configure(show, address):
    outputs = {name: os.path.join(show.folder, name + ".mkv") for name in ("all", "twitch", "crop", "pad")}
    cards = ["chat", "captions", "holding"]
    show.config.update(
        languages=["en", "fa"], gate={"hold_ms": 0},
        views=[{"name": "main", "size": WIDE, "language": "en", "cards": cards},
               {"name": "phone", "size": TALL, "theme": "arcade", "language": "fa", "cards": cards}],
        video={"input": address, "size": WIDE, "fps": FPS, "outputs": [
            {"name": "all", "to": outputs["all"], "bitrate_kbps": 3000},
            {"name": "twitch", "to": outputs["twitch"], "platform": "twitch"},
            {"name": "crop", "to": outputs["crop"], "view": "phone", "fit": "crop", "focus": FOCUS, "bitrate_kbps": 3000},
            {"name": "pad", "to": outputs["pad"], "view": "phone", "fit": "pad", "bitrate_kbps": 3000}]})
    return outputs


def play(show, start_sender):
    """The show; what was painted with Twitch's line alone, with both, and with the words of the end."""
    sender = start_sender()
    try:
        views = Views(show)
        wait_until("the input is there", lambda: "is on air" in show.log())
        show.api("source.add", config=rehearse(show, "twitch", "niloufar", "Hello from here")[0])
        views.wait_on_air("Twitch's line", lambda of: chat_platforms(of["main"]) == ["twitch"] == chat_platforms(of["main-twitch"]))
        first = views.settle()
        show.api("captions.line", track="one", language="en", text="Good evening", seconds=60)
        show.api("captions.line", track="two", language="fa", text="شب به‌خیر", seconds=60)
        show.api("source.add", config=rehearse(show, "youtube", "aming", "Hello from elsewhere")[0])
        views.wait_on_air("YouTube's line, and nowhere it does not belong", lambda of:
                          chat_platforms(of["main"]) == chat_platforms(of["phone"]) == ["twitch", "youtube"]
                          and chat_platforms(of["main-twitch"]) == ["twitch"]
                          and caption_languages(of["main"]) == caption_languages(of["main-twitch"]) == ["en"]
                          and caption_languages(of["phone"]) == ["fa"])
        both = views.settle()
        for is_blank in (True, False):
            show.api("output.blank", name="twitch", on=is_blank)
            views.socket.wait_for(lambda event: event["type"] == "output" and event["output"]["name"] == "twitch"
                                  and event["output"]["is_blank"] == is_blank)
    finally:
        sender.kill()
        sender.wait()
    views.wait_on_air("back soon", lambda of: of["phone"].get("holding", {}).get("languages") == ["fa", "en"]
                      and of["main"].get("holding", {}).get("languages") == ["en", "fa"] and "holding" in of["main-twitch"])
    return first, both, views.settle()


def main():
    with Show() as show:
        path = os.path.join(show.folder, "board.mp4")
        make_input(path)
        address, start_sender = send(show, path)
        outputs = configure(show, address)
        show.start_part("run")
        show.wait_for_relay()
        first, both, end = play(show, start_sender)
        show.kill("run", 15)
        assert "only messages from Twitch are shown (view main-twitch" in show.log()
        for name in outputs:
            size = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries",
                                   "stream=width,height,sample_aspect_ratio", "-of", "csv=p=0", outputs[name]], capture_output=True, text=True)
            expected = "%d,%d,1:1" % (TALL if name in ("crop", "pad") else WIDE)
            assert size.stdout.strip() == expected, f"{name}: {size.stdout}"
        check_continuous(outputs["twitch"], FPS)  # over the blank
        check_frames(outputs, check_pictures(outputs, first, both) + 3)
        check_back_soon(outputs, end["main"], "all")
        check_back_soon(outputs, end["phone"], "crop")


sys.exit(main())
