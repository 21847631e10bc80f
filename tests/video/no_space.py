"""A disk that is really full: its outputs say so, the one beside them loses nothing, and they go on when there is room."""
from namespace import *

KIB, ROOM = 1024, 160
disk, beside = path("disk"), path("beside.mkv")
os.mkdir(disk)
mount("-t", "tmpfs", "-o", f"size={2048 * KIB}", "tmpfs", disk)
ballast = os.path.join(disk, "ballast")


def fill(room):
    """Leaves so many KiB."""
    free = os.statvfs(disk)
    with open(ballast, "ab") as file:
        file.write(bytes(free.f_bavail * free.f_bsize - room * KIB))


def recordings(ending):
    return sorted((x for x in os.listdir(disk) if x.endswith(ending)), key=lambda x: (len(x), x))


fill(ROOM)
video = Video("--input", "test", "--output", os.path.join(disk, "show.mkv"), "--output", os.path.join(disk, "show.mp4"), "--output",
              "hls:" + os.path.join(disk, "www"), "--output", beside, "--bitrate", "400", size="160x120")
for number in (1, 2, 3):
    video.wait_log(rf"output output{number} failed: .*: no space left on the disk; make room; trying again")
before = video.log()
lives = {number: len(re.findall(rf"output output{number} live\n", before)) for number in (1, 2, 3)}
os.unlink(ballast)
for number in (1, 2, 3):
    video.wait_log(rf"output output{number} live\n", count=lives[number] + 1)
video.run_for(1.5)
video.stop()

print(check_continuous(beside), "pictures in the recording beside")
check("output output4 failed" not in video.log() and not re.search("output output4 .*left out", video.log()), video.log())
for ending in (".mkv", ".mp4"):
    names = recordings(ending)
    counts = [len(packet_times(os.path.join(disk, name), "v:0")) for name in names]
    print(dict(zip(names, counts)))
    check(len(names) >= 2 and names[0] == "show" + ending, f"it goes on in a new file: {names}")
    check(counts[0] > 10, f"what was recorded before the disk was full is read: {counts}")
    check_continuous(os.path.join(disk, names[-1]))
with open(os.path.join(disk, "www", "stream.m3u8")) as file:
    text = file.read()
check(text.endswith("#EXT-X-ENDLIST\n") and "#EXTINF" in text, text)
check(len(packet_times(os.path.join(disk, "www", "index.m3u8"), "v:0")) > 10, "the folder plays")
