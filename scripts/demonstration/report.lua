--- report.lua DATABASE LOG FOLDER: a table of all uploads, and the check that what the server has
--- stored is what was to be backed up. The exit status is 0 only then.
local moonshift = require "moonshift"
local format = require "moonshift.cli.format"
local table_lines = require "moonshift.cli.table"
local terminal = require "moonshift.cli.terminal"

local database, log_path, folder = arg[1], arg[2], arg[3]

local COLUMNS = {
  { key = "name", title = "FILE", flexible = true },
  { key = "size", title = "KB", right = true },
  { key = "state", title = "STATE" },
  { key = "attempt", title = "ATTEMPTS", right = true },
  { key = "answers", title = "ANSWERS" },
  { key = "time", title = "TIME", right = true },
}

--- For each name what the server answered, in order, and how large the file was.
local function read_log()
  local uploads = {}
  for line in io.lines(log_path) do
    local name, status, size = line:match "^(%S+) (%S+) (%d+)$"
    local upload = uploads[name] or { answers = {}, count = {} }
    uploads[name] = upload
    table.insert(upload.answers, status)
    upload.count[status] = (upload.count[status] or 0) + 1
    upload.size = math.max(upload.size or 0, tonumber(size))
  end
  return uploads
end

local function sum(path)
  local quoted = "'" .. path:gsub("'", "'\\''") .. "'"
  local pipe = assert(io.popen("sha256sum 2>/dev/null <" .. quoted))
  local text = pipe:read "*a"
  pipe:close()
  return text:match "^%x+"
end

local function row_of(info, name, upload)
  return {
    name = name, state = info.state, attempt = format.integer(info.attempt),
    size = upload.size and format.integer(math.floor(upload.size / 1000 + 0.5)),
    answers = table.concat(upload.answers, " "),
    time = info.finished_at and format.span(info.finished_at - info.enqueued_at),
  }
end

local manager = assert(moonshift.open(database))
local infos = assert(manager:query { all = true })
manager:close()

local uploads, rows = read_log(), {}
local equal, refused, repeated = 0, 0, 0
for index, info in ipairs(infos) do
  local name = info.input.url:match "[^/]+$"
  local upload = uploads[name] or { answers = {}, count = {} }
  rows[index] = row_of(info, name, upload)
  refused = refused + (upload.count["503"] or 0)
  repeated = repeated + (upload.count["412"] or 0)
  local expected = sum(info.input.path)
  if info.state == "succeeded" and expected and sum(folder .. "/" .. name) == expected then
    equal = equal + 1
  else
    io.stderr:write("not backed up: ", info.input.path, "\n")
  end
end

print(table.concat(table_lines(COLUMNS, rows, terminal.width()), "\n"))
print(("\n%d requests were refused with 503 and tried again; %d uploads whose answer was lost"
  .. " with the\nkilled runner ran again and found their file stored.")
  :format(refused, repeated))
print(("%d of %d files are stored with the SHA-256 of their source."):format(equal, #infos))
os.exit(equal == #infos and 0 or 1)
