"""Sessions shared by workers on several hosts through a Redis or Valkey server. Needs the extra `[redis]`.

There is a hash for each session, and for each user a sorted set of keys scored by `expires_at`. The server removes
ended sessions; it must not evict the others (`maxmemory-policy noeviction`).
"""

from dataclasses import fields

from pyview.stores.health import HealthRegistry
from pyview.stores.redis import RedisServer
from pyview.stores.sessions import KeyTaken, Record

FIELDS = tuple(field.name for field in fields(Record))

# Each change is one script, so that no other worker changes the session between the check and the write. Numbers stay
# the text that the caller sent: Lua would round them. Lifetimes are relative to the caller's clock, so that a server
# with another clock does not shorten them.
LIBRARY = """
local function dies_at(session)
  local found = redis.call('HMGET', session, 'expires_at', 'last_seen_at', 'idle_timeout')
  if not found[1] then return -math.huge end
  return math.min(tonumber(found[1]), tonumber(found[2]) + tonumber(found[3]))
end

local function is_alive(session, now)
  return dies_at(session) > tonumber(now)
end

local function expire(name, seconds)
  redis.call('PEXPIRE', name, string.format('%.0f', math.max(1, math.ceil(seconds * 1000))))
end

local function see(session, now)
  if tonumber(redis.call('HGET', session, 'last_seen_at')) < tonumber(now) then
    redis.call('HSET', session, 'last_seen_at', now)
  end
  expire(session, dies_at(session) - tonumber(now))
end

local function is_version(session, version, now)
  return is_alive(session, now) and redis.call('HGET', session, 'version') == version
end

local function remove(prefix, key)
  local user = redis.call('HGET', prefix .. 'session:' .. key, 'user')
  redis.call('DEL', prefix .. 'session:' .. key)
  if user and user ~= '' then redis.call('ZREM', prefix .. 'sessions-of:' .. user, key) end
end

-- fields: alternating names and values, beginning at ARGV[first]
local function insert(prefix, key, user, now, expires_at, first)
  local session, index = prefix .. 'session:' .. key, prefix .. 'sessions-of:' .. user
  remove(prefix, key)
  redis.call('HSET', session, unpack(ARGV, first))
  expire(session, dies_at(session) - tonumber(now))
  if user == '' then return end
  redis.call('ZREMRANGEBYSCORE', index, '-inf', now)
  redis.call('ZADD', index, expires_at, key)
  expire(index, tonumber(redis.call('ZRANGE', index, -1, -1, 'WITHSCORES')[2]) - tonumber(now))
end
"""
SAVE = f"""{LIBRARY}
local session, version, now, data = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
if not is_version(session, version, now) then return 0 end
redis.call('HSET', session, 'data', data)
redis.call('HINCRBY', session, 'version', 1)
see(session, now)
return 1
"""
TOUCH = f"""{LIBRARY}
if not is_alive(KEYS[1], ARGV[1]) then return 0 end
see(KEYS[1], ARGV[1])
return 1
"""
CREATE = f"""{LIBRARY}
local prefix, key, user, now, expires_at = unpack(ARGV, 1, 5)
if is_alive(prefix .. 'session:' .. key, now) then return -1 end
insert(prefix, key, user, now, expires_at, 6)
return 1
"""
ROTATE = f"""{LIBRARY}
local prefix, key, user, now, expires_at, old, version = unpack(ARGV, 1, 7)
if not is_version(prefix .. 'session:' .. old, version, now) then return 0 end
if is_alive(prefix .. 'session:' .. key, now) then return -1 end
remove(prefix, old)
insert(prefix, key, user, now, expires_at, 8)
return 1
"""
DELETE = f"""{LIBRARY}
remove(ARGV[1], ARGV[2])
"""
DELETE_USER = f"""{LIBRARY}
local prefix, user, keep, gone = ARGV[1], ARGV[2], ARGV[3], {{}}
for _, key in ipairs(redis.call('ZRANGE', prefix .. 'sessions-of:' .. user, 0, -1)) do
  if key ~= keep then
    remove(prefix, key)
    redis.call('ZREM', prefix .. 'sessions-of:' .. user, key)
    table.insert(gone, key)
  end
end
return gone
"""


class RedisSessionStore:
    """Sessions in the database at `url`, under names that begin with `prefix`.

    `url`: `redis://:password@host:6379/0`, `rediss://`, `valkey://` or `unix://`. `timeout`: seconds to wait for a
    connection or an answer. `health`: shared with other stores on the same server. Raises `ValueError` for an invalid
    URL.
    """

    def __init__(
        self, url: str, *, prefix: str = "pyview:", timeout: float = 2.0, health: HealthRegistry | None = None
    ) -> None:
        self._server = RedisServer(url, timeout, health)
        self._prefix = prefix

    def share_health(self, health: HealthRegistry) -> None:
        """Log an outage once for all stores on this server that share `health`."""
        self._server.share_health(health)

    async def start(self) -> None:
        await self._server.open()

    async def close(self) -> None:
        await self._server.close()

    async def load(self, key: str, now: float) -> Record | None:
        record = _record(await self._server.run("reading", "HGETALL", self._name(key)))
        return record if record is not None and record.alive(now) else None

    async def create(self, record: Record) -> None:
        await self._put(CREATE, record)

    async def save(self, key: str, data: bytes, version: int, now: float) -> bool:
        return await self._run(SAVE, [version, now, data], self._name(key)) == 1

    async def rotate(self, key: str, version: int, record: Record) -> bool:
        return await self._put(ROTATE, record, key, version)

    async def touch(self, key: str, now: float) -> bool:
        return await self._run(TOUCH, [now], self._name(key)) == 1

    async def delete(self, key: str) -> None:
        await self._run(DELETE, [self._prefix, key])

    async def delete_user(self, user: str, keep: str = "") -> list[str]:
        gone = await self._run(DELETE_USER, [self._prefix, user, keep])
        return [key.decode() for key in gone] if isinstance(gone, list) else []

    async def list_user(self, user: str, now: float) -> list[Record]:
        keys = await self._server.run("reading", "ZRANGE", f"{self._prefix}sessions-of:{user}", 0, -1)
        commands = [("HGETALL", self._name(key.decode())) for key in keys]
        records = [_record(found) for found in await self._server.run_all("reading", commands)]
        # The set of a user may still have keys whose hash the server has expired.
        alive = [record for record in records if record is not None and record.alive(now)]
        return sorted(alive, key=lambda record: record.last_seen_at, reverse=True)

    async def _put(self, script: str, record: Record, *conditions: str | int) -> bool:
        values = (self._prefix, record.key, record.user, record.last_seen_at, record.expires_at)
        fields_of_record = [part for name in FIELDS for part in (name, getattr(record, name))]
        answer = await self._run(script, [*values, *conditions, *fields_of_record])
        if answer == -1:
            raise KeyTaken
        return answer == 1

    async def _run(self, script: str, arguments: list[str | int | float | bytes], *names: str) -> object:
        answer: object = await self._server.script(script, names, *arguments)
        return answer

    def _name(self, key: str) -> str:
        return f"{self._prefix}session:{key}"


def _record(names_and_values: list[bytes]) -> Record | None:
    if not names_and_values:
        return None
    found = dict(zip(names_and_values[::2], names_and_values[1::2], strict=True))
    text = {name: found[name.encode()] for name in FIELDS}
    return Record(
        key=text["key"].decode(),
        data=text["data"],
        user=text["user"].decode(),
        created_at=float(text["created_at"]),
        last_seen_at=float(text["last_seen_at"]),
        expires_at=float(text["expires_at"]),
        idle_timeout=float(text["idle_timeout"]),
        version=int(text["version"]),
    )
