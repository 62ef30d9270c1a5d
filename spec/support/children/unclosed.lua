--- unclosed.lua COMMAND ...: the command line in a program whose stores cannot be closed in order.
--- Prints the status last.
require "moonshift"
local cli = require "moonshift.cli"
local core = require "moonshift.core"
local close = core.methods.close

function core.methods.close(...)
  close(...)
  return nil, "the disk is full", "FULL"
end

print(cli.main(arg))
