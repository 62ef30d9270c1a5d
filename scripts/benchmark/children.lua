--- Processes that the benchmark starts, and what the kernel knows of them.
local children = {}
children.__index = children

local function quote(text)
  return "'" .. tostring(text):gsub("'", "'\\''") .. "'"
end

--- Starts a program with arguments, which end at the first nil.
function children.start(...)
  local words = { "exec" }
  for _, word in ipairs { ... } do
    words[#words + 1] = quote(word)
  end
  local pipe = assert(io.popen("echo $$; " .. table.concat(words, " ")))
  return setmetatable({ pipe = pipe, pid = assert(pipe:read "*l") }, children)
end

--- The next line, which must begin with the word; returns what follows it.
function children:expect(word)
  local line = self.pipe:read "*l"
  assert(line and line:sub(1, #word) == word, ("a child said %s"):format(tostring(line)))
  return line:sub(#word + 2)
end

--- All lines that are left; the child has ended.
function children:rest()
  local lines = {}
  for line in self.pipe:lines() do
    lines[#lines + 1] = line
  end
  self.pipe:close()
  return lines
end

--- Sends a signal, and returns the moment just before it was sent.
function children:signal(name)
  local script = ("echo $EPOCHREALTIME; kill -%s %s"):format(name, self.pid)
  local pipe = assert(io.popen("bash -c " .. quote(script)))
  local moment = pipe:read "*n"
  pipe:close()
  return moment
end

local function sum_of(pid, file, key)
  local pipe = assert(io.popen(("cat /proc/%s/%s"):format(pid, file)))
  local sum = 0
  for line in pipe:lines() do
    sum = sum + (tonumber(line:match("^" .. key .. ":%s*(%d+)")) or 0)
  end
  pipe:close()
  return sum
end

--- How often the threads of the process have woken up so far.
function children.wakes_of(pid)
  return sum_of(pid, "task/*/status", "voluntary_ctxt_switches")
end

function children:wakes()
  return children.wakes_of(self.pid)
end

--- Resident memory in MB.
function children:resident()
  return sum_of(self.pid, "status", "VmRSS") / 1024
end

return children
