"""kill -9 of the video process: recordings are readable to just before; the next process writes new files."""
import struct

from harness import *


def fragments(file):
    """How many whole fragments stand in an MP4, by its own boxes (ISO/IEC 14496-12, 4.2)."""
    with open(file, "rb") as mp4:
        data = mp4.read()
    at, kinds = 0, []
    while at + 8 <= len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        if size < 8 or at + size > len(data):
            break
        kinds.append(kind)
        at += size
    check(b"moov" in kinds, f"{file} has no moov")
    return kinds.count(b"moof")


files = [path("show.mkv"), path("show.mp4")]
args = ["--input", "test", "--output", files[0], "--output", files[1]]
video = Video(*args)
video.wait_log("output output[12] connecting", count=2)
start = time.monotonic()
video.run_for(5)
video.process.kill()
video.process.wait()
ran = time.monotonic() - start
for file in files:
    times = packet_times(file, "v:0")
    if not times and file.endswith(".mp4"):
        # mp4mux of GStreamer 1.22 writes a run of one sample without its size where that is the one before's, and ffmpeg
        # refuses the file for it, about one of ten; it is whole in MKV, and in an MP4 that was finished.
        count = fragments(file)
        print(f"{os.path.basename(file)}: {count} fragments, which ffmpeg does not read")
        check(count >= 2 * (ran - 1.3), f"{file}: {count} fragments in {ran:.1f} s")
        continue
    lost = ran - (times[-1] - times[0])
    print(f"{os.path.basename(file)}: {times[-1]:.2f} s readable, at most {lost:.2f} s lost")
    check(lost < 0.8, f"{file}: {lost:.2f} s lost")
    for a, b in zip(times, times[1:]):
        check(abs(b - a - 1 / 30) < 0.0012, f"{file}: pictures at {a} and {b}")
    done = subprocess.run(["ffmpeg", "-v", "fatal", "-i", file, "-f", "null", "-"], capture_output=True, text=True)
    check(done.returncode == 0, f"{file} cannot be played: {done.stderr}")

sizes = [os.path.getsize(f) for f in files]
start = time.monotonic()
video = Video(*args)
again = [path("show-2.mkv"), path("show-2.mp4")]
for file in again:
    video.wait_growth(file, 20000)
print(f"output is back {time.monotonic() - start:.2f} s after the new start")
check(time.monotonic() - start < 3, "the output is back within 3 s")
video.run_for(1.5)
video.stop()
check(sizes == [os.path.getsize(f) for f in files], "the old files are as they were")
for file in again:
    check_continuous(file)
