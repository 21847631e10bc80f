"""A file as input: in sync, begun again at its end without a gap; one that is missing is waited for."""
from harness import *

clip = make_file("clip.mp4", 4)
out = path("loop.mkv")
video = Video("--input", clip, "--output", out)
video.wait_log("input live")
video.run_for(10)
video.stop()
check_continuous(out, seconds=9.5)
check_sync(out, least=7)

late = path("late.mkv")
video = Video("--input", path("not-yet.mp4"), "--output", late, name="late")
video.wait_log("not-yet.mp4: there is no such file")
video.wait_log("output output1 live")
os.rename(clip, path("not-yet.mp4"))
video.wait_log("input live")
video.run_for(1.5)
video.stop()
check(video.log().count("there is no such file") == 1, "a missing file is told once\n" + video.log())
check_continuous(late)
luma = [y for _, y in brightness(late)]
check(luma[5] < 50, f"the holding picture is dark, not {luma[5]}")
check(max(luma[-40:]) > 180, "the file is shown in the end")

# No picture in it, and no sound in it.
for kind, flag in (("silent", "-an"), ("blind", "-vn")):
    name = make_file(kind + ".mkv", 3, flag)
    out = path(kind + "-out.mkv")
    video = Video("--input", name, "--output", out, name=kind)
    video.wait_log("input live")
    video.run_for(3)
    video.stop()
    check_continuous(out)
    check(len(flashes(out)) >= 2 if kind == "silent" else len(beeps(out)) >= 2, f"{kind}: what is there is carried")
