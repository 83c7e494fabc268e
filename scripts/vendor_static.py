"""Refresh static/vendor: the libraries of the page, as published, with licences and digests.

    python -m scripts.vendor_static

The packages come through the ordinary npm client and whatever registry it is set up with. Each
lands in ``static/vendor/<package>-<version>/`` together with its licence and those of the packages
that its build contains; ``MANIFEST.json`` records version, licence and SHA-256 of every file.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"
MANIFEST_NAME = "MANIFEST.json"
# Licences of packages that publish none of their own; kept here as their repositories have them.
SUPPLIED_LICENCES = "licences"


@dataclass(frozen=True, slots=True)
class Package:
    """One library and the files of it that the page loads.

    Attributes
    ----------
    name, version : str
        As the registry has them.
    files : tuple of str
        Paths inside the package; what lies in its ``dist`` lies in the folder.
    """

    name: str
    version: str
    files: tuple[str, ...]

    @property
    def folder(self) -> str:
        """Folder under static/vendor."""
        return f"{self.name}-{self.version}"


PACKAGES = (
    Package(
        "maplibre-gl",
        "6.17.0",
        ("dist/maplibre-gl.mjs", "dist/maplibre-gl-worker.mjs", "dist/maplibre-gl.css"),
    ),
    Package("pmtiles", "4.5.0", ("dist/pmtiles.js",)),
    Package("uplot", "1.6.32", ("dist/uPlot.iife.min.js", "dist/uPlot.min.css")),
    # Of exported maps only; the style sheet names its images by their place beside it.
    Package(
        "leaflet",
        "1.9.4",
        (
            "dist/leaflet.js",
            "dist/leaflet.css",
            "dist/images/layers.png",
            "dist/images/layers-2x.png",
            "dist/images/marker-icon.png",
        ),
    ),
)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def licence_text(package: Path) -> str:
    """Return the licence that a package folder carries, "" if it carries none."""
    found = sorted(
        path
        for path in package.iterdir()
        if path.is_file() and path.name.lower().startswith(("license", "licence", "copying"))
    )
    return "\n\n".join(path.read_text(encoding="utf-8").strip() for path in found)


def bundled(modules: Path, name: str) -> list[str]:
    """Return the packages that `name` depends on, all the way down, sorted."""
    seen: set[str] = set()
    todo = [name]
    while todo:
        meta = _meta(modules / todo.pop())
        # Type declarations are not part of a build.
        wanted = {one for one in meta.get("dependencies", {}) if not one.startswith("@types/")}
        todo += sorted(wanted - seen)
        seen |= wanted
    return sorted(seen)


def vendor(modules: Path, package: Package, target: Path) -> dict[str, Any]:
    """Copy one package out of node_modules and return its entry in the manifest.

    Parameters
    ----------
    modules
        A ``node_modules`` folder.
    package
        What to copy.
    target
        The vendor folder; ``target / package.folder`` is made.

    Raises
    ------
    FileNotFoundError
        If the package, one of its files or a licence is missing.
    """
    source = modules / package.name
    folder = target / package.folder
    folder.mkdir(parents=True)
    for name in package.files:
        place = folder / Path(name).relative_to("dist")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, place)
    supplied = VENDOR / SUPPLIED_LICENCES / f"{package.name}.txt"
    text = licence_text(source) or supplied.read_text(encoding="utf-8").strip()
    (folder / "LICENSE.txt").write_text(text + "\n", encoding="utf-8")
    parts = [_notice(modules / one) for one in bundled(modules, package.name)]
    (folder / "THIRD-PARTY.txt").write_text(
        f"Packages that the build of {package.name} {package.version} may contain\n\n"
        + "\n\n".join(parts or ["None: it depends on no other package."])
        + "\n",
        encoding="utf-8",
    )
    return {
        "package": package.name,
        "version": package.version,
        "licence": _meta(source)["license"],
        "files": {
            path.relative_to(target).as_posix(): sha256_of(path)
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        },
    }


def _meta(package: Path) -> dict[str, Any]:
    meta: dict[str, Any] = json.loads((package / "package.json").read_text(encoding="utf-8"))
    return meta


def _notice(package: Path) -> str:
    meta = _meta(package)
    head = f"=== {meta['name']} {meta['version']} ({meta.get('license', 'see its source')}) ==="
    return f"{head}\n\n{licence_text(package) or 'No licence file is published with it.'}"


def main() -> None:
    """Fetch the packages and replace static/vendor, all of it or nothing."""
    npm = shutil.which("npm")
    if npm is None:
        typer.echo("npm is not on the PATH; it is needed to refresh static/vendor.", err=True)
        raise typer.Exit(2)
    with tempfile.TemporaryDirectory() as work:
        wanted = [f"{package.name}@{package.version}" for package in PACKAGES]
        command = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save"]
        done = subprocess.run([*command, *wanted], cwd=work, check=False)  # noqa: S603 - fixed words
        if done.returncode:
            typer.echo("npm could not fetch the packages; nothing was changed.", err=True)
            raise typer.Exit(2)
        fresh = Path(work) / "vendor"
        entries = [vendor(Path(work) / "node_modules", package, fresh) for package in PACKAGES]
        for old in VENDOR.iterdir():
            if old.is_dir() and old.name != SUPPLIED_LICENCES:
                shutil.rmtree(old)
        for folder in fresh.iterdir():
            shutil.copytree(folder, VENDOR / folder.name)
    text = json.dumps({"packages": entries}, indent=2) + "\n"
    partial = VENDOR / f"{MANIFEST_NAME}.partial"
    partial.write_text(text, encoding="utf-8")
    partial.replace(VENDOR / MANIFEST_NAME)
    typer.echo(f"static/vendor: {', '.join(wanted)}")


if __name__ == "__main__":
    typer.run(main)
