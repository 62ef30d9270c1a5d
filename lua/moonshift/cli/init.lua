--- The command line: parses the arguments, opens the store, runs one command.
local moonshift = require "moonshift"
local commands = require "moonshift.cli.commands"
local conditions = require "moonshift.cli.conditions"
local doctor = require "moonshift.cli.doctor"
local fail = require "moonshift.cli.fail"
local output = require "moonshift.cli.output"
local parser = require "moonshift.cli.parser"
local run = require "moonshift.cli.run"

-- These may make a new database; a question about one that is not there is a mistake.
local CREATES = { run = true, enqueue = true }

local function database_of(options)
  local database = options.db or options.before_db or os.getenv "MOONSHIFT_DB"
  if not database or database == "" then
    fail.usage "which database? Give --db or set MOONSHIFT_DB"
  end
  return database
end

local function check_database(options)
  local database = database_of(options)
  if not CREATES[options.command] and not database:match "^%a+://" then
    local file, message = io.open(database, "rb")
    if not file then
      fail.undone(message)
    end
    file:close()
  end
  return database
end

--- The options of moonshift.open: those of `run`, or those of a client.
local function open_options(options)
  local open = { database = check_database(options) }
  if options.command == "run" then
    open.workers, open.threads, open.setup = options.workers, options.threads, options.setup
    open.durability = options.durability
  end
  return open
end

local function execute(options)
  if options.command == "doctor" then
    return doctor(database_of(options), options)
  end
  local command = options.command == "run" and run or commands[options.command]
  options.conditions = options.set and conditions.new(options.set)
  options.begun = os.time()
  local manager = fail.check(moonshift.open(open_options(options)))
  local ok, result = pcall(command, manager, options)
  local closed, message = manager:close()
  if not ok then
    error(result, 0)
  end
  -- What a client has asked for is stored by then, but not what became of works that ran here.
  if options.command == "run" then
    fail.check(closed, message)
  end
  return result
end

local function answer(options)
  local status = execute(options)
  output.flush()
  return status
end

local cli = {}

--- Runs the command of the arguments and returns the exit status.
function cli.main(arguments)
  local options = parser.new():parse(parser.join(arguments))
  options.json = options.json or options.before_json
  local ok, result = pcall(answer, options)
  if ok then
    return result
  end
  local failure = fail.of(result)
  io.stdout:flush()
  io.stderr:write("moonshift: ", failure.message, "\n")
  return failure.status
end

return cli
