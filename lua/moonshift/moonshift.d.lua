---@meta moonshift
-- luacheck: ignore

---Persistent background work: requests are tables, workers are functions, nothing is lost.
---
---What the world can cause is returned as `nil, message, code`; misuse raises.
---@class moonshift
---@field _VERSION string
---@field null lightuserdata an explicit null in data
local moonshift = {}

---Seconds, or text such as `"500ms"`, `"30s"`, `"1h30m"`, `"2d"`.
---@alias moonshift.Duration number|string

---Seconds since the epoch, or ISO 8601 with a zone.
---@alias moonshift.Time number|string

---@alias moonshift.Code "BUSY"|"FULL"|"CORRUPT"|"IO"|"CLOSED"|"FORKED"|"NOTFOUND"|"LIMIT"|"TIMEOUT"|"VERSION"|"PERMISSION"|"WORKERS"

---@alias moonshift.State "enqueued"|"running"|"succeeded"|"failed"|"blocked"|"cancelled"

---`"cancelled"`, `"replaced"`, `"timeout"`, `"shutdown"`, `"crashed"`, `"preempted"`, or
---`"constraint:NAME"`.
---@alias moonshift.StopReason string

---@alias moonshift.Network "none"|"connected"|"metered"|"unmetered"|"not_roaming"|"roaming"

---@alias moonshift.Run fun(input: table, work: moonshift.Work): moonshift.Outcome?, table?

---`"failure"` may have an output too; `"retry"` may have `{ after = duration }`.
---@alias moonshift.Outcome "success"|"failure"|"retry"

---@class moonshift.WorkerTable
---@field run moonshift.Run
---@field timeout? moonshift.Duration for requests that give none
---@field on_stop? fun(work: moonshift.Work, reason: moonshift.StopReason)

---@alias moonshift.Worker moonshift.Run|moonshift.WorkerTable

---@alias moonshift.Workers table<string, moonshift.Worker>

---What a worker sees of the run it carries out.
---@class moonshift.Work
---@field id integer
---@field worker string
---@field attempt integer 1 on the first run
---@field run integer starts ever: with the id the name of one run
---@field period? integer 1 for the first run of periodic work
---@field tags string[]
---@field name? string
---@field queue string
---@field generation integer
---@field files string[] the paths that triggered it, up to 1,000; `more = true` when there are others;
---bytes that are not UTF-8 appear as U+FFFD
---@field trace? string
local work = {}

---Records progress.
---@param data table
function work:progress(data) end

---The first stop reason, or nil.
---@return moonshift.StopReason?
function work:stopped() end

---Waits. True, or nil and the reason as soon as the run is stopped.
---@param duration moonshift.Duration
---@return true?
---@return moonshift.StopReason?
function work:sleep(duration) end

---@param level "debug"|"info"|"warn"|"warning"|"error"
---@param message string
function work:log(level, message) end

---@class moonshift.QueueSettings
---@field limit? integer at most so many run at once, in all processes together
---@field rate? string at most so many starts in a time: `"10/m"`; units are s, m, h, d
---@field paused? boolean

---@class moonshift.Options
---@field database string the path of a file, `":memory:"`, or a `postgres://` URL
---@field workers? string|moonshift.Workers|(string|moonshift.Workers)[]
---@field threads? integer of the pool; the number of CPUs by default, 0 = none
---@field setup? string a module that each worker thread requires first
---@field queues? table<string, moonshift.QueueSettings>
---@field durability? "full"|"normal"
---@field retention? moonshift.Duration how long finished work is kept: a day; clients delete nothing
---@field max_data_bytes? integer largest encoded input, output or progress: 262144
---@field stop_grace? moonshift.Duration how long stopping work may take: 10 s
---@field on_error? fun(event: moonshift.Trouble)
---@field busy_timeout? moonshift.Duration how long to wait for another process's write: 5 s
---@field sensors? moonshift.Sensors|false false: conditions are what the application sets, or unknown

---What sensors are told. `lua/README.md` says what they do.
---@class moonshift.Sensors
---@field metered? boolean what a connection counts as where nothing tells whether it costs money
---@field storage? { percent: number?, bytes: number? } storage is low at or below either: 5, 500e6
---@field idle? { load: number? } the machine is idle below this load per CPU: 0.3
---@field poll? moonshift.Duration between looks at what the system does not tell by itself: 30 s
---@field bus? boolean whether the system's services are asked over D-Bus
---@field sysfs? string where the kernel describes power supplies: `"/sys"`
---@field procfs? string where it tells the load: `"/proc"`

---@class moonshift.Condition
---@field value moonshift.Network|"unknown"|boolean
---@field source string `"set"` by the application, `"default"` when nobody has said, else the sensor
---@field since? number since when it has this value
---@field trouble? string why the sensor cannot read it

---@class moonshift.Trouble
---@field kind "worker"|"store"|"sensor"|"observer"|"thread"|"request"
---@field message string
---@field id? integer
---@field worker? string

---How long work waits after attempt n, when that was a retry or ran out of time: delay × 2^(n − 1), or
---delay × n. Of interruptions and crashes in a row the first does not wait, the k-th waits with n = k − 1.
---@class moonshift.Backoff
---@field policy? "exponential"|"linear" exponential by default
---@field delay? moonshift.Duration at least 1 ms: 30 s
---@field max? moonshift.Duration no wait is longer: 5 h
---@field jitter? number 0 to 1, the share by which a wait may differ at random: 0

---Runs when something there has changed since the work was enqueued: a file, or what stands right in
---a folder, with `recursive` in all folders below as well. Relative paths are seen from the folder in
---which the caller is. What does not exist yet is waited for. Each period of periodic work waits for
---a change of its own.
---@class moonshift.Files
---@field settle? moonshift.Duration so long nothing may change any more, 1 s by default
---@field max_wait? moonshift.Duration but no longer after the first change, 1 m by default
---@field rearm? boolean waits for the next change after each run: such work never finishes by itself
---@field [integer] string|{ path: string, recursive: boolean? }
---@field paths? (string|{ path: string, recursive: boolean? })[] the same list by name, for JSON

---What must hold for work to start, all of it. What is lost later stops the run.
---@class moonshift.Constraints
---@field network? "connected"|"unmetered"|"metered"|"not_roaming"
---@field charging? boolean
---@field battery_not_low? boolean
---@field storage_not_low? boolean
---@field idle? boolean
---@field files? moonshift.Files
---@field custom? string[] names of conditions that `set_condition` feeds
---@field at_start_only? boolean losing any of them later does not stop the run

---One work to be enqueued: once, or with `every`, `cron` or `files.rearm` again and again.
---@class moonshift.Request
---@field worker string the name of a worker; where nobody knows it the work waits
---@field input? table data for the worker: `{}`
---@field tags? string[] up to 64 of 255 bytes
---@field delay? moonshift.Duration starts so long after the call at the earliest
---@field at? moonshift.Time or at this time; excludes `delay`
---@field every? moonshift.Duration periodic: an interval of at least 1 s
---@field flex? moonshift.Duration runs in the last part of each interval: more than 0, up to `every`
---@field repeats? "fixed_rate"|"fixed_delay" with `every`: in step, by default, or counted from the end
---@field cron? string periodic by the calendar: five fields, or `@daily` and the like; excludes `every`
---@field zone? string the IANA zone of `cron`: UTC
---@field constraints? moonshift.Constraints
---@field backoff? moonshift.Backoff
---@field max_attempts? integer at least 1; after so many it fails: no limit
---@field timeout? moonshift.Duration a longer run is stopped, and counts as an attempt: none
---@field deadline? moonshift.Duration after it the work fails instead of starting; a number is a
---duration, counted from the call, ISO 8601 text a time
---@field queue? string up to 255 bytes: `"default"`
---@field priority? integer -100 to 100, higher first: 0
---@field expedited? boolean before all priorities, and one beyond its queue's limit; excludes `delay`,
---`at`, `every` and `cron`
---@field after? (integer|moonshift.Request)[] prerequisites: ids, or request tables of the same call
---@field merger? "overwrite"|"arrays"|string how own input and prerequisites' outputs become one:
---later keys win, every key becomes a list, or the name of a function that stands among the workers
---@field keep_results_for? moonshift.Duration kept so long at the least after it finished
---@field trace? string text that is handed on to logs, events and the worker

---A name that only one chain of works, or one periodic work, has at a time.
---@class moonshift.Unique
---@field name string up to 255 bytes
---@field existing "keep"|"replace"|"append"|"append_or_replace"|"update"

---An id, a list of ids, or conditions: each one value or a list.
---@alias moonshift.Selector integer|integer[]|moonshift.Conditions

---Any value of a field will do; of several fields each must fit.
---@class moonshift.Conditions
---@field all? true alone selects everything
---@field id? integer|integer[]
---@field state? moonshift.State|moonshift.State[]
---@field tag? string|string[]
---@field name? string|string[]
---@field worker? string|string[]
---@field queue? string|string[]

---@class moonshift.Page
---@field limit? integer at most so many: all
---@field offset? integer so many are left out before: 0
---@field order? "id"|"-id"|"due" lowest id first, by default, highest first, or what is due first

---Times are seconds since the epoch, durations seconds; absent means not applicable.
---@class moonshift.Info
---@field id integer
---@field worker string
---@field state moonshift.State
---@field input table the request's own
---@field output? table
---@field progress? table
---@field tags string[]
---@field name? string
---@field queue string
---@field priority integer
---@field attempt integer 0 before the first run
---@field period? integer
---@field generation integer
---@field outcome? "success"|"failure" of the last finished run
---@field error? string the first line is the message
---@field stop_reason? moonshift.StopReason
---@field constraints? moonshift.Constraints
---@field delay? number
---@field every? number
---@field flex? number
---@field cron? string
---@field zone? string
---@field backoff moonshift.Backoff
---@field prerequisites integer[]
---@field dependents integer[]
---@field enqueued_at number
---@field due_at? number only while enqueued
---@field started_at? number
---@field finished_at? number
---@field enqueued_by? string file and line
---@field run integer
---@field trace? string

---@class moonshift.Reason
---@field kind "delay"|"backoff"|"period"|"constraint"|"prerequisite"|"queue_paused"|"queue_limit"|"rate"|"no_runner"|"threads_busy"|"name_busy"|"deadline"
---@field detail? string
---@field clears_at? number

---@class moonshift.Event
---@field type "snapshot"|"enqueued"|"unblocked"|"started"|"progress"|"retried"|"stopped"|"succeeded"|"failed"|"cancelled"|"updated"|"removed"
---@field work moonshift.Info
---@field time number

---@class moonshift.Subscription
local subscription = {}

---Ends the observation. Twice is fine.
---@return true
function subscription:close() end

---Opens a store. A path is short for `{ database = path }`.
---@param options moonshift.Options|string
---@return moonshift.Manager?
---@return string? message
---@return moonshift.Code? code
function moonshift.open(options) end

---Marks a table as an array, so that it stays one when it is empty.
---@param list? table
---@return table
function moonshift.array(list) end

---One program's view of a store.
---@class moonshift.Manager
local manager = {}

---Returns after the work is durable; a list is one transaction.
---@param request moonshift.Request|moonshift.Request[]
---@param unique? moonshift.Unique
---@return integer|integer[]|nil ids
---@return "enqueued"|"kept"|"replaced"|"appended"|"updated"|string outcome or the message
---@return moonshift.Code? code
function manager:enqueue(request, unique) end

---Each stage is a request or a list of them, and runs after all of the stage before.
---@param stages (moonshift.Request|moonshift.Request[])[]
---@param unique? moonshift.Unique
---@return (integer|integer[])[]? ids in the shape of the stages
---@return "enqueued"|"kept"|"replaced"|"appended"|"updated"|string outcome or the message
---@return moonshift.Code? code
function manager:chain(stages, unique) end

---Replaces the spec of a work: what the request does not say gets its default. Id, attempts, periods,
---prerequisites and unique name stay. A run goes on with the old spec. NOTFOUND: no such work.
---@param id integer
---@param request moonshift.Request without `after`; periodic if the work is, else not
---@return "applied_immediately"|"applied_for_next_run"|"not_applied"|nil
---@return string? message
---@return moonshift.Code? code
function manager:update(id, request) end

---Nil alone if there is no such work.
---@param id integer
---@return moonshift.Info?
---@return string? message
---@return moonshift.Code? code
function manager:find(id) end

---The selected works. By state it looks at every stored work.
---@param selector moonshift.Selector
---@param page? moonshift.Page
---@return moonshift.Info[]?
---@return string? message
---@return moonshift.Code? code
function manager:query(selector, page) end

---@param selector moonshift.Selector
---@return integer?
---@return string? message
---@return moonshift.Code? code
function manager:count(selector) end

---Every name that a stored work carries.
---@return string[]?
---@return string? message
---@return moonshift.Code? code
function manager:names() end

---@return string[]?
---@return string? message
---@return moonshift.Code? code
function manager:tags() end

---Cancels what is unfinished of the selected works and of all that depend on them.
---@param selector moonshift.Selector
---@return integer?
---@return string? message
---@return moonshift.Code? code
function manager:cancel(selector) end

---The rows of `moonshift_inbox` that were refused, in the order of their insertion.
---@return { row: integer, error: string, inserted_at: number }[]?
---@return string? message
---@return moonshift.Code? code
function manager:refused() end

---When everything was cancelled last.
---@return number?
---@return string? message
---@return moonshift.Code? code
function manager:last_cancel_all() end

---Failed and cancelled works are enqueued again, attempts from zero.
---@param selector moonshift.Selector
---@return integer?
---@return string? message
---@return moonshift.Code? code
function manager:retry(selector) end

---Enqueued works are due at once.
---@param selector moonshift.Selector
---@return integer?
---@return string? message
---@return moonshift.Code? code
function manager:run_now(selector) end

---Deletes finished works that no unfinished one depends on.
---@param older_than? moonshift.Duration
---@return integer?
---@return string? message
---@return moonshift.Code? code
function manager:prune(older_than) end

---What the work waits for.
---@param id integer
---@return moonshift.Reason[]?
---@return string? message
---@return moonshift.Code? code
function manager:why(id) end

---Serves this state until all selected work is finished.
---@param selector moonshift.Selector
---@param timeout? moonshift.Duration
---@return moonshift.Info[]?
---@return string? message
---@return moonshift.Code? code
function manager:await(selector, timeout) end

---Calls back in this Lua state, inside `run`, `dispatch` and `await`.
---@param selector moonshift.Selector
---@param callback fun(event: moonshift.Event)
---@return moonshift.Subscription?
---@return string? message
---@return moonshift.Code? code
function manager:observe(selector, callback) end

---What the application knows: overrides a sensor or feeds a custom condition; nil hands it back.
---@param name string
---@param value moonshift.Network|boolean|nil
---@return true?
---@return string? message
---@return moonshift.Code? code
function manager:set_condition(name, value) end

---The value of each condition, and more about each. The sensors look anew.
---@return table<string, moonshift.Network|"unknown"|boolean>?
---@return table<string, moonshift.Condition>|string
---@return moonshift.Code? code
function manager:conditions() end

---@param queue string
---@return true?
---@return string? message
---@return moonshift.Code? code
function manager:pause(queue) end

---@param queue string
---@return true?
---@return string? message
---@return moonshift.Code? code
function manager:resume(queue) end

---Replaces limit and rate; `paused` stays unless given.
---@param queue string
---@param settings moonshift.QueueSettings
---@return true?
---@return string? message
---@return moonshift.Code? code
function manager:set_queue(queue, settings) end

---The settings of every queue that has any.
---@return table<string, moonshift.QueueSettings>?
---@return string? message
---@return moonshift.Code? code
function manager:queues() end

---Works by state, and what this manager's engine has done since it was opened: `turns`, `commits`,
---`claims`, `results`, `longest_turn_ms`, `longest_checkpoint_ms` (what a caller waited for of one), and
---its `threads`, `threads_busy` and the `processes` that share the store.
---@return table<string, integer>?
---@return string? message
---@return moonshift.Code? code
function manager:stats() end

---Serves this state until `stop`, SIGINT or SIGTERM; `"idle"`: until nothing can run without waiting
---for time or a condition; `"done"`: until no unfinished one-time work is left.
---@param mode? "idle"|"done"
---@return true?
---@return string? message
---@return moonshift.Code? code
function manager:run(mode) end

---Delivers waiting callbacks and lets host workers go on; never blocks.
---@param max? integer
---@return integer? n
---@return string? message
---@return moonshift.Code? code
function manager:dispatch(max) end

---Readable when `dispatch` has something to do.
---@return integer?
---@return string? message
---@return moonshift.Code? code
function manager:pollfd() end

---The same descriptor, by the name that LuaSocket asks for.
---@return integer?
---@return string? message
---@return moonshift.Code? code
function manager:getfd() end

---@return "r"?
---@return string? message
---@return moonshift.Code? code
function manager:events() end

---Seconds until `dispatch` is to be called although the descriptor is not readable, or nil.
---@return number?
---@return string? message
---@return moonshift.Code? code
function manager:timeout() end

---Ends `run`.
---@return true?
---@return string? message
---@return moonshift.Code? code
function manager:stop() end

---Stops what runs, waits for it up to grace, and releases everything. Twice is fine.
---@param grace? moonshift.Duration
---@return true?
---@return string? message
---@return moonshift.Code? code
function manager:close(grace) end

return moonshift
