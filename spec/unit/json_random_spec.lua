local moonshift = require "moonshift"
local core = require "moonshift.core"
local dkjson = require "dkjson"

local seed = tonumber(os.getenv "MOONSHIFT_SEED") or 1
local random = math.random

-- At most 31 bits at a time, which every Lua's random can give.
local function random_integer() return random(-1073741824, 1073741823) * random(0, 4194303) end

local function random_float()
  return (random() - 0.5) * 10 ^ random(-300, 300)
end

local function random_decimals()
  return random_integer() / 10 ^ random(0, 12)
end

local letters = { "a", "b", "Z", "0", " ", '"', "\\", "/", "\n", "\0", "\31", "\127", "é", "€", "😀",
  "\226\128\168" }

local function random_string()
  local parts = {}
  for i = 1, random(0, 12) do parts[i] = letters[random(#letters)] end
  return table.concat(parts)
end

local scalars = {
  random_integer, random_float, random_decimals, random_string,
  function() return random(2) == 1 end,
  function() return moonshift.null end,
}

local function random_table(depth)
  local value, count = {}, random(1, 5)
  local is_list = random(2) == 1
  for i = 1, count do
    local key = is_list and i or random_string()
    if depth > 0 and random(3) == 1 then
      value[key] = random_table(depth - 1)
    else
      value[key] = scalars[random(#scalars)]()
    end
  end
  return value
end

-- Equal, and of the same kind of number.
local function is_same(a, b)
  if type(a) ~= "table" then return a == b and (not math.type or math.type(a) == math.type(b)) end
  if type(b) ~= "table" then return false end
  for key, value in pairs(a) do
    if not is_same(value, b[key]) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

describe("random data (MOONSHIFT_SEED=" .. seed .. ")", function()
  before_each(function() math.randomseed(seed) end)

  it("survives being written and read", function()
    for _ = 1, 2000 do
      local value = random_table(5)
      local text = core.encode(value)
      assert.is_true(is_same(value, core.decode(text)), text)
    end
  end)

  it("is read the same by dkjson", function()
    for _ = 1, 1000 do
      local value = random_table(4)
      local text = core.encode(value)
      assert.is_true(is_same(value, (dkjson.decode(text, 1, moonshift.null, nil, nil))), text)
    end
  end)

  it("is read the same when dkjson wrote it", function()
    for _ = 1, 1000 do
      -- dkjson writes 14 digits of a float: what it reads itself is the measure.
      local text = dkjson.encode(random_table(4), { exception = function() return "null" end })
      local theirs = dkjson.decode(text, 1, moonshift.null, nil, nil)
      assert.is_true(is_same(theirs, (core.decode(text))), text)
    end
  end)

  it("is either read or refused when it is damaged", function()
    for _ = 1, 3000 do
      local text = core.encode(random_table(3))
      local place = random(#text)
      text = text:sub(1, place - 1) .. string.char(random(0, 255)) .. text:sub(place + random(0, 1))
      local value, message = core.decode(text)
      if value == nil then
        assert.is_string(message, text)
      elseif type(value) == "table" then
        assert.is_true(is_same(value, core.decode(core.encode(value))), text)
      end
    end
  end)
end)
