--- The worker of the demonstration: puts one file on the server. It may run twice for one file,
--- since a file that is there already counts as stored.
local http = require "socket.http"
local ltn12 = require "ltn12"

http.TIMEOUT = 10
ltn12.BLOCKSIZE = 65536

--- The bytes of the file, telling the work how far it is.
local function source_of(file, size, work)
  local sent = 0
  return function()
    local bytes = file:read(ltn12.BLOCKSIZE)
    sent = sent + #(bytes or "")
    work:progress { percent = math.floor(100 * sent / math.max(size, 1)) }
    return bytes
  end
end

local function put(file, input, work)
  local size = file:seek "end"
  file:seek "set"
  return http.request {
    method = "PUT",
    url = input.url,
    headers = { ["Content-Length"] = ("%d"):format(size), ["If-None-Match"] = "*" },
    source = source_of(file, size, work),
    sink = ltn12.sink.null(),
  }
end

local function upload(input, work)
  local file, message = io.open(input.path, "rb")
  if not file then
    return "failure", { message = message }
  end
  local answered, status = put(file, input, work)
  file:close()
  if not answered or status == 503 then
    return "retry"
  elseif status ~= 201 and status ~= 412 then
    return "failure", { status = status }
  end
  return "success", { status = status }
end

return { upload = upload }
