"""The WebSocket protocol alone: bare Starlette on ours and on uvicorn's own, and ours on uvicorn's own."""

from dataclasses import replace

from bench.arena import Arena
from bench.rows import Row
from bench.server import BARE, BARE_ON_OURS, OURS_ON_UVICORN
from bench.workloads.events import COUNTER, events
from bench.workloads.idle import growth, memory_row
from bench.workloads.joins import compare_joins


async def protocols(arena: Arena) -> list[Row]:
    echo, counter = replace(COUNTER, site=BARE_ON_OURS), replace(COUNTER, site=OURS_ON_UVICORN)
    title = "bare echo on our protocol"
    echoed, _ = await events(arena, "echo", title, echo)
    joined = await compare_joins(arena, "echo, joins", title, BARE_ON_OURS)
    counted, _ = await events(arena, "counter, uvicorn", "counter on uvicorn's protocol", counter)
    ours, bare = [await growth(arena, site, "/counter") for site in (BARE_ON_OURS, BARE)]
    return [echoed, joined[0], memory_row("echo, idle", f"{title}, idle", ours, bare), counted]
