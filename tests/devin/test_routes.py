"""Calls are counted by routes, in which stands what the API's document says and nothing that anybody typed."""

import re

import pytest

from bot.devin.routes import route_of
from tests.devin.api_document import _DOCUMENT

PATHS = sorted(_DOCUMENT["paths"])


@pytest.mark.parametrize("path", PATHS)
def test_the_route_of_a_call_is_the_path_in_the_document_without_what_fills_it(path: str) -> None:
    template = re.sub(r"\{[^}]*\}", "{id}", path)
    assert route_of("GET", path.replace("{", "typed").replace("}", "")) == f"GET {template}"


def test_the_one_path_that_the_document_lacks_has_its_route_too() -> None:
    assert route_of("GET", "/v3beta1/organizations/org-1/repositories") == (
        "GET /v3beta1/organizations/{id}/repositories"
    )


def test_the_name_of_a_file_is_in_no_route() -> None:
    assert route_of("GET", "/v3/organizations/org-1/attachments/0b7e/README") == (
        "GET /v3/organizations/{id}/attachments/{id}/{id}"
    )
