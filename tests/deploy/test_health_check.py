"""The health check of the image sees whether the bot answers."""

import asyncio
import json
import re
import sys
from pathlib import Path

from tests.scenarios.harness import harness

DOCKERFILE = Path(__file__).parents[2] / "deploy/Dockerfile"


async def checked(port: int) -> int:
    """The exit code of the image's own command."""
    asked = re.search(r"^HEALTHCHECK .* CMD (\[.*\])$", DOCKERFILE.read_text("utf-8"), re.MULTILINE)
    assert asked
    _, *arguments = json.loads(asked[1])
    # A proxy that does not exist: the check goes to the container itself all the same.
    environment = {"PORT": str(port), "HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}
    check = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, env=environment, stderr=asyncio.subprocess.DEVNULL
    )
    return await check.wait()


async def test_the_image_is_healthy_while_the_bot_answers(tmp_path: Path) -> None:
    async with harness(tmp_path) as on:
        assert await checked(on.port) == 0
        await on.stop()
        assert await checked(on.port) != 0
