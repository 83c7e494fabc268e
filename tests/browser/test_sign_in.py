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
from playwright.sync_api import Browser, Page, expect

from app.accounts import Actor, Role
from app.accounts.accounts import Accounts
from app.grids import City
from app.store import Database
from tests.browser.conftest import PATIENCE_S, ROOT, WATCH_CSP, Opener

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
def secure(city: City) -> Iterator[str]:
    """Start the server for production, with a certificate of its own, and give its address."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed: signing in over TLS was NOT tested")
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


def sign_in(page: Page, password: str = PASSWORD) -> None:
    page.get_by_label("账号").fill("boss")
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
