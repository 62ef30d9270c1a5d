local child = require "spec.support.child"
local folder = require "spec.support.folder"
local machine = require "spec.support.machine"

describe("the system's services", function()
  after_each(function()
    child.clear()
    folder.clear()
  end)

  it("start and stop work as they change their minds", function()
    if child.is_denied "-rnpf --kill-child" then
      pending "this user may not make networks"
      return
    end
    local this = machine.new()
    this:supply("BAT0", { type = "Battery", status = "Discharging", capacity = "57" })
    local one = child.start_on_bus("services", folder.new(), folder.new() .. "/work.db",
      this.sysfs, this.procfs)
    one:expect "3\tstarted 1"
    one:expect "enqueued\tenqueued"
    one:expect "connected"
    one:expect "network is metered (NetworkManager"
    one:expect "0\t0"
    one:expect "1\tstarted 1"
    one:expect "1\tstopped constraint:network"
    one:expect "4\tstarted 1"
    one:expect "4\tstopped constraint:battery_not_low"
    one:expect "5\tstarted 1"
    one:expect "2\tstarted 1"
    one:expect "2\tstopped constraint:idle"
    one:expect "metered\tfalse"
    assert.are.equal("", one:rest())
  end)
end)
