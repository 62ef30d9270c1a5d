--- enqueue.lua DATABASE URL: enqueues one upload for each path on standard input, all in one call.
local moonshift = require "moonshift"

local database, url = arg[1], arg[2]
local requests = {}
for path in io.lines() do
  local name = path:match "[^/]+$":gsub("[^%w._-]", "_")
  requests[#requests + 1] = {
    worker = "upload",
    input = { path = path, url = ("%s/%03d-%s"):format(url, #requests + 1, name) },
    tags = { "backup" },
    constraints = { custom = { "night" } },
    -- Short, so that the demonstration ends soon; the defaults wait 30 seconds at first.
    backoff = { policy = "linear", delay = "200ms", max = "1s", jitter = 0.5 },
    max_attempts = 20,
  }
end

local manager = assert(moonshift.open(database))
assert(manager:enqueue(requests))
manager:close()
