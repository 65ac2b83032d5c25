"""Record the loop on the demo as one animated picture for the README: about 30 seconds, from the running product.

A reviewer who knows the labels presses the keys. `make screenshots` calls it; alone:

    python docs/scripts/record_loop.py [--out docs/images/loop.webp]
"""

import argparse
import io
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Page, sync_playwright

from core import Project, constants
from tests.find_chromium import launch

_WINDOW = (1280, 800)
_SHOWN = (960, 600)
_CAPTION = 40  # pixels
_PORT = 8768


class Recording:
    """Frames of one window, each shown for a while under a caption.

    Args:
        page: The window.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._frames, self._times = list[Image.Image](), list[int]()

    def take(self, caption: str, milliseconds: int) -> None:
        """Take a frame.

        Args:
            caption: What happens, in a few words.
            milliseconds: How long it is shown.
        """
        window = Image.open(io.BytesIO(self._page.screenshot())).convert("RGB").resize(_SHOWN, Image.Resampling.LANCZOS)
        frame = Image.new("RGB", (_SHOWN[0], _SHOWN[1] + _CAPTION), "#1b2430")
        ImageDraw.Draw(frame).text((16, 9), caption, fill="#ffffff", font=ImageFont.load_default(20))
        frame.paste(window, (0, _CAPTION))
        self._frames.append(frame)
        self._times.append(milliseconds)

    def save(self, file: Path) -> float:
        """Write the animation and return its length in seconds."""
        first, *rest = self._frames
        first.save(file, save_all=True, append_images=rest, duration=self._times, loop=0, quality=62, method=6)
        return sum(self._times) / 1000


def record(page: Page, project: Project, recording: Recording) -> None:
    """Walk through the loop: correct, see the model learn, set the threshold, accept, look at the gain, export."""
    page.locator(".tile").first.wait_for(timeout=60_000)
    page.wait_for_timeout(1_500)
    recording.take("100 labels, 9,900 images without one. The most doubtful suggestions come first.", 2_800)
    for number in range(20):
        _decide(page, project)
        recording.take(f"One key per image: accept, or the right class.  {number + 1} decided", 330)
    _wait_for_model(page)
    recording.take("After 20 decisions the model has learned from them: new suggestions.", 2_600)
    for number in range(20, 100):
        _decide(page, project)
        if number % 20 == 19:
            _wait_for_model(page)
        if number % 8 == 7:
            page.wait_for_timeout(600)  # pictures of a new page fade in
            recording.take(f"Again, wherever the model is unsure.  {number + 1} decided", 420)
    _set_threshold(page, recording)
    page.get_by_role("button", name="Learning curve").click()
    page.get_by_role("dialog").wait_for()
    page.wait_for_timeout(3_000)
    recording.take("What the clicks bought, on images that nobody clicked.", 3_600)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Export").click()
    page.get_by_role("heading", name="Export").wait_for(timeout=30_000)
    folder = page.get_by_label("Folder (new, empty, or an earlier export)").locator("visible=true").last
    folder.fill("~/labels")
    folder.press("Enter")
    page.wait_for_timeout(2_500)
    recording.take("Twelve formats, each label with its source, and what is known about its error.", 3_200)


def _decide(page: Page, project: Project) -> None:
    """Press the key of a reviewer who knows the label of the image under the cursor."""
    cursor = page.locator(".tile.cursor")
    cursor.wait_for(timeout=30_000)
    image = int(cursor.get_attribute("data-image") or -1)
    label = int(project.images.labels[image])
    is_right = (cursor.get_attribute("aria-label") or "").startswith(f"{project.class_names[label]},")
    for _ in range(5):  # keys do nothing while a page of images is loading
        page.keyboard.press("a" if is_right else str((label + 1) % 10))
        for _ in range(40):
            page.wait_for_timeout(50)
            if cursor.get_attribute("data-image") != str(image):
                return
    raise RuntimeError(f"The key for image {image} did nothing.")


def _set_threshold(page: Page, recording: Recording) -> None:
    caption = "Drag the threshold: how many labels, and how many of them are wrong."
    box = page.locator(".plot").first.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.95 * box["width"], y)
    page.mouse.down()
    for share in (0.95, 0.9, 0.84, 0.78, 0.72, 0.78, 0.84, 0.88):
        page.mouse.move(box["x"] + share * box["width"], y, steps=4)
        page.wait_for_timeout(250)
        recording.take(caption, 330)
    page.mouse.up()
    page.wait_for_timeout(900)
    recording.take(caption, 1_800)
    page.get_by_role("button", name=re.compile("Accept all")).first.click()
    page.wait_for_timeout(700)
    recording.take("The rest needs one decision, whose number is spelled out. It can be undone.", 2_400)
    page.get_by_role("button", name=re.compile("^Accept [0-9]")).first.click()
    page.locator(".saved[data-state=saved]").wait_for(timeout=30_000)
    page.wait_for_timeout(1_200)
    recording.take("Accepted together, at the error that was chosen.", 2_000)


@contextmanager
def dashboard(project: Project, port: int) -> Iterator[str]:
    """Run a dashboard on a project and yield its link."""
    command = [sys.executable, "-m", "dashboard", str(project.path), "--port", str(port), "--no-browser"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        link = re.search(r"http://\S+", process.stdout.readline())
        assert link is not None
        yield link[0]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def _wait_for_model(page: Page) -> None:
    """Wait until decisions are saved and the model has learned from them; then look at its next page."""
    page.locator(".saved[data-state=saved]").wait_for(timeout=30_000)
    page.locator(".live:not([data-state=fitting])").wait_for(timeout=60_000)
    page.wait_for_timeout(1_200)


def main() -> None:
    """Make a demo, walk through it, write the animation."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "images" / "loop.webp")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["WINNOW_HOME"] = temporary
        project = Project.demo(Path(temporary) / "demo")
        project.wait_run(project.start_run(constants.PRESETS["head"].config()).id, timeout=120)
        with dashboard(project, _PORT) as link, sync_playwright() as playwright:
            browser = launch(playwright)
            page = browser.new_page(viewport={"width": _WINDOW[0], "height": _WINDOW[1]})
            page.goto(link)
            recording = Recording(page)
            record(page, project, recording)
            browser.close()
        seconds = recording.save(options.out)
    print(f"Written: {options.out}, {seconds:.0f} s, {options.out.stat().st_size / 2**20:.1f} MiB")


if __name__ == "__main__":
    main()
