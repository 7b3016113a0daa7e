"""Where else a web server may send us, and where not."""

from __future__ import annotations

import sys
import urllib.request
from http.client import HTTPMessage
from typing import IO
from urllib.parse import urljoin, urlsplit

from glmv_cli.errors import InputNotFoundError
from glmv_cli.media.naming import shown_name


class FewRedirects(urllib.request.HTTPRedirectHandler):
    """Follows ``most`` redirects of what is called ``name``, from web to web, and never back from https to http."""

    max_redirections = max_repeats = sys.maxsize
    """Of the class above, which has 10 and 4, whatever is allowed here."""

    def __init__(self, name: str, most: int) -> None:
        self._name = name
        self._most = most
        self._followed = 0

    def http_error_302(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage
    ) -> IO[bytes] | None:
        """What is there instead. Raises :class:`InputNotFoundError` where nobody shall look."""
        self._followed += 1
        place = urljoin(req.full_url, headers.get("location") or headers.get("uri") or "")
        refusal = self._refusal(req.type, place)
        if refusal is not None:
            fp.close()  # nobody else would
            raise refusal
        return super().http_error_302(req, fp, code, msg, headers)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302

    def _refusal(self, scheme: str, place: str) -> InputNotFoundError | None:
        name, shown = self._name, shown_name(place)
        to = urlsplit(place).scheme
        if self._followed > self._most:
            hint = "check the address, or raise the setting fetch_redirects"
            return InputNotFoundError(f"{name} redirects more than {self._most} times", hint)
        if to == "file":
            return InputNotFoundError(
                f"{name} redirects to {shown}: a web server may not choose files of this computer",
                "check the address; if it is this file that you want, name its path",
            )
        if to not in ("http", "https"):
            hint = "download it with another program, and name the file"
            return InputNotFoundError(f"{name} redirects to {shown}, which is no address of the web", hint)
        if (scheme, to) == ("https", "http"):
            hint = "if you trust the network between you and it, name that address instead"
            return InputNotFoundError(f"{name} redirects to {shown}, which is not encrypted", hint)
        return None
