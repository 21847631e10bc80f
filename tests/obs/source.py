"""source.py KIT ANTIPHON - antiphon's source in the real OBS: what it records is the view's very picture."""
import os
import re
import shutil
import sys
import tempfile

from obs_studio import FPS, SKIPPED, Kit, Screen, Studio, judge, lacking_programs
from show import wait_until  # where obs_studio has said it is

WIDTH, HEIGHT = 640, 360
GROUND = (40, 110, 190)


class View:
    """A view of test cards, published by a process of its own."""

    def __init__(self, kit, folder, name):
        self.folder = folder
        self.process = Kit(kit, "publish", os.path.join(folder, "antiphon", f"frames-{name}.sock"), WIDTH, HEIGHT)

    def show(self, number):
        self.process.say(f"card {number}")

    def resize(self, width, height):
        self.process.say(f"size {width} {height}")

    def save(self, name, mode="plain"):
        """The view as it should stand in OBS, over the ground."""
        path = os.path.join(self.folder, f"{name}.rgb")
        self.process.say(f"save {path} {GROUND[0]} {GROUND[1]} {GROUND[2]} {WIDTH} {HEIGHT} {mode}")
        return path


def wait_for_live(studio, source, times):
    wait_until(f"{source} is live", lambda: studio.log().count(f"'{source}': live") == times)


def check_frames(frames, expected, what):
    """Every frame is one of the pictures, and they come in this order; returns the greatest difference."""
    wrong = [(i, *frame) for i, frame in enumerate(frames) if frame[1]]
    assert not wrong, f"{what}: frames that are no picture of the view (number, nearest, channels, difference): {wrong[:5]}"
    seen = [name for i, (name, _, _) in enumerate(frames) if i == 0 or frames[i - 1][0] != name]
    assert seen == expected, f"{what}: {seen} instead of {expected}"
    return max(worst for _, _, worst in frames)


class Test:
    def __init__(self, kit, studio, folder):
        self.kit, self.studio, self.folder = kit, studio, folder
        self.pictures = {}

    def check(self, path, expected, what):
        worst = check_frames(judge(self.kit, path, WIDTH, HEIGHT, self.pictures), expected, what)
        print(f"{what}: {' · '.join(expected)}: differs by at most {worst} of 255")

    def check_source_first(self):
        """The source is there before the overlay, which comes, changes, is hidden, changes its size, dies and comes back."""
        studio = self.studio
        item = studio.add_scene("show", GROUND, "antiphon_view", {"view": "main"})
        studio.ask("SetCurrentSceneTransition", transitionName="Cut")
        studio.ask("SetCurrentProgramScene", sceneName="show")
        recording = studio.start_recording()
        recording.go_on()

        view = View(self.kit, self.folder, "main")
        self.pictures["bare"] = view.save("bare")
        wait_for_live(studio, "show source", 1)
        for number in (1, 2):
            view.show(number)
            self.pictures[f"card{number}"] = view.save(f"card{number}")
            recording.go_on()
        studio.ask("SetSceneItemEnabled", sceneName="show", sceneItemId=item, sceneItemEnabled=False)
        recording.go_on()
        view.show(3)
        self.pictures["card3"] = view.save("card3")
        recording.go_on()
        studio.ask("SetSceneItemEnabled", sceneName="show", sceneItemId=item, sceneItemEnabled=True)
        recording.go_on()
        view.resize(400, 200)
        recording.go_on()
        view.show(1)
        self.pictures["small"] = view.save("small")
        recording.go_on()

        view.process.kill()
        recording.go_on()
        view = View(self.kit, self.folder, "main")
        recording.go_on(FPS + 7)  # a reader whose writer is lost tries again within a second
        view.show(4)
        self.pictures["card4"] = view.save("card4")
        recording.go_on()
        self.check(recording.stop(), ["bare", "card1", "card2", "bare", "card3", "bare", "card1", "bare", "card4"],
                   "the source before the overlay")
        return view

    def check_names(self):
        """The dialog offers what is published now, and not what a dead overlay left behind."""
        dead = View(self.kit, self.folder, "dead")
        dead.process.kill()
        items = self.studio.ask("GetInputPropertiesListPropertyItems", inputName="show source", propertyName="view")["propertyItems"]
        assert [item["itemValue"] for item in items] == ["main", "other"], items

    def check_overlay_first(self, view):
        """OBS comes back to an overlay that runs: two sources on one view, one on another, and one that changes its view."""
        studio = self.studio
        item = studio.add_scene("again", GROUND, "antiphon_view", {"view": "main"})
        studio.add_scene("other", GROUND, "antiphon_view", {"view": "none"})
        studio.stop()
        other = View(self.kit, self.folder, "other")
        other.show(5)
        self.pictures["card5"] = other.save("card5")
        studio.start()
        self.check_names()
        recording = studio.start_recording()
        recording.go_on()
        studio.ask("SetCurrentProgramScene", sceneName="again")
        recording.go_on()
        view.show(6)
        self.pictures["card6"] = view.save("card6")
        recording.go_on()
        studio.ask("SetInputSettings", inputName="other source", inputSettings={"view": "other"})
        studio.ask("SetCurrentProgramScene", sceneName="other")
        recording.go_on()
        studio.ask("SetCurrentProgramScene", sceneName="show")
        recording.go_on()
        self.lay_in_light(view, item, recording)
        frames = judge(self.kit, recording.stop(), WIDTH, HEIGHT, self.pictures)
        other.process.end()
        # A source that nobody saw connects when it is seen: its scene may come a frame or two before it.
        blinks = [i for i, (name, _, _) in enumerate(frames) if name == "bare"]
        assert len(blinks) <= 6, f"{len(blinks)} of {len(frames)} frames without the overlay"
        expected = ["card4", "card6", "card5", "card6", "light", "card6", "light"]
        worst = check_frames([frame for frame in frames if frame[0] != "bare"], expected, "the overlay before OBS")
        print(f"the overlay before OBS: {' · '.join(expected)}: differs by at most {worst} of 255; "
              f"{len(blinks)} frames until sources were there, in 5 changes of scene")

    def lay_in_light(self, view, item, recording):
        """Cropped, and with a filter, it is OBS that lays the source over the picture, in light: the edges are right then, too."""
        self.pictures["light"] = view.save("light", "light")
        ask = self.studio.ask
        ask("SetSceneItemTransform", sceneName="again", sceneItemId=item, sceneItemTransform={"cropBottom": HEIGHT // 4})
        ask("SetCurrentProgramScene", sceneName="again")
        recording.go_on()
        ask("SetSceneItemTransform", sceneName="again", sceneItemId=item, sceneItemTransform={"cropBottom": 0})
        recording.go_on()
        ask("CreateSourceFilter", sourceName="again source", filterName="colours", filterKind="color_filter_v2")
        recording.go_on()


def main():
    kit, antiphon = sys.argv[1:]
    lacking = lacking_programs("obs", "Xvfb", "ffmpeg")
    if lacking:
        print("skipped:", ", ".join(lacking), "not here; tools/setup test installs them")
        return SKIPPED
    folder = tempfile.mkdtemp(prefix="antiphon-obs-view-")
    os.makedirs(os.path.join(folder, "antiphon"), mode=0o700)
    try:
        with Screen() as screen, Studio(kit, antiphon, screen, WIDTH, HEIGHT, folder) as studio:
            studio.start()
            test = Test(kit, studio, folder)
            view = test.check_source_first()
            test.check_overlay_first(view)
            view.process.end()
            studio.stop()
            leaks = re.findall("Number of memory leaks: .*", studio.log())
            assert len(leaks) == 2 and all(line.endswith(": 0") for line in leaks), leaks
    finally:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
