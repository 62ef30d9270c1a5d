--- The command line program that stands in the same tree as the module under test.
local folder = require "spec.support.folder"

local command = {}

--- Text as one word of a shell.
function command.quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function path()
  local tree = os.getenv "MOONSHIFT_TREE"
  for template in package.cpath:gmatch "[^;]+" do
    local core = template:gsub("%?", "moonshift/core")
    if not tree and folder.exists(core) then
      tree = core:match "^(.*)/moonshift/"
    end
  end
  return assert(tree, "core.so is not on the path") .. "/bin/moonshift"
end

--- The program as one word of a shell.
function command.program()
  return command.quote(path())
end

--- Runs a line of a shell for at most a minute, without a database in its environment. Returns the
--- status and all that it writes.
function command.run(line)
  local pipe = assert(io.popen("unset MOONSHIFT_DB; timeout -s KILL 60 " .. line .. "; echo $?"))
  local text = pipe:read "*a"
  pipe:close()
  local out, status = text:match "^(.-)(%d+)\n$"
  return tonumber(status), out
end

return command
