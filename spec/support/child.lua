--- Other processes that run Lua with the same module, and their sudden end.
local child = {}
child.__index = child
local started = {}

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function interpreter()
  local index = 0
  while arg and arg[index - 1] do
    index = index - 1
  end
  if arg and index < 0 then
    return arg[index]
  end
  return jit and "luajit" or "lua" .. _VERSION:match "%d+%.%d+"
end

local function command(name, arguments)
  local paths = ("package.path=%q package.cpath=%q"):format(package.path, package.cpath)
  local words = { "exec", quote(interpreter()), "-e", quote(paths),
    quote("spec/support/children/" .. name .. ".lua") }
  for _, argument in ipairs(arguments) do
    words[#words + 1] = quote(tostring(argument))
  end
  return table.concat(words, " ")
end

--- The system ends it after a minute, so that a hanging child cannot hold up the specs.
local function start(shell, script)
  local line = "timeout -s KILL 60 " .. shell .. " -c " .. quote(script) .. " 2>&1"
  local pipe = assert(io.popen(line))
  local self = setmetatable({ pipe = pipe, pid = assert(pipe:read "*l") }, child)
  started[self] = true
  return self
end

--- Starts spec/support/children/NAME.lua with string arguments.
function child.start(name, ...)
  return start("sh", "echo $$; " .. command(name, { ... }))
end

--- Starts a Python program of spec/support with string arguments.
function child.start_python(name, ...)
  local program = quote("spec/support/" .. name .. ".py")
  local words = { "echo $$; exec python3", program }
  for _, argument in ipairs { ... } do
    words[#words + 1] = quote(tostring(argument))
  end
  return start("sh", table.concat(words, " "))
end

--- Starts spec/support/children/NAME.lua where new files lose the rights in the mask.
function child.start_with_mask(name, mask, ...)
  return start("sh", ("echo $$; umask %s; %s"):format(mask, command(name, { ... })))
end

--- Does the system deny children what unshare has these options for? In containers it may; where
--- CI is set no spec that asks is left out.
function child.is_denied(options)
  local made = os.execute("unshare " .. options .. " true 2>/dev/null")
  return made ~= true and made ~= 0 and not os.getenv "CI"
end

--- The same, with a disk of its own of that size in the folder, on which a file of that size stands
--- already. Only the child sees it.
function child.start_on_disk(name, disk, size, filler, filled, ...)
  return start("unshare -rm sh", ("echo $$; mount -t tmpfs -o size=%s none %s && "
    .. "head -c %s /dev/zero > %s && %s"):format(size, quote(disk), filled, quote(filler),
    command(name, { ... })))
end

--- The same, in a network of its own that has no links but a sleeping loopback.
function child.start_on_network(name, ...)
  return start("unshare -rn sh", "echo $$; " .. command(name, { ... }))
end

--- The same, where the system lets its user watch no more than so many folders.
function child.start_with_watches(name, watches, ...)
  local bound = ("echo %d > /proc/sys/user/max_inotify_watches"):format(watches)
  return start("unshare -r sh", ("echo $$; %s && %s"):format(bound, command(name, { ... })))
end

--- On a network of its own, and with a system bus whose socket is in the folder; both end with it.
function child.start_on_bus(name, place, ...)
  local bus = quote("unix:path=" .. place .. "/bus")
  local ready = quote(place .. "/ready")
  local inner = table.concat({
    "mkfifo " .. ready,
    ("dbus-daemon --nofork --config-file=spec/support/bus.conf --address=%s --print-address >%s "
      .. "2>/dev/null &"):format(bus, ready),
    "read -r DBUS_SYSTEM_BUS_ADDRESS <" .. ready,
    "export DBUS_SYSTEM_BUS_ADDRESS",
    "(" .. command(name, { ... }) .. ")",
    "exit",
  }, "\n")
  return start("sh", "echo $$; exec unshare -rnpf --kill-child sh -c " .. quote(inner))
end

--- The same, with a library that moves its clocks (spec.modules.clock) as the file says.
function child.start_clocked(name, library, file, ...)
  local script = "echo $$; echo 0 0 > %s; mkfifo %s; export SPEC_CLOCK=%s LD_PRELOAD=%s; %s"
  return start("sh", script:format(quote(file), quote(file .. ".news"), quote(file),
    quote(library), command(name, { ... })))
end

--- Kills all children that are left.
function child.clear()
  for self in pairs(started) do
    self:kill()
  end
end

--- The next line the child writes, or nil after its end.
function child:line()
  return self.pipe:read "*l"
end

--- Waits for the line; anything else the child says is an error.
function child:expect(line)
  local got = self:line()
  if got ~= line then
    error(("the child said %s instead of %s: %s"):format(tostring(got), line,
      tostring(got and self.pipe:read "*a")), 2)
  end
end

--- All that is left to read, then the child has ended.
function child:rest()
  local text = self.pipe:read "*a"
  self.pipe:close()
  started[self] = nil
  return text
end

--- Sends the child a signal, such as "TERM".
function child:signal(name)
  os.execute(("kill -%s %s"):format(name, self.pid))
end

--- Kills the child as `kill -9` does. Returns once it is gone, with the lines that were left.
function child:kill()
  os.execute("kill -9 " .. self.pid .. " 2>/dev/null")
  local lines = {}
  for line in self:rest():gmatch "[^\n]+" do
    lines[#lines + 1] = line
  end
  return lines
end

return child
