-- Removes the fields of one view from a hash, and the hash itself if no other view has a row in it.
local key, timestamp = KEYS[1], ARGV[1]
if redis.call('HEXISTS', key, timestamp) == 0 then return 0 end
local shared = false
for _, field in ipairs(redis.call('HKEYS', key)) do
  -- Fields of values have 4 bytes, and might be `_ts:` by chance; a view has a name.
  if #field > 4 and field ~= timestamp and string.sub(field, 1, 4) == '_ts:' then
    shared = true
    break
  end
end
if not shared then
  redis.call('DEL', key)
  return 1
end
-- Lua's stack takes some thousand arguments.
for first = 1, #ARGV, 1000 do
  redis.call('HDEL', key, unpack(ARGV, first, math.min(first + 999, #ARGV)))
end
return 1
