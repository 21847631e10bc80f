"""`antiphon demo` as the README shows it: headless into a file with all three cards, in a window under Xvfb; nothing is left behind."""
import base64
import glob
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

from show import BINARY, SOURCE_ROOT, CardFinder, Socket, all_frames_rgb, check_continuous, decode_png, wait_until

LIMIT_S = 120
SECONDS = 33
CARDS = ("question", "poll", "captions")
GREY = 0x80
ALPHA_MIN = 150  # the subtitles' box lets the picture through
CARD_POINTS_MIN = 1000  # a hundredth of a preview
SKIPPED = 77
TRIED = 4  # previews of a card: the text changes in one, a shadow moves in another


def list_files(folder):
    return sorted(os.path.relpath(os.path.join(where, name), folder) for where, _, names in os.walk(folder) for name in names)


def processes_with(text):
    """Processes whose environment names our folder: what a demo of ours started, and nobody else's."""
    found = []
    for path in glob.glob("/proc/[0-9]*/environ"):
        try:
            with open(path, "rb") as environ:
                if text.encode() in environ.read():
                    found.append(int(path.split("/")[2]))
        except OSError:
            pass
    return [pid for pid in found if pid != os.getpid()]


class Demo:
    """A demo in an empty folder of its own."""

    def __init__(self, *arguments, **env):
        self.folder = tempfile.mkdtemp(prefix="antiphon-e2e-demo-")
        self.here, self.temporary = os.path.join(self.folder, "here"), os.path.join(self.folder, "tmp")
        os.makedirs(self.here)
        os.makedirs(self.temporary)
        plain = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY") and name[:4] != "XDG_"}
        self.log_path = os.path.join(self.folder, "log")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen([BINARY, "demo", *arguments], cwd=self.here, stdout=subprocess.PIPE, stderr=log, text=True,
                                            env={**plain, "TMPDIR": self.temporary, "HOME": self.here,
                                                 "ANTIPHON_ASSETS": os.path.join(SOURCE_ROOT, "assets"), **env})

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def relay_socket(self):
        """The relay's Unix socket, once it is there."""
        def find():
            assert self.process.poll() is None, "the demo has ended:\n" + self.log()
            return glob.glob(os.path.join(self.temporary, "antiphon-demo-*", "antiphon", "relay.sock"))
        return wait_until("the relay's socket is there", find)[0]

    def end(self):
        """Waits for the end, then looks at what is left; returns standard output."""
        out, _ = self.process.communicate(timeout=LIMIT_S)
        assert self.process.returncode == 0, f"status {self.process.returncode}:\n{self.log()}"
        assert not os.listdir(self.temporary), f"left behind: {list_files(self.temporary)}"
        wait_until("no process is left", lambda: not processes_with(self.temporary), 5)
        return out

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)
        if kind:
            sys.stderr.write(self.log()[-8000:])
        shutil.rmtree(self.folder, ignore_errors=True)


def collect_previews(demo):
    """The previews of the whole show as (cards on air, PNG), as any client of the API gets them."""
    socket, previews, cards = Socket(demo.relay_socket()), [], set()
    try:
        while True:
            event = socket.next(LIMIT_S)
            if event["type"] in ("on_air", "snapshot") and "on_air" in event:
                cards = {name for name in CARDS if event["on_air"]["views"]["main"].get(name)}
            elif event["type"] == "preview" and "png" in event:
                previews.append((cards, base64.b64decode(event["png"])))
    except (ConnectionError, TimeoutError, OSError):
        return previews


def longest_stand(previews, card):
    """From where to where in the previews this card stands longest, without a break; it had been away for two previews when it came."""
    stands, at, gap = [(0, 0)], 0, 0
    for is_there, run in itertools.groupby(card in cards for cards, _ in previews):
        count = len(list(run))
        if is_there and (gap >= 2 or gap == at > 0):
            stands.append((at, at + count))
        at, gap = at + count, count
    return max(stands, key=lambda stand: stand[1] - stand[0])


def count_opaque(pictures):
    """In how many of the pictures each pixel is opaque."""
    is_opaque = bytes(alpha >= ALPHA_MIN for alpha in range(256))
    return list(map(sum, zip(*(rgba[3::4].translate(is_opaque) for _, _, rgba in pictures))))


def find_place(previews, card, begin, end):
    """
    The pixels that are the card's: opaque in nearly all of its stand, not so in the last picture before it nor in most of all without it.
    The second leaves out the cards beside it, the third the chat, which is nearly everywhere but in the first seconds.
    """
    without = [picture for cards, picture in previews if card not in cards]
    standing = [picture for _, picture in previews[begin:end]]
    counts = zip(count_opaque(standing), count_opaque([previews[begin - 1][1]]), count_opaque(without))
    return [at for at, (there, before, away) in enumerate(counts) if 4 * there >= 3 * len(standing) and not before and 2 * away < len(without)]


def finders_of(previews, card):
    """The card as it stands in some of the previews of its longest stand, each over the grey input."""
    begin, end = longest_stand(previews, card)
    assert end - begin > TRIED, f"too few previews of the {card}; on air were {[sorted(cards) for cards, _ in previews]}"
    place = find_place(previews, card, begin, end)
    assert len(place) > CARD_POINTS_MIN, f"no preview shows the {card}"
    tried = (previews[begin + (end - begin) * i // (TRIED + 1)][1] for i in range(1, TRIED + 1))
    points = [(picture, [i for i in place if picture[2][4 * i + 3] >= ALPHA_MIN]) for picture in tried]
    return [CardFinder(picture, bytes([GREY]) * (3 * picture[0] * picture[1]), own) for picture, own in points if len(own) > CARD_POINTS_MIN]


def longest_run(seen):
    """How many of these frames in a row are true."""
    return max(len(list(run)) if is_there else 0 for is_there, run in itertools.groupby(seen))


def check_cards(path, previews):
    """Every card stands in the recording as some preview showed it."""
    previews = [(cards, decode_png(png)) for cards, png in previews]
    finders = {card: finders_of(previews, card) for card in CARDS}
    assert all(finders.values()), f"while they stand, previews lack a card: {finders}"
    any_of = finders[CARDS[0]][0]
    seen = {card: [[] for _ in finders[card]] for card in CARDS}
    for frame in all_frames_rgb(path, any_of.width, any_of.height):
        for card in CARDS:
            for finder, found in zip(finders[card], seen[card]):
                found.append(finder.shows_card(frame))
    for card in CARDS:
        runs = [longest_run(found) for found in seen[card]]
        print(f"{card}: {runs} frames in a row, of {len(seen[card][0])}")
        assert max(runs) >= 15, f"the {card} stands in {max(runs)} frames in a row"


def srt_cues(text):
    """[(begins at, words)]"""
    return [(int(h) * 3600 + int(m) * 60 + float(s.replace(",", ".")), words) for h, m, s, words in
            re.findall(r"\d+\n(\d+):(\d+):([\d,]+) --> [\d:,]+\n(.*?)\n\n", text + "\n\n", re.S)]


def check_subtitles(path):
    """Beside the recording stand the lines of the show's own subtitles, as far apart as there."""
    written = srt_cues(subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-f", "srt", "-"], capture_output=True, text=True, check=True).stdout)
    with open(os.path.join(SOURCE_ROOT, "assets/demo/script.jsonl")) as file:
        loads = [step["arguments"]["text"] for step in map(json.loads, file) if step["command"] == "captions.load"]
    script = {words: at for at, words in srt_cues(loads[0])}
    assert len(written) >= 4, written
    begins = [at - script[words] for at, words in written[1:]]  # the first may have begun before the recording
    assert max(begins) - min(begins) < 0.3, begins


def check_headless(clip):
    # A still input, so that what a frame shows beside it is the overlay.
    source = f"color=c=0x{GREY:02x}{GREY:02x}{GREY:02x}:s=1280x720:r=30:d={SECONDS + 10}"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-c:v", "libx264", "-preset", "ultrafast", clip], check=True)
    with Demo("--headless", "--seconds", str(SECONDS), "--speed", "1", "--output", "show.mkv", "--input", clip) as demo:
        previews = collect_previews(demo)
        out = demo.end()
        assert out == "show.mkv\n", out
        assert list_files(demo.here) == ["show.en.vtt", "show.mkv"], list_files(demo.here)
        path = os.path.join(demo.here, "show.mkv")
        check_subtitles(os.path.join(demo.here, "show.en.vtt"))
        times = check_continuous(path, 30)
        assert SECONDS - 4 < times[-1] < SECONDS + 3, f"{times[-1]} s of {SECONDS}"
        check_cards(path, previews)


class Screen:
    """An Xvfb of our own, on a display number that it chooses."""

    def __init__(self):
        reading, writing = os.pipe()
        self.process = subprocess.Popen(["Xvfb", "-displayfd", str(writing), "-screen", "0", "1400x900x24", "-nolisten", "tcp"],
                                        pass_fds=[writing], stderr=subprocess.DEVNULL)
        os.close(writing)
        with os.fdopen(reading) as answer:
            number = answer.readline().strip()
        assert number, "Xvfb does not start"
        self.display = ":" + number

    def windows(self, title):
        """The ids of windows with exactly this title."""
        tree = subprocess.run(["xwininfo", "-display", self.display, "-root", "-tree"], capture_output=True, text=True).stdout
        return re.findall(rf'^ +(0x[0-9a-f]+) "{title}"', tree, re.M)

    def colours(self, window):
        """How often each colour is in the window: {(r, g, b): pixels}."""
        dump = subprocess.run(["xwd", "-silent", "-display", self.display, "-id", window], capture_output=True, check=True).stdout
        raw = subprocess.run(["convert", "xwd:-", "-depth", "8", "rgb:-"], input=dump, capture_output=True, check=True).stdout
        counts = {}
        for at in range(0, len(raw) - 2, 3):
            colour = tuple(raw[at:at + 3])
            counts[colour] = counts.get(colour, 0) + 1
        return counts

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.process.terminate()
        self.process.wait(10)


def check_window(screen):
    with Demo("--seconds", "20", DISPLAY=screen.display) as demo:
        line = demo.process.stdout.readline()
        assert re.fullmatch(r"panel: http://127\.0\.0\.1:\d+/#link=\S+\n", line), line
        window = wait_until("the window is there", lambda: screen.windows("antiphon"))[0]
        wait_until("cards are in the window", lambda: len(screen.colours(window)) > 100, 18)
        assert demo.end() == "", "with a window nothing is recorded unasked"
        assert list_files(demo.here) == []


def check_key(screen):
    """The overlay alone: its window is all key colour while nothing is on air."""
    folder = tempfile.mkdtemp(prefix="antiphon-e2e-key-")
    env = {**os.environ, "DISPLAY": screen.display, "ANTIPHON_ASSETS": os.path.join(SOURCE_ROOT, "assets")}
    env.pop("WAYLAND_DISPLAY", None)
    env.update({f"XDG_{name}": folder for name in ("CONFIG_HOME", "DATA_HOME", "CACHE_HOME", "RUNTIME_DIR")})
    overlay = subprocess.Popen([BINARY, "overlay", "--window", "main", "--key", "#00FF00"], env=env, stderr=subprocess.DEVNULL)
    try:
        window = wait_until("the window is there", lambda: screen.windows("antiphon"))[0]
        wait_until("the window is green", lambda: set(screen.colours(window)) == {(0, 255, 0)})
    finally:
        overlay.terminate()
        assert overlay.wait(10) == 0
        shutil.rmtree(folder)


def main():
    if "window" not in sys.argv[1:]:
        with tempfile.TemporaryDirectory(prefix="antiphon-e2e-clip-") as folder:
            check_headless(os.path.join(folder, "grey.mkv"))
        return 0
    lacking = [name for name in ("Xvfb", "xwininfo", "xwd", "convert") if not shutil.which(name)]
    if lacking:
        print("skipped:", ", ".join(lacking), "not here; tools/setup test installs them")
        return SKIPPED
    with Screen() as screen:
        check_key(screen)
        check_window(screen)
    return 0


if __name__ == "__main__":
    sys.exit(main())
