--- Where figures come from: they mean little without it.
local function answer_of(command)
  local pipe = io.popen(command .. " 2>/dev/null")
  local line = pipe and pipe:read "*l"
  if pipe then
    pipe:close()
  end
  return line and line ~= "" and line or "unknown"
end

local machine = {}

--- Names of what a figure depends on, as text.
function machine.describe()
  return {
    cpu = answer_of "sed -n 's/^model name[^:]*: //p' /proc/cpuinfo",
    cores = tonumber(answer_of "getconf _NPROCESSORS_ONLN"),
    kernel = answer_of "uname -sr",
    sqlite = answer_of "pkg-config --modversion sqlite3",
    lua = jit and jit.version or _VERSION,
  }
end

--- The same as one line.
function machine.line()
  local here = machine.describe()
  return ("%s, %d cores, %s, SQLite %s, %s"):format(
    here.cpu, here.cores, here.kernel, here.sqlite, here.lua)
end

return machine
