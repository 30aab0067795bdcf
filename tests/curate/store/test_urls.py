"""What a user names is a path or a URL, and a path says of which URL it is the copy."""

from pathlib import Path

import pytest

from curate.store.urls import folder_of, url_of, with_urls
from filters.errors import UserError


@pytest.mark.parametrize("url", ["s3://bucket/runs/x", "gs://b", "memory://a b/[x]"])
def test_copy_says_what_it_is_a_copy_of(copies: Path, url: str) -> None:
    copy = folder_of(url + "/")
    assert copy.is_relative_to(copies)
    assert url_of(copy) == url
    assert url_of(copy / "traces") == f"{url}/traces"
    assert with_urls(f"{copy} holds no traces") == f"{url} holds no traces"


@pytest.mark.parametrize("path", ["runs/x", "/tmp/x", "file:///tmp/x", "s3:/x"])
def test_path_is_a_path(copies: Path, path: str) -> None:
    assert folder_of(path) == Path(path.removeprefix("file://"))
    assert url_of(folder_of(path)) is None


@pytest.mark.parametrize("url", ["s3://", "s3://b/../c", "s3://b//c", "s3://b/c?x=1", "a::s3://b"])
def test_no_folder(copies: Path, url: str) -> None:
    if "://" in url[:5]:
        with pytest.raises(UserError, match="no URL of a folder"):
            folder_of(url)
    else:
        assert url_of(folder_of(url)) is None


def test_secret_in_a_url_is_refused_and_not_repeated(copies: Path) -> None:
    with pytest.raises(UserError, match="environment") as error:
        folder_of("s3://key:secret@bucket/x")
    assert "secret@" not in str(error.value)
