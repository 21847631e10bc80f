"""Test pattern to MKV, MP4, TS and FLV at once: every picture, sound all along. Then names, sizes and rates."""
from harness import *

files = [path("show." + ending) for ending in ("mkv", "mp4", "ts", "flv")]
video = Video("--input", "test", *[x for f in files for x in ("--output", f)])
video.wait_log("output .* live", count=len(files))
video.run_for(3)
video.stop()
for file in files:
    count = check_continuous(file, seconds=3.5, tolerance_ms=1.01 if not file.endswith("ts") else 1.2)
    print(os.path.basename(file), count, "pictures")
    out, err = ffprobe(file, "-show_entries", "stream=codec_name,width,height,sample_rate,channels")
    check("h264,640,360" in out and "aac,48000,2" in out, f"{file}: {out}{err}")

# A recording is never written over.
before = os.path.getsize(files[0])
video = Video("--input", "test", "--seconds", "1.5", "--output", files[0], "--fps", "59.94", size="320x240", name="second")
check(video.process.wait(GENEROUS_S) == 0, "status\n" + video.log())
check(os.path.getsize(files[0]) == before, "the first recording was touched")
check_continuous(path("show-2.mkv"), fps=60000 / 1001, tolerance_ms=1.05)
