"""Inputs as they come: UDP whose stamps jump by 5000 s between senders, garbage, truncated and interlaced files, odd sizes."""
from harness import *

# UDP: no connection at all; the second sender's clock is 5000 s ahead, its picture of another size.
port = free_port(socket.SOCK_DGRAM)
out = path("udp.mkv")
video = Video("--input", f"udp://127.0.0.1:{port}", "--output", out)
video.wait_log("output output1 live")
target = f"udp://127.0.0.1:{port}?pkt_size=1316"
first = send(target, "mpegts", *flash_source("640x360", 30))
video.wait_log("input live")
video.run_for(4)
first.kill()
first.wait()
ENCODE += ["-output_ts_offset", "5000"]
second = send(target, "mpegts", *flash_source("480x270", 25), name="second")
video.run_for(6)  # within a second it is the same stream to us, else a new one
second.kill()
second.wait()
del ENCODE[-2:]

# Noise on the port is not a stream, and no harm.
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    for i in range(2000):
        s.sendto(os.urandom(1316), ("127.0.0.1", port))
video.wait_log("input failed: udp")
lives = video.log().count("input live")
third = send(target, "mpegts", *flash_source("640x360", 30), name="third")
video.wait_log("input live", count=lives + 1)
video.run_for(3)
video.stop()
check_continuous(out)
check_sync(out, least=9, strays=1)  # the first after the jump may fall into it


def play_at_once(names, seconds, live=lambda name: True):
    """Each file's recording of at least so long, by name; all play at the same time."""
    outs = {name: path(name + "-out.mkv") for name in names}
    videos = {name: Video("--input", path(name), "--output", out, size="320x180", name=name) for name, out in outs.items()}
    for name, video in videos.items():
        video.wait_log("input live" if live(name) else "input failed: .*" + name)
    video.run_for(seconds)
    for video in videos.values():
        video.stop()
    return outs


# Files that are none, or only in part.
clip = make_file("clip.mkv", 4)
whole = open(clip, "rb").read()
cases = {"noise.mkv": os.urandom(200000), "empty.mp4": b"", "text.mp4": b"not a film\n" * 1000, "cut.mkv": whole[:len(whole) // 2],
         "holes.mkv": bytes(b if (i // 3000) % 4 != 3 else 0 for i, b in enumerate(whole))}
for name, content in cases.items():
    with open(path(name), "wb") as file:
        file.write(content)
outs = play_at_once(cases, 2.5, live=lambda name: name in ("cut.mkv", "holes.mkv"))
for out in outs.values():
    check_continuous(out)
check(len(flashes(outs["cut.mkv"])) >= 1, "what is there of a cut file is shown")

# Sizes nobody chose: odd, tall, tiny, interlaced; borders keep the shape.
shapes = {"odd.mkv": ("321x241", "-pix_fmt", "yuv444p"), "tall.mkv": ("90x400",), "surround.mkv": ("320x240", "-ac", "6", "-ar", "44100"),
          "interlaced.mkv": ("640x480", "-flags", "+ilme+ildct", "-vf", "setfield=tff")}
for name, (size, *args) in shapes.items():
    make_file(name, 3, *args, size=size)
for name, out in play_at_once(shapes, 3).items():
    check_continuous(out)
    check(any(y < 25 if name == "tall.mkv" else y > 120 for _, y in brightness(out)), f"{name} is shown")
    check(len(beeps(out)) >= 2, f"{name} is heard")

# An image of one's own while there is no input; one that cannot be read costs itself only.
subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=c=white:s=300x300", "-frames:v", "1", path("white.png")], check=True)
for image, luma in (("white.png", 120), ("noise.mkv", 30), ("missing.png", 30)):
    out = path(image + "-held.mkv")
    video = Video("--input", path("nothing.mp4"), "--holding", path(image), "--output", out, name="held-" + image)
    video.wait_log("output output1 live")
    video.run_for(1)
    video.stop()
    found = brightness(out)[10][1]
    check(luma - 10 < found < luma + 40, f"{image}: luma {found}, expected about {luma}")
    check(("the built-in one is used" in video.log()) == (luma == 30), video.log())
