"""Pictures from anywhere, made harmless: decoded, turned upright, made small, written anew.

Nothing of the file that was sent is kept: no metadata, no second picture behind the first, no
bytes after its end. Only the position that a camera wrote is handed out beside it.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import ExifTags, Image, ImageOps

from app.errors import BadInputError, TooLargeError
from app.incidents.png import check_png

# Pillow would warn of many pixels, and refuse yet more; `_check_size` refuses them before anything
# is decoded.
Image.MAX_IMAGE_PIXELS = None

# What is read; everything is kept as JPEG. Pillow itself does not read HEIC.
FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
KEPT_AS = "image/jpeg"
MAX_BYTES = 12 * 1024 * 1024
# A camera of 50 megapixels has some more. Decoded, and twice where it is turned, this is memory.
MAX_PIXELS = 52_000_000
LONGEST = 2048
THUMBNAIL = 320
_QUALITY, _THUMBNAIL_QUALITY = 85, 80
# What is larger than this must have bytes for its pixels. A JPEG has a bit or more for each block
# of 8 × 8; a photo has a hundred times as much, and only made-up pictures have less.
_SMALL_PIXELS = 4_000_000
_MOST_PIXELS_A_BYTE = 512
# A progressive JPEG has about ten scans; thousands of them cost minutes and no bytes.
_MAX_SCANS = 100
_SCAN = b"\xff\xda"
_MAX_LAT, _MAX_LON = 90.0, 180.0
_SIXTIETHS = (1.0, 60.0, 3600.0)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a camera says that it was, WGS-84.

    Attributes
    ----------
    lon, lat : float
        Degrees.
    accuracy_m : float or None
        How far off it may be, where the camera says so.
    """

    lon: float
    lat: float
    accuracy_m: float | None


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture written anew.

    Attributes
    ----------
    image, thumbnail : bytes
        JPEG, longest side at most `LONGEST` and `THUMBNAIL` pixels.
    width, height : int
        Of the image, pixels.
    sha256 : str
        Of the image, hexadecimal.
    position : Position or None
        From the metadata, which is not kept.
    """

    image: bytes
    thumbnail: bytes
    width: int
    height: int
    sha256: str
    position: Position | None


def read_picture(data: bytes) -> Picture:
    """Read a picture and write it anew.

    Parameters
    ----------
    data
        A whole file; what it is is seen from its content, whatever it is called.

    Raises
    ------
    TooLargeError
        If it has more bytes, pixels or scans than allowed.
    BadInputError
        If it is no picture of an allowed format, or damaged.
    """
    if len(data) > MAX_BYTES:
        raise TooLargeError(
            f"the photo has {len(data)} bytes, allowed are {MAX_BYTES}",
            "Send a smaller one.",
            message_zh=f"照片有 {len(data)} 字节，最多 {MAX_BYTES} 字节",
            hint_zh="请发送较小的照片。",
        )
    upright, position = _decode(data)
    width, height = upright.size
    image = _jpeg(upright, _QUALITY)
    upright.thumbnail((THUMBNAIL, THUMBNAIL))
    thumbnail = _jpeg(upright, _THUMBNAIL_QUALITY)
    return Picture(
        image=image,
        thumbnail=thumbnail,
        width=width,
        height=height,
        sha256=hashlib.sha256(image).hexdigest(),
        position=position,
    )


def _decode(data: bytes) -> tuple[Image.Image, Position | None]:
    """Return the picture upright, without metadata, at most `LONGEST` wide and high."""
    try:
        with Image.open(BytesIO(data), formats=tuple(FORMATS.values())) as source:
            _check_size(source, data)
            if source.format == "PNG":
                check_png(data)
            position = _position(source)
            # A JPEG is decoded at a half, a quarter or an eighth of its size if that is enough.
            source.draft("RGB", (LONGEST, LONGEST))
            source.load()
            plain = _plain(source)
            plain.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
            plain.getexif()[ExifTags.Base.Orientation] = _orientation(source)
            turned = ImageOps.exif_transpose(plain)
    except BadInputError:
        raise
    # Decoders of hostile files fail with whatever they please.
    except Exception as error:
        raise _no_photo(type(error).__name__) from None
    return turned, position


def _check_size(source: Image.Image, data: bytes) -> None:
    if source.width * source.height > MAX_PIXELS:
        raise _too_many_pixels(f"{source.width} × {source.height}")
    if source.width * source.height > max(_SMALL_PIXELS, _MOST_PIXELS_A_BYTE * len(data)):
        raise _no_photo(f"{source.width} × {source.height} pixels in {len(data)} bytes")
    if source.format in {"JPEG", "MPO"} and data.count(_SCAN) > _MAX_SCANS:
        raise TooLargeError(
            f"the photo has {data.count(_SCAN)} scans, allowed are {_MAX_SCANS}",
            "Save it again as a plain JPEG.",
            message_zh="照片的扫描次数过多",
            hint_zh="请另存为普通 JPEG 后再发送。",
        )


def _too_many_pixels(found: str) -> TooLargeError:
    return TooLargeError(
        f"the photo has {found} pixels, allowed are {MAX_PIXELS}",
        "Send a smaller one.",
        message_zh=f"照片像素过多（{found}），最多 {MAX_PIXELS}",
        hint_zh="请缩小后再发送。",
    )


def _no_photo(why: str) -> BadInputError:
    return BadInputError(
        f"the photo cannot be read: {why}",
        "Allowed are whole JPEG, PNG and WebP files; HEIC must be saved as JPEG first.",
        message_zh="照片无法读取",
        hint_zh="支持完整的 JPEG、PNG、WebP 文件；HEIC 请先转为 JPEG。",
    )


def _plain(source: Image.Image) -> Image.Image:
    """Return the pixels alone, in RGB, on white where they are transparent."""
    if source.mode.startswith("I"):
        # 16 bits a pixel; converting alone would cut them off at 255.
        source = source.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    plain = Image.new("RGB", source.size, "white")
    if source.has_transparency_data:
        layer = source.convert("RGBA")
        plain.paste(layer, mask=layer.getchannel("A"))
    else:
        plain.paste(source.convert("RGB"))
    return plain


def _jpeg(image: Image.Image, quality: int) -> bytes:
    stream = BytesIO()
    image.save(stream, "JPEG", quality=quality, exif=b"", optimize=True)
    return stream.getvalue()


def _orientation(source: Image.Image) -> int:
    try:
        found = source.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1  # noqa: PLR2004 - Exif 2.32


def _position(source: Image.Image) -> Position | None:
    """Return the position in the metadata, None where there is none that can be true."""
    # Whatever stands there, the picture itself is as good as before.
    try:
        gps: Mapping[int, Any] = source.getexif().get_ifd(ExifTags.IFD.GPSInfo)
        lat = _degrees(gps[ExifTags.GPS.GPSLatitude], str(gps[ExifTags.GPS.GPSLatitudeRef]), "NS")
        lon = _degrees(gps[ExifTags.GPS.GPSLongitude], str(gps[ExifTags.GPS.GPSLongitudeRef]), "EW")
    except Exception:
        return None
    # A camera without a fix writes noughts.
    if abs(lat) > _MAX_LAT or abs(lon) > _MAX_LON or (lon, lat) == (0, 0):
        return None
    return Position(lon, lat, _accuracy(gps))


def _degrees(parts: Any, side: str, sides: str) -> float:  # noqa: ANN401 - anything may stand there
    degrees = sum(float(part) / over for part, over in zip(parts, _SIXTIETHS, strict=True))
    if not math.isfinite(degrees) or degrees < 0 or side not in tuple(sides):
        raise ValueError(f"{parts} {side}")
    return -degrees if side == sides[1] else degrees


def _accuracy(gps: Mapping[int, Any]) -> float | None:
    try:
        found = float(gps[ExifTags.GPS.GPSHPositioningError])
    except Exception:
        return None
    return found if math.isfinite(found) and found >= 0 else None
