--- What scripts/bench was asked for, handed to each program of the benchmark as arguments:
--- FOLDER PACE JSON ONLY PROGRAMS LUA.
local asked = {
  --- Where databases go for a while.
  folder = arg[1],
  --- "full", "quick", or "tiny", which shows no more than that all of it works.
  pace = arg[2],
  as_json = arg[3] == "true",
  --- A word that the names of the rows contain.
  only = arg[4],
  --- Where the programs of the build are.
  programs = arg[5],
  --- The name of the interpreter among them.
  lua = arg[6],
}

--- The full size of something, the one of --quick, or a small part of that.
function asked.size(full, quick)
  if asked.pace == "tiny" then
    return math.ceil(quick / 20)
  end
  return asked.pace == "quick" and quick or full
end

--- What rows are measured with, in turn.
asked.durabilities = asked.pace == "tiny" and { "normal" } or { "normal", "full" }

function asked.wants(name)
  return name:find(asked.only, 1, true) ~= nil
end

--- Tells people what goes on.
function asked.note(...)
  if not asked.as_json then
    io.stderr:write((...):format(select(2, ...)), "\n")
  end
end

return asked
