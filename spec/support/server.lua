--- A PostgreSQL server of the specs' own: in a temporary folder, reached by a socket in it, and
--- gone soon after the specs have ended.
local server = {}
server.__index = server

local SETTINGS = "-c listen_addresses= -c fsync=off -c max_connections=50 -c shared_buffers=16MB"
-- busted loads modules anew for each file, but not what stands in the registry.
local SHARED = "moonshift.spec.server"

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

--- What the shell's command says.
local function read(command)
  local pipe = assert(io.popen("{ " .. command .. "; } 2>&1"))
  local text = pipe:read "*a"
  pipe:close()
  return (text:gsub("%s+$", ""))
end

--- The folder with the server's programs, or nil.
local function find_programs()
  return read("ls -d /usr/lib/postgresql/*/bin/initdb /usr/local/bin/initdb /usr/bin/initdb"
    .. " 2>/dev/null"):match "(/[^\n]*)/initdb"
end

--- The server refuses to run as root, who runs it as the user that its package made.
local function as_user(command)
  if read "id -u" == "0" then
    return "runuser -u postgres -- sh -c " .. quote("cd /; " .. command)
  end
  return command
end

--- Kills it and removes its folder once this process has ended, however that came.
local function watch(self)
  local stop = as_user(("%s/pg_ctl -D %s/data -m immediate stop"):format(self.bin, self.path))
  local line = ("while kill -0 %s; do sleep 1; done; %s; rm -rf %s"):format(read "echo $PPID", stop,
    self.path)
  os.execute("setsid sh -c " .. quote(line) .. " >/dev/null 2>&1 &")
end

--- A server that runs, or nil and why there is none.
function server.start()
  local self = setmetatable({ bin = find_programs(), made = {} }, server)
  if not self.bin then
    return nil, "PostgreSQL is not installed (on Debian and its kin: package postgresql)"
  end
  self.path = read [[d=$(mktemp -d) && chmod 777 "$d" && echo "$d"]]
  local made = read(as_user(("%s/initdb -D %s/data -E UTF8 --locale=C -A trust -U moon -N")
    :format(self.bin, self.path)))
  local started = self:resume()
  if not started:find "server started" then
    error("the server does not start: " .. made .. started)
  end
  watch(self)
  return self
end

--- The server of all specs of this process; as start.
function server.shared()
  local registry, reason = debug.getregistry(), nil
  if not registry[SHARED] then
    registry[SHARED], reason = server.start()
  end
  return registry[SHARED], reason
end

function server:control(words)
  return read(as_user(("%s/pg_ctl -D %s/data -w -t 30 -l %s/log %s"):format(self.bin, self.path,
    self.path, words)))
end

function server:resume()
  local options = ("%s -c unix_socket_directories=%s"):format(SETTINGS, self.path)
  return self:control(("-o %s start"):format(quote(options)))
end

--- As a crash of the server would.
function server:stop()
  return self:control "-m immediate stop"
end

--- Runs SQL in the database; what it says, one row a line.
function server:sql(database, text)
  return read(("%s/psql -X -q -A -t -h %s -U moon -d %s -c %s"):format(self.bin, self.path,
    database, quote(text)))
end

function server:url(database, user)
  return ("postgres://%s@/%s?host=%s"):format(user or "moon", database, self.path)
end

--- The URL of a database without anything in it.
function server:empty(database)
  if self.made[database] then
    self:sql(database, "DROP SCHEMA IF EXISTS moonshift CASCADE")
  else
    self:sql("postgres", ("CREATE DATABASE \"%s\""):format(database))
    self.made[database] = true
  end
  return self:url(database)
end

return server
