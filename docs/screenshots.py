"""Takes the pictures of the README and the docs from a running demo: `python docs/screenshots.py [URL]`.

Needs `make demo` running (default http://127.0.0.1:8000) and Chromium. Generates a roster when the demo has no draft,
so the pictures show what a first-time user sees. Writes docs/images/*.png.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

IMAGES = Path(__file__).parent / "images"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
GENERATE_MS = 180_000
WIDTH = 1280


def sign_in(browser: Browser, address: str, *, user: str = "demo", dark: bool = False) -> Page:
    """A page signed in as the demo's manager, or as `admin`, who runs the platform."""
    page = browser.new_context(color_scheme="dark" if dark else "light").new_page()
    page.set_viewport_size({"width": WIDTH, "height": 900})
    page.goto(f"{address}/admin/")
    page.get_by_label("Username").fill(user)
    page.get_by_label("Password").fill(user)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="This week" if user == "demo" else "Customers at risk").wait_for()
    return page


def open_a_draft(page: Page, address: str) -> str:
    """The address of a draft roster; generates one, and takes its job's picture, when there is none."""
    page.goto(f"{address}/admin/rostering/roster/?status__exact=draft")
    drafts = page.locator("#result_list tbody a")
    if not drafts.count():
        page.goto(f"{address}/admin/rostering/roster/generate/")
        page.get_by_role("button", name="Generate roster").click()
        page.get_by_role("progressbar").first.wait_for()
        page.locator("figure svg").first.wait_for(timeout=GENERATE_MS)
        page.wait_for_timeout(20_000)
        page.screenshot(path=IMAGES / "job.png")
        page.get_by_role("link", name="Open the roster").click(timeout=GENERATE_MS)
    else:
        drafts.first.click()
    page.locator("table.mu-board").wait_for()
    return page.url.partition("?")[0]


def take(page: Page, name: str, url: str, *, height: int = 900) -> None:
    page.set_viewport_size({"width": WIDTH, "height": height})
    page.goto(url)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / f"{name}.png")
    print(f"docs/images/{name}.png")


def main() -> None:
    address = (sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000").rstrip("/")
    browser_path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser_path is None:
        raise SystemExit("No Chromium on this machine: apt-get install chromium.")
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=QUIET)
        page = sign_in(browser, address)
        roster = open_a_draft(page, address)
        take(page, "roster", roster, height=1160)
        take(page, "roster-week", f"{roster}?view=week")
        take(page, "roster-sites", f"{roster}?view=week&by=site")
        take(page, "publish", roster.replace("/change/", "/publish/"))
        take(page, "home", f"{address}/admin/")
        take(page, "generate", f"{address}/admin/rostering/roster/generate/")
        take(page, "gaps", f"{address}/admin/rostering/gap/")
        take(page, "staff", f"{address}/admin/rostering/staff/")
        take(sign_in(browser, address, dark=True), "roster-dark", roster)
        take(page, "metrics", f"{address}/admin/analytics/dailymetrics/")
        platform = sign_in(browser, address, user="admin")
        take(platform, "customers", f"{address}/admin/analytics/customer/")
        take(platform, "schedules", f"{address}/admin/django_celery_beat/periodictask/")
        browser.close()


if __name__ == "__main__":
    main()
