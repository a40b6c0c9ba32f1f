"""Members: the people of an organisation, all or one by the e-mail address, and the service users of its enterprise.

https://docs.devin.ai/api-reference/v3/users/list-organization-users
https://docs.devin.ai/api-reference/v3/service-users/members-service-users
"""

from collections.abc import Awaitable, Callable

from bot.devin import paging
from bot.devin.answers import Page
from bot.devin.api import Api, quoted
from bot.devin.errors import DevinNotFound
from bot.devin.models import Member, ServiceUser


class MembersApi(Api):
    """The people of one organisation, and the service users of its enterprise."""

    async def members_by_email(self, email: str) -> tuple[Member, ...]:
        """Find the people with this address: direct members, or else those who come through an identity provider."""
        return await self._members("users", email.lower()) or await self._members("idp-users", email.lower())

    async def members(self, most_pages: int = paging.MOST_PAGES) -> tuple[list[Member], bool]:
        """List all people, and say whether Devin has more than are listed: of each list so many pages are read.

        The direct members come first, then those who come through an identity provider alone. Who is in both lists has
        the roles of both.
        """
        found: dict[str, Member] = {}
        has_more = False
        for kind in ("users", "idp-users"):
            try:
                listed, is_cut = await paging.cut(paging.pages(self._reader(kind)), most_pages)
            except DevinNotFound:
                if kind == "users":  # the second list is newer, and a host may not have it
                    raise
                continue
            has_more = has_more or is_cut
            for member in listed:
                known = found.get(member.user_id)
                found[member.user_id] = member if known is None else known.with_roles_of(member)
        return list(found.values()), has_more

    def _reader(self, kind: str) -> Callable[[str | None], Awaitable[Page[Member]]]:
        there = f"/organizations/{quoted(self.org_id)}/members/{kind}"

        async def read(cursor: str | None) -> Page[Member]:
            return await self._page(f"/v3beta1{there}", Page[Member], {}, cursor, instead=f"/v3{there}")

        return read

    async def service_user(self, service_user_id: str) -> ServiceUser | None:
        """Find a service user by its id; None if the enterprise does not list it."""
        async for user in self._listed("/v3/enterprise/members/service-users", Page[ServiceUser]):
            if user.service_user_id == service_user_id:
                return user
        return None

    async def _members(self, kind: str, email: str) -> tuple[Member, ...]:
        there = f"/organizations/{quoted(self.org_id)}/members/{kind}"
        asked = {"email": email, "first": paging.PAGE_SIZE}
        try:
            # The list is in beta. Its path may change to the form that all other paths have.
            page = await self._request("GET", f"/v3beta1{there}", Page[Member], instead=f"/v3{there}", params=asked)
        except DevinNotFound:
            return ()
        # Checked again, because Devin may ignore the filter and answer with everybody.
        return tuple(member for member in page.items if (member.email or "").lower() == email)
