"""Redirects are followed where a web server may send us, and the others say where they lead."""

from __future__ import annotations

import io
from dataclasses import replace
from http.client import HTTPMessage
from urllib.request import Request

import pytest

from glmv_cli.errors import InputNotFoundError
from glmv_cli.media.address import fetch
from glmv_cli.media.redirects import FewRedirects
from tests.media.web import LIMITS, PICTURE, refused

pytestmark = pytest.mark.usefixtures("no_proxy")


def test_redirects_are_followed_up_to_a_limit(web: str) -> None:
    assert fetch(f"{web}/hop/3", LIMITS).data == PICTURE
    assert "redirects more than 3 times" in refused(f"{web}/hop/4").message


def test_the_limit_of_redirects_is_the_one_that_was_set(web: str) -> None:
    assert fetch(f"{web}/hop/12", replace(LIMITS, redirects=12)).data == PICTURE
    assert "redirects more than 12 times" in refused(f"{web}/circle", replace(LIMITS, redirects=12)).message


@pytest.mark.parametrize(
    ("path", "message", "hint"),
    [
        ("to-file", "redirects to file:///etc/hostname: a web server may not choose files", "name its path"),
        ("to-ftp", "redirects to ftp://127.0.0.1/a.png, which is no address of the web", "another program"),
        ("to-nowhere", "redirects to nonsense:a.png, which is no address of the web", "another program"),
    ],
)
def test_redirects_lead_nowhere_but_to_the_web(web: str, path: str, message: str, hint: str) -> None:
    error = refused(f"{web}/{path}")
    assert isinstance(error, InputNotFoundError)
    assert message in error.message
    assert hint in (error.hint or "")


def test_what_is_encrypted_does_not_lead_to_what_is_not() -> None:
    request = Request("https://example.org/a.png")
    headers = HTTPMessage()
    headers["Location"] = "http://example.org/b.png"
    with pytest.raises(InputNotFoundError, match=r"a\.png redirects to http://example\.org/b\.png, which is not enc"):
        FewRedirects("https://example.org/a.png", 5).http_error_302(request, io.BytesIO(), 302, "Found", headers)
