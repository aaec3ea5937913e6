"""The page of a report in a browser: it is searched, opened, copied from and read by keyboard, and asks nobody else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from report_samples import conforming, past, sample
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from conformance.report.html import html

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
pytestmark = [
    pytest.mark.skipif(not (BROWSER and DRIVER), reason="there is no chromium with its driver"),
]
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    "--force-prefers-reduced-motion",
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    options = ChromeOptions()
    options.binary_location = BROWSER or ""
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    for flag in (*QUIET, f"--user-data-dir={tmp_path_factory.mktemp('profile')}", "--window-size=1280,900"):
        options.add_argument(flag)
    driver = Chrome(options, Service(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def page(browser: Chrome, tmp_path: Path) -> Chrome:
    return opened(browser, tmp_path, sample(past=past(conforming(), sample(), conforming())))


def log(browser: Chrome, kind: str) -> list[dict[str, Any]]:
    read: Callable[[str], list[dict[str, Any]]] = browser.get_log
    return read(kind)


def opened(browser: Chrome, folder: Path, report: dict[str, Any]) -> Chrome:
    path = folder / "report.html"
    path.write_bytes(html(report).encode("utf-8"))
    log(browser, "performance")
    browser.get(path.as_uri())
    return browser


def visible(page: Chrome) -> set[str]:
    rows = page.find_elements(By.CSS_SELECTOR, ".requirement:not([hidden])")
    return {(row.get_attribute("id") or "").removeprefix("requirement-") for row in rows}


def press(page: Chrome, *keys: str) -> None:
    for key in keys:
        page.switch_to.active_element.send_keys(key)


def test_the_page_asks_nobody_and_complains_of_nothing(page: Chrome) -> None:
    page.execute_script("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    asked = [
        message["params"]["request"]["url"]
        for entry in log(page, "performance")
        if (message := json.loads(entry["message"])["message"])["method"] == "Network.requestWillBeSent"
    ]
    # The browser's own: its first page, and the picture of the cross in a search field.
    assert [url for url in asked if not url.startswith(("chrome://", "data:"))] == [page.current_url]
    assert log(page, "browser") == []
    assert page.execute_script("return window.pwned") is None
    assert page.title == "Does not conform: http://server.example"


def test_search_finds_by_words_and_escape_shows_all_again(page: Chrome) -> None:
    every = visible(page)
    page.find_element(By.TAG_NAME, "body").send_keys("/")
    assert page.switch_to.active_element.get_attribute("id") == "search"
    page.switch_to.active_element.send_keys("auth-required")
    assert visible(page) == {"auth-required"}
    assert page.find_element(By.ID, "shown").text == f"1 of {len(every)} requirements"
    press(page, Keys.ESCAPE)
    assert visible(page) == every
    page.switch_to.active_element.send_keys("no such words")
    assert page.find_element(By.ID, "nothing").is_displayed()
    page.find_element(By.ID, "clear").click()
    assert visible(page) == every


def test_a_filter_shows_one_verdict(page: Chrome) -> None:
    button = page.find_element(By.CSS_SELECTOR, "[data-show=violated]")
    button.send_keys(Keys.ENTER)
    assert button.get_attribute("aria-pressed") == "true"
    assert visible(page) == {"auth-required", "top-limits", "status-no-server-error", "unknown-parameter-ignored"}


def test_a_finding_is_opened_and_closed_by_keyboard(page: Chrome) -> None:
    card = page.find_elements(By.CSS_SELECTOR, ".card:not([open])")[0]
    page.execute_script("arguments[0].querySelector('summary').focus()", card)
    press(page, Keys.ENTER)
    assert card.get_attribute("open")
    assert card.find_element(By.CSS_SELECTOR, "[data-copy]").is_displayed()
    press(page, Keys.ENTER)
    assert not card.get_attribute("open")


def test_the_first_tab_leads_past_the_head(page: Chrome) -> None:
    page.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    link = page.switch_to.active_element
    assert link.get_attribute("href") == f"{page.current_url}#requirements"
    assert link.rect["x"] >= 0


def test_what_is_new_leads_to_its_finding(page: Chrome) -> None:
    link = page.find_elements(By.CSS_SELECTOR, ".changes a")[-1]
    target = (link.get_attribute("href") or "").partition("#")[2]
    link.click()
    card = page.find_element(By.ID, target)
    assert card.get_attribute("open")
    assert page.switch_to.active_element == card.find_element(By.TAG_NAME, "summary")


@pytest.mark.parametrize("kind", ["curl", "replay"])
def test_a_line_is_copied_whole(page: Chrome, kind: str) -> None:
    button = page.find_element(By.CSS_SELECTOR, f".card[open] [data-copy^={kind}]")
    line = page.find_element(By.ID, button.get_attribute("data-copy") or "").get_attribute("textContent") or ""
    button.click()
    WebDriverWait(page, 20, poll_frequency=0.05).until(lambda _: button.text == "Copied")
    search = page.find_element(By.ID, "search")
    search.send_keys(Keys.CONTROL, "v")
    assert search.get_attribute("value") == line
    assert line.startswith({"curl": "curl -sS", "replay": "mesh-export-conformance replay report.json "}[kind])


@pytest.mark.parametrize("width", [320, 390, 800])
def test_no_width_makes_the_page_scroll_sideways(page: Chrome, width: int) -> None:
    page.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    )
    page.execute_script("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert page.execute_script("return document.documentElement.scrollWidth") <= width
    page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_page_is_dark_for_those_who_like_it_and_readable_in_both(page: Chrome) -> None:
    def contrast(scheme: str) -> float:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        style = "const style = getComputedStyle(document.querySelector('.quiet')); "
        ink = page.execute_script(f"{style} return style.color")
        ground = page.execute_script("return getComputedStyle(document.querySelector('.top')).backgroundColor")
        return _contrast(ink, ground)

    assert contrast("light") >= 4.5
    light = page.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert contrast("dark") >= 4.5
    assert page.execute_script("return getComputedStyle(document.body).backgroundColor") != light
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def _contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        channels = [int(part) / 255 for part in colour.removeprefix("rgb(").rstrip(")").split(",")]
        linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_print_has_each_line_as_wide_as_the_paper(page: Chrome) -> None:
    page.execute_script("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    paper = {"width": 717, "height": 1045, "deviceScaleFactor": 1, "mobile": False}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", paper)
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    widths = page.execute_script(
        "return [...document.querySelectorAll('.line pre')].map((each) => each.clientWidth / innerWidth)"
    )
    heights = page.execute_script(
        "return [...document.querySelectorAll('.requirement > summary')].map((each) => each.clientHeight)"
    )
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert min(widths) > 0.75
    assert max(heights) < 60


def test_print_has_each_finding_open(page: Chrome) -> None:
    closed = page.find_elements(By.CSS_SELECTOR, ".card:not([open])")
    assert closed
    page.execute_cdp_cmd("Page.printToPDF", {})
    assert all(card.get_attribute("open") for card in closed)


@pytest.mark.parametrize("report", [conforming(), sample(partial=True)], ids=["conforming", "partial"])
def test_other_reports_open_without_a_complaint_too(browser: Chrome, tmp_path: Path, report: dict[str, Any]) -> None:
    page = opened(browser, tmp_path, report)
    assert log(page, "browser") == []
    assert page.find_element(By.TAG_NAME, "h1").text.endswith("Conforms" if report["exit_code"] == 0 else "conform")
