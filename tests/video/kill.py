"""kill -9 of the video process: recordings are readable to just before; the next process writes new files."""
from harness import *


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
    lost = ran - (times[-1] - times[0])
    print(f"{os.path.basename(file)}: {times[-1]:.2f} s readable, at most {lost:.2f} s lost")
    check(lost < 0.8, f"{file}: {lost:.2f} s lost")
    for a, b in zip(times, times[1:]):
        check(abs(b - a - 1 / 30) < 0.0012, f"{file}: pictures at {a} and {b}")
    done = subprocess.run(["ffmpeg", "-v", "fatal", "-i", file, "-f", "null", "-"], capture_output=True, text=True)
    check(done.returncode == 0, f"{file} cannot be played: {done.stderr}")

# Sound whose packets are all of one size, as silence has, is where mp4mux of 1.22 went wrong.
for number in range(2):
    quiet = path(f"quiet-{number}.mp4")
    video = Video("--input", path("none.mkv"), "--output", quiet, size="160x120", name=f"quiet-{number}")
    video.wait_growth(quiet, 30000 + 5000 * number)
    video.process.kill()
    video.process.wait()
    check(len(packet_times(quiet, "v:0")) > 15 and len(packet_times(quiet, "a:0")) > 20, f"{quiet} is not read")
    done = subprocess.run(["ffmpeg", "-v", "error", "-i", quiet, "-f", "null", "-"], capture_output=True, text=True)
    check(done.returncode == 0 and not done.stderr, f"{quiet}: {done.stderr}")

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
