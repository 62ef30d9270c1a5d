--- Other programs that write into a store: the sqlite3 shell and Python.
local folder = require "spec.support.folder"

local sql = {}

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function start(command, input)
  local path = folder.new() .. "/input"
  folder.write(path, input)
  return assert(io.popen(command .. " <" .. quote(path) .. " 2>&1"))
end

local function read(pipe)
  local text = pipe:read "*a"
  pipe:close()
  return text
end

--- A text as SQL writes it.
function sql.text(text)
  return text and quote(text):gsub("'\\''", "''") or "NULL"
end

--- Runs the statements in the shell while this process goes on; the pipe ends with the shell. It
--- waits for other writers, as any client should.
function sql.start(path, statements)
  return start("sqlite3 -batch -bail " .. quote(path), ".timeout 5000\n" .. statements)
end

--- What the shell prints for the statements.
function sql.run(path, statements)
  return read(sql.start(path, statements))
end

--- A Python program that finds the path in sys.argv[1]; the pipe ends with it.
function sql.start_python(path, program)
  return start("python3 - " .. quote(path), program)
end

--- What the Python program prints.
function sql.python(path, program)
  return read(sql.start_python(path, program))
end

--- The statement that inserts a row; nil fields stay NULL.
function sql.insert(row)
  local names, values = {}, {}
  for name, value in pairs(row) do
    names[#names + 1] = name
    values[#values + 1] = type(value) == "number" and ("%.3f"):format(value) or sql.text(value)
  end
  return ("INSERT INTO moonshift_inbox (%s) VALUES (%s);\n"):format(table.concat(names, ", "),
    table.concat(values, ", "))
end

--- The errors of the rows that are left, in the order of their insertion; "" where there is none.
function sql.errors(path)
  local errors = {}
  local text = sql.run(path, "SELECT coalesce(error, '') FROM moonshift_inbox ORDER BY id;")
  for line in text:gmatch "([^\n]*)\n" do
    errors[#errors + 1] = line
  end
  return errors
end

return sql
