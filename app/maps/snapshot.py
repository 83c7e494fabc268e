"""An exported map as a picture: by the system's Chromium, or drawn plainly where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from app.errors import UnavailableError

WIDTH_PX, HEIGHT_PX = 1600, 1000
_SCALE = 2
_PATIENCE_S = 120
# A PNG begins with these.
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find_chromium() -> str | None:
    """Return the program, or None where there is none."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


def photograph(page: Path, target: Path, chromium: str) -> None:
    """Write the picture of a page, as a browser shows it.

    Parameters
    ----------
    page
        An exported map.
    target
        PNG file, put there whole.
    chromium
        The program.

    Raises
    ------
    UnavailableError
        If the browser gives no picture; says what it said.
    """
    with tempfile.TemporaryDirectory() as scratch:
        picture = Path(scratch) / "map.png"
        words = [
            chromium,
            "--headless",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--hide-scrollbars",
            # The map asks no host; nor does the browser.
            "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={Path(scratch) / 'profile'}",
            f"--window-size={WIDTH_PX},{HEIGHT_PX}",
            f"--force-device-scale-factor={_SCALE}",
            f"--screenshot={picture}",
            page.resolve().as_uri() + "#picture",
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            # Chromium's sandbox does not work for root.
            words.insert(1, "--no-sandbox")
        try:
            done = subprocess.run(  # noqa: S603 - the system's browser, our own file
                words, capture_output=True, timeout=_PATIENCE_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise _no_picture(chromium, str(error)) from error
        if not picture.is_file() or picture.read_bytes()[:8] != _SIGNATURE:
            raise _no_picture(chromium, done.stderr.decode("utf-8", "replace")[-300:])
        partial = target.with_name(f"{target.name}.partial")
        try:
            shutil.copyfile(picture, partial)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)


def _no_picture(chromium: str, said: str) -> UnavailableError:
    return UnavailableError(
        f"{chromium} made no picture: {said}",
        "Open the HTML file and print it in its place.",
        message_zh=f"{chromium} 未能生成图片：{said}",
        hint_zh="请改为打开 HTML 文件后打印。",
    )
