--- Random numbers that depend on nothing but the seed, on every Lua: the generator of Park and
--- Miller.
local draw = {}

function draw.new(seed)
  local state = (seed * 48271 + 11) % 2147483646 + 1
  local self = {}

  --- A whole number from low to high.
  function self.integer(low, high)
    state = state * 16807 % 2147483647
    return low + state % (high - low + 1)
  end

  function self.pick(list)
    return list[self.integer(1, #list)]
  end

  return self
end

return draw
