--- The command that lets a browser on this machine look into a store.
local answers = require "moonshift.cli.inspector.answers"
local core = require "moonshift.core"
local fail = require "moonshift.cli.fail"
local format = require "moonshift.cli.format"
local output = require "moonshift.cli.output"

local DEFAULT_ADDRESS = "127.0.0.1:7070"
local LOOPBACK = { ["127.0.0.1"] = true, ["localhost"] = true, ["[::1]"] = true }

-- A request is a form at most: far below what could weigh on memory.
local MAX_BODY_BYTES = 1024 * 1024
local PATIENCE_S = 10

--- The rock http does what a web server does well; without it everything else still works.
local function libraries()
  local ok, server = pcall(require, "http.server")
  if not ok then
    fail.undone(("serve needs the rock http for %s: luarocks install http"):format(_VERSION))
  end
  return server, require "http.headers", require "http.util", require "cqueues"
end

local function read_address(text)
  local host, port = text:match "^(.+):(%d+)$"
  port = tonumber(port)
  if not port or port > 65535 then
    fail.usage(("--listen: expected HOST:PORT, got '%s'"):format(text))
  elseif not LOOPBACK[host] then
    fail.usage(("--listen: expected an address of this machine such as %s, got '%s'")
      :format(DEFAULT_ADDRESS, text))
  end
  return host:gsub("[%[%]]", ""), port
end

local function read_request(stream, headers, util)
  local path, query = headers:get ":path":match "^([^?]*)%??(.*)$"
  local pairs_of_query = {}
  for name, value in util.query_args(query) do
    table.insert(pairs_of_query, { name, value })
  end
  return {
    method = headers:get ":method", path = path, query = pairs_of_query,
    host = headers:get ":authority",
    type = (headers:get "content-type" or ""):match "^[^;%s]*",
    body = stream:get_body_chars(MAX_BODY_BYTES, PATIENCE_S) or "",
  }
end

local function respond(stream, new_headers, status, text, kind)
  local headers = new_headers.new()
  headers:append(":status", format.integer(status))
  headers:append("content-type", kind)
  headers:append("content-length", format.integer(#text))
  headers:append("cache-control", "no-store")
  headers:append("x-content-type-options", "nosniff")
  headers:append("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; "
    .. "script-src 'self'; connect-src 'self'; frame-ancestors 'none'; form-action 'none'")
  stream:write_headers(headers, text == "", PATIENCE_S)
  if text ~= "" then
    stream:write_chunk(text, true, PATIENCE_S)
  end
end

local function listen(manager, address)
  local host, port = read_address(address)
  local http, new_headers, util, cqueues = libraries()
  local loop = cqueues.new()
  local server, message = http.listen {
    host = host, port = port, tls = false, cq = loop,
    onstream = function(_, stream)
      local headers = stream:get_headers(PATIENCE_S)
      if headers then
        respond(stream, new_headers, answers(manager, read_request(stream, headers, util)))
      end
      stream:shutdown()
    end,
    -- A client that went away or spoke no HTTP is nobody's trouble.
    onerror = function() end,
  }
  local bound = server and fail.check(server:listen(PATIENCE_S))
  if not bound then
    fail.undone(("cannot listen on %s: %s"):format(address, message or "no such address"))
  end
  return server, loop, cqueues
end

local function announce(server, options)
  local _, host, port = server:localname()
  local url = ("http://%s:%d/"):format(host:find ":" and "[" .. host .. "]" or host, port)
  output.line(options.json and format.json { url = url } or ("Open %s in a browser"):format(url))
  output.flush()
end

local function serve_until_signal(manager, loop, cqueues)
  loop:wrap(function()
    repeat
      cqueues.poll(manager)
      core.clear(manager)
    until core.signals_caught(manager)
  end)
  repeat
    fail.check(loop:step())
  until core.signals_caught(manager)
end

return function(manager, options)
  local server, loop, cqueues = listen(manager, options.listen or DEFAULT_ADDRESS)
  fail.check(core.signals_begin(manager))
  local ok, message = pcall(function()
    announce(server, options)
    serve_until_signal(manager, loop, cqueues)
  end)
  core.signals_end(manager)
  server:close()
  if not ok then
    error(message, 0)
  end
  return 0
end
