--- From the options of one command to the tables of the module: requests and selectors.
local core = require "moonshift.core"
local fail = require "moonshift.cli.fail"
local format = require "moonshift.cli.format"

local request = {}

local function read_input(text)
  if text == "-" then
    text = io.read "*a"
  end
  local value, message = core.decode(text)
  if value == nil then
    fail.usage("input: " .. message)
  elseif type(value) ~= "table" then
    fail.usage "input: expected a JSON object"
  end
  return value
end

--- true and false become booleans; everything else stays text.
local function read_value(text)
  if text == "true" or text == "false" then
    return text == "true"
  end
  return text
end

local function add_to(list, value)
  list = list or {}
  list[#list + 1] = value
  return list
end

-- Constraints that are lists, and what stands in them.
local LISTED = { custom = "NAME", files = "PATH" }

--- "charging" and "charging=true" are one; custom and files collect what is given, and
--- "files.settle=2s" is an option of files.
local function read_constraints(words)
  local constraints
  for _, word in ipairs(words) do
    local name, value = word:match "^([^=]+)=(.*)$"
    name = name or word
    constraints = constraints or {}
    local option = name:match "^files%.(.+)$"
    if option then
      constraints.files = constraints.files or {}
      constraints.files[option] = value == nil or read_value(value)
    elseif LISTED[name] then
      if not value then
        fail.usage(("--constraint %s: expected %s=%s"):format(name, name, LISTED[name]))
      end
      constraints[name] = add_to(constraints[name], value)
    elseif constraints[name] ~= nil then
      fail.usage(("--constraint %s: given twice"):format(name))
    else
      constraints[name] = value == nil or read_value(value)
    end
  end
  return constraints
end

local function list_or_nil(list)
  return list and #list > 0 and list or nil
end

--- The request and unique name of `enqueue`.
function request.of(options)
  local made = {
    worker = options.worker,
    input = options.input and read_input(options.input),
    tags = list_or_nil(options.tag),
    delay = options.delay, at = options.at,
    every = options.every, cron = options.cron, zone = options.zone,
    queue = options.queue, priority = options.priority,
    after = list_or_nil(options.after),
    max_attempts = options.max_attempts, timeout = options.timeout, deadline = options.deadline,
    backoff = options.backoff_delay and { delay = options.backoff_delay },
    constraints = read_constraints(options.constraint or {}),
    trace = options.trace,
  }
  local unique
  if options.name or options.existing then
    unique = { name = options.name, existing = options.existing }
  end
  return made, unique
end

--- The selector of the options, or nil when they select nothing by themselves.
function request.selector(options)
  local selector = {
    all = options.all, id = list_or_nil(options.ids), tag = list_or_nil(options.tag),
    worker = list_or_nil(options.worker), queue = list_or_nil(options.queue),
    name = list_or_nil(options.name), state = list_or_nil(options.state),
  }
  return next(selector) and selector or nil
end

--- The name and value of `--set`.
function request.condition(word)
  local name, value = word:match "^([^=]+)=(.+)$"
  if not name then
    fail.usage(("--set: expected NAME=VALUE, got '%s'"):format(word))
  end
  return name, read_value(value)
end

--- The same of a line, in which no value hands the condition back to its sensor.
function request.change(line)
  local name, value = line:match "^([^=]+)=(.*)$"
  if not name then
    fail.usage(("expected NAME=VALUE, got '%s'"):format(format.plain(line)))
  elseif value == "" then
    return name, nil
  end
  return name, read_value(value)
end

return request
