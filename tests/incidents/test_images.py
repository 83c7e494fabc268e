"""Pictures are made harmless: whatever is sent, what is kept is a plain small JPEG."""

from __future__ import annotations

import struct
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from app.errors import BadInputError, TooLargeError
from app.incidents.images import LONGEST, MAX_BYTES, THUMBNAIL, Picture, read_picture
from app.incidents.png import check_png
from tests.incidents.pictures import (
    CHANNELS,
    HOSTILE,
    SECRET,
    interlaced_png,
    jpeg,
    jpeg_with_scans,
    png_of_size,
    position,
)


def opened(data: bytes) -> Image.Image:
    with Image.open(BytesIO(data)) as image:
        image.load()
        return image


def is_plain(picture: Picture) -> None:
    for data in picture.image, picture.thumbnail:
        image = opened(data)
        assert (image.format, image.mode) == ("JPEG", "RGB")
        assert dict(image.getexif()) == {}
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert SECRET not in data
    assert opened(picture.image).size == (picture.width, picture.height)
    assert max(opened(picture.thumbnail).size) <= THUMBNAIL


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_what_is_kept_has_no_metadata(kind: str) -> None:
    data = jpeg(kind=kind, gps=position(104.5, 30.4), comment=b"secret comment")
    assert SECRET in data
    picture = read_picture(data)
    is_plain(picture)
    assert (picture.width, picture.height) == (60, 40)
    assert b"secret comment" not in picture.image


def test_a_large_one_is_made_smaller_and_a_small_one_is_not_made_larger() -> None:
    picture = read_picture(jpeg(5000, 2500))
    is_plain(picture)
    assert (picture.width, picture.height) == (LONGEST, LONGEST // 2)
    assert opened(picture.thumbnail).size == (THUMBNAIL, THUMBNAIL // 2)
    assert opened(read_picture(jpeg(3, 2)).thumbnail).size == (3, 2)


def test_a_thread_of_a_picture_keeps_a_pixel_of_width() -> None:
    picture = read_picture(jpeg(6000, 1, kind="PNG"))
    is_plain(picture)
    assert picture.height == 1


@pytest.mark.parametrize(
    ("orientation", "corner"),
    [(1, "left"), (2, "right"), (3, "right"), (4, "left"), (5, "top"), (6, "top"),
     (7, "bottom"), (8, "bottom")],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_it_is_turned_upright(orientation: int, corner: str, kind: str) -> None:
    image = opened(read_picture(jpeg(90, 60, orientation=orientation, kind=kind)).image)
    assert image.size == ((90, 60) if corner in {"left", "right"} else (60, 90))
    width, height = image.size
    at = {
        "left": (3, height // 2),
        "right": (width - 4, height // 2),
        "top": (width // 2, 3),
        "bottom": (width // 2, height - 4),
    }
    for place, (x, y) in at.items():
        red, _, blue = image.getpixel((x, y))
        if place == corner:
            assert red - blue > 140
        elif {place, corner} in ({"left", "right"}, {"top", "bottom"}):
            assert blue - red > 140


@pytest.mark.parametrize("bad", [0, 9, 77, 65535])
def test_an_orientation_that_is_none_turns_nothing(bad: int) -> None:
    assert read_picture(jpeg(90, 60, orientation=bad)).width == 90


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_position_is_read(kind: str) -> None:
    found = read_picture(
        jpeg(kind=kind, gps=position(104.5469123, 30.3915456, GPSHPositioningError=12.5))
    ).position
    assert found is not None
    assert found.lon == pytest.approx(104.5469123, abs=1e-6)
    assert found.lat == pytest.approx(30.3915456, abs=1e-6)
    assert found.accuracy_m == 12.5


def test_south_and_west_are_negative() -> None:
    found = read_picture(jpeg(gps=position(-70.5, -33.25))).position
    assert (found.lon, found.lat, found.accuracy_m) == (-70.5, -33.25, None)


GPS = ExifTags.GPS
GOOD = position(104.5, 30.4)
BROKEN = {
    "none": {},
    "noughts": position(0.0, 0.0),
    "one missing": {key: value for key, value in GOOD.items() if key != GPS.GPSLatitude},
    "no side": {key: value for key, value in GOOD.items() if key != GPS.GPSLongitudeRef},
    "odd side": GOOD | {GPS.GPSLatitudeRef: "Q"},
    "both sides": GOOD | {GPS.GPSLatitudeRef: "NS"},
    "far north": GOOD | {GPS.GPSLatitude: (91.0, 0.0, 0.0)},
    "far east": GOOD | {GPS.GPSLongitude: (180.0, 59.0, 0.0)},
    "two parts": GOOD | {GPS.GPSLatitude: (30.0, 24.0)},
}


@pytest.mark.parametrize("gps", BROKEN.values(), ids=BROKEN)
def test_a_broken_position_is_none_and_the_picture_is_kept(gps: dict[int, object]) -> None:
    picture = read_picture(jpeg(gps=gps))
    is_plain(picture)
    assert picture.position is None


def test_numbers_divided_by_nothing_are_none() -> None:
    data = jpeg(gps=position(104.5, 30.4, GPSHPositioningError=12.5))
    degrees, metres = b"\x00\x00\x00\x1e\x00\x00\x00\x01", b"\x00\x00\x00\x19\x00\x00\x00\x02"
    # Thirty degrees north, and thirty minutes east.
    assert (data.count(degrees), data.count(metres)) == (2, 1)
    assert read_picture(data.replace(metres, b"\x00" * 8)).position.accuracy_m is None
    assert read_picture(data.replace(degrees, b"\x00" * 8)).position is None


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_photo_is_refused(data: bytes) -> None:
    with pytest.raises(BadInputError) as caught:
        read_picture(data)
    assert "JPEG, PNG and WebP" in caught.value.hint
    assert caught.value.message_zh != caught.value.message


@pytest.mark.parametrize("size", [(8_000, 8_000), (12_000, 12_000), (30_000, 30_000)])
def test_a_bomb_is_refused_before_it_is_decoded(size: tuple[int, int]) -> None:
    with pytest.raises(TooLargeError, match="pixels"):
        read_picture(png_of_size(*size))


@pytest.mark.parametrize(
    "data",
    [png_of_size(7_000, 7_000, 10), jpeg(7_000, 7_000, kind="WEBP", lossless=True)],
    ids=["png", "webp"],
)
def test_many_pixels_in_few_bytes_are_refused(data: bytes) -> None:
    assert len(data) < 50_000
    with pytest.raises(BadInputError, match="7000 × 7000 pixels in"):
        read_picture(data)


@pytest.mark.parametrize("size", [(100, 100), (1_500, 1_500), (7_000, 7_000)])
@pytest.mark.parametrize("rows", [0, 10, 0.5, -1])
def test_a_png_without_all_its_rows_is_refused(size: tuple[int, int], rows: float) -> None:
    """Also where there are bytes enough, behind the end of what is compressed."""
    width, height = size
    count = int(rows * height) if rows == 0.5 else int(rows) % height
    assert count < height
    with pytest.raises(BadInputError, match="cannot be read"):
        read_picture(png_of_size(width, height, count, spare=150_000))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
@pytest.mark.parametrize("size", [(1, 1), (3, 5), (8, 8), (17, 9), (305, 200)])
@pytest.mark.parametrize("interlaced", [False, True])
def test_a_png_with_all_its_rows_is_whole(
    mode: str, size: tuple[int, int], interlaced: bool
) -> None:
    stream = BytesIO()
    Image.new(mode, size).save(stream, "PNG")
    data = stream.getvalue()
    if interlaced:
        data = interlaced_png(*size, CHANNELS[mode], 1 if mode == "1" else 16 if ";" in mode else 8)
    check_png(data)
    assert read_picture(data).width == size[0]
    with pytest.raises(ValueError, match="are missing"):
        check_png(data.replace(struct.pack(">II", *size), struct.pack(">II", size[0], 9_999)))


def test_too_many_bytes_or_scans_are_refused() -> None:
    with pytest.raises(TooLargeError, match="bytes"):
        read_picture(jpeg() + b"\x00" * MAX_BYTES)
    with pytest.raises(TooLargeError, match="scans"):
        read_picture(jpeg_with_scans(200))


def test_what_stands_behind_a_picture_is_not_kept() -> None:
    archive = b"PK\x03\x04 a file behind the file <script>alert(1)</script>"
    picture = read_picture(jpeg() + archive)
    is_plain(picture)
    assert b"PK\x03\x04" not in picture.image
    assert b"script" not in picture.image


@pytest.mark.parametrize(
    ("mode", "colour", "wanted"),
    [
        ("L", 200, (200, 200, 200)),
        ("1", 1, (255, 255, 255)),
        ("P", 0, (0, 0, 0)),
        ("LA", (0, 0), (255, 255, 255)),
        ("RGBA", (255, 0, 0, 0), (255, 255, 255)),
        ("RGBA", (255, 0, 0, 255), (255, 0, 0)),
        ("I;16", 51_400, (200, 200, 200)),
    ],
)
def test_every_kind_of_pixel_becomes_rgb_on_white(
    mode: str, colour: object, wanted: tuple[int, int, int]
) -> None:
    stream = BytesIO()
    Image.new(mode, (16, 16), colour).save(stream, "PNG")
    picture = read_picture(stream.getvalue())
    is_plain(picture)
    found = np.asarray(opened(picture.image))[8, 8]
    assert np.abs(found.astype(int) - wanted).max() <= 3


def test_cmyk_becomes_rgb() -> None:
    stream = BytesIO()
    Image.new("CMYK", (16, 16), (0, 255, 255, 0)).save(stream, "JPEG")
    is_plain(read_picture(stream.getvalue()))


def test_of_an_animation_the_first_frame_is_kept() -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue", "green")]
    for kind in "WEBP", "PNG":
        stream = BytesIO()
        frames[0].save(stream, kind, save_all=True, append_images=frames[1:])
        picture = read_picture(stream.getvalue())
        is_plain(picture)
        red, green, blue = opened(picture.image).getpixel((10, 10))
        assert red - max(green, blue) > 140


SEEDS = [jpeg(40, 30, gps=GOOD), jpeg(40, 30, kind="PNG"), jpeg(40, 30, kind="WEBP")]


@settings(max_examples=300, deadline=None)
@given(
    seed=st.sampled_from(SEEDS),
    places=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=8),
    cut=st.floats(0.2, 1),
)
def test_damage_is_refused_or_made_harmless(
    seed: bytes, places: list[tuple[float, int]], cut: float
) -> None:
    data = bytearray(seed)
    for place, value in places:
        data[min(int(place * len(data)), len(data) - 1)] = value
    try:
        picture = read_picture(bytes(data[: int(cut * len(data))]))
    except BadInputError:
        return
    is_plain(picture)
