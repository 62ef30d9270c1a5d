---@meta moonshift.testing
-- luacheck: ignore

---Tests with a virtual clock: nothing moves unless the test says so.
---@class moonshift.testing
local testing = {}

---The options of `moonshift.open`, and where the clock begins.
---@class moonshift.testing.Options : moonshift.Options
---@field database? ":memory:"
---@field now? moonshift.Time 2026-01-01T00:00:00Z by default

---@class moonshift.testing.Trial
---@field input? table
---@field attempt? integer
---@field tags? string[]
---@field files? string[]
---@field stop_after? moonshift.Duration virtual time, spent by `work:sleep`

---@class moonshift.testing.Record
---@field progress table[]
---@field log { level: string, message: string }[]
---@field error? string
---@field retry_after? number

---A manager in memory, with its workers in this Lua state.
---@param options? moonshift.testing.Options
---@return moonshift.testing.Manager?
---@return string? message
---@return moonshift.Code? code
function testing.open(options) end

---Runs one worker without a manager.
---@param worker moonshift.Worker
---@param options? moonshift.testing.Trial
---@return moonshift.Outcome? outcome
---@return table? output
---@return moonshift.testing.Record record
function testing.run(worker, options) end

---@class moonshift.testing.Manager : moonshift.Manager
local manager = {}

---The clock, in seconds since the epoch.
---@return number
function manager:now() end

---Runs what is due now, each work to its end or first sleep, until nothing is due.
---@return integer n runs started
function manager:run_due() end

---Moves the clock to each due moment in turn.
---@param duration moonshift.Duration
---@return integer n runs started
function manager:advance(duration) end

---Sets the wall clock by so many seconds, forward or back, as a user or a time server would; no time
---passes. Delays, backoff, intervals, timeouts, retention and deadlines that are durations keep their
---remaining length; `at`, cron and deadlines that are times follow the clock.
---@param seconds number
---@return true
function manager:jump(seconds) end

---Lets the system go down and start again, with its clock set by so many seconds. All managers on the
---store are dropped as by `crash`; returns a new one. Nobody knows how long it took, so what waits is
---due no later than it would have been at first.
---@param seconds number
---@return moonshift.testing.Manager
function manager:restart(seconds) end

---Treats what the work waits for as met, then runs what is due.
---A backoff counts as a delay.
---@param id integer
---@param kind "delay"|"constraints"|"period"
---@return integer n runs started
function manager:meet(id, kind) end

---Reports a path, or a list of them, as changed at this moment: works that wait for them are due when
---the change has settled. The files need not exist; nobody looks at them. An extension.
---@param paths string|string[]
---@return integer n works that wait for any of them
function manager:change_files(paths) end

---Stops a running work as the system would: "cancelled" and "replaced" cancel it.
---@param id integer
---@param reason moonshift.StopReason
---@return true
function manager:stop_work(id, reason) end

---Drops this manager as a killed process would be; returns a new one on the same store.
---@return moonshift.testing.Manager
function manager:crash() end

---A second manager on the same store, as another process would be.
---@return moonshift.testing.Manager
function manager:peer() end

return testing
