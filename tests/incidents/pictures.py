"""Pictures for tests, good and hostile, made on the spot."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

from PIL import ExifTags, Image

SECRET = b"SerialNumber-12345"


def jpeg(
    width: int = 60,
    height: int = 40,
    *,
    gps: dict[int, object] | None = None,
    orientation: int | None = None,
    comment: bytes = b"",
    kind: str = "JPEG",
    **options: object,
) -> bytes:
    """Return a picture: red on its left third, blue elsewhere, with a secret in its metadata."""
    image = Image.new("RGB", (width, height), "blue")
    image.paste("red", (0, 0, max(1, width // 3), height))
    exif = Image.Exif()
    exif[ExifTags.Base.CameraSerialNumber] = SECRET.decode()
    if orientation is not None:
        exif[ExifTags.Base.Orientation] = orientation
    if gps is not None:
        exif[ExifTags.IFD.GPSInfo] = gps
    if comment and kind == "JPEG":
        options["comment"] = comment
    stream = BytesIO()
    image.save(stream, kind, exif=exif, **options)
    return stream.getvalue()


def position(lon: float, lat: float, **more: object) -> dict[int, object]:
    """Return the tags that a camera writes for a position in degrees."""

    def parts(degrees: float) -> tuple[float, float, float]:
        minutes = abs(degrees) % 1 * 60
        return (int(abs(degrees)), int(minutes), minutes % 1 * 60)

    return {
        ExifTags.GPS.GPSLatitudeRef: "S" if lat < 0 else "N",
        ExifTags.GPS.GPSLatitude: parts(lat),
        ExifTags.GPS.GPSLongitudeRef: "W" if lon < 0 else "E",
        ExifTags.GPS.GPSLongitude: parts(lon),
        **{getattr(ExifTags.GPS, name): value for name, value in more.items()},
    }


def png_of_size(width: int, height: int, rows: int = 1, spare: int = 0) -> bytes:
    """Return a PNG that says that it is large: black, `rows` rows in all, and `spare` bytes."""
    pixels = zlib.compressobj(9)
    packed = pixels.compress(b"\x00" * (1 + 3 * width) * rows) + pixels.flush() + b"\x00" * spare

    return _png((width, height, 8, 2, 0, 0, 0), packed)


# Type of colour and channels of each mode, as PNG numbers them.
CHANNELS = {"1": (0, 1), "L": (0, 1), "I;16": (0, 1), "LA": (4, 2), "P": (0, 1), "RGB": (2, 3),
            "RGBA": (6, 4)}  # fmt: skip


def interlaced_png(width: int, height: int, channels: tuple[int, int], depth: int) -> bytes:
    """Return a black PNG in seven passes; each pixel is asked for its pass by the pattern."""
    pattern = ["16462646", "77777777", "56565656", "77777777",
               "36463646", "77777777", "56565656", "77777777"]  # fmt: skip
    rows = b""
    for number in "1234567":
        for y in range(height):
            count = sum(pattern[y % 8][x % 8] == number for x in range(width))
            if count:
                rows += b"\x00" * (1 + -(-count * depth * channels[1] // 8))
    return _png((width, height, depth, channels[0], 0, 0, 1), zlib.compress(rows))


def _png(header: tuple[int, ...], packed: bytes) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", *header))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def gif_with_frames(count: int) -> bytes:
    frames = [Image.new("P", (2, 2), index % 256) for index in range(count)]
    stream = BytesIO()
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:])
    return stream.getvalue()


def jpeg_with_scans(count: int) -> bytes:
    """Return a progressive JPEG whose last scan comes again and again."""
    made = jpeg(64, 64, progressive=True)
    last = made.rindex(b"\xff\xda")
    return made[:last] + made[last:-2] * count + made[-2:]


HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "text": b"hello",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "html": b"<html><script>alert(1)</script></html>",
    "gif": gif_with_frames(10_000),
    "half a jpeg": jpeg(400, 300)[:2000],
    "jpeg head": jpeg()[:30],
    "half a png": jpeg(400, 300, kind="PNG")[:300],
    "bmp": b"BM" + b"\x00" * 100,
    "tiff": b"II*\x00" + b"\xff" * 100,
    "heic": b"\x00\x00\x00\x18ftypheic" + b"\x00" * 64,
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(x) run\n",
    "pdf": b"%PDF-1.4\n",
}
