--- Who is compared with the field, and how each is asked to do a part. The programs are in peers/.
local asked = require "benchmark.asked"
local core = require "moonshift.core"

local OURS = "scripts/benchmark/peers/ours.lua"

local subjects = {
  { name = "moonshift" },
  { name = "plainjob", adapter = "plainjob" },
  { name = "BullMQ", adapter = "bullmq" },
  { name = "graphile-worker", adapter = "graphile" },
  { name = "pg-boss", adapter = "pgboss" },
  { name = "beanstalkd", adapter = "beanstalkd" },
}

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function answer_of(command)
  local pipe = assert(io.popen(command))
  local line = pipe:read "*l"
  pipe:close()
  return assert(line and core.decode(line), "it did not finish: " .. command)
end

local function lua()
  return asked.programs .. "/" .. asked.lua
end

local function remove(folder)
  os.execute("rm -rf " .. quote(folder))
end

--- What peer.mjs is told beside the sizes; see there.
local function place_of(folder, durability, sizes)
  return {
    folder = folder, shared = asked.folder, pids = asked.folder .. "/pids", durability = durability,
    works = sizes.works, lone = sizes.lone, seconds = sizes.seconds, patience = sizes.patience,
    lua = lua(), ours = OURS,
  }
end

local function ask_adapter(adapter, part, place)
  return answer_of(("node %s %s %s %s"):format(quote(asked.folder .. "/peers/peer.mjs"), adapter,
    part, quote(core.encode(place))))
end

--- The figures of one round on a new store.
function subjects.measure(subject, durability, sizes)
  local folder = asked.folder .. "/store"
  os.execute("mkdir " .. quote(folder))
  local figures
  if subject.adapter then
    figures = ask_adapter(subject.adapter, "measure", place_of(folder, durability, sizes))
  else
    figures = answer_of(("%s %s measure %s %s %d %d"):format(quote(lua()), OURS, quote(folder),
      durability, sizes.works, sizes.lone))
  end
  remove(folder)
  return figures
end

--- What becomes of a work whose process is killed.
function subjects.recover(subject, sizes)
  local folder = asked.folder .. "/store"
  local figures = ask_adapter(subject.adapter or "moonshift", "recover",
    place_of(folder, "full", sizes))
  remove(folder)
  return figures
end

return subjects
