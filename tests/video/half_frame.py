"""The overlay is killed while it writes a picture, again and again: no picture of the recording is half one, none is missing.

Whole pictures are all blue or all red and hide the input; half_writer.c dies by SIGKILL in the middle of a slot.
"""
import random
from harness import *

HALF_WRITER = sys.argv[2]
WIDTH, HEIGHT, SECONDS, LEAST = 320, 180, 5, 6
WRITERS_ROWS = (1, HEIGHT // 3, HEIGHT // 2, HEIGHT - 1)


def colour(frame, y):
    """What a row is: "red", "blue", or something else: the bare input, or a mixture."""
    row = frame[y * WIDTH * 3:(y + 1) * WIDTH * 3]
    red, green, blue = (sum(row[channel::3]) / WIDTH for channel in range(3))
    if green < 60 and red > 180 and blue < 60:
        return "red"
    return "blue" if green < 60 and blue > 180 and red < 60 else "bare"


def is_whole(frame):
    return len({colour(frame, y) for y in (*range(0, HEIGHT, 10), HEIGHT - 1)}) == 1


red, blue = bytes((255, 0, 0)) * WIDTH, bytes((0, 0, 255)) * WIDTH
check(is_whole(red * HEIGHT) and not is_whole(red * 60 + blue * 120), "the judge is blind")

frames = path("frames")
os.makedirs(frames, mode=0o700)
out = path("show.mkv")
video = Video("--input", "test", "--output", out, "--frames", frames, "--bitrate", "4000", size=f"{WIDTH}x{HEIGHT}")
video.wait_growth(out, 20000)
chance, kills = random.Random(4711), 0
end = time.monotonic() + SECONDS
while time.monotonic() < end or kills < LEAST:
    writer = spawn([HALF_WRITER, os.path.join(frames, "frames-main.sock"), str(WIDTH), str(HEIGHT), str(chance.randint(10, 30)),
                    str(chance.choice(WRITERS_ROWS))])
    check(writer.wait(GENEROUS_S) == -signal.SIGKILL, "the writer was not killed within a picture")
    kills += 1
video.stop()
count = check_continuous(out)
decoder = spawn(["ffmpeg", "-v", "error", "-i", out, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], stdout=subprocess.PIPE)
seen = {"red": 0, "blue": 0, "bare": 0}
for number in range(count):
    frame = decoder.stdout.read(WIDTH * HEIGHT * 3)
    seen[colour(frame, 0)] += 1
    check(is_whole(frame), f"picture {number} is a half one")
print(f"{kills} writers killed within a picture; {count} pictures, none missing, none half: {seen}")
check(seen["red"] > 10 and seen["blue"] > 10, f"the overlay was hardly to be seen: {seen}")
