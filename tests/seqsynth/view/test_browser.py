"""The page in a real browser: Chromium without a window, driven by Selenium.

Debian's packages ``chromium`` and ``chromium-driver`` bring both; where they are missing these
tests are skipped, unless SEQSYNTH_BROWSER=required says that they must run.
"""

import json
import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from seqsynth.shards import open_shards
from seqsynth.view import open_collection, plan_site, write_site
from seqsynth.view.server import make_app
from tests.seqsynth.view.conftest import HOSTILE, Things

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")

pytestmark = pytest.mark.skipif(
    (CHROMIUM is None or DRIVER is None) and os.environ.get("SEQSYNTH_BROWSER") != "required",
    reason="no browser: apt-get install chromium chromium-driver",
)

ARROW = r"h 0 M (\S+) (\S+) L (\S+) (\S+)"
"""Path data of an arrow: where it begins, and its tip."""

PATIENCE_S = 60
"""For a loaded machine; nothing waits longer than it has to."""


class Page:
    """A page in the browser."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def find(self, selector: str) -> WebElement:
        """Return the first element of a selector, waited for."""
        return self.wait(lambda: self.all(selector))[0]

    def all(self, selector: str) -> list[WebElement]:
        """Return the elements of a selector as they are now."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def wait(self, condition: Callable[[], Any]) -> Any:
        """Return what a condition gives once it gives something."""
        # What is redrawn meanwhile is looked for again.
        patient = WebDriverWait(
            self.driver, PATIENCE_S, 0.05, ignored_exceptions=[StaleElementReferenceException]
        )
        return patient.until(lambda _: condition())

    def run(self, script: str, *arguments: object) -> Any:
        """Return what JavaScript gives."""
        return self.driver.execute_script(script, *arguments)  # type: ignore[no-untyped-call]

    def keys(self, text: str) -> None:
        """Press keys wherever the focus is."""
        ActionChains(self.driver).send_keys(text).perform()

    def names(self) -> list[str]:
        """Return the names in the grid, in order."""
        script = """return [...document.querySelectorAll(".tile .caption")]
            .map((one) => [Number(one.closest(".tile").dataset.place), one.textContent])
            .sort((a, b) => a[0] - b[0]).map((one) => one[1])"""
        return list(self.run(script))

    def pixel(self, column: int, row: int) -> list[int]:
        """Return a pixel of the stage's picture, (red, green, blue)."""
        script = """return [...document.querySelector(".pictures").getContext("2d")
            .getImageData(arguments[0], arguments[1], 1, 1).data].slice(0, 3)"""
        return list(self.run(script, column, row))

    def faults(self) -> list[str]:
        """Return what the browser complains of."""
        return [entry["message"] for entry in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """A browser without a window, and without a connection to anywhere else."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1200,1000",
        f"--user-data-dir={tmp_path_factory.mktemp('profile')}",
    ):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    opened = webdriver.Chrome(options=options, service=webdriver.ChromeService(str(DRIVER)))
    yield opened
    opened.quit()


@pytest.fixture
def address(things: Things, tmp_path: Path) -> Iterator[str]:
    """A server of everything; its decisions go to decisions.json of the test."""
    import uvicorn

    collection = open_collection(
        [things.synthetic, things.pairs, things.captures],
        runs=[things.run],
        predictions={"good": things.good, "bad": things.bad},
        scenes=things.scenes,
        decisions=tmp_path / "decisions.json",
    )
    config = uvicorn.Config(make_app(collection), port=0, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    collection.start()
    thread.start()
    deadline = time.monotonic() + PATIENCE_S
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    server.should_exit = True
    thread.join(PATIENCE_S)
    collection.stop()


@pytest.fixture
def page(driver: webdriver.Chrome, address: str) -> Iterator[Page]:
    """The page of the server; nothing may be complained of by the end of the test."""
    driver.get("about:blank")
    shown = Page(driver)
    shown.faults()
    driver.get(address)
    yield shown
    assert shown.faults() == []


def test_the_grid_shows_the_set_in_its_order(page: Page) -> None:
    page.wait(lambda: len(page.names()) >= 12)
    assert page.names()[:3] == ["train-000000", "train-000001", "train-000002"]
    strips = page.wait(
        lambda: [one for one in page.all(".tile img") if one.get_property("naturalWidth")]
    )
    assert strips[0].get_property("naturalWidth") == 3 * 24


def test_the_filter_is_that_of_subset(page: Page, things: Things) -> None:
    page.wait(page.names)
    page.keys("/")
    page.keys("sigma>=3 split=train")
    page.wait(lambda: "split train" in page.find(".command").text)
    assert page.find(".command").text.endswith("--split train --where 'sigma>=3' --out chosen")
    with open_shards(things.synthetic) as shards:
        chosen = [
            shards.name(number)
            for number in range(len(shards))
            if shards.metadata(number)["sigma"] >= 3 and shards.name(number).startswith("train")
        ]
    page.wait(lambda: f": {len(chosen)} of 24 " in page.find(".pane .count").text)
    page.wait(lambda: page.names() == chosen)


def test_a_wrong_filter_is_said_beside_it(page: Page) -> None:
    page.wait(page.names)
    page.find("#filter").send_keys("sigmma>=3")
    page.wait(lambda: "no sequence has 'sigmma'" in page.find(".sets .fault").text)
    page.find("#filter").clear()
    page.find("#filter").send_keys("sigma")
    page.wait(lambda: "KEY OPERATOR VALUE" in page.find(".sets .fault").text)
    page.faults()  # the browser notes the refused request, too


def test_the_wipe_shows_one_picture_left_and_another_right(page: Page, things: Things) -> None:
    page.wait(page.names)
    page.find(".tile button").click()
    page.find(".stage[data-shown='blended-1,transmission-1,one']")
    page.keys("w")
    page.find(".stage[data-shown='blended-1,transmission-1,wipe']")
    with open_shards(things.synthetic) as shards:
        sequence = shards[0]
    assert sequence.transmission is not None
    assert page.pixel(2, 5) == sequence.blended[1, 5, 2].tolist()
    assert page.pixel(20, 5) == sequence.transmission[1, 5, 20].tolist()


def test_the_magnifier_says_the_values_under_it(page: Page, things: Things) -> None:
    page.wait(page.names)
    page.find(".tile button").click()
    page.find(".stage[data-shown='blended-1,transmission-1,one']")
    page.keys("m")
    with open_shards(things.synthetic) as shards:
        values = shards[0].blended[1, 8, 12].tolist()
    wanted = f"row 8, column 12: I centre {' '.join(map(str, values))}"
    page.wait(lambda: page.find(".readout").text == wanted)
    assert page.find(".lens").is_displayed()


def test_the_arrows_are_the_stored_motion_of_both_layers(page: Page, things: Things) -> None:
    page.wait(page.names)
    page.find(".tile button").click()
    page.find(".stage[data-shown='blended-1,transmission-1,one']")
    page.keys("a")
    with open_shards(things.synthetic) as shards:
        trajectory = shards[0].trajectory
    assert trajectory is not None
    for layer in ("transmission", "reflection"):
        offsets = getattr(trajectory, layer).astype(int)
        # A window that slides right shows its photo further left; arrows go to the last view.
        row, column = (offsets[1] - offsets[2]).tolist()
        drawn = page.find(f".marks .arrow.{layer}").get_attribute("d") or ""
        begin_x, begin_y, tip_x, tip_y = map(float, re.findall(ARROW, drawn)[0])
        assert (tip_x - begin_x, tip_y - begin_y) == (column, row)


def test_the_views_play_and_stop(page: Page) -> None:
    page.wait(page.names)
    page.find(".tile button").click()
    page.find(".stage[data-shown='blended-1,transmission-1,one']")
    page.keys(" ")
    page.find(".stage[data-shown='blended-2,transmission-1,one']")
    page.find(".stage[data-shown='blended-0,transmission-1,one']")
    page.keys(" ")
    page.wait(lambda: [one for one in page.all(".large button") if one.text == "play views"])


def test_keys_walk_the_grid_and_come_back_to_it(page: Page) -> None:
    page.wait(lambda: len(page.names()) >= 12)
    page.keys("g")
    page.keys(Keys.ARROW_RIGHT + Keys.ARROW_RIGHT + Keys.ENTER)
    page.wait(lambda: page.find(".large h2").text == "train-000002")
    page.keys("n")
    page.wait(lambda: page.find(".large h2").text == "train-000003")
    page.keys(Keys.ESCAPE)
    page.wait(lambda: not page.find(".large").is_displayed())
    script = "return document.activeElement.getAttribute('aria-label')"
    page.wait(lambda: str(page.run(script)).startswith("train-000003"))


def test_two_sets_stand_side_by_side(page: Page) -> None:
    page.wait(page.names)
    page.all(".sets select")[1].send_keys("pairs")
    page.wait(lambda: len(page.all(".pane")) == 2)
    page.wait(lambda: "3 of 3" in page.all(".pane .count")[1].text)


def test_a_decision_goes_to_its_file(page: Page, tmp_path: Path) -> None:
    page.find("nav a[href='#captures']").click()
    assert page.find(".scene h2").text == "attic"
    page.find(".scene button").click()
    page.wait(lambda: "accept by hand" in page.find(".scene .verdict").text)
    written = json.loads((tmp_path / "decisions.json").read_text())
    assert written == {"format": "seqsynth-decisions", "scenes": {"attic": "accept"}}


def test_names_from_data_are_text(page: Page) -> None:
    page.all(".sets select")[0].send_keys("pairs")
    page.wait(lambda: HOSTILE in page.names())
    page.find(f'.tile button[aria-label^="{HOSTILE[:4]}"]').click()
    page.wait(lambda: page.find(".large h2").text == HOSTILE)
    page.find("nav a[href='#captures']").click()
    page.wait(lambda: HOSTILE in [one.text for one in page.all(".scene h2")])
    page.find("nav a[href='#results']").click()
    page.wait(lambda: HOSTILE in [one.text for one in page.all(".results td button")])
    assert page.driver.title == "seqsynth view"
    assert page.all("img[src='x']") == []


def test_photos_made_worse_come_first(page: Page) -> None:
    page.find("nav a[href='#results']").click()
    page.find(".results select option")
    order = page.find(".results select")
    order.send_keys("made worse by bad first")
    page.wait(lambda: "3 photos;" in page.find(".results .soft").text)
    script = """return [...document.querySelectorAll(".results tbody tr:not(.mean)")]
        .map((row) => Number(row.children[3].lastChild.textContent.replace("−", "-")))"""
    gains = page.run(script)
    assert len(gains) == 3
    assert gains == sorted(gains)
    assert gains[0] < 0


def test_curves_and_panels_of_a_run_are_drawn(page: Page) -> None:
    page.find("nav a[href='#runs']").click()
    assert page.find(".legend li").text == "run student: 19"
    panel = page.find(".panel img")
    page.wait(lambda: panel.get_property("naturalWidth") == 64)


def test_a_narrow_page_does_not_scroll_sideways(page: Page) -> None:
    page.driver.set_window_size(500, 900)
    try:
        page.wait(page.names)
        page.find(".tile button").click()
        page.find(".stage[data-shown]")
        assert page.run("return document.documentElement.scrollWidth <= window.innerWidth")
    finally:
        page.driver.set_window_size(1200, 1000)


def test_the_exported_site_opens_from_disk(
    driver: webdriver.Chrome, things: Things, tmp_path: Path
) -> None:
    collection = open_collection(
        [things.synthetic, things.captures],
        runs=[things.run],
        scenes=things.scenes,
        decisions=tmp_path / "decisions.json",
    )
    files = list(write_site(plan_site(collection), tmp_path / "site"))
    assert len(files) == 24
    page = Page(driver)
    page.faults()
    driver.get((tmp_path / "site" / "index.html").as_uri())
    page.wait(lambda: len(page.names()) >= 12)
    page.find("#filter").send_keys("split=val")
    page.wait(lambda: page.names() and set(page.names()) == {f"val-{n:06d}" for n in range(5)})
    page.find(".tile button").click()
    page.find(".stage[data-shown='blended-1,transmission-1,one']")
    with open_shards(things.synthetic) as shards:
        first = next(n for n in range(len(shards)) if shards.name(n) == "val-000000")
        wanted = shards[first].blended[1, 4, 4].tolist()
    assert page.pixel(4, 4) == wanted
    page.find("nav a[href='#captures']").click()
    page.wait(lambda: [one.text for one in page.all(".scene h2")] == ["attic", HOSTILE, "garden"])
    page.find("nav a[href='#runs']").click()
    page.find(".legend li")
    assert page.faults() == []
