"""A browser's cookie jar: what servers set, and what scripts on the page set and delete."""

import httpx


def set_cookie(jar: httpx.Cookies, url: str, name: str, value: str, max_age: int | None = None) -> None:
    """What `document.cookie = ...` does on a page at `url`: the cookie is the server's to replace or to delete."""
    age = "" if max_age is None else f"; Max-Age={max_age}"
    _take(jar, url, f"{name}={value}; Path=/{age}")


def delete_cookie(jar: httpx.Cookies, url: str, name: str) -> None:
    _take(jar, url, f"{name}=; Path=/; Max-Age=-1")


def _take(jar: httpx.Cookies, url: str, header: str) -> None:
    # Going through a response gives the cookie the domain that the jar gives to the server's own.
    request = httpx.Request("GET", url)
    jar.extract_cookies(httpx.Response(200, headers=[("set-cookie", header)], request=request))
