--- A machine made of files: what the kernel tells of power supplies and load, as a spec wants it.
local folder = require "spec.support.folder"
local lfs = require "lfs"

local machine = {}
machine.__index = machine

--- Nothing is plugged in, and nothing is busy.
function machine.new()
  local self = setmetatable({ sysfs = folder.new(), procfs = folder.new() }, machine)
  assert(lfs.mkdir(self.sysfs .. "/class"))
  assert(lfs.mkdir(self.sysfs .. "/class/power_supply"))
  self:load(0)
  return self
end

--- The load of the last minute.
function machine:load(load)
  folder.write(self.procfs .. "/loadavg", ("%.2f 0.00 0.00 1/99 4711\n"):format(load))
end

--- A power supply, with the files that the kernel would show.
function machine:supply(name, files)
  local path = self.sysfs .. "/class/power_supply/" .. name
  lfs.mkdir(path)
  for file, text in pairs(files) do
    folder.write(path .. "/" .. file, text .. "\n")
  end
end

function machine:remove(name)
  os.execute(("rm -r '%s/class/power_supply/%s'"):format(self.sysfs, name))
end

--- The option `sensors` of a manager on this machine. It looks when it is asked.
function machine:sensors()
  return { sysfs = self.sysfs, procfs = self.procfs, bus = false, poll = "1h" }
end

return machine
