"""/api/incidents/<number>/photos: taken in, listed, shown."""

from __future__ import annotations

from typing import cast

from apiflask import APIBlueprint
from flask import Request, Response, make_response, request

from app.errors import BadInputError
from app.geo.measure import distance_m
from app.incidents.images import FORMATS, KEPT_AS, MAX_BYTES, Position
from app.locate import Location
from app.web.auth import current_actor
from app.web.errors import language
from app.web.incident_views import photo_out
from app.web.reading import declared_type, quote, read_body
from app.web.schemas_incidents_out import (
    PhotoAddedOut,
    PhotoPlaceOut,
    PhotosOut,
)
from app.web.service import service

bp = APIBlueprint("photos", __name__, tag="Incidents")

FORM = "multipart/form-data"
PART = "photo"
# Around the photo a form has a few lines.
_FORM_SLACK = 16 * 1024
_MAY_NOT = "Your account may not do this, or not here"
_NONE = "You see no such incident or photo"
# A picture runs nothing and loads nothing, even when it is opened as a page.
_CSP = "default-src 'none'; sandbox"


@bp.post("/api/incidents/<number>/photos")
@bp.output(PhotoAddedOut, status_code=201)
@bp.doc(
    responses={
        200: "The incident has this photo already",
        403: _MAY_NOT,
        404: _NONE,
        409: "The incident has as many photos as it may have",
        413: "The photo has more bytes or pixels than allowed",
        415: f"The body is not one of {', '.join(FORMATS)}, or {FORM}",
    }
)
def post_photo(number: str) -> tuple[PhotoAddedOut, int, dict[str, str]]:
    """Add a photo: JPEG, PNG or WebP as the body, or as the part `photo` of a form.

    It is turned upright, made smaller and written anew without its metadata. A position that the
    camera wrote is answered as an offer; nothing is done with it.
    """
    actor = current_actor()
    now = service()
    photo, new, position = now.photos.add(actor, number, _body())
    answer = PhotoAddedOut(
        **photo_out(number, photo).model_dump(), new=new, place=_place(number, position)
    )
    return answer, 201 if new else 200, {"Location": answer.image}


@bp.get("/api/incidents/<number>/photos")
@bp.output(PhotosOut)
@bp.doc(responses={403: _MAY_NOT, 404: _NONE})
def get_photos(number: str) -> PhotosOut:
    """Return the photos of an incident: where they are, and how large."""
    found = service().photos.of(current_actor(), number)
    return PhotosOut(photos=[photo_out(number, one) for one in found])


@bp.get("/api/incidents/<number>/photos/<int(max=2147483647):ident>")
@bp.doc(responses={403: _MAY_NOT, 404: _NONE})
def get_photo(number: str, ident: int) -> Response:
    """Return a photo."""
    photo, content = service().photos.image(current_actor(), number, ident)
    return _image(content, photo.sha256)


@bp.get("/api/incidents/<number>/photos/<int(max=2147483647):ident>/thumbnail")
@bp.doc(responses={403: _MAY_NOT, 404: _NONE})
def get_thumbnail(number: str, ident: int) -> Response:
    """Return a photo made small."""
    photo, content = service().photos.image(current_actor(), number, ident, thumbnail=True)
    return _image(content, f"{photo.sha256}-thumbnail")


def _image(content: bytes, etag: str) -> Response:
    response = make_response(content)
    response.mimetype = KEPT_AS
    response.set_etag(etag)
    # It is asked for again each time, since who may see it may change; the answer is short then.
    response.cache_control.private = True
    response.cache_control.no_cache = True
    response.headers["Content-Security-Policy"] = _CSP
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Disposition"] = 'inline; filename="photo.jpg"'
    return cast("Response", response.make_conditional(request))


def _body() -> bytes:
    """Return the photo of the current request.

    Raises
    ------
    UnsupportedMediaTypeError
        If the body is declared as something that is not read.
    BadInputError
        If a form does not hold one photo and nothing else.
    TooLargeError
        If it is too long.
    """
    if declared_type((*FORMATS, FORM)) != FORM:
        return read_body(MAX_BYTES)
    return _part(request)


def _part(form: Request) -> bytes:
    form.max_content_length = MAX_BYTES + _FORM_SLACK
    names = [name for name, values in form.files.lists() for _ in values]
    others = [name for name in form.form if name != "csrf_token"]
    if names != [PART] or others:
        shown = ", ".join(map(quote, [*names, *others][:5])) or "nothing"
        raise BadInputError(
            f"the form has {shown}, allowed is one file called {PART!r}",
            "For example curl -F photo=@picture.jpg",
            message_zh=f"表单中有 {shown}，只允许一个名为 {PART!r} 的文件",
            hint_zh="例如 curl -F photo=@picture.jpg",
        )
    return bytes(form.files[PART].read())


def _place(number: str, position: Position | None) -> PhotoPlaceOut | None:
    """Return where the camera was, as an offer for the place of the incident."""
    if position is None:
        return None
    now = service()
    try:
        found: Location = now.locator.locate(position.lon, position.lat)
    except BadInputError:
        # A camera may write anything.
        return None
    incident = now.ledger.get(current_actor(), number)
    far = None
    if incident.lon is not None and incident.lat is not None:
        far = float(distance_m(position.lon, position.lat, incident.lon, incident.lat))
    return PhotoPlaceOut(
        lon=found.lon,
        lat=found.lat,
        accuracy_m=position.accuracy_m,
        status=found.status.value,
        reason=found.explain(language()),
        grid=list(found.codes.values())[-1] if found.codes else None,
        distance_m=far,
    )
