local child = require "spec.support.child"
local expect = require "spec.support.expect"
local folder = require "spec.support.folder"
local sql = require "spec.support.sql"
local stores = require "spec.support.stores"

-- Numbers of processes that do not live; the first has a door that no other run of this spec has.
local DEAD = 7001
local DOOR = tonumber(tostring({}):match "0x%x*(%x%x%x%x%x%x)" or 31, 16) * 4096 + os.time() % 4096
local DOORS = { ("moonshift-%x"):format(DOOR) }

--- A folder with all that a hostile text may lead to: a module, a zone, a pipe that nobody writes
--- to. Modules are looked for there.
local function lay_bait()
  local bait = folder.new()
  folder.write(bait .. "/evil.lua", ("io.open(%q, 'w')"):format(bait .. "/ran"))
  folder.write(bait .. "/evil.so", "no library")
  folder.write(bait .. "/Zone", folder.read "/usr/share/zoneinfo/Europe/Berlin")
  os.execute(("mkfifo '%s/pipe'"):format(bait))
  package.path = bait .. "/?.lua;" .. package.path
  package.cpath = bait .. "/?.so;" .. package.cpath
  return bait
end

local function hostile_texts(bait)
  local up = ("../"):rep(16) .. bait:sub(2)
  return {
    "evil", bait .. "/evil.lua", up .. "/evil", bait .. "/Zone", up .. "/Zone", bait .. "/pipe",
    bait .. "/socket", "file:" .. bait .. "/evil.lua", "os.execute", "_G",
    ("os.execute 'touch %s/made'"):format(bait), ("$(touch %s/made)"):format(bait),
    ("'; touch %s/made; '"):format(bait), ("|touch %s/made"):format(bait),
    "\27Lua" .. ("\1"):rep(40), "%s%n%s%n", ("A"):rep(70000),
  }
end

--- Works that wait for hostile changes of their rows: all are called by their number.
local function enqueue_victims(client, number, bait)
  local first = assert(client:enqueue { worker = "echo", queue = "first" })
  local ids = assert(client:enqueue {
    { worker = "victim-" .. number },
    { worker = "echo", queue = "queue-" .. number },
    { worker = "echo", queue = "sense-" .. number, constraints = { custom = { "none" } } },
    { worker = "echo", after = { first }, merger = "arrays", trace = "merger-" .. number },
    { worker = "echo", cron = "@yearly", zone = "Europe/Berlin", trace = "zone-" .. number },
    { worker = "echo", cron = "@yearly", trace = "cron-" .. number },
    { worker = "echo", constraints = { files = { bait .. "/evil.lua" } },
      trace = "files-" .. number },
    { worker = "echo", delay = "1h", trace = "texts-" .. number },
  })
  return { first = first, lane = ids[1], queue = ids[2], sense = ids[3], merger = ids[4],
    zone = ids[5], cron = ids[6], files = ids[7], texts = ids[8] }
end

local rows = [[
UPDATE ms_lane SET worker = :t WHERE worker = 'victim-:n';
UPDATE ms_lane SET queue = :t WHERE queue = 'queue-:n';
UPDATE ms_lane SET constraints = json_object('custom', json_array(:t)) WHERE queue = 'sense-:n';
UPDATE ms_work SET merger = :t WHERE trace = 'merger-:n';
UPDATE ms_work SET zone = :t WHERE trace = 'zone-:n';
UPDATE ms_work SET cron = :t WHERE trace = 'cron-:n';
UPDATE ms_work SET files = json_object('files', json_object('paths', json_array(:t),
  'settle_ms', 1000, 'max_wait_ms', 60000))
  WHERE trace = 'files-:n';
UPDATE ms_files SET paths = json_array(:t), next_paths = :t
  WHERE id = (SELECT id FROM ms_work WHERE trace = 'files-:n');
UPDATE ms_snapshot SET data = :t
  WHERE :n % 2 = 0 AND id = (SELECT id FROM ms_work WHERE trace = 'files-:n');
UPDATE ms_work SET name = :t, enqueued_by = :t, tags = json_array(:t),
  input = json_object('text', :t) WHERE trace = 'texts-:n';
INSERT OR IGNORE INTO ms_queue VALUES (:t, 1, 0, 0, 0);
INSERT OR IGNORE INTO ms_start VALUES (:t, :n, 1);
INSERT OR IGNORE INTO ms_counter VALUES (:t, 1);
INSERT INTO ms_process VALUES (:dead + :n, :pid, iif(:n = 1, :door, :t), 1, 1);
INSERT INTO ms_claim VALUES (900000 + :n, :dead + :n, 1, 1, 0, '[987654]', NULL);
INSERT INTO ms_change SELECT coalesce(max(turn), 0) + 1, :dead + :n, 1,
  '[987654,99]' FROM ms_change;
INSERT INTO moonshift_inbox (request) VALUES (:t), (json_object('worker', :t)),
  (json_object('worker', 'echo', 'merger', :t, 'after', json_array(:first))),
  (json_object('worker', 'echo', 'cron', '@yearly', 'zone', :t)),
  (json_object('worker', 'echo', 'queue', :t, 'trace', :t, 'tags', json_array(:t)));
INSERT INTO moonshift_inbox (request, name, existing) VALUES ('{"worker":"echo"}', :t, :t);
]]

--- Alters the rows of the victims with that number.
local function alter(path, number, text, pid, first)
  local values = { t = sql.text(text), n = number, pid = pid, dead = DEAD, first = first,
    door = ("%d"):format(DOOR) }
  local statements = rows:gsub(":(%l+)", values)
  assert.are.equal("", sql.run(path, "BEGIN;\n" .. statements .. "COMMIT;\n"))
end

--- What stands in the rows of one victim is a text and nothing else.
local function check_victims(manager, of, text)
  for _, name in ipairs { "first", "queue", "texts" } do
    assert.are.equal("succeeded", stores.result(manager, of[name]).state)
  end
  expect.text("unknown merger", stores.result(manager, of.merger).error)
  expect.text("unknown zone", stores.result(manager, of.zone).error)
  expect.text("calendar", stores.result(manager, of.cron).error)
  assert.are.equal(text, manager:find(of.texts).name)
  assert.are.equal(text, manager:find(of.lane).worker)
  assert.are.equal("enqueued", manager:find(of.lane).state)
  assert.are.equal("enqueued", manager:find(of.sense).state)
end

--- What befell the witness, whom this ends.
local function record(witness, bait)
  folder.write(bait .. "/end", "")
  return witness:rest()
end

describe("rows that somebody altered", function()
  local path, cpath = package.path, package.cpath
  local bait, witness

  before_each(function()
    bait = lay_bait()
    witness = child.start_python("witness", bait, (table.unpack or unpack)(DOORS))
    witness:expect "ready"
  end)

  after_each(function()
    package.path, package.cpath = path, cpath
    child.clear()
    stores.clear()
  end)

  it("would be noticed if they did any harm", function()
    local program = [[
import os, socket, sys
open(sys.argv[1] + "/evil.lua").close()
open(sys.argv[1] + "/made", "w").close()
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"", "\0DOOR")
]]
    assert.are.equal("", sql.python(bait, (program:gsub("DOOR", DOORS[1]))))
    os.execute("kill -USR1 " .. witness.pid)
    local said = record(witness, bait)
    for _, line in ipairs { "open evil.lua", "create made", "datagram " .. DOORS[1], "signal 10",
      "survived" } do
      expect.text(line .. "\n", said)
    end
  end)

  it("load, run, open, signal and reach nothing, and hold up no other work", function()
    local client, database = stores.open()
    local texts, victims = hostile_texts(bait), {}
    for number in ipairs(texts) do
      victims[number] = enqueue_victims(client, number, bait)
    end
    client:close()
    for number, text in ipairs(texts) do
      alter(database, number, text, witness.pid, victims[number].first)
    end
    local manager = stores.pool("basic", { database = database })
    manager:run_now { all = true }
    for number, of in ipairs(victims) do
      check_victims(manager, of, texts[number])
    end
    assert.is_true(#manager:refused() >= 3 * #texts)
    assert.are.equal("survived\n", record(witness, bait))
  end)

  it("send nobody to another door, and everybody is still heard", function()
    local client, database = stores.open()
    local manager = stores.pool("basic", { database = database })
    for number, text in ipairs(hostile_texts(bait)) do
      assert.are.equal("", sql.run(database, (".timeout 5000\nUPDATE ms_process SET door = %s;"
        .. "INSERT INTO ms_process VALUES (%d, %s, %d, 1, 1);"):format(sql.text(text),
        DEAD + number, witness.pid, DOOR)))
      assert.are.equal("succeeded",
        stores.result(client, client:enqueue { worker = "succeed" }).state)
    end
    assert.are.equal(#hostile_texts(bait), manager:count { state = "succeeded" })
    assert.are.equal("survived\n", record(witness, bait))
  end)
end)
