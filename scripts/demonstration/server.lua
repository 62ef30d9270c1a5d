--- server.lua FOLDER LOG PAUSE: stores what is PUT, on a free local port, which it prints.
---
--- It is an unreliable server on purpose: it refuses three requests in ten with status 503, always
--- the same ones in their order, and takes PAUSE seconds after a file is stored before it says so.
--- It stores a name once: with If-None-Match the second time is 412. One line in LOG for each
--- request: name, status, bytes.
local socket = require "socket"

local folder, log_path, pause = arg[1], arg[2], tonumber(arg[3])
local REFUSED_SHARE = 0.3
local PATIENCE = 5

local log = assert(io.open(log_path, "a"))
log:setvbuf "line"

-- The generator of Park and Miller, so that every run refuses the same requests.
local seed = 20260101
local function random()
  seed = seed * 16807 % 2147483647
  return seed / 2147483647
end

local function read_head(client)
  local request = client:receive "*l"
  local headers = {}
  local line = request and client:receive "*l"
  while line and line ~= "" do
    local name, value = line:match "^([^:]+):%s*(.*)$"
    if name then
      headers[name:lower()] = value
    end
    line = client:receive "*l"
  end
  return line and request, headers
end

--- Copies the body into the file; false if the client went away before its end.
local function receive_file(client, size, path)
  local file = assert(io.open(path, "wb"))
  local left = size
  while left > 0 do
    local bytes = client:receive(math.min(left, 65536))
    if not bytes then
      break
    end
    file:write(bytes)
    left = left - #bytes
  end
  file:close()
  return left == 0
end

local function exists(path)
  local file = io.open(path, "rb")
  if file then
    file:close()
  end
  return file ~= nil
end

--- A file gets its name only once it is whole. Nothing is stored if the client went away.
local function store(client, headers, name)
  local path, partial = folder .. "/" .. name, folder .. "/.partial"
  local size = tonumber(headers["content-length"] or "")
  if not size or not receive_file(client, size, partial) then
    os.remove(partial)
    return nil, 0
  elseif random() < REFUSED_SHARE then
    os.remove(partial)
    return "503 Service Unavailable", size
  elseif headers["if-none-match"] == "*" and exists(path) then
    os.remove(partial)
    return "412 Precondition Failed", size
  end
  assert(os.rename(partial, path))
  return "201 Created", size
end

local function answer(client, status)
  client:send("HTTP/1.1 " .. status .. "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
end

local function serve(client)
  client:settimeout(PATIENCE)
  local request, headers = read_head(client)
  local name = request and request:match "^PUT /([%w._-]+) HTTP/1"
  if not name or name:sub(1, 1) == "." then
    answer(client, "400 Bad Request")
    return
  end
  local status, size = store(client, headers, name)
  log:write(("%s %s %d\n"):format(name, status and status:match "%d+" or "lost", size))
  if status then
    socket.sleep(pause)
    answer(client, status)
  end
end

local listener = assert(socket.bind("127.0.0.1", 0, 64))
local _, port = listener:getsockname()
print(string.format("%d", port))
io.stdout:flush()
while true do
  local client = listener:accept()
  if client then
    serve(client)
    client:close()
  end
end
