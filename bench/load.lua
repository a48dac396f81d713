-- Sends the requests of a file, one a line: METHOD<tab>path<tab>body. Arguments: FILE THREADS once|again [RATE].
-- Each of wrk's threads takes its own share; with "once" no request is sent twice. RATE: so many a second by all.

local ffi = require("ffi")
ffi.cdef "typedef struct { long seconds, nanoseconds; } moment; int clock_gettime(int clock, moment *at);"

local threads = {}

local function milliseconds()
  local at = ffi.new("moment")
  ffi.C.clock_gettime(1, at)
  return tonumber(at.seconds) * 1000 + tonumber(at.nanoseconds) / 1e6
end

local function pause_by(rate)
  local due = milliseconds()
  return function()
    due = due + 1000 / rate
    return math.max(0, math.floor(due - milliseconds()))
  end
end

function setup(thread)
  thread:set("share", #threads)
  table.insert(threads, thread)
end

function init(args)
  statuses, ran_out = {}, false
  once, requests, at = args[3] == "once", {}, 0
  local number, headers = 0, {["Content-Type"] = "application/x-www-form-urlencoded"}
  for line in io.lines(args[1]) do
    if number % tonumber(args[2]) == share then
      local method, path, body = line:match("^(%S+)\t(%S+)\t?(.*)$")
      table.insert(requests, wrk.format(method, path, method == "POST" and headers or nil, body ~= "" and body or nil))
    end
    number = number + 1
  end
  if args[4] then
    delay = pause_by(tonumber(args[4]) / tonumber(args[2]))
  end
end

function request()
  if at == #requests then
    ran_out = once
    at = 0
  end
  at = at + 1
  return requests[at]
end

function response(status)
  statuses[status] = (statuses[status] or 0) + 1
end

function done(summary, latency)
  local counts, short = {}, false
  for _, thread in ipairs(threads) do
    short = short or thread:get("ran_out")
    for status, count in pairs(thread:get("statuses")) do
      counts[status] = (counts[status] or 0) + count
    end
  end
  local errors = summary.errors
  io.write(string.format(
    '\n{"seconds": %f, "p50": %f, "p99": %f, "socket_errors": %d, "ran_out": %s, "statuses": {', summary.duration / 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.connect + errors.read + errors.write + errors.timeout, tostring(short)
  ))
  local separator = ""
  for status, count in pairs(counts) do
    io.write(string.format('%s"%d": %d', separator, status, count))
    separator = ", "
  end
  io.write("}}\n")
end
