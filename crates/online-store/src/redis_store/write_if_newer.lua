-- Writes a row unless the hash has a newer one of this view. The lines that set the fields follow.
local key, row = KEYS[1], ARGV
local stored = redis.call('HGET', key, TIMESTAMP_FIELD)
if stored and stored ~= row[1] then
  -- Reads a google.protobuf.Timestamp: seconds as a high and a low part (28 bits), and nanoseconds.
  -- Lua's numbers are doubles, exact to 53 bits; seconds have 64 and are negative before 1970.
  local byte = string.byte
  local function decode(bytes)
    local at, size, high, low, nanos = 1, #bytes, 0, 0, 0
    while at <= size do
      local tag = byte(bytes, at)
      local upper, lower, bits, scale, digit = 0, 0, 0, 1, nil
      repeat
        at = at + 1
        digit = byte(bytes, at)
        if not digit or bits > 63 then return nil end
        if bits < 28 then
          lower = lower + digit % 128 * scale
        else
          upper = upper + digit % 128 * scale
        end
        bits = bits + 7
        scale = bits == 28 and 1 or scale * 128
      until digit < 128
      at = at + 1
      if tag == 8 then
        high, low = upper % 2 ^ 36, lower
      elseif tag == 16 then
        nanos = upper * 2 ^ 28 + lower
      else
        return nil
      end
    end
    if high >= 2 ^ 35 then high = high - 2 ^ 36 end
    return high, low, nanos
  end
  local old_high, old_low, old_nanos = decode(stored)
  local new_high, new_low, new_nanos = decode(row[1])
  -- A stored time that nobody can read makes the whole row unreadable: it is replaced.
  if old_high then
    if old_high > new_high then return 0 end
    if old_high == new_high then
      if old_low > new_low then return 0 end
      if old_low == new_low and old_nanos > new_nanos then return 0 end
    end
  end
end
