-- moonshift: persistent background work. What the module offers; moonshift.d.lua describes it.

local core = require "moonshift.core"
local Loop = require "moonshift.loop"
local manager = require "moonshift.manager"
local misuse = require "moonshift.misuse"

manager.install()

local moonshift = {
  _VERSION = "moonshift 0.1.0",
  null = core.null,
  array = core.array,
}

function moonshift.open(options)
  local opened, message, code = misuse.check(core.open, options)
  if not opened then
    return nil, message, code
  end
  Loop.attach(opened)
  return opened
end

return moonshift
