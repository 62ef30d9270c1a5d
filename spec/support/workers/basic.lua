--- The pool workers of the specs: each shows one thing a worker can do.
local function append(path, line)
  local file = assert(io.open(path, "a"))
  file:write(line .. "\n")
  file:close()
end

local function exists(path)
  local file = io.open(path, "r")
  if file then
    file:close()
  end
  return file ~= nil
end

local function explode(depth)
  if depth == 0 then
    error "the boiler is cold"
  end
  explode(depth - 1)
  return nil
end

local workers = {}

function workers.succeed()
  return "success"
end

function workers.echo(input)
  return "success", { echo = input }
end

local counted = 0

--- How many of these this thread has run.
function workers.count()
  counted = counted + 1
  return "success", { count = counted }
end

--- The kind of number that arrived, which JSON text alone does not tell.
function workers.kinds(input)
  local kinds = {}
  for key, value in pairs(input) do
    kinds[key] = math.type and math.type(value) or type(value)
  end
  return "success", { kinds = kinds, text = string.format("%.17g", input.value) }
end

function workers.fail(input)
  return "failure", input.output
end

function workers.again(input)
  return "retry", input.after and { after = input.after } or nil
end

function workers.second_time(_, work)
  if work.attempt == 1 then
    return "retry", { after = "10ms" }
  end
  return "success", { attempt = work.attempt, run = work.run }
end

function workers.raise()
  explode(3)
end

function workers.raise_table()
  error { reason = "a table" }
end

function workers.nothing() end

function workers.unknown()
  return "splendid"
end

function workers.no_data()
  return "success", { inner = { callback = print } }
end

function workers.too_much()
  return "success", { text = ("x"):rep(2000) }
end

function workers.busy()
  while true do -- luacheck: ignore 542
  end
end

--- Says that it has begun, then never looks up again.
function workers.deaf(input)
  append(input.log, "begin")
  workers.busy()
end

--- A busy loop that catches every error and goes on.
function workers.stubborn()
  while true do
    pcall(function()
      while true do -- luacheck: ignore 542
      end
    end)
  end
end

--- Everything a worker is told about its run.
function workers.facts(_, work)
  return "success", {
    id = work.id, worker = work.worker, attempt = work.attempt, run = work.run,
    tags = work.tags, name = work.name, queue = work.queue, generation = work.generation,
    trace = work.trace,
  }
end

--- Notes its begin in input.log, waits for the file input.gate, notes its end.
function workers.gate(input, work)
  append(input.log, "begin " .. work.id)
  while not exists(input.gate) do
    local slept, reason = work:sleep "5ms"
    if not slept then
      append(input.log, "stopped " .. work.id .. " " .. reason)
      return "success", { reason = reason, again = select(2, work:sleep "1h"),
        stopped = work:stopped() }
    end
  end
  append(input.log, "end " .. work.id)
  return "success", { stopped = work:stopped() == nil }
end

function workers.note(input, work)
  append(input.log, input.text or tostring(work.id))
  return "success"
end

function workers.progress(input, work)
  for step = 1, input.steps do
    work:progress { step = step }
  end
  while input.gate and not exists(input.gate) do
    work:sleep "5ms"
  end
  return "success"
end

function workers.bad_progress(_, work)
  work:progress { callback = print }
  return "success"
end

function workers.logs(_, work)
  work:log("info", "all is well")
  return "success"
end

--- Something that is known only if the setup module ran in this thread before.
function workers.prepared()
  return "success", { prepared = rawget(_G, "spec_prepared") == true }
end

return workers
