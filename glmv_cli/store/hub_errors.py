"""What can go wrong with a hub, in the words of a user."""

from __future__ import annotations

import json
import re

from huggingface_hub.errors import (
    DisabledRepoError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from glmv_cli.errors import GlmvError, ModelError, UsageError

_TOKEN = "put a token that may read it into HF_TOKEN, or run 'hf auth login'"
_AGAIN = "run the same command again: it goes on where it stopped"
_TRANSIENT = (408, 429, 500, 502, 503, 504)
_LONGEST_WAIT = 60.0

# The base class of everything that the HTTP library raises, whichever huggingface_hub is built on (httpx, httpx2).
HTTP_ERROR: type[BaseException] = next(base for base in HfHubHTTPError.__mro__ if base.__name__ == "HTTPError")


# What says that a request could not even be made. Their texts may hold the token or a proxy's password.
_MISSET = ("InvalidURL", "LocalProtocolError", "UnsupportedProtocol")


class CutShortError(Exception):
    """The hub ended its answer before the end of the file."""


class NoHubError(Exception):
    """What answers is no hub."""


def is_transient(error: Exception) -> bool:
    """Whether another attempt may succeed."""
    if isinstance(error, HfHubHTTPError):
        return error.response.status_code in _TRANSIENT
    return isinstance(error, CutShortError) or (
        isinstance(error, HTTP_ERROR) and type(error).__name__ not in (*_MISSET, "TooManyRedirects")
    )


def is_no_connection(error: Exception) -> bool:
    """Whether there was nobody to talk to: no network, a wrong address, a closed port."""
    return type(error).__name__ in ("ConnectError", "ConnectTimeout", "ProxyError")


def retry_after(error: Exception) -> float:
    """How many seconds the hub asks to wait, within reason."""
    text = error.response.headers.get("Retry-After", "") if isinstance(error, HfHubHTTPError) else ""
    return min(float(text), _LONGEST_WAIT) if text.isdecimal() else 0.0


def explain(error: Exception, repo: str, revision: str, endpoint: str) -> Exception:
    """``error`` as it is shown; anything that does not come from a hub, as it is."""
    endpoint = address(endpoint)
    page = f"{endpoint}/{repo}"
    if isinstance(error, GlmvError):
        return error
    if isinstance(error, HFValidationError):
        return UsageError(f"'{repo}' is not the name of a repository", "name it as zai-org/GLM-4.5V")
    if isinstance(error, OfflineModeIsEnabled):
        return offline(repo, revision)
    if isinstance(error, HfHubHTTPError):
        return _explain_status(error, repo, revision, page)
    if isinstance(error, NoHubError | json.JSONDecodeError):
        return ModelError(f"what answers at {endpoint} is no model hub", "check the network and HF_ENDPOINT")
    if isinstance(error, ValueError) or type(error).__name__ in _MISSET:
        return ModelError(
            f"cannot ask {endpoint}: its address, the token or a proxy's address makes no sense",
            "check HF_ENDPOINT, HF_TOKEN and the variables of proxies, such as HTTPS_PROXY",
        )
    if isinstance(error, HTTP_ERROR | CutShortError):
        what = str(error) or type(error).__name__
        if is_no_connection(error):
            return ModelError(
                f"cannot reach {_host_of(error) or endpoint}: {what}",
                f"check the network and HF_ENDPOINT; then {_AGAIN}",
            )
        return ModelError(f"the connection to {endpoint} breaks again and again: {what}", _AGAIN)
    return error


def address(url: object) -> str:
    """``url`` as it may be shown: without a name and password, and without a query, which may be a signature."""
    return re.sub(r"//[^/]*@", "//", re.sub(r"[?#].*", "", str(url)))


def _host_of(error: BaseException) -> str | None:
    """With whom a connection was tried: files come from other hosts than the hub's own."""
    try:
        url = error.request.url  # type: ignore[attr-defined]
        return f"{url.scheme}://{url.netloc.decode()}"
    except (AttributeError, RuntimeError):
        return None


def offline(repo: str, revision: str) -> ModelError:
    """HF_HUB_OFFLINE forbids what is needed."""
    return ModelError(
        f"{repo} at '{revision}' is not, or not wholly, in the hub's cache, and HF_HUB_OFFLINE forbids to download it",
        "run 'unset HF_HUB_OFFLINE'",
    )


def _explain_status(error: HfHubHTTPError, repo: str, revision: str, page: str) -> ModelError:
    status = error.response.status_code
    if isinstance(error, GatedRepoError):
        return ModelError(
            f"{repo} is gated: its authors give access on request", f"ask for it at {page}, then {_TOKEN}"
        )
    if isinstance(error, DisabledRepoError):
        return ModelError(f"{repo} has been disabled on the hub", f"see {page}")
    if isinstance(error, RevisionNotFoundError):
        return ModelError(f"{repo} has no revision '{revision}'", f"see {page}/tree/main for those that it has")
    if isinstance(error, RemoteEntryNotFoundError):
        return ModelError(f"{repo} lacks a file: {address(error.response.url)}", f"see {page}/tree/{revision}")
    if isinstance(error, RepositoryNotFoundError):
        return ModelError(f"there is no {page}, or it is private", f"check the name; if it is private, {_TOKEN}")
    if status == 401:
        return ModelError(f"the hub does not accept the token, with which {repo} was asked for", _TOKEN)
    if status == 403:
        return ModelError(f"the hub forbids to read {repo}", _TOKEN)
    if status == 404:
        return ModelError(f"there is no {address(error.response.url)}", "check the name, and HF_ENDPOINT")
    what = f"{status} {error.response.reason_phrase}".strip()
    return ModelError(f"the hub does not answer as it should: {what}", f"wait a while, then {_AGAIN}")
