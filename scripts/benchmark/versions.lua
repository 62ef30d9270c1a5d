--- The versions of the peers: what peers/package.json asks for, and what servers say.
local core = require "moonshift.core"

local SERVERS = {
  { "node", "node --version", "v(%S+)" },
  { "redis", "redis-server --version", "v=(%S+)" },
  { "postgresql", "/usr/lib/postgresql/*/bin/postgres --version || postgres --version",
    "(%d+%.%d+)" },
  { "beanstalkd", "beanstalkd -v", "(%d+%.%d+)" },
}

local function answer_of(command)
  local pipe = assert(io.popen("(" .. command .. ") 2>/dev/null"))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

--- One line of text.
return function()
  local file = assert(io.open "scripts/benchmark/peers/package.json")
  local packages = core.decode(file:read "*a").dependencies
  file:close()
  local list = {}
  for name, version in pairs(packages) do
    list[#list + 1] = name .. " " .. version
  end
  for _, server in ipairs(SERVERS) do
    list[#list + 1] = server[1] .. " " .. (answer_of(server[2]):match(server[3]) or "unknown")
  end
  table.sort(list)
  return table.concat(list, ", ")
end
