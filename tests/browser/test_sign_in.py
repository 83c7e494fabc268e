"""The demo's bar on the page, and signing in to a real server in a real browser, over TLS."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
import shapely
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.accounts import Actor, Role
from app.accounts.accounts import Accounts
from app.grids import City
from app.maps.tiles import build_tiles
from app.store import Database
from tests.browser.conftest import PATIENCE_S, ROOT, WATCH_CSP, Opener, Watch, still
from tests.browser.pages import grave
from tests.incidents.pictures import jpeg

PASSWORD = "four plain words here"


def test_the_page_says_that_it_is_the_demo_and_as_whom(open_page: Opener) -> None:
    page = open_page()
    bar = page.locator("#mode")
    expect(bar).to_be_visible()
    expect(bar).to_contain_text("演示模式")
    expect(bar).to_contain_text("调度员")
    page.locator("#switch-language").click()
    expect(bar).to_contain_text("Demo mode")
    expect(bar).to_contain_text("Dispatcher")


@pytest.mark.parametrize(("width", "height"), [(1000, 600), (360, 640)])
def test_the_bar_covers_nothing(open_page: Opener, width: int, height: int) -> None:
    page = open_page(width=width, height=height)
    bar = page.locator("#mode").bounding_box()
    assert bar is not None
    assert (bar["x"], bar["y"], bar["width"]) == (0, 0, width)
    for part in (".stage", ".rail", "#search"):
        box = page.locator(part).bounding_box()
        assert box is not None
        assert box["y"] >= bar["height"], part
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.locator("#mode").evaluate("one => one.scrollWidth <= one.clientWidth")


def test_another_role_of_the_demo(open_page: Opener) -> None:
    page = open_page()
    page.locator("#mode a").click()
    page.get_by_role("button", name="查看", exact=True).click()
    page.wait_for_selector("html[data-ready]")
    expect(page.locator("#mode")).to_contain_text("查看")
    me = page.evaluate("fetch('/api/me').then((one) => one.json())")
    assert (me["role"], me["permissions"]) == ("viewer", ["view"])
    page.locator("#mode a").click()
    page.get_by_role("button", name="调度员", exact=True).click()
    expect(page.locator("#mode")).to_contain_text("调度员")


@pytest.fixture(scope="module")
def area(city: City, inside: tuple[float, float]) -> str:
    """Return the code of the finest grid of `inside`."""
    layer = city.layer(city.levels[-1].id)
    rows = layer.frame.sindex.query(shapely.Point(inside), predicate="intersects")
    return str(layer.codes[rows[0]])


@pytest.fixture(scope="module")
def secure(city: City, area: str) -> Iterator[str]:
    """Start the server for production, with a certificate of its own, and give its address."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed: signing in over TLS was NOT tested")
    build_tiles(city, ROOT / "var")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        subject = ["-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
        files = ["-keyout", str(folder / "key"), "-out", str(folder / "certificate")]
        subprocess.run([*made, *subject, *files], check=True, capture_output=True)
        url = f"sqlite:///{folder / 'weige.db'}"
        database = Database(url)
        database.upgrade()
        accounts = Accounts(database, city)
        accounts.create(Actor.system("setup"), "boss", PASSWORD, Role.ADMIN)
        accounts.create(Actor.system("setup"), "worker", PASSWORD, Role.GRID_WORKER, area)
        database.close()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        known = {key: value for key, value in os.environ.items() if not key.startswith("WEIGE_")}
        env = known | {
            "WEIGE_CITY": str(city.folder),
            "WEIGE_VAR": str(ROOT / "var"),
            "WEIGE_DATABASE_URL": url,
            "WEIGE_ENV": "production",
            "WEIGE_SECRET_KEY": "k" * 40,
        }
        command = [sys.executable, "-m", "gunicorn", "app.web:create_app()", "--workers", "1"]
        tls = ["--keyfile", str(folder / "key"), "--certfile", str(folder / "certificate")]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [*command, "-b", f"127.0.0.1:{port}", *tls],
                cwd=ROOT,
                env=env,
                stdout=log,
                stderr=log,
            )
        origin = f"https://127.0.0.1:{port}"
        try:
            _wait(origin, process, folder / "log")
            yield origin
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def _wait(origin: str, process: subprocess.Popen[bytes], log: Path) -> None:
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(f"{origin}/healthz", context=trusting, timeout=5) as answer:
                assert answer.status == 200
                return
        except (URLError, ConnectionError):
            time.sleep(0.1)
    pytest.fail(f"the server did not start:\n{log.read_text()}")


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def stranger(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(
        locale="zh-CN", ignore_https_errors=True, java_script_enabled=request.param
    )
    context.add_init_script(WATCH_CSP)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_S * 1000)
    yield page
    context.close()


def sign_in(page: Page, password: str = PASSWORD, name: str = "boss") -> None:
    page.get_by_label("账号").fill(name)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()


def test_signing_in_and_out(stranger: Page, secure: str) -> None:
    page = stranger
    page.goto(f"{secure}/api/docs")
    assert page.url == f"{secure}/sign-in?next=/api/docs"
    sign_in(page, "wrong")
    expect(page.get_by_role("alert")).to_contain_text("账号或密码不正确")
    sign_in(page)
    expect(page).to_have_url(f"{secure}/api/docs")
    page.goto(f"{secure}/")
    expect(page.locator("#mode")).to_have_count(0)
    account = page.locator(".strip .account")
    expect(account).to_have_text("管理员 boss")
    account.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("管理员 boss")
    page.get_by_label("原密码").fill(PASSWORD)
    page.get_by_label("新密码（").fill(PASSWORD)
    page.get_by_label("再次输入新密码").fill(PASSWORD)
    page.get_by_role("button", name="修改密码").click()
    expect(page.get_by_role("status")).to_contain_text("密码已修改")
    page.get_by_role("button", name="退出登录").click()
    expect(page).to_have_url(f"{secure}/sign-in")
    page.goto(f"{secure}/account")
    assert page.url.startswith(f"{secure}/sign-in")
    assert page.context.cookies() == [] or all(
        one["httpOnly"] and one["secure"] for one in page.context.cookies()
    )


@pytest.fixture
def telephone(browser: Browser, inside: tuple[float, float]) -> Iterator[BrowserContext]:
    lon, lat = inside
    context = browser.new_context(
        locale="zh-CN",
        ignore_https_errors=True,
        viewport={"width": 390, "height": 844},
        has_touch=True,
        reduced_motion="reduce",
        geolocation={"longitude": lon, "latitude": lat, "accuracy": 8},
        permissions=[],
    )
    context.add_init_script(WATCH_CSP)
    yield context
    context.close()


def small(page: Page) -> list[str]:
    """Return what can be touched in the panel and the bar but is smaller than a finger."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("#panel :is(button, a, input, select, textarea),"
          + " .field-bar button, #search button")]
          .map((one) => [one, one.getBoundingClientRect()])
          .filter(([one, { width, height }]) => one.checkVisibility() && width > 1 && height < 44)
          .map(([one, { height }]) => `${one.className} ${one.name ?? ""} ${height}`)"""
    )
    return found


def test_a_grid_worker_reports_with_a_telephone(
    telephone: BrowserContext, secure: str, area: str, city: City
) -> None:
    page = telephone.new_page()
    page.set_default_timeout(PATIENCE_S * 1000)
    watch = Watch(secure)
    page.on("request", lambda request: watch.requests.append(request.url))
    page.on("pageerror", lambda error: watch.errors.append(str(error)))
    page.on("console", watch.note)
    page.goto(secure)
    sign_in(page, name="worker")
    page.wait_for_selector("html[data-ready][data-field]")
    home = page.locator('[data-pane="field"]')
    expect(home.locator("h2")).to_have_text(city.name_of(area, city.levels[-1].id))
    expect(home).to_contain_text("没有未结事件")
    for _ in ("light", "dark"):
        assert grave(page) == []
        page.keyboard.press("t")
    assert small(page) == []
    # The whole grid is seen, above the panel.
    still(page)
    # A telephone that does not tell where it is says why, and what to do instead.
    page.click('[name="field-report"]')
    expect(page.locator("#toast")).to_contain_text("允许本站使用位置")
    telephone.grant_permissions(["geolocation"], origin=secure)
    page.click('[name="field-where"]')
    expect(page.locator('[data-pane="answer"]')).to_contain_text("误差约 8.0 m")
    expect(page.locator(f'[data-pane="answer"] [data-code="{area}"]')).to_be_visible()
    page.click('[name="field-report"]')
    form = page.locator('[data-pane="report"]')
    form.locator('[name="hazard"]').select_option("gas.leak")
    expect(form.locator('[name="title"]')).not_to_have_value("")
    picture = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": jpeg()}
    form.locator('[name="photo"]').set_input_files(picture)
    expect(form.locator(".report-photos img")).to_be_visible()
    assert small(page) == []
    assert grave(page) == []
    form.locator('[name="send"]').click()
    sheet = page.locator('[data-pane="incident"]')
    expect(sheet.locator(".photos img")).to_be_visible()
    title = sheet.locator("h2").inner_text()
    # It is in the own grid, with what may be done about it.
    page.click('[name="field-home"]')
    row = page.locator(".field-row")
    expect(row).to_contain_text(title)
    row.click()
    me = page.evaluate("fetch('/api/incidents').then((one) => one.json())")
    number = me["incidents"][0]["number"]
    expect(sheet).to_have_attribute("data-number", number)
    told = page.evaluate(f"fetch('/api/incidents/{number}').then((one) => one.json())")
    assert (told["source"], told["accuracy_m"], len(told["photos"])) == ("grid_worker", 8, 1)
    assert told["moves"]
    for move in told["moves"]:
        expect(sheet.get_by_role("button", name=move["name_zh"], exact=True)).to_be_visible()
    watch.check(page)


def test_views_are_kept_with_the_account(telephone: BrowserContext, secure: str) -> None:
    page = telephone.new_page()
    page.set_default_timeout(PATIENCE_S * 1000)
    page.set_viewport_size({"width": 1000, "height": 600})
    page.goto(f"{secure}/account")
    sign_in(page, name="worker")
    # What the browser kept before the account did moves to it.
    old = '[{"name": "旧/地", "hash": "#z=12.00&c=104.50000,30.40000"}]'
    label = page.evaluate("fetch('/api/me').then((one) => one.json())")["label"]
    page.evaluate("([key, old]) => localStorage.setItem(key, old)", [f"weige.views.{label}", old])
    page.goto(secure)
    page.wait_for_selector("html[data-ready]:not([data-field])")
    page.click("#open-work")
    expect(page.locator('#work [data-view="旧／地"]')).to_be_visible()
    page.fill('[name="view-name"]', "河边")
    page.press('[name="view-name"]', "Enter")
    expect(page.locator("#work .views li")).to_have_count(2)
    kept = page.evaluate("fetch('/api/views').then((one) => one.json())")["views"]
    assert [one["name"] for one in kept] == ["河边", "旧／地"]
    page.locator("#work .views li button").nth(1).click()
    expect(page.locator("#work .views li")).to_have_count(1)
    assert page.evaluate("window.__violations") == []
