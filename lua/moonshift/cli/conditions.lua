--- What `run --set` is told of the world: by the command line, and line by line by standard input.
local core = require "moonshift.core"
local fail = require "moonshift.cli.fail"
local request = require "moonshift.cli.request"

-- No name with its value is longer; of a longer line no more is kept.
local LONGEST = 1024

local conditions = {}
conditions.__index = conditions

--- From the words behind `--set`, of which "-" means standard input. It is taken before a store is
--- opened: where it is closed, a file of ours would soon stand in its place.
function conditions.new(words)
  local self = setmetatable({ words = {}, line = 0, rest = "" }, conditions)
  for _, word in ipairs(words) do
    if word == "-" then
      self.input = self.input or core.take_input()
    else
      self.words[#self.words + 1] = word
    end
  end
  return self
end

--- Sets those of the command line; a wrong one is wrong usage.
function conditions:begin(manager)
  for _, word in ipairs(self.words) do
    fail.check(manager:set_condition(request.condition(word)))
  end
end

local function change(manager, line)
  if #line > LONGEST then
    fail.usage(("longer than %d bytes"):format(LONGEST))
  end
  fail.check(manager:set_condition(request.change(line)))
end

--- A wrong line changes nothing, and those behind it count again.
local function take_line(self, manager, complaints)
  local line = self.rest:gsub("\r$", "")
  self.line, self.rest = self.line + 1, ""
  local ok, raised = pcall(change, manager, line)
  if not ok and line ~= "" then
    complaints[#complaints + 1] = ("standard input, line %d: %s")
      :format(self.line, fail.of(raised).message)
  end
end

--- Takes what was read, of which an empty text is the end. Returns what is wrong with it.
function conditions:take(manager, text)
  local complaints = {}
  if text == "" then
    self.input = nil
    text = self.rest == "" and "" or "\n"
  end
  for piece, newline in text:gmatch "([^\n]*)(\n?)" do
    self.rest = (self.rest .. piece):sub(1, LONGEST + 1)
    if newline ~= "" then
      take_line(self, manager, complaints)
    end
  end
  return complaints
end

return conditions
