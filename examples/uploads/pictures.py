"""Uploaded pictures, kept while their page is open."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

MOST = 200
"""How many pictures the server keeps, of all visitors together."""

SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}


def kind_of(data: bytes) -> str | None:
    """Return the media type by the signature of the bytes, because the name and type from a browser can be wrong."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for signature, kind in SIGNATURES.items() if data.startswith(signature)), None)


@dataclass(frozen=True)
class Picture:
    """A picture. `id` is hard to guess, because everyone with the id can load the picture."""

    id: str
    name: str
    kind: str


class Shelf:
    """Keep and serve the latest pictures."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[Picture, bytes]] = OrderedDict()

    def put(self, name: str, data: bytes) -> Picture | None:
        """Store a picture. Return None if the bytes are not a picture."""
        kind = kind_of(data)
        if kind is None:
            return None
        picture = Picture(secrets.token_urlsafe(16), name, kind)
        self._kept[picture.id] = picture, data
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return picture

    def remove(self, pictures: list[Picture]) -> None:
        for picture in pictures:
            self._kept.pop(picture.id, None)

    def __len__(self) -> int:
        return len(self._kept)

    async def show(self, request: Request) -> Response:
        """Serve a picture with its detected type; browsers must not guess another one."""
        found = self._kept.get(request.path_params["id"])
        if found is None:
            return Response(status_code=404)
        picture, data = found
        return Response(data, media_type=picture.kind, headers={"x-content-type-options": "nosniff"})


shelf = Shelf()
