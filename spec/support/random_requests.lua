--- Random numbers that are the same on every Lua for the same seed, and requests made of them.
local random_requests = {}

--- Returns draw(low, high) and pick(list); pick gives nil for what the list has as false.
function random_requests.numbers(seed)
  local state = seed % 2147483646 + 1
  local function draw(low, high)
    state = (state * 16807) % 2147483647
    return low + state % (high - low + 1)
  end
  local function pick(list)
    return list[draw(1, #list)] or nil
  end
  return draw, pick
end

local RESULTS = { "success", "success", "success", "failure", "retry" }

local function add_time(request, draw, pick)
  local kind = draw(1, 10)
  if kind <= 2 then
    request.every, request.delay = pick { 20, 45 }, pick { false, 5 }
    request.repeats = pick { false, "fixed_rate", "fixed_delay" }
    request.flex = request.repeats ~= "fixed_delay" and pick { false, 5, 20 } or nil
  elseif kind == 3 then
    request.expedited = true
  else
    request.delay = pick { false, false, 5, 20 }
  end
end

local function add_prerequisites(request, draw, works)
  local chosen = {}
  for _ = 1, #works > 0 and draw(0, 2) or 0 do
    local id = works[draw(math.max(1, #works - 8), #works)]
    if not chosen[id] then
      chosen[id] = true
      request.after[#request.after + 1] = id
    end
  end
end

--- What update may replace without a change of meaning that the contract leaves open.
function random_requests.vary(request, pick)
  request.priority = pick { -1, 0, 0, 1 }
  request.tags = { pick { false, "red", "blue" } }
  local condition = pick { false, false, "dry", "warm" }
  request.constraints = condition and { custom = { condition } } or nil
end

--- A request; works are the ids that may become its prerequisites.
function random_requests.new(draw, pick, works)
  local request = {
    worker = "play", input = { results = {}, seconds = pick { 0, 0, 4, 10, 25 } }, after = {},
    backoff = { policy = "linear", delay = 10 }, max_attempts = pick { false, 1, 2, 3 },
    timeout = pick { false, 10, 20 }, queue = pick { false, "narrow" },
    deadline = pick { false, false, false, 30, 90 },
  }
  for run = 1, 4 do
    request.input.results[run] = pick(RESULTS)
  end
  request.input.results[5] = "success"
  random_requests.vary(request, pick)
  add_time(request, draw, pick)
  if not request.every then
    add_prerequisites(request, draw, works)
  end
  return request
end

return random_requests
