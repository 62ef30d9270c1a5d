--- The model's time: when works are due, what starts, and what becomes of runs.
local model = require "spec.support.model"

--- When the work is due, from the moments it keeps.
function model:schedule(work)
  local start = work.enqueued_at + (work.delay or 0)
  if work.wish then
    work.due = work.wish
  elseif work.ended_at and (work.attempt > 0 or work.streak > 0) then
    local times = work.streak > 0 and work.streak - 1 or work.attempt
    work.due = work.ended_at + times * work.backoff
  elseif not work.every then
    work.due = start
  elseif work.repeats == "fixed_delay" then
    work.due = work.ended_at and work.ended_at + work.every or start
  else
    local period = 0
    if work.ended_at and work.started_at >= start then
      period = math.floor((work.started_at - start) / work.every) + 1
    end
    work.due = start + period * work.every + (work.flex and work.every - work.flex or 0)
  end
end

--- The run succeeded or failed for good.
local function conclude(self, work, state)
  work.outcome = state == "succeeded" and "success" or "failure"
  if not work.every then
    return self:finish(work, state)
  end
  work.state, work.attempt, work.streak, work.period = "enqueued", 0, 0, work.period + 1
  self:schedule(work)
end

local function leave_run(self, work)
  work.state, work.ended_at, work.execution, work.stop_reason = "enqueued", self.now, nil, nil
end

local function end_run(self, work)
  local result = work.results[(work.run - 1) % #work.results + 1]
  leave_run(self, work)
  work.streak = 0
  if result == "success" then
    conclude(self, work, "succeeded")
  elseif result == "failure" or work.attempt == work.max_attempts then
    conclude(self, work, "failed")
  else
    self:schedule(work)
  end
end

--- Interruptions give the attempt back; timeouts and crashes count.
function model:stop(work, reason)
  local counts = reason == "timeout" or reason == "crashed"
  leave_run(self, work)
  work.stop_reason = reason
  work.streak = reason == "timeout" and 0 or work.streak + 1
  if not counts then
    work.attempt = work.attempt - 1
  elseif work.attempt == work.max_attempts then
    return conclude(self, work, "failed")
  end
  self:schedule(work)
end

local function begin_run(self, work)
  work.attempt, work.run, work.wish, work.stop_reason = work.attempt + 1, work.run + 1, nil, nil
  work.state, work.started_at = "running", self.now
  self.starts[#self.starts + 1] = work.id
  work.execution = {
    wakes_at = self.now + work.seconds, constraint = work.constraint,
    times_out_at = work.timeout and self.now + work.timeout,
  }
  if work.seconds == 0 then
    end_run(self, work)
  end
end

--- Is the way free for a work that is due?
local function is_open(self, work)
  local queue = self.queues[work.queue] or {}
  local running = 0
  self:each(function(other)
    running = running + (other.state == "running" and other.queue == work.queue and 1 or 0)
  end)
  local limit = (queue.limit or math.huge) + (work.expedited and 1 or 0)
  return not queue.paused and running < limit
    and (not work.constraint or self.conditions[work.constraint])
end

local function comes_before(a, b)
  if a.expedited ~= b.expedited then
    return a.expedited
  elseif a.priority ~= b.priority then
    return a.priority > b.priority
  elseif a.due ~= b.due then
    return a.due < b.due
  end
  return a.id < b.id
end

local function first_that_may_start(self)
  local first
  self:each(function(work)
    if work.state == "enqueued" and work.due <= self.now and is_open(self, work)
      and (not first or comes_before(work, first)) then
      first = work
    end
  end)
  return first
end

--- Everything that happens at one moment, in the order of the contract.
local function live_through(self)
  self:each(function(work)
    if work.execution and work.execution.wakes_at <= self.now then
      end_run(self, work)
    end
  end)
  self:each(function(work)
    local times_out_at = work.execution and work.execution.times_out_at
    if times_out_at and times_out_at <= self.now then
      self:stop(work, "timeout")
    end
  end)
  self:each(function(work)
    local waits = work.state == "enqueued" or work.state == "blocked"
    if waits and work.deadline and work.deadline <= self.now then
      self:finish(work, "failed")
    end
  end)
  local work = first_that_may_start(self)
  while work do
    begin_run(self, work)
    work = first_that_may_start(self)
  end
  self:prune(self.now - self.retention)
end

--- The next moment at which anything may happen, at most the limit.
local function next_moment(self, limit)
  local next_at = limit
  local function consider(at)
    if at and at > self.now and at < next_at then
      next_at = at
    end
  end
  self:each(function(work)
    if work.execution then
      consider(work.execution.wakes_at)
      consider(work.execution.times_out_at)
    elseif work.finished_at then
      consider(work.finished_at + self.retention)
    else
      consider(work.state == "enqueued" and work.due)
      consider(work.deadline)
    end
  end)
  return next_at
end

function model:advance(seconds)
  local before, last = #self.starts, self.now + seconds
  live_through(self)
  while self.now < last do
    self.now = next_moment(self, last)
    live_through(self)
  end
  return #self.starts - before
end

function model:run_due()
  return self:advance(0)
end

function model:set_condition(name, value)
  self.conditions[name] = value
  self:each(function(work)
    if not value and work.execution and work.execution.constraint == name then
      self:stop(work, "constraint:" .. name)
    end
  end)
end

--- The process dies; its successor finds what was running.
function model:crash()
  self.conditions = {}
  self:each(function(work)
    if work.execution then
      self:stop(work, "crashed")
    end
  end)
end

return model
